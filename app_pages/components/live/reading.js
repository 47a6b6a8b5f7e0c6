// A number as it was read, as large as there is room; where it is written on a canvas, with boxes on that.

import { standing } from "../standing.js"
import { createAnnouncer } from "./announcer.js"
import { follow, onPlace } from "./answers.js"
import { createBoxes } from "./boxes.js"
import { setText } from "./text.js"

const waiting = words => ({ lines: [], boxes: [], words, note: "", spoken: null, tone: "quiet" }) // for its answer
const LONG = 90 // characters of a note that has to be set smaller
const MANY = 3 // lines, from which what is said about them is set smaller

export default standing(({ data, parentElement }) => {
  const { name, offer, stop } = createReading(parentElement.querySelector(".dd-reading-of"), data.sheet)
  return {
    update({ data }) {
      name(data.words)
      offer(data.answer, data.of, true)
    },
    stop,
  }
})

// `sheet` is the name of the canvas on which the number is written; null if it stands on a picture.
function createReading(root, sheet) {
  const announcer = createAnnouncer(root.querySelector("[role=status]"))
  let words = { reading: "" }
  const name = next => {
    words = next
    const key = root.querySelector(".dd-key")
    key.setAttribute("aria-label", words.colours)
    for (const entry of key.children) setText(entry.querySelector("span"), words[entry.dataset.tone])
  }
  const write = (answer, finished) => {
    show(root, answer ?? waiting(words.reading), finished)
    announcer.say(answer && finished ? answer.spoken : null)
  }
  if (sheet === null) return { offer: answer => write(answer, true), name, stop: announcer.stop }
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
    write(answer, finished)
  })
  return {
    offer: answers.offer,
    name,
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
  root.dataset.many = lines.length >= MANY
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
