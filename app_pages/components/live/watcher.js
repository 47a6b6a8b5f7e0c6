// The watcher, which sees what is written on a canvas while the pen is down, and how canvases look.
//
// The canvas component reports a drawing only after the pen is lifted. Its two canvases, the finished strokes and above
// them the stroke in progress, stand in an open shadow root of this page, so the watcher can lay one over the other and
// send a small picture of the ink. It sends the next one only when the answer to the last has come back.

const SAMPLE_SCALE = 0.5 // of the picture that is sent, against the canvas inside
const SAMPLE_INTERVAL = 1000 / 12 // milliseconds between two pictures at the least
const ANSWER_TIMEOUT = 3000 // milliseconds after which an answer is given up and the next picture sent

// How a canvas looks. Inside, it always has the same pixels and black ink on a transparent page; here it is made as large
// as the screen allows, and light on dark where the theme is dark. What lies over what is said here once more: the
// component's own style may come after its canvases, which would then jump from under a pen that is quick.
const canvasStyle = (sheet, dark) => `
  .dc-root, .dc-container {
    position: relative;
  }
  .dc-background-canvas, .dc-toolbar {
    position: absolute;
    top: 0;
  }
  .dc-root {
    width: min(100%, (${sheet.tallest}) * ${sheet.width / sheet.height});
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
    aspect-ratio: ${sheet.width} / ${sheet.height};
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

// `onCanvas` is called with the element whose place the canvas takes, whenever one is there anew.
function createWatcher(element, onCanvas = () => {}) {
  const scratch = document.createElement("canvas")
  const ink = scratch.getContext("2d", { willReadFrequently: true })

  let sheet = null // the canvas: key of the Streamlit container in which it stands, and its size
  let send = null
  let layers = null // the canvases under the pen, while it is down
  let timer = null
  let number = 0 // of the last picture sent
  let awaited = false // whether its answer is still to come
  let moved = false // whether the pen has moved since
  let sentAt = -Infinity
  let worn = null // the style that the canvas has
  let found = null // the element whose place it takes

  const sample = () => {
    timer = null
    if (!layers) return
    scratch.width = SAMPLE_SCALE * sheet.width // which empties it, too
    scratch.height = SAMPLE_SCALE * sheet.height
    ink.imageSmoothingQuality = "high"
    for (const layer of layers) ink.drawImage(layer, 0, 0, scratch.width, scratch.height)
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
    if (!sheet || !root?.host?.closest(`.st-key-${sheet.canvas}`)) return
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
    for (const element of document.querySelectorAll(`.st-key-${sheet.canvas} *`)) {
      const root = element.shadowRoot
      if (!root) continue
      if (!root.adoptedStyleSheets.includes(style)) {
        root.adoptedStyleSheets.push(style)
        observer.observe(root, { childList: true, subtree: true })
      }
      const place = root.querySelector(".dc-container")
      if (place && place !== found) onCanvas((found = place))
    }
  }
  const observer = new MutationObserver(dress)

  const listeners = { pointerdown: onDown, pointermove: schedule, mouseup: onUp, touchend: onUp, touchcancel: onUp }
  for (const [type, listener] of Object.entries(listeners)) document.addEventListener(type, listener, true)

  return {
    // Takes the canvas to watch, and whom to send pictures to.
    update(next, sender) {
      send = sender
      if (next.sample === number) {
        awaited = false
        if (moved) schedule()
      }
      const another = sheet?.canvas !== next.canvas
      sheet = next
      if (another) {
        observer.disconnect()
        observer.observe(document.querySelector(`.st-key-${sheet.canvas}`) ?? document.body, { childList: true, subtree: true })
      }
      const css = canvasStyle(sheet, isDark(element))
      if (css !== worn) style.replaceSync((worn = css))
      dress()
    },
    stop() {
      observer.disconnect()
      clearTimeout(timer)
      for (const [type, listener] of Object.entries(listeners)) document.removeEventListener(type, listener, true)
    },
  }
}
