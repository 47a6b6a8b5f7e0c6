// The canvas: streamlit-drawable-canvas paints strokes; here it is kept what was drawn, and how, asked for answers, and told
// the page. Whatever the hand does is done here and at once; the page hears of it afterwards.
//
// A sheet is made once and moves with its page: Streamlit may take a component away and put it back while the pen is down.

import style from "../canvas-style.js"
import { takeOpened, writeAddress } from "../address.js"
import drawable from "../drawable-canvas.js"
import { createAsker, forgetAnswers, growDrawing, setPlace, showDrawing } from "../live/answers.js"
import { settled } from "../memory.js"
import { standing } from "../standing.js"
import { isDark } from "../theme.js"
import { nextDigit, oneDigit, oneNumber } from "./examples.js"
import { historyOf } from "./history.js"
import { bytesOf, createPictures } from "./ink.js"
import { pack, unpack } from "./packing.js"
import { createTools } from "./tools.js"

const SAMPLE_INTERVAL = 1000 / 20 // milliseconds between two pictures at the least …
const REST = 2 // … and so many times as long as the last answer took: a busy server is asked less often by all
const LATEST = 150 // milliseconds after a stroke in which the page is told of it, answered or not …
const LATE = 3 // … or so many times as long as the last answer took or was waited for in vain: a busy server is told of fewer …
const LATEST_BUSY = 3000 // … but no more milliseconds than these
const KEY = "st-key-" // before the key of a widget, in the classes of its element
const UPDATE = '.dc-toolbar button[title^="Update"]' // has the canvas report what is on it

const sheets = new Map()

export default standing(({ parentElement, data }) => {
  if (!sheets.has(data.name)) sheets.set(data.name, createSheet(parentElement.querySelector(".dd-sheet"), data))
  const { update, leave } = sheets.get(data.name)
  return { update, stop: () => leave(parentElement) }
})

const isSame = ([order, count], [otherOrder, otherCount]) => order === otherOrder && count === otherCount

function createSheet(stage, { name, width, height, scale, colour }) {
  const root = stage.querySelector(".canvas-root")
  const history = historyOf(name)
  const asker = createAsker(name)
  const pictures = createPictures({ width, height, scale })

  let component = null // what the page says, and by what it is told
  let owner = null // where the sheet stands
  let focused = null // what on it has the focus, or lost it because the page took the sheet away
  let session = null // of the server, to which this page belongs
  let refused = "" // the last order that came too late
  let told = ["", 0] // the change of which the page was, or is being, told …
  let tellings = 0 // … and how many times it was
  const presses = new Map() // key of a widget → the change at which the drawing was when it was last pressed
  let loaded = null // the strokes that the canvas was told to show, and which time that was
  let version = 0
  let isLoading = false // whether the canvas is about to report what it was told to show
  let isStale = false // whether there is something else to show by now
  let pen = null // the canvas with the stroke in progress, while the pen is down
  let penType = "" // mouse, touch or pen
  let isUnreported = false // whether there is a stroke that the canvas has not yet reported
  const afterwards = [] // what was asked for while the pen was down
  let lastShown = null // digit
  let hurry = () => {} // has the page told at once of what it shall be told
  let timer = null
  let sampledAt = -Infinity
  let addressed = null // the drawing of which the address speaks

  const brush = () => history.brush ?? component.data.brush
  const isKnown = () => isSame(component.data.known, history.of)

  // ── What is on the canvas ──────────────────────────────────────────────────────────────────────────────────────────

  const paint = () =>
    drawable({
      parentElement: stage,
      data: {
        fillColor: "#eee",
        strokeWidth: brush(),
        strokeColor: colour,
        backgroundColor: "",
        backgroundImageURL: null,
        realtimeUpdateStreamlit: true,
        canvasWidth: width,
        canvasHeight: height,
        drawingMode: "freedraw",
        initialDrawing: { objects: loaded, version, background: "" },
        displayRadius: 3,
        returnImageData: false,
        disabled: false,
        backgroundImageFit: "stretch",
        maxDisplayHeight: null,
        fontSize: 20,
        label: "",
      },
      setStateValue: (what, value) => what === "drawing" && take(value.raw.objects ?? []),
    })

  // Shows the drawing that the history is at. The canvas has it, and has reported it, before the next event comes.
  const load = () => {
    isStale = isLoading // two at once could come in the wrong order
    if (isLoading) return
    isLoading = loaded !== null // what it begins with, it does not report
    loaded = history.drawing.objects
    version += 1
    paint()
  }

  const show = () => {
    const { id, objects } = history.drawing
    showDrawing(name, history.of, id, objects.length ? undefined : component.data.blank)
  }

  // A link brings a drawing; after a reload, that is the one that is here.
  const arrive = () => {
    const text = component.data.linked ? takeOpened("drawing") : null
    const objects = text && text !== pack(history.drawing.objects) ? unpack(text, colour) : null
    if (objects) history.replace(objects)
  }

  const begin = () => {
    arrive()
    load()
    if (isKnown()) showDrawing(name, history.of, history.drawing.id) // the page says what is to be said of it
    else show()
    const canvas = root.querySelector(".dc-container")
    canvas.tabIndex = 0
    canvas.setAttribute("role", "application") // so that a screen reader leaves the keys to it
  }

  const render = () => {
    root.dataset.known = !isUnreported && isKnown()
    const { brushes, shows, label, words } = component.data
    root.querySelector(".dc-container").setAttribute("aria-label", label)
    root.dataset.shows = shows
    const { canUndo, canRedo, drawing } = history
    tools.update({ canUndo, canRedo, canClear: drawing.objects.length > 0, brush: brush(), brushes, words })
    if (addressed !== drawing.id) {
      addressed = drawing.id
      writeAddress({ drawing: component.data.linked ? pack(drawing.objects) : null })
    }
  }

  // ── What the hand does ─────────────────────────────────────────────────────────────────────────────────────────────

  // What the canvas reports: a stroke more, or what it was told to show.
  const take = objects => {
    if (isLoading) {
      isLoading = false
      if (isStale) load()
      return
    }
    isUnreported = false
    const added = objects.slice(history.drawing.objects.length)
    if (added.length) {
      history.draw(added.map(plain))
      growDrawing(name, history.of, history.drawing.id)
    } else {
      show() // in place of what was answered while the pen was down
    }
    render()
    if (!isKnown()) tell()
  }

  // A stroke that is on the canvas is part of the drawing, reported or not.
  const settle = () => {
    if (isUnreported && !pen) root.querySelector(UPDATE)?.click()
  }

  // Changes the drawing by `change`, which says false if there was nothing to change.
  const act = change => {
    if (pen) {
      afterwards.push(change)
      return
    }
    settle()
    if (change() === false) return
    load()
    show()
    render()
    tell()
  }

  const exampleOf = digit => {
    const { shows } = component.data
    if (shows === "nothing") return false
    const sheet = { width, height, colour, brush: brush() }
    if (shows === "digit") {
      const example = oneDigit(sheet, digit, lastShown)
      lastShown = example.digit
      return history.replace(example.objects)
    }
    if (digit === null) return history.replace(oneNumber(sheet, shows))
    const added = nextDigit(sheet, digit, history.drawing.objects)
    return added !== null && history.draw(added)
  }

  const tools = createTools(stage, () => root.querySelector(".dc-container"), {
    undo: () => act(history.undo),
    redo: () => act(history.redo),
    clear: () => act(() => history.drawing.objects.length > 0 && history.replace([])),
    show: digit => act(() => exampleOf(digit)),
    brush(chosen) {
      history.brush = chosen
      act(() => (paint(), false)) // the next stroke has it; what is drawn stays
    },
  })

  // ── What is told ───────────────────────────────────────────────────────────────────────────────────────────────────

  const tell = async () => {
    const { of, drawing } = history
    told = of
    const { objects, sheet } = drawing
    const picture = pictures.url(objects)
    if (objects.length) {
      const patience = Math.min(Math.max(LATEST, LATE * asker.lasted), LATEST_BUSY)
      const late = new Promise(resolve => setTimeout(resolve, patience))
      const asked = asker.ask(component.data.live, () => bytesOf(picture), of, true)
      // The answer first: the run of the page would hold it up. But what is pressed next may be about this drawing.
      const answered = asked.then(isAnswered => isAnswered || late)
      const pressed = new Promise(resolve => (hurry = resolve))
      await Promise.race([answered, late, pressed])
    }
    await settled(component.data.session)
    if (!isSame(of, history.of) || !owner) return // drawn on meanwhile, or another page is looked at
    tellings += 1
    component.setStateValue("drawing", { order: of[0], count: of[1], sheet, picture, telling: tellings })
  }

  // ── While the pen is down ──────────────────────────────────────────────────────────────────────────────────────────

  const sample = async () => {
    timer = null
    if (!pen) return
    if (!asker.idle) return schedule() // a slow server slows the bars down, not the pen
    sampledAt = performance.now()
    const stroke = pen
    const [order, count] = history.of
    const makePicture = () => pictures.blob(history.drawing.objects, stroke)
    const isAnswered = await asker.ask(component.data.live, makePicture, [order, count + 0.5], false)
    if (!isAnswered) schedule() // again, as the pen may rest from here on
  }

  const schedule = () => {
    if (!pen || timer !== null) return
    const pace = Math.max(SAMPLE_INTERVAL, REST * asker.took)
    const next = Math.max(sampledAt + pace, asker.pausedUntil)
    timer = setTimeout(sample, Math.max(asker.idle ? 0 : 10, next - performance.now()))
  }

  // What is pressed may be about the drawing, and what the page then does comes later.
  const notePress = path => {
    settle()
    if (path.includes(stage)) return
    hurry()
    for (const { classList } of path) {
      for (const name of classList ?? []) if (name.startsWith(KEY)) presses.set(name.slice(KEY.length), history.of)
    }
  }

  const onDown = event => {
    if (event.isPrimary && event.pointerType === penType) lift() // of a pen that was lifted unseen
    const path = event.composedPath()
    const canvas = path.find(node => node.classList?.contains("upper-canvas"))
    if (!canvas || !path.includes(root) || event.button !== 0) {
      notePress(path)
      return
    }
    tools.closePanels()
    root.querySelector(".dc-container").focus({ preventScroll: true })
    settle()
    pen = canvas
    penType = event.pointerType
    isLoading = false // what it reports from here on is drawn
    isUnreported = true
    render()
    schedule()
  }

  const lift = () => {
    if (!pen) return
    pen = null
    clearTimeout(timer)
    timer = null
    // The stroke is finished once all handlers of this event have run; the canvas would wait for more before it reports.
    setTimeout(() => {
      if (pen) return
      settle()
      for (const change of afterwards.splice(0)) act(change)
    })
  }

  const onKey = event => {
    if (!owner || !tools.onKey(event)) notePress(event.composedPath())
  }

  // A page that is left while the pen is down keeps what was drawn.
  const onLeave = () => {
    if (!pen) return
    document.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }))
    settle()
  }

  const onTouchEnd = ({ touches }) => touches.length || lift() // one finger draws, and another may rest

  const listeners = {
    pointerdown: onDown,
    pointermove: schedule,
    mouseup: lift,
    touchend: onTouchEnd,
    touchcancel: onTouchEnd,
    keydown: onKey,
  }
  for (const [type, listener] of Object.entries(listeners)) document.addEventListener(type, listener, true)
  window.addEventListener("pagehide", onLeave)
  stage.addEventListener("focusin", ({ target }) => (focused = target))
  stage.addEventListener("focusout", () => setTimeout(() => stage.isConnected && !stage.matches(":focus-within") && (focused = null)))

  return {
    update(next) {
      const { data, parentElement } = next
      const isMoved = owner !== parentElement
      if (isMoved) {
        const place = parentElement.querySelector(".dd-sheet")
        const { adoptedStyleSheets } = parentElement.getRootNode()
        if (!adoptedStyleSheets.includes(style)) adoptedStyleSheets.push(style)
        if (place !== stage) place.replaceWith(stage)
        stage.hidden = false
        owner = parentElement
        addressed = null // the address is another page's
        if (document.activeElement === document.body) focused?.focus({ preventScroll: true })
      }
      if (component && component.data.live !== data.live) forgetAnswers(name) // another question is asked
      component = next
      root.style.setProperty("--tallest", data.tallest)
      root.style.setProperty("--shape", width / height)
      stage.dataset.dark = isDark(root)
      settle()
      const { order } = data
      let isLate = isMoved || session !== data.session
      session = data.session
      if (order.id && order.id !== history.of[0] && order.id !== refused) {
        if (!pen && history.obey(order, presses.get(order.by) ?? null)) {
          load()
          show()
        } else {
          refused = order.id
          isLate = true
        }
      }
      if (loaded === null) begin()
      render()
      if (!isKnown() && !pen && (isLate || !isSame(told, history.of))) tell()
      if (isMoved) setPlace(name, root.querySelector(".dc-container"))
    },
    leave(parentElement) {
      if (owner !== parentElement) return
      owner = null
      setPlace(name, null)
    },
  }
}

// A stroke as it is kept: of all that the canvas says of it, what is not the same for each.
function plain({ type, path, fill, stroke, strokeWidth, strokeLineCap, strokeLineJoin }) {
  return { type, path: path.map(rounded), fill, stroke, strokeWidth, strokeLineCap, strokeLineJoin }
}

const rounded = step => step.map(value => (typeof value === "number" ? Math.round(1000 * value) / 1000 : value))
