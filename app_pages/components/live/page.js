// A picture with boxes around what was read on it.

import { createBoxes } from "./boxes.js"

const instances = new WeakMap()

export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".dd-page")
  if (!instances.has(parentElement)) instances.set(parentElement, createBoxes())
  const picture = frame.querySelector("img")
  if (picture.src !== data.picture) picture.src = data.picture
  picture.alt = data.alt
  frame.style.aspectRatio = `${data.width} / ${data.height}` // before the picture is there, so that nothing jumps
  frame.style.width = `min(100%, ${data.tallest} * ${data.width / data.height})`
  const boxes = instances.get(parentElement)
  boxes.show(frame, data.boxes)
  return () => {
    boxes.remove()
    instances.delete(parentElement)
  }
}
