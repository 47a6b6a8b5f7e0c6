// Boxes around what was read on a picture or a canvas, each with its reading: as sharp on a telephone as on a projector.
//
// How sure the network is shows in the colour and, for those who do not see colours, in the line. The style is brought
// along because a canvas stands in a shadow root, which the page's styles do not reach.

const BOX_STYLE = `
  .dd-boxes {
    position: absolute;
    inset: 0;
    z-index: 15;
    pointer-events: none;
    container-type: inline-size;
  }
  .dd-box-of {
    --tone: #1f77d0;
    position: absolute;
    box-sizing: border-box;
    border: clamp(2px, 0.3cqw, 4px) solid var(--tone);
    border-radius: 4px;
    box-shadow: 0 0 0 1px #fff, inset 0 0 0 1px #fff;
  }
  .dd-box-of[data-tone="fair"] {
    --tone: #c77700;
    border-style: dashed;
  }
  .dd-box-of[data-tone="unsure"] {
    --tone: #d6006c;
    border-style: dotted;
    border-width: clamp(3px, 0.45cqw, 6px);
  }
  .dd-box-of[data-tone="other"] {
    --tone: #5f6b7a;
    border-style: dotted;
  }
  .dd-box-of span {
    position: absolute;
    left: -2px;
    bottom: 100%;
    padding: 0 0.35em;
    border-radius: 0.3em;
    font: 700 clamp(0.5rem, calc(var(--wide) * 0.5cqw), 1.35rem) / 1.25 var(--st-font, sans-serif);
    color: #fff;
    background: var(--tone);
    white-space: pre;
  }
  .dd-box-of[data-low="true"] span {
    top: 100%;
    bottom: auto;
  }
  .dd-box-of span:empty {
    display: none;
  }
`

// A layer of boxes that lies over the frames it is shown on, one at a time.
export function createBoxes() {
  const style = document.createElement("style")
  style.textContent = BOX_STYLE
  const layer = document.createElement("div")
  layer.className = "dd-boxes"
  layer.setAttribute("aria-hidden", "true") // the reading is there as text
  return {
    // `boxes`: label, tone and the four edges of each, as shares of the frame's width and height.
    show(frame, boxes) {
      if (layer.parentNode !== frame) frame.append(style, layer)
      const widths = boxes.map(({ edges: [left, , right] }) => right - left).sort((a, b) => a - b)
      layer.style.setProperty("--wide", 100 * (widths[Math.floor(widths.length / 2)] ?? 0))
      layer.replaceChildren(
        ...boxes.map(({ label, tone, edges: [left, top, right, bottom] }) => {
          const box = document.createElement("div")
          box.className = "dd-box-of"
          box.dataset.tone = tone
          box.dataset.low = top < 0.12 // there is no room above it
          box.style.left = `${100 * left}%`
          box.style.top = `${100 * top}%`
          box.style.width = `${100 * (right - left)}%`
          box.style.height = `${100 * (bottom - top)}%`
          const reading = document.createElement("span")
          reading.textContent = label
          box.append(reading)
          return box
        }),
      )
    },
    remove() {
      style.remove()
      layer.remove()
    },
  }
}
