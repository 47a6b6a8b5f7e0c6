// What is kept of the network and what is new, from left to right.

import { setText } from "../live/text.js"

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".dd-network")
  root.setAttribute("aria-label", data.alt)
  root.querySelector("ol").replaceChildren(
    ...data.steps.map(({ title, words, kind }) => {
      const step = document.createElement("li")
      step.dataset.kind = kind
      step.innerHTML = "<b></b><span></span>"
      setText(step.querySelector("b"), title)
      setText(step.querySelector("span"), words)
      return step
    }),
  )
}
