// A number as it was read, as large as there is room; where it is written on a canvas, with boxes on that.

import { createAnnouncer } from "./announcer.js"
import { follow, onPlace } from "./answers.js"
import { createBoxes } from "./boxes.js"
import { READING, setText } from "./text.js"

const WAITING = { lines: [], boxes: [], words: READING, note: "", spoken: null, tone: "quiet" }
const LONG = 90 // characters of a note that has to be set smaller

const instances = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".dd-reading-of")
  if (!instances.has(parentElement)) instances.set(parentElement, createReading(root, data.sheet))
  const instance = instances.get(parentElement)
  instance.offer(data.answer, data.of, true)
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
}

// `sheet` is the name of the canvas on which the number is written; null if it stands on a picture.
function createReading(root, sheet) {
  const announcer = createAnnouncer(root.querySelector("[role=status]"))
  const write = (answer, finished) => {
    show(root, answer ?? WAITING, finished)
    announcer.say(answer && finished ? answer.spoken : null)
  }
  if (sheet === null) return { offer: answer => write(answer, true), stop: announcer.stop }
  const boxes = createBoxes()
  let place = null
  let shown = [] // boxes, on a canvas that may yet have to appear
  const showBoxes = () => place && boxes.show(place, shown)
  const leave = onPlace(sheet, element => {
    place = element
    showBoxes()
  })
  const answers = follow(sheet, (answer, finished) => {
    shown = (answer ?? WAITING).boxes
    showBoxes()
    write(answer, finished)
  })
  return {
    offer: answers.offer,
    stop() {
      answers.stop()
      leave()
      boxes.remove()
      announcer.stop()
    },
  }
}

function show(root, { lines, words, note, tone }, finished) {
  const place = root.querySelector(".dd-lines")
  place.style.setProperty("--lines", lines.length)
  place.style.setProperty("--longest", Math.max(0, ...lines.map(line => line.length)))
  const text = JSON.stringify(lines)
  if (place.dataset.text !== text) {
    place.dataset.text = text
    place.replaceChildren(...lines.map(written))
  }
  const noted = finished ? note : "" // of what is half written, it would be wrong
  const besides = root.querySelector(".dd-note")
  besides.dataset.long = noted.length > LONG
  setText(besides, noted)
  setText(root.querySelector(".dd-how-sure"), words)
  root.querySelector(".dd-key").hidden = !lines.length || noted !== ""
  root.dataset.tone = tone
  root.dataset.alone = !lines.length && !noted
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
