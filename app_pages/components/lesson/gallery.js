// The examples by label; one that is pressed is deleted.

import { setText } from "../live/text.js"
import { sheetOfPictures, showPicture } from "./pictures.js"

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".dd-gallery")
  const { address, groups, spoken } = data
  const count = groups.reduce((sum, { examples }) => sum + examples.length, 0)
  const pictures = []
  root.replaceChildren(
    ...groups.map(({ label, words, examples }) => {
      const group = document.createElement("section")
      group.innerHTML = '<h4><bdi></bdi> <span></span></h4><div class="dd-row"></div>'
      setText(group.querySelector("bdi"), label)
      setText(group.querySelector("span"), words)
      group.setAttribute("aria-label", `${label}: ${words}`)
      group.querySelector("div").append(
        ...examples.map(index => {
          const button = document.createElement("button")
          button.type = "button"
          button.setAttribute("aria-label", `${label}: ${spoken}`)
          button.title = spoken
          button.addEventListener("click", () => setTriggerValue("delete", index))
          pictures.push([button, index])
          return button
        }),
      )
      return group
    }),
  )
  root.dataset.address = address
  sheetOfPictures(address).then(
    sheet => {
      if (root.dataset.address !== address) return
      for (const [button, index] of pictures) showPicture(button, sheet, index, count)
      root.dataset.shown = address
    },
    () => {},
  )
}
