// The canvas: streamlit-drawable-canvas paints; here it is kept what was drawn, asked for answers, and told the page.
//
// A drawing is known by the last order of the page to draw something else ("" if there was none), and by how many times it
// was changed since.

import drawable from "../drawable-canvas.js"
import { createAsker, obey, setPlace } from "../live/answers.js"
import { isDark } from "../theme.js"
import { bytesOf, createPictures } from "./ink.js"
import { recall, remember, settled } from "../memory.js"

const SAMPLE_INTERVAL = 1000 / 20 // milliseconds between two pictures at the least …
const REST = 2 // … and so many times as long as the last answer took: a busy server is asked less often by all
const LATEST = 150 // milliseconds after a stroke in which the page is told of it, answered or not

const instances = new WeakMap()
const drawings = new Map() // by name: what is on each canvas, also while none is on the page

const drawingOn = name => {
  if (!drawings.has(name)) {
    const kept = recall(name)
    const sound = typeof kept?.order === "string" && Number.isInteger(kept.count) && Array.isArray(kept.objects)
    drawings.set(name, sound ? kept : { order: "", count: 0, objects: [] })
    obey(name, drawings.get(name).order)
  }
  return drawings.get(name)
}

export default function (component) {
  const { parentElement } = component
  if (!instances.has(parentElement)) instances.set(parentElement, createSheet(component))
  const sheet = instances.get(parentElement)
  sheet.update(component)
  return () => {
    sheet.stop()
    instances.delete(parentElement)
  }
}

function createSheet({ parentElement, data: { name, width, height, scale } }) {
  const root = parentElement.querySelector(".canvas-root")
  const drawing = drawingOn(name)
  const asker = createAsker(name)
  const pictures = createPictures({ width, height, scale })

  let component = null // what the page says, and by what it is told
  let shown = { objects: [], version: 0 } // what the canvas was told to show; another version is loaded anew
  let loading = false // whether the canvas is about to report what it was told to show: no change, and nothing new
  let session = null // of the server, to which this page belongs
  let remove = null
  let pen = null // the canvas with the stroke in progress, while the pen is down
  let unfinished = false // whether there is a stroke that the canvas has not yet reported
  let hurry = () => {} // has the page told at once of what it shall be told
  let timer = null
  let sampledAt = -Infinity

  // ── What is drawn ──────────────────────────────────────────────────────────────────────────────────────────────────

  const load = objects => {
    shown = { objects, version: shown.version + 1 }
    loading = true
  }

  const paint = () => {
    const { data } = component
    remove = drawable({
      parentElement,
      data: {
        fillColor: "#eee",
        strokeWidth: data.brush,
        strokeColor: data.colour,
        backgroundColor: "",
        backgroundImageURL: null,
        realtimeUpdateStreamlit: true,
        canvasWidth: width,
        canvasHeight: height,
        drawingMode: "freedraw",
        initialDrawing: { ...shown, background: "" },
        displayRadius: 3,
        returnImageData: false,
        disabled: false,
        backgroundImageFit: "stretch",
        maxDisplayHeight: null,
        fontSize: 20,
        label: "",
      },
      setStateValue: (what, value) => what === "drawing" && finish(value.raw.objects ?? []),
    })
  }

  const isKnown = () => {
    const [order, count] = component.data.known
    return order === drawing.order && count === drawing.count
  }

  const showKnown = () => {
    root.dataset.known = !unfinished && isKnown()
  }

  // A stroke is finished, or what was loaded is on the canvas.
  const finish = objects => {
    if (!loading) {
      drawing.objects = objects
      drawing.count += 1
      remember(name, drawing)
    }
    loading = unfinished = false
    showKnown()
    if (!isKnown()) tell()
  }

  const tell = async () => {
    const { order, count, objects } = drawing
    const picture = pictures.url(objects)
    const answered = asker.ask(component.data.live, () => bytesOf(picture), [order, count], true)
    // The answer first: the run of the page would hold it up. But what is pressed next may be about this drawing.
    const late = new Promise(resolve => setTimeout(resolve, LATEST))
    const pressed = new Promise(resolve => (hurry = resolve))
    await Promise.race([answered, late, pressed])
    await settled(component.data.session)
    if (drawing.order !== order || drawing.count !== count) return // drawn on meanwhile
    component.setStateValue("drawing", { order, count, objects, picture })
  }

  // ── While the pen is down ──────────────────────────────────────────────────────────────────────────────────────────

  const sample = () => {
    timer = null
    if (!pen) return
    if (!asker.idle) return schedule() // a slow server slows the bars down, not the pen
    sampledAt = performance.now()
    const stroke = pen
    const of = [drawing.order, drawing.count + 0.5]
    asker.ask(component.data.live, () => pictures.blob(drawing.objects, stroke), of, false)
  }

  const schedule = () => {
    if (!pen || timer !== null) return
    const pace = Math.max(SAMPLE_INTERVAL, REST * asker.took)
    timer = setTimeout(sample, Math.max(asker.idle ? 0 : 10, sampledAt + pace - performance.now()))
  }

  const onDown = event => {
    const upper = event.composedPath().find(node => node.classList?.contains("upper-canvas"))
    if (!upper || upper.getRootNode() !== root.getRootNode()) return hurry()
    pen = upper
    loading = false // what it reports from here on is drawn
    unfinished = true
    showKnown()
    schedule()
  }

  const onUp = () => {
    if (!pen) return
    pen = null
    clearTimeout(timer)
    timer = null
    // The canvas waits a moment for more before it reports. Its own button makes it report now; the stroke is finished
    // once all handlers of this event have run.
    setTimeout(() => root.querySelector('.dc-toolbar button[title^="Update"]')?.click())
  }

  const listeners = {
    pointerdown: onDown,
    pointermove: schedule,
    mouseup: onUp,
    touchend: onUp,
    touchcancel: onUp,
    keydown: () => hurry(),
  }
  for (const [type, listener] of Object.entries(listeners)) document.addEventListener(type, listener, true)

  return {
    update(next) {
      const first = component === null
      component = next
      const { order, tallest } = next.data
      root.style.setProperty("--tallest", tallest)
      root.style.setProperty("--shape", width / height)
      root.dataset.dark = isDark(root)
      if (first) paint() // empty; what is loaded then is reported back
      if (order.id && order.id !== drawing.order) {
        Object.assign(drawing, { order: order.id, count: 0, objects: order.objects })
        obey(name, order.id)
        remember(name, drawing)
        load(order.objects)
      } else if (first && drawing.objects.length) {
        load(drawing.objects)
      } else if (!first && session !== next.data.session && !isKnown()) {
        tell() // the server was started anew, or it is another one
      }
      session = next.data.session
      showKnown()
      paint()
      if (first) setPlace(name, root.querySelector(".dc-container"))
    },
    stop() {
      clearTimeout(timer)
      for (const [type, listener] of Object.entries(listeners)) document.removeEventListener(type, listener, true)
      setPlace(name, null)
      remove?.()
    },
  }
}
