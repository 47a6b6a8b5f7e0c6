// Figures side by side, each a small canvas under boxes and a dot, or a table of numbers; and the window that runs.
//
// While it runs, the window passes over the figure "input", and the figure "output" grows pixel by pixel. Its values are
// those that came with it; only the patch under the window is read here, and laid times the kernel where there is one.

import { isDark } from "../theme.js"
import { css, inkColor, legendGradient, readable, signedColor, unpacked } from "./paint.js"

const RUN_TIME = 16000 // milliseconds for a whole map
const SLOWEST = 90 // milliseconds for one pixel at the most

const instances = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  if (!instances.has(parentElement)) instances.set(parentElement, createFigures(parentElement.querySelector(".dd-figures")))
  const instance = instances.get(parentElement)
  instance.show(data, place => setTriggerValue("place", place))
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
}

const element = (parent, tag, className) => {
  const child = document.createElement(tag)
  child.className = className
  parent.append(child)
  return child
}

const percent = share => `${100 * share}%`

function createFigure(row, place) {
  const sign = element(row, "span", "dd-sign")
  const root = element(row, "figure", "dd-figure")
  const frame = element(root, "div", "dd-frame")
  const caption = element(root, "figcaption", "")
  let marks = []
  let content = null
  let data = null
  let values = null
  let under = null
  let dark = false

  const show = (next, handlers, edge) => {
    data = next
    values = unpacked(data.pixels)
    under = data.under && unpacked(data.under)
    dark = isDark(frame)
    sign.textContent = data.before
    sign.dataset.edge = edge
    root.dataset.name = data.name
    frame.dataset.pick = data.pick
    caption.textContent = data.caption
    const tag = data.cells ? "DIV" : "CANVAS"
    if (content?.tagName !== tag) {
      content?.remove()
      content = element(frame, tag.toLowerCase(), data.cells ? "dd-cells" : "")
    }
    // Of figures side by side, a narrow one is as high as the others.
    frame.style.width = data.cells ? "" : percent(Math.min(1, data.width / data.height))
    if (!data.cells) {
      content.width = data.width
      content.height = data.height
      content.style.imageRendering = data.width > 64 ? "auto" : "" // of what has fewer, each pixel is to be seen
      content.setAttribute("role", "img")
      content.setAttribute("aria-label", data.caption)
    }
    const at = event => {
      const box = frame.getBoundingClientRect()
      const inside = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)))
      return {
        figure: place,
        row: inside((event.clientY - box.top) / box.height, data.height),
        column: inside((event.clientX - box.left) / box.width, data.width),
      }
    }
    frame.onclick = data.pick ? event => handlers.pick(at(event)) : null
    frame.onpointermove = data.decimals === null || data.cells ? null : event => handlers.point(data, values, at(event))
    frame.onpointerleave = () => handlers.point(null)
    paint()
    mark(data.boxes, data.dot)
  }

  const color = index => {
    const share = values[index] / data.full
    return data.signed ? signedColor(share, dark, under ? under[index] : 0) : inkColor(share)
  }

  // Paints the first `count` pixels; those that are still to come stay as empty as the page.
  const paint = (count = values.length) => {
    if (data.cells) return write(values)
    const context = content.getContext("2d")
    const picture = context.createImageData(data.width, data.height)
    for (let index = 0; index < count; index++) picture.data.set([...color(index), 255], 4 * index)
    context.putImageData(picture, 0, 0)
  }

  // Writes numbers into the cells; NaN, beyond the edge, stays empty.
  const write = numbers => {
    values = numbers
    content.style.gridTemplateColumns = `repeat(${data.width}, 1fr)`
    while (content.children.length < numbers.length) element(content, "span", "")
    while (content.children.length > numbers.length) content.lastChild.remove()
    const largest = data.name === "window" ? numbers.indexOf(Math.max(...numbers.filter(value => !isNaN(value)))) : -1
    numbers.forEach((value, index) => {
      const cell = content.children[index]
      const shade = isNaN(value) ? [128, 128, 128] : color(index)
      cell.textContent = isNaN(value) ? "" : value.toFixed(data.decimals).replace("-", "−")
      cell.style.background = css(shade)
      cell.style.color = readable(shade)
      cell.dataset.largest = index === largest
    })
  }

  const mark = (boxes, dot) => {
    marks.forEach(old => old.remove())
    marks = boxes.map(([left, top, right, bottom]) => {
      const box = element(frame, "div", "dd-box")
      box.style.left = percent(left / data.width)
      box.style.top = percent(top / data.height)
      box.style.width = percent((right - left) / data.width)
      box.style.height = percent((bottom - top) / data.height)
      return box
    })
    if (!dot) return
    const point = element(frame, "div", "dd-dot")
    point.style.left = percent(dot[0] / data.width)
    point.style.top = percent(dot[1] / data.height)
    marks.push(point)
  }

  return {
    show,
    paint,
    write,
    mark,
    remove: () => (sign.remove(), root.remove()),
    get data() {
      return data
    },
    get values() {
      return values
    },
  }
}

function createFigures(root) {
  const row = root.querySelector(".dd-row")
  row.replaceChildren() // what an instance before this one left there
  const button = root.querySelector(".dd-run")
  const reading = root.querySelector(".dd-reading")
  const legend = root.querySelector(".dd-legend")
  const figures = []
  let data = null
  let send = null
  let frame = null // of the animation, while it runs
  let reached = null // how many pixels the map has, after it was begun and before it is whole

  const named = name => figures.find(figure => figure.data.name === name)

  const point = (figure, values, place) => {
    if (frame !== null) return
    reading.textContent = figure
      ? data.reading
          .replace("{row}", place.row + 1)
          .replace("{column}", place.column + 1)
          .replace("{value}", values[place.row * figure.width + place.column].toFixed(figure.decimals).replace("-", "−"))
      : ""
  }

  const pick = place => {
    halt()
    reached = null
    send(place)
  }

  // The window at a place of the map: its box, the patch under it, the products.
  const stand = index => {
    const { size, stride, padding, beyond } = data.run
    const input = named("input")
    const output = named("output")
    const place = [Math.floor(index / output.data.width), index % output.data.width]
    const [top, left] = place.map((at, axis) => at * stride[axis] - padding[axis])
    const patch = Float32Array.from({ length: size[0] * size[1] }, (_, cell) => {
      const y = top + Math.floor(cell / size[1])
      const x = left + (cell % size[1])
      const inside = y >= 0 && x >= 0 && y < input.data.height && x < input.data.width
      return inside ? input.values[y * input.data.width + x] : (beyond ?? NaN)
    })
    named("window")?.write(patch)
    named("patch")?.write(patch)
    named("products")?.write(patch.map((value, cell) => value * named("kernel").values[cell]))
    input.mark([[left, top, left + size[1], top + size[0]]])
    output.paint(index + 1)
    output.mark([[place[1], place[0], place[1] + 1, place[0] + 1]])
  }

  const halt = () => {
    if (frame !== null) cancelAnimationFrame(frame)
    frame = null
    button.textContent = data?.run?.words[0] ?? ""
  }

  const play = () => {
    const count = named("output").values.length
    const each = Math.min(SLOWEST, RUN_TIME / count)
    const from = reached ?? 0
    let begun = null
    button.textContent = data.run.words[1]
    reading.textContent = ""
    const step = now => {
      begun ??= now
      reached = from + Math.floor((now - begun) / each)
      if (reached >= count) {
        reached = null
        halt()
        return display() // the map is whole: back to the place that was chosen
      }
      stand(reached)
      frame = requestAnimationFrame(step)
    }
    frame = requestAnimationFrame(step)
  }

  button.onclick = () => {
    if (frame === null) return play()
    halt()
    const width = named("output").data.width
    send({ figure: figures.indexOf(named("output")), row: Math.floor(reached / width), column: reached % width })
  }

  const display = () => {
    while (figures.length > data.figures.length) figures.pop().remove()
    data.figures.forEach((next, index) => {
      figures[index] ??= createFigure(row, index)
      const edge = [next, data.figures[index - 1]].some(figure => figure && !figure.cells)
      figures[index].show(next, { pick, point }, edge)
    })
  }

  return {
    show(next, sender) {
      send = sender
      const same = data?.run && next.run && JSON.stringify([data.run, outputOf(data)]) === JSON.stringify([next.run, outputOf(next)])
      data = next
      if (!same) {
        halt()
        reached = null
      }
      root.dataset.layout = data.layout
      button.hidden = !data.run
      legend.hidden = !data.legend
      if (data.legend) {
        const [below, bar, above] = legend.children
        below.textContent = data.legend[0]
        above.textContent = data.legend[1]
        bar.style.background = legendGradient(isDark(root))
      }
      display()
      if (reached !== null) stand(reached)
      if (frame === null) button.textContent = data.run?.words[0] ?? ""
    },
    stop: halt,
  }
}

const outputOf = data => data.figures.find(figure => figure.name === "output").pixels
