// Shows the answer and the 28 × 28 picture that led to it.

import { standing } from "../standing.js"
import { createAnnouncer } from "./announcer.js"
import { follow } from "./answers.js"
import { setText } from "./text.js"

const waiting = words => ({ headline: "", words, spoken: null, tone: "quiet", pixels: null }) // for its answer

const WIDTH = 58 // of a character, in per cent of the size of type, for which answer.css leaves room
const measuring = document.createElement("canvas").getContext("2d")
const segments = new Intl.Segmenter()

export default standing(({ data, parentElement }) => createAnswer(parentElement.querySelector(".dd-answer"), data.sheet))

function createAnswer(root, sheet) {
  const announcer = createAnnouncer(root.querySelector("[role=status]"))
  let words = { reading: "" }
  const answers = follow(sheet, (answer, finished) => {
    show(root, answer ?? waiting(words.reading))
    root.dataset.finished = finished
    announcer.say(answer && finished ? answer.spoken : null)
  })
  return {
    update({ data }) {
      words = data.words
      setText(root.querySelector("figcaption"), words.seen)
      root.querySelector("canvas").setAttribute("aria-label", words.picture)
      answers.offer(data.answer, data.of, true)
    },
    stop() {
      answers.stop()
      announcer.stop()
    },
  }
}

function show(root, { headline, words, tone, pixels }) {
  root.dataset.tone = tone
  const place = root.querySelector(".dd-headline")
  place.style.setProperty("--length", lengthOf(place, headline))
  setText(place, headline)
  setText(root.querySelector(".dd-words"), words)
  paint(root.querySelector("canvas"), pixels)
}

// In digits: letters of some scripts and emoji are wider, or are several characters.
function lengthOf(place, text) {
  measuring.font = `700 100px ${getComputedStyle(place).fontFamily}`
  return Math.max([...segments.segment(text)].length, measuring.measureText(text).width / WIDTH)
}

function paint(canvas, pixels) {
  const context = canvas.getContext("2d")
  const picture = context.createImageData(28, 28)
  const values = pixels ? atob(pixels) : ""
  for (let index = 0; index < 784; index++) {
    const value = index < values.length ? values.charCodeAt(index) : 0
    picture.data.set([value, value, value, 255], 4 * index)
  }
  context.putImageData(picture, 0, 0)
}
