// A number as it was read, as large as there is room; where it is written on a canvas, with boxes on that.

import { follow, onPlace } from "./answers.js"
import { createBoxes } from "./boxes.js"
import { setText } from "./text.js"

const instances = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".dd-reading-of")
  if (!instances.has(parentElement)) instances.set(parentElement, createReading(root, data.sheet))
  const instance = instances.get(parentElement)
  root.querySelector(".dd-lines").style.setProperty("--room", data.room)
  instance.offer(data.answer, data.of, true)
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
}

// `sheet` is the name of the canvas on which the number is written; null if it stands on a picture.
function createReading(root, sheet) {
  if (sheet === null) return { offer: answer => write(root, answer, true), stop: () => {} }
  const boxes = createBoxes()
  let place = null
  let shown = [] // boxes, on a canvas that may yet have to appear
  const showBoxes = () => place && boxes.show(place, shown)
  const leave = onPlace(sheet, element => {
    place = element
    showBoxes()
  })
  const answers = follow(sheet, (answer, finished) => {
    shown = answer?.boxes ?? []
    showBoxes()
    write(root, answer, finished)
  })
  return {
    offer: answers.offer,
    stop() {
      answers.stop()
      leave()
      boxes.remove()
    },
  }
}

function write(root, answer, finished) {
  const { lines, words, note, tone } = answer ?? { lines: [], words: "Reading …", note: "", tone: "quiet" }
  root.dataset.tone = tone
  // A screen reader speaks when the pen rests, not twelve times a second.
  for (const said of root.querySelectorAll("[role=status]")) said.setAttribute("aria-busy", !finished)
  const place = root.querySelector(".dd-lines")
  place.style.setProperty("--lines", lines.length)
  place.style.setProperty("--longest", Math.max(0, ...lines.map(line => line.length)))
  const text = JSON.stringify(lines)
  if (place.dataset.text !== text) {
    place.dataset.text = text
    place.replaceChildren(...lines.map(written))
  }
  setText(root.querySelector(".dd-how-sure"), words)
  setText(root.querySelector(".dd-note"), finished ? note : "") // of what is half written, it would be wrong
  root.querySelector(".dd-key").hidden = !lines.length
}

function written(line) {
  const row = document.createElement("div")
  for (const { label, kind, tone } of line) {
    const character = document.createElement("span")
    character.textContent = label
    character.dataset.kind = kind
    character.dataset.tone = tone
    row.append(character)
  }
  return row
}
