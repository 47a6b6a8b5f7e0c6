// Shows the answer and the 28 × 28 picture that led to it.

import { follow } from "./answers.js"
import { setText } from "./text.js"

const instances = new WeakMap()

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".dd-answer")
  if (!instances.has(parentElement)) {
    instances.set(parentElement, follow(data.sheet, (answer, finished) => show(root, answer, finished)))
  }
  const instance = instances.get(parentElement)
  instance.offer(data.answer, data.of, true)
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
}

function show(root, answer, finished) {
  const { headline, words, tone, pixels } = answer ?? { headline: "", words: "Reading …", tone: "quiet", pixels: null }
  root.dataset.tone = tone
  const place = root.querySelector(".dd-headline")
  place.dataset.long = headline.length > 1
  setText(place, headline)
  setText(root.querySelector(".dd-words"), words)
  // A screen reader speaks when the pen rests, not twelve times a second.
  root.querySelector(".dd-said").setAttribute("aria-busy", !finished)
  paint(root.querySelector("canvas"), pixels)
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
