// A picture with boxes around what was read on it.

import { standing } from "../standing.js"
import { createBoxes } from "./boxes.js"

export default standing(({ parentElement }) => {
  const frame = parentElement.querySelector(".dd-page")
  const picture = frame.querySelector("img")
  const boxes = createBoxes()
  return {
    update({ data }) {
      if (picture.src !== data.picture) picture.src = data.picture
      picture.alt = data.alt
      frame.style.aspectRatio = `${data.width} / ${data.height}` // before the picture is there, so that nothing jumps
      frame.style.width = `min(100%, ${data.tallest} * ${data.width / data.height})`
      boxes.show(frame, data.boxes)
    },
    stop: boxes.remove,
  }
})
