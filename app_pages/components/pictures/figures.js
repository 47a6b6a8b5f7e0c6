// Figures side by side, each a small canvas under boxes and a dot, or a table of numbers; and the window that runs.
//
// While it runs, the window passes over the figure "input", and the figure "output" grows pixel by pixel. Its values are
// those that came with it; only the patch under the window is read here, and laid times the kernel where there is one.

import { standing } from "../standing.js"
import { isDark } from "../theme.js"
import { css, inkColor, legendGradient, readable, signedColor, unpacked } from "./paint.js"

const RUN_TIME = 16000 // milliseconds for a whole map
const SLOWEST = 90 // milliseconds for one pixel at the most
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] } // rows and columns
const STILL = matchMedia("(prefers-reduced-motion: reduce)")

export default standing(({ parentElement }) => createFigures(parentElement.querySelector(".dd-figures")))

const element = (parent, tag, className) => {
  const child = document.createElement(tag)
  child.className = className
  parent.append(child)
  return child
}

const describe = (element, attributes) => {
  for (const name of ["role", "aria-label", "aria-hidden", "tabindex"]) {
    if (name in attributes) element.setAttribute(name, attributes[name])
    else element.removeAttribute(name)
  }
}

const percent = share => `${100 * share}%`

function createFigure(row, place) {
  const sign = element(row, "span", "dd-sign")
  const root = element(row, "figure", "dd-figure")
  const frame = element(root, "div", "dd-frame")
  const cursor = element(frame, "div", "dd-cursor")
  const caption = element(root, "figcaption", "")
  let marks = []
  let content = null
  let data = null
  let values = null
  let under = null
  let dark = false
  let at = null // the pixel at which the keys are

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
      frame.append(cursor)
    }
    // Of figures side by side, a narrow one is as high as the others.
    frame.style.width = data.cells ? "" : percent(Math.min(1, data.width / data.height))
    if (!data.cells) {
      content.width = data.width
      content.height = data.height
      content.style.imageRendering = data.width > 64 ? "auto" : "" // of what has fewer, each pixel is to be seen
    }
    const isRead = data.decimals !== null && !data.cells // pixel by pixel, with a pointer or by keys
    const { read, choose } = handlers.how
    const label = `${data.caption} ${data.pick ? choose : read}`
    const picture = isRead ? { "aria-hidden": true } : { role: "img", "aria-label": data.caption }
    describe(frame, isRead ? { role: "application", "aria-label": label, tabindex: 0 } : {})
    describe(content, data.cells ? {} : picture)
    const pointedAt = event => {
      const box = frame.getBoundingClientRect()
      const inside = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)))
      return {
        figure: place,
        row: inside((event.clientY - box.top) / box.height, data.height),
        column: inside((event.clientX - box.left) / box.width, data.width),
      }
    }
    frame.onclick = data.pick ? event => handlers.pick(chosen(pointedAt(event))) : null
    const chosen = pixel => {
      at = [pixel.row, pixel.column] // the keys go on from there
      return pixel
    }
    frame.onpointermove = isRead ? event => handlers.point(data, values, pointedAt(event)) : null
    frame.onpointerleave = frame.onblur = () => handlers.point(null)
    frame.onfocus = isRead ? () => frame.matches(":focus-visible") && goTo(at, handlers) : null
    frame.onkeydown = isRead ? event => key(event, handlers) : null
    const isHere = frame === document.activeElement || data.boxes.length === 0 // else the keys begin at what is marked
    goTo((isHere ? at : null) ?? data.boxes[0]?.slice(0, 2).reverse() ?? [0, 0])
    paint()
    mark(data.boxes, data.dot)
  }

  // Takes the keys to a pixel, and says what is there.
  const goTo = ([row, column], handlers) => {
    at = [Math.min(data.height - 1, Math.max(0, Math.round(row))), Math.min(data.width - 1, Math.max(0, Math.round(column)))]
    cursor.style.top = percent(at[0] / data.height)
    cursor.style.left = percent(at[1] / data.width)
    cursor.style.height = percent(1 / data.height)
    cursor.style.width = percent(1 / data.width)
    handlers?.point(data, values, { row: at[0], column: at[1] })
  }

  const key = (event, handlers) => {
    const [row, column] = at
    if (event.key in STEPS) goTo([row + STEPS[event.key][0], column + STEPS[event.key][1]], handlers)
    else if (data.pick && (event.key === "Enter" || event.key === " ")) handlers.pick({ figure: place, row, column })
    else return
    event.preventDefault()
  }

  const color = index => {
    const share = values[index] / data.full
    if (data.signed) return signedColor(share, dark, under ? under[index] : 0)
    return inkColor(data.paper && !dark ? 1 - share : share)
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
    button.textContent = words().begin
  }

  const words = () => data?.run?.words[STILL.matches ? "still" : "moving"] ?? { begin: "" }

  // For those who want nothing to move: to the end of the next row of the map.
  const nextRow = () => {
    const { width } = named("output").data
    const row = reached === null ? 0 : Math.floor(reached / width) + 1
    reached = row * width + width - 1
    if (reached < named("output").values.length) return sendPlace()
    reached = null
    display()
  }

  const sendPlace = () => {
    const { width } = named("output").data
    stand(reached)
    send({ figure: figures.indexOf(named("output")), row: Math.floor(reached / width), column: reached % width })
  }

  const play = () => {
    const count = named("output").values.length
    const each = Math.min(SLOWEST, RUN_TIME / count)
    const from = reached ?? 0
    let begun = null
    button.textContent = words().pause
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
    if (frame === null) return STILL.matches ? nextRow() : play()
    halt()
    sendPlace()
  }

  const display = () => {
    while (figures.length > data.figures.length) figures.pop().remove()
    data.figures.forEach((next, index) => {
      figures[index] ??= createFigure(row, index)
      const edge = [next, data.figures[index - 1]].some(figure => figure && !figure.cells)
      figures[index].show(next, { pick, point, how: data.how }, edge)
    })
  }

  return {
    update({ data: next, setTriggerValue }) {
      send = place => setTriggerValue("place", place)
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
      if (frame === null) button.textContent = words().begin
    },
    stop: halt,
  }
}

const outputOf = data => data.figures.find(figure => figure.name === "output").pixels
