// A drawing that flows through a network: columns of feature maps, and lines between those that make each other.
//
// Each stage is one canvas of tiles, however many maps. Lines are drawn for the map at which one points; for none, from the
// likeliest answer back to what speaks for it most.

import { follow, wish } from "../live/answers.js"
import { percent, setText } from "../live/text.js"
import { inkColor, signedColor } from "../pictures/paint.js"
import { standing } from "../standing.js"
import { isDark } from "../theme.js"

const NARROW = 560 // CSS pixels below which it flows from top to bottom
const LEAST = 0.12 // share of the strongest line below which none is drawn
const TRACED = 3 // maps of each stage on the way back from the likeliest answer
const GAP = 1 // pixel of the canvas between two tiles
const SVG = "http://www.w3.org/2000/svg"

export default standing(({ data, parentElement }) => createFlow(parentElement.querySelector(".dd-flow"), data.sheet))

const bytes = text => Int8Array.from(atob(text), character => character.charCodeAt(0))

function createColumn(place, kind) {
  const root = document.createElement("section")
  root.className = "dd-column"
  root.dataset.kind = kind
  root.innerHTML = "<h3></h3><p></p>"
  place.append(root)
  return root
}

function createFlow(root, sheet) {
  const place = root.querySelector(".dd-columns")
  const svg = root.querySelector("svg")
  const says = root.querySelector("output")
  place.replaceChildren()
  let data = null
  let send = () => {}
  let columns = [] // the drawing, the stages, the answers: each with count and boxOf(index), where a tile is
  let answer = null
  let links = [] // of the answer: for each column after the first, rows of those before it
  let pointed = null // [column, index] at which one points

  // ── What is shown ──────────────────────────────────────────────────────────────────────────────────────────────────

  const build = () => {
    place.replaceChildren()
    root.style.setProperty("--strips", data.stages.length + 1)
    columns = [createDrawing(), ...data.stages.map((stage, index) => createStage(stage, index + 1)), createAnswers()]
  }

  const interact = (element, column, count, indexAt, columnsOf) => {
    let at = 0
    const point = index => {
      pointed = index === null ? null : [column, index]
      trace()
    }
    element.tabIndex = 0
    element.onpointermove = event => point(indexAt(event))
    element.onpointerleave = () => point(null)
    element.onblur = () => point(null)
    element.onfocus = () => element.matches(":focus-visible") && point(at)
    element.onclick = event => {
      const which = indexAt(event)
      if (which !== null) send({ column, which })
    }
    element.onkeydown = event => {
      const across = columnsOf()
      const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -count, End: count }
      if (event.key === "Enter" || event.key === " ") send({ column, which: at })
      else if (event.key in steps) point((at = Math.min(count - 1, Math.max(0, at + steps[event.key]))))
      else return
      event.preventDefault()
    }
  }

  const createDrawing = () => {
    const column = createColumn(place, "drawing")
    setText(column.querySelector("h3"), data.words.drawing)
    setText(column.querySelector("p"), "28 × 28")
    const canvas = document.createElement("canvas")
    canvas.width = canvas.height = 28
    canvas.setAttribute("role", "button")
    canvas.setAttribute("aria-label", `${data.words.drawing}. ${data.words.open}`)
    column.append(canvas)
    interact(canvas, 0, 1, () => 0, () => 1)
    return {
      count: 1,
      boxOf: () => canvas.getBoundingClientRect(),
      paint() {
        const context = canvas.getContext("2d")
        const picture = context.createImageData(28, 28)
        const values = answer?.pixels ? atob(answer.pixels) : ""
        for (let index = 0; index < 784; index++) {
          picture.data.set([...inkColor((values.charCodeAt(index) || 0) / 255), 255], 4 * index)
        }
        context.putImageData(picture, 0, 0)
      },
    }
  }

  const createStage = (stage, number) => {
    const column = createColumn(place, "stage")
    setText(column.querySelector("h3"), stage.title)
    setText(column.querySelector("p"), stage.words)
    const canvas = document.createElement("canvas")
    canvas.setAttribute("role", "button")
    canvas.setAttribute("aria-label", `${stage.title}: ${stage.words}. ${data.words.open}`)
    column.append(canvas)
    const [height, width] = stage.shape
    const count = stage.names.length
    let across = 1
    const indexAt = event => {
      const box = canvas.getBoundingClientRect()
      const rows = Math.ceil(count / across)
      const x = Math.floor(((event.clientX - box.left) / box.width) * across)
      const y = Math.floor(((event.clientY - box.top) / box.height) * rows)
      const index = Math.max(0, Math.min(rows - 1, y)) * across + Math.max(0, Math.min(across - 1, x))
      return index < count ? index : null
    }
    interact(canvas, number, count, indexAt, () => across)
    return {
      count,
      boxOf(index) {
        const box = canvas.getBoundingClientRect()
        const size = [box.width / across, box.height / Math.ceil(count / across)]
        const [x, y] = [index % across, Math.floor(index / across)]
        return new DOMRect(box.left + x * size[0], box.top + y * size[1], size[0], size[1])
      },
      paint(shades) {
        across = root.dataset.narrow === "true" ? count : 1
        const rows = Math.ceil(count / across)
        canvas.width = across * (width + GAP)
        canvas.height = rows * (height + GAP)
        canvas.style.aspectRatio = `${across} / ${rows}`
        const levels = answer?.flow ? bytes(answer.flow.maps[number - 1]) : new Int8Array(count * width * height)
        const context = canvas.getContext("2d")
        const picture = context.createImageData(canvas.width, canvas.height)
        const pixels = new Uint32Array(picture.data.buffer)
        for (let map = 0, index = 0; map < count; map++) {
          const left = (map % across) * (width + GAP)
          const top = Math.floor(map / across) * (height + GAP)
          for (let y = 0; y < height; y++) {
            const row = (top + y) * canvas.width + left
            for (let x = 0; x < width; x++) pixels[row + x] = shades[levels[index++] + 128]
          }
        }
        context.putImageData(picture, 0, 0)
      },
    }
  }

  const createAnswers = () => {
    const column = createColumn(place, "answers")
    setText(column.querySelector("h3"), data.words.answers)
    setText(column.querySelector("p"), data.words.sums)
    const list = document.createElement("div")
    list.className = "dd-sums"
    list.setAttribute("role", "button")
    list.setAttribute("aria-label", `${data.words.answers}. ${data.words.open}`)
    column.append(list)
    let rows = []
    const indexAt = event => {
      const index = rows.findIndex(row => row.getBoundingClientRect().bottom >= event.clientY)
      return index < 0 ? null : index
    }
    interact(list, data.stages.length + 1, data.answer.names.length, indexAt, () => 1)
    return {
      // A network that a pupil trained has no answer of its own for what is no digit, and so no sum for it.
      get count() {
        return answer?.flow?.sums.length ?? data.answer.names.length
      },
      boxOf: index => (rows[index] ?? list).getBoundingClientRect(),
      paint() {
        const names = answer?.names ?? data.answer.names
        if (rows.length !== names.length) {
          rows = names.map(() => {
            const row = document.createElement("div")
            row.className = "dd-sum"
            row.innerHTML = "<b></b><span></span><div><i></i></div><small></small>"
            return row
          })
          list.replaceChildren(...rows)
        }
        names.forEach((name, index) => {
          const [label, sum, track, share] = rows[index].children
          const value = answer?.flow?.sums[index]
          rows[index].dataset.winner = answer?.winner === index
          setText(label, name)
          setText(sum, value === undefined ? "" : value.toFixed(1).replace("-", "−"))
          track.firstChild.style.width = `${100 * (answer?.shares[index] ?? 0)}%`
          setText(share, percent((answer?.percents[index] ?? 0) / 100))
        })
      },
    }
  }

  // ── What makes what ────────────────────────────────────────────────────────────────────────────────────────────────

  const linkOf = (column, from, to) => links[column - 1][from * columns[column].count + to] ?? 0

  // The strongest of the lines into a map, or out of it: [index of the other end, strength from −1 to 1].
  const linesAt = (column, index, into, most = Infinity) => {
    const other = into ? column - 1 : column + 1
    if (other < 0 || other >= columns.length || index >= columns[column].count) return []
    const lines = Array.from({ length: columns[other].count }, (_, end) => [
      end,
      into ? linkOf(column, end, index) : linkOf(other, index, end),
    ])
    const strongest = Math.max(...lines.map(([, strength]) => Math.abs(strength))) || 1
    return lines
      .map(([end, strength]) => [end, strength / strongest])
      .filter(([, strength]) => Math.abs(strength) >= LEAST)
      .sort(([, one], [, another]) => Math.abs(another) - Math.abs(one))
      .slice(0, most)
  }

  const trace = () => {
    svg.replaceChildren()
    setText(says, "")
    if (!answer?.flow || !links.length) return
    if (pointed) tracePointed(...pointed)
    else if (answer.winner !== null && answer.winner < answer.flow.sums.length) traceBack(answer.winner)
  }

  const tracePointed = (column, index) => {
    mark(column, index, 1, "dd-pointed")
    for (const into of [true, false]) {
      for (const [end, strength] of linesAt(column, index, into)) {
        const other = into ? column - 1 : column + 1
        draw(into ? [other, end, column, index] : [column, index, other, end], strength)
        mark(other, end, Math.abs(strength), strength > 0 ? "dd-for" : "dd-against")
      }
    }
    const name = data.stages[column - 1]?.names[index]
    const pointedAt = name ?? (column === 0 ? data.words.drawing : answer.names[index])
    setText(says, data.words.lines.replace("{name}", pointedAt))
  }

  const traceBack = winner => {
    let ends = [winner]
    mark(columns.length - 1, winner, 1, "dd-for")
    for (let column = columns.length - 1; column > 0; column--) {
      const found = new Map()
      for (const end of ends) {
        for (const [from, strength] of linesAt(column, end, true)) {
          if (Math.abs(strength) > Math.abs(found.get(from)?.[1] ?? 0)) found.set(from, [end, strength])
        }
      }
      const best = [...found].sort(([, [, one]], [, [, another]]) => Math.abs(another) - Math.abs(one)).slice(0, column === 1 ? 1 : TRACED)
      for (const [from, [end, strength]] of best) {
        draw([column - 1, from, column, end], 0.6 * strength)
        if (column > 1) mark(column - 1, from, 0.6 * Math.abs(strength), strength > 0 ? "dd-for" : "dd-against")
      }
      ends = best.map(([from]) => from)
    }
  }

  const boxIn = (column, index) => {
    const { left, top } = root.getBoundingClientRect()
    const box = columns[column].boxOf(index)
    return new DOMRect(box.left - left, box.top - top, box.width, box.height)
  }

  const draw = ([fromColumn, from, toColumn, to], strength) => {
    const [start, end] = [boxIn(fromColumn, from), boxIn(toColumn, to)]
    const isDown = root.dataset.narrow === "true"
    const line = document.createElementNS(SVG, "path")
    const points = isDown
      ? [start.x + start.width / 2, start.bottom, end.x + end.width / 2, end.top]
      : [start.right, start.y + start.height / 2, end.left, end.y + end.height / 2]
    const [x1, y1, x2, y2] = points
    const bend = isDown ? [x1, (y1 + y2) / 2, x2, (y1 + y2) / 2] : [(x1 + x2) / 2, y1, (x1 + x2) / 2, y2]
    line.setAttribute("d", `M${x1},${y1} C${bend},${x2},${y2}`)
    line.setAttribute("class", strength > 0 ? "dd-for" : "dd-against")
    line.style.strokeWidth = 0.75 + 3 * Math.abs(strength)
    line.style.opacity = 0.25 + 0.7 * Math.abs(strength)
    svg.append(line)
  }

  const mark = (column, index, strength, className) => {
    const box = boxIn(column, index)
    const frame = document.createElementNS(SVG, "rect")
    for (const [name, value] of Object.entries({ x: box.x, y: box.y, width: box.width, height: box.height, rx: 3 })) {
      frame.setAttribute(name, value)
    }
    frame.setAttribute("class", className)
    frame.style.strokeWidth = 1.5 + 2 * strength
    svg.append(frame)
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  const shadesNow = () => {
    const dark = isDark(root)
    return Uint32Array.from({ length: 256 }, (_, level) => {
      const [red, green, blue] = signedColor((level - 128) / 127, dark).map(Math.round)
      return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
    })
  }

  const display = () => {
    if (!data || !root.clientWidth) return
    root.dataset.narrow = root.clientWidth < NARROW
    const shades = shadesNow()
    for (const column of columns) column.paint(shades)
    trace()
    root.dataset.shown = answer?.flow ? "yes" : "no"
  }

  // An answer without maps is of a drawing that was answered before the overview was there; maps follow.
  const take = next => {
    if (next && next.flow === undefined) return
    if (next?.flow && next.flow.maps.length !== data?.stages.length) return // of another network
    answer = next
    links = next?.flow ? next.flow.links.map(bytes) : []
    display()
  }

  let answers = null
  const endWish = wish(sheet, "flow=yes")
  const observer = new ResizeObserver(display)
  observer.observe(root)

  return {
    update({ data: next, setTriggerValue }) {
      send = place => setTriggerValue("open", place)
      const isOther = JSON.stringify([data?.stages, data?.answer.names]) !== JSON.stringify([next.stages, next.answer.names])
      data = next
      if (isOther) build()
      answers ??= follow(sheet, take)
      answers.offer(data.answer, data.of, true)
      if (isOther) display()
    },
    stop() {
      answers?.stop()
      endWish()
      observer.disconnect()
    },
  }
}
