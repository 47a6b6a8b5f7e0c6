// Prints the page.

import { setText } from "../live/text.js"

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector(".dd-print")
  setText(button, data.label)
  button.onclick = () => print()
}
