// Presses a button for the hand: once a drawing is finished and nobody touches anything, and by the Enter key on the canvas.

import { follow, onPlace } from "../live/answers.js"
import { standing } from "../standing.js"

const KEY = "st-key-" // before the key of a widget, in the classes of its element

export default standing(({ data }) => createTaker(data.sheet))

function createTaker(sheet) {
  let data = null
  let canvas = null
  let timer = null
  let isFinished = false // whether there is a drawing on the canvas that no pen works at

  const press = () => {
    const button = document.querySelector(`.${KEY}${data.button} button`)
    if (!button || button.disabled) return
    // The canvas notes what was pressed by what the hand does, which a click alone does not tell.
    button.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, composed: true }))
    button.click()
  }
  const wait = () => {
    clearTimeout(timer)
    if (isFinished && data.pause !== null) timer = setTimeout(press, 1000 * data.pause)
  }
  const answers = follow(sheet, (answer, finished) => {
    isFinished = Boolean(finished && answer?.pixels)
    wait()
  })
  const onDown = event => {
    if (!event.isTrusted) return
    isFinished = false
    clearTimeout(timer)
  }
  const onKey = event => {
    if (event.key !== "Enter" || event.repeat || !canvas || !event.composedPath().includes(canvas)) return
    event.preventDefault()
    press()
  }
  document.addEventListener("pointerdown", onDown, true)
  document.addEventListener("keydown", onKey, true)
  const leave = onPlace(sheet, element => (canvas = element))

  return {
    update({ data: next }) {
      const isOther = data?.pause !== next.pause
      data = next
      if (isOther) wait()
    },
    stop() {
      clearTimeout(timer)
      answers.stop()
      leave()
      document.removeEventListener("pointerdown", onDown, true)
      document.removeEventListener("keydown", onKey, true)
    },
  }
}
