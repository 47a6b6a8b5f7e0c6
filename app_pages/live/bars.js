// Ten bars, and the watcher that keeps them moving while the pen is down.
//
// The canvas component reports a drawing only after the pen is lifted. Its two canvases, the finished strokes and above
// them the stroke in progress, stand in an open shadow root of this page, so the watcher can lay one over the other and
// send a small picture of the ink. It sends the next one only when the answer to the last has come back.

const SAMPLE_SIDE = 280 // pixels a side of the picture that is sent
const SAMPLE_INTERVAL = 1000 / 12 // milliseconds between two pictures at the least
const ANSWER_TIMEOUT = 3000 // milliseconds after which an answer is given up and the next picture sent

const instances = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  if (!instances.has(parentElement)) {
    instances.set(parentElement, createBars(parentElement.querySelector(".dd-bars")))
  }
  const bars = instances.get(parentElement)
  bars.watcher.update(data, sample => setStateValue("sample", sample))
  bars.show(data)
  return () => {
    bars.watcher.stop()
    instances.delete(parentElement)
  }
}

function createBars(list) {
  list.replaceChildren() // what an instance before this one left there
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("li")
    row.innerHTML =
      '<span class="dd-digit"></span><div class="dd-track" aria-hidden="true"><div class="dd-fill"></div></div>' +
      '<span class="dd-share"></span>'
    row.querySelector(".dd-digit").textContent = digit
    list.append(row)
    return { row, fill: row.querySelector(".dd-fill"), share: row.querySelector(".dd-share") }
  })
  const show = ({ shares, percents, winner }) =>
    rows.forEach(({ row, fill, share }, digit) => {
      row.dataset.winner = digit === winner
      fill.style.transform = `scaleX(${shares[digit]})`
      const text = `${percents[digit]} %`
      if (share.textContent !== text) share.textContent = text
    })
  return { show, watcher: createWatcher(list) }
}

// How the canvas looks. Inside, it always has the same pixels and black ink on a transparent page; here it is made square,
// as large as the screen allows, and light on dark where the theme is dark.
const canvasStyle = dark => `
  .dc-root {
    width: min(100%, max(16rem, 100dvh - 8.75rem));
    margin-inline: auto;
  }
  .dc-scroll {
    overflow: hidden !important;
    border-radius: 12px;
  }
  .dc-container {
    box-sizing: border-box !important;
    width: 100% !important;
    height: auto !important;
    aspect-ratio: 1;
    background: ${dark ? "#05080b" : "#ffffff"};
    border: 2px solid var(--st-border-color);
    border-radius: 12px;
  }
  .dc-container .canvas-container, .dc-container canvas {
    width: 100% !important;
    height: 100% !important;
    touch-action: none;
    ${dark ? "filter: invert(1);" : ""}
  }
  .dc-container .canvas-container {
    filter: none;
  }
  .dc-canvas {
    outline: none !important;
  }
  /* Undo and Clear are buttons of the page; hidden, these do not stand twice in a screen reader's list. */
  .dc-toolbar {
    visibility: hidden;
    pointer-events: none;
  }
`

function createWatcher(element) {
  const scratch = document.createElement("canvas")
  scratch.width = scratch.height = SAMPLE_SIDE
  const ink = scratch.getContext("2d", { willReadFrequently: true })
  ink.imageSmoothingQuality = "high"

  let container = null // key of the Streamlit container in which the canvas stands
  let send = null
  let layers = null // the canvases under the pen, while it is down
  let timer = null
  let number = 0 // of the last picture sent
  let awaited = false // whether its answer is still to come
  let moved = false // whether the pen has moved since
  let sentAt = -Infinity
  let dark = null

  const sample = () => {
    timer = null
    if (!layers) return
    ink.clearRect(0, 0, SAMPLE_SIDE, SAMPLE_SIDE)
    for (const layer of layers) ink.drawImage(layer, 0, 0, SAMPLE_SIDE, SAMPLE_SIDE)
    awaited = true
    moved = false
    sentAt = performance.now()
    number += 1
    send({ number, picture: scratch.toDataURL("image/png") })
  }

  const schedule = () => {
    moved = true
    if (!layers || timer !== null) return
    const since = performance.now() - sentAt
    if (awaited && since < ANSWER_TIMEOUT) return
    timer = setTimeout(sample, Math.max(0, SAMPLE_INTERVAL - since))
  }

  const onDown = event => {
    const upper = event.composedPath().find(node => node.classList?.contains("upper-canvas"))
    const root = upper?.getRootNode()
    if (!root?.host?.closest(`.st-key-${container}`)) return
    layers = [...root.querySelectorAll(".lower-canvas, .upper-canvas")]
    schedule()
  }

  const onUp = () => {
    if (!layers) return
    const root = layers[0].getRootNode()
    layers = null
    clearTimeout(timer)
    timer = null
    // The canvas waits a moment for more before it reports. Its own button makes it report now; the stroke is finished
    // once all handlers of this event have run.
    setTimeout(() => root.querySelector('.dc-toolbar button[title^="Update"]')?.click())
  }

  const style = new CSSStyleSheet()
  const dress = () => {
    for (const element of document.querySelectorAll(`.st-key-${container} *`)) {
      const root = element.shadowRoot
      if (root && !root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets.push(style)
    }
  }
  const observer = new MutationObserver(dress)

  const listeners = { pointerdown: onDown, pointermove: schedule, mouseup: onUp, touchend: onUp, touchcancel: onUp }
  for (const [type, listener] of Object.entries(listeners)) document.addEventListener(type, listener, true)

  return {
    update(data, sender) {
      send = sender
      if (data.sample === number) {
        awaited = false
        if (moved) schedule()
      }
      if (container !== data.canvas) {
        container = data.canvas
        observer.disconnect()
        observer.observe(document.querySelector(`.st-key-${container}`) ?? document.body, { childList: true, subtree: true })
      }
      if (dark !== isDark(element)) {
        dark = isDark(element)
        style.replaceSync(canvasStyle(dark))
      }
      dress()
    },
    stop() {
      observer.disconnect()
      clearTimeout(timer)
      for (const [type, listener] of Object.entries(listeners)) document.removeEventListener(type, listener, true)
    },
  }
}
