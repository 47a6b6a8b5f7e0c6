// The row of tools below a canvas, and what they are by keys.

import { setText } from "../live/text.js"

const DIGITS = "0123456789"
const EDGE = 6 // pixels between a panel and the edge of the window
const TYPED = "input:not([type=range]), textarea, select, [contenteditable=true], [role=textbox]"

// `does` has what each tool does: undo, redo, clear, show(digit, or null for any), brush(width).
export function createTools(stage, canvas, does) {
  const toolOf = name => stage.querySelector(`[data-tool="${name}"]`)
  const slider = stage.querySelector("input[type=range]")
  const panels = stage.querySelectorAll(".dd-panel")
  const open = new Set() // of the panels

  for (const name of ["undo", "redo", "clear"]) toolOf(name).addEventListener("click", () => isOff(toolOf(name)) || does[name]())
  toolOf("show").addEventListener("click", () => does.show(null))
  slider.addEventListener("input", () => does.brush(Number(slider.value)))
  stage.querySelector(".dd-digits").replaceChildren(
    ...[...DIGITS].map(digit => {
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = digit
      button.addEventListener("click", () => does.show(digit))
      return button
    }),
  )
  // A panel lies over the row of tools, and not over the canvas.
  for (const panel of panels) {
    const opener = stage.querySelector(`[popovertarget="${panel.id}"]`)
    panel.addEventListener("toggle", ({ newState }) => {
      if (newState !== "open") return open.delete(panel)
      open.add(panel)
      const button = opener.getBoundingClientRect()
      const { width, height } = panel.getBoundingClientRect()
      const right = Math.min(stage.getBoundingClientRect().right, innerWidth - EDGE)
      panel.style.left = `${Math.max(EDGE, Math.min(button.left, right - width))}px`
      panel.style.top = `${Math.min(button.top - EDGE, innerHeight - height - EDGE)}px`
      panel.querySelector("input, button").focus()
    })
  }

  // A focused button that became disabled would lose the focus, and the keyboard its place.
  const isOff = button => button.getAttribute("aria-disabled") === "true"
  const setOff = (name, off) => toolOf(name).setAttribute("aria-disabled", off)

  const byKey = event => {
    const target = event.composedPath()[0]
    const onCanvas = event.composedPath().includes(canvas())
    if (event.altKey || target.matches?.(TYPED)) return null
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase()
      if (key === "z") return event.shiftKey ? does.redo : does.undo
      return key === "y" ? does.redo : null
    }
    if (!onCanvas) return null
    if (event.key === "Delete") return does.clear
    if (event.key === "Backspace") return does.undo
    if (event.key.length > 1 || !DIGITS.includes(event.key)) return null
    return () => event.repeat || does.show(event.key)
  }

  const name = words => {
    for (const tool of ["undo", "redo", "clear", "show"]) setText(toolOf(tool).querySelector("span"), words[tool])
    for (const panel of ["digits", "brush"]) setText(stage.querySelector(`[popovertarget="${panel}"] span`), words[panel])
    setText(stage.querySelector(".dd-brush span"), words.width)
    stage.querySelector(".dd-tools").setAttribute("aria-label", words.tools)
    stage.querySelector(".dd-digits").setAttribute("aria-label", words.this_digit)
    for (const button of stage.querySelectorAll(".dd-digits button")) {
      button.setAttribute("aria-label", words.digit.replace("{digit}", button.textContent))
    }
  }

  return {
    // What a key pressed anywhere on the page means here; whether it means something.
    onKey(event) {
      const action = byKey(event)
      if (!action) return false
      event.preventDefault()
      event.stopPropagation()
      action()
      return true
    },
    closePanels() {
      for (const panel of open) panel.hidePopover()
    },
    update({ canUndo, canRedo, canClear, brush, brushes: [thinnest, fattest, step], words }) {
      name(words)
      setOff("undo", !canUndo)
      setOff("redo", !canRedo)
      setOff("clear", !canClear)
      Object.assign(slider, { min: thinnest, max: fattest, step })
      slider.value = brush
    },
  }
}
