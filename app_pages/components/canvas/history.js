// What was drawn on each sheet, one drawing after the other: the ways back and forth, kept so that a reload has them, too.

import { recall, remember } from "../memory.js"

const MOST_STEPS = 100
const MOST_KEPT = 1_000_000 // characters: a fifth of what a browser keeps of a whole site

const histories = new Map() // by name: also while the sheet is on no page

export function historyOf(name) {
  if (!histories.has(name)) histories.set(name, createHistory(name))
  return histories.get(name)
}

const EMPTY = { order: "", count: 0, sheets: 0, brush: null, at: 0, steps: [{ id: "/0", sheet: 0, objects: [] }] }

function createHistory(name) {
  // `order` is the last order of the page that was obeyed, and `count` says how often the drawing was changed since: that
  // tells each change from all others. A step's `id` tells what is drawn, its `sheet` on which sheet of paper: Clear takes
  // a new one. `sheets` is the number of the last one that was taken.
  let { order, count, sheets, brush, at, steps } = restored(recall(name)) ?? EMPTY
  let isTouched = false // whether the hand changed something since this page was opened

  // Of a way that is too long to be kept, the end.
  const keep = () => {
    for (let first = 0; first <= at; first = Math.max(first + 1, Math.ceil((first + at) / 2))) {
      const kept = { order, count, sheets, brush, at: at - first, ...pack(steps.slice(first)) }
      if (remember(name, kept, MOST_KEPT)) return
    }
  }

  const add = (objects, sheet) => {
    steps = [...steps.slice(0, at + 1), { id: `${order}/${count}`, sheet, objects }].slice(-MOST_STEPS)
    at = steps.length - 1
    keep()
  }

  const change = () => {
    count += 1
    isTouched = true
  }

  const go = by => {
    if (!steps[at + by]) return false
    at += by
    change()
    keep()
    return true
  }

  return {
    get of() {
      return [order, count]
    },
    get drawing() {
      return steps[at]
    },
    get canUndo() {
      return at > 0
    },
    get canRedo() {
      return at < steps.length - 1
    },
    get brush() {
      return brush
    },
    set brush(width) {
      brush = width
      keep()
    },
    undo: () => go(-1),
    redo: () => go(1),
    // Strokes are added to the drawing.
    draw(added) {
      change()
      add([...steps[at].objects, ...added], steps[at].sheet)
    },
    // Another drawing, on a new sheet of paper.
    replace(objects) {
      change()
      add(objects, (sheets += 1))
    },
    // The page wants something else drawn, because of what was pressed when the drawing was at the change `since`; null if
    // that was before this sheet was there. What the hand did after that is newer; says whether the order is obeyed.
    obey({ id, sheet, objects }, since) {
      const isNewest = since === null ? !isTouched : since[0] === order && since[1] === count
      if (!isNewest && count > 0) return false
      order = id
      count = 0
      sheets = Math.max(sheets, sheet)
      add(objects, sheet)
      return true
    },
  }
}

// ── What is kept ────────────────────────────────────────────────────────────────────────────────────────────────────────

// Each stroke once, however many drawings have it.
function pack(steps) {
  const places = new Map() // stroke → where it is in the list of all
  const placeOf = stroke => {
    if (!places.has(stroke)) places.set(stroke, places.size)
    return places.get(stroke)
  }
  const packed = steps.map(({ objects, ...step }) => ({ ...step, places: objects.map(placeOf) }))
  return { steps: packed, strokes: [...places.keys()] }
}

// What was kept comes from outside: null if it is not sound.
function restored(kept) {
  try {
    const { order, count, sheets, brush, at, steps, strokes } = kept
    const isStep = ({ id, sheet, places }) => typeof id === "string" && isCount(sheet) && places.every(place => strokes[place])
    const isSound =
      typeof order === "string" &&
      [count, sheets, at, brush ?? 0].every(isCount) &&
      strokes.every(({ path, strokeWidth }) => strokeWidth > 0 && path.every(isStroked)) &&
      steps.every(isStep) &&
      at < steps.length
    if (!isSound) return null
    const unpacked = steps.map(({ places, ...step }) => ({ ...step, objects: places.map(place => strokes[place]) }))
    return { order, count, sheets, brush, at, steps: unpacked }
  } catch {
    return null
  }
}

const isCount = value => Number.isInteger(value) && value >= 0
const isStroked = ([command, ...numbers]) => /^[MLQ]$/.test(command) && numbers.every(Number.isFinite)
