// Sheets of small maps: one canvas a sheet, however many maps.

import { standing } from "../standing.js"
import { isDark } from "../theme.js"
import { inkColor, signedColor, unpacked } from "./paint.js"

const TILE_SIZES = [
  [8, 34],
  [16, 44],
  [Infinity, 58],
] // a map of at most so many pixels a side is shown so large, in CSS pixels

export default standing(({ parentElement }) => createSheets(parentElement.querySelector(".dd-sheets")))

// At most `room` columns, and rows of the same length where that does not make them short.
const evenly = (count, room) => {
  for (let columns = Math.min(count, room); columns > room / 2; columns--) if (count % columns === 0) return columns
  return Math.min(count, room)
}

function createSheet(root, place) {
  const section = document.createElement("section")
  section.className = "dd-sheet"
  section.innerHTML =
    '<h3></h3><p></p><div class="dd-tiles" role="slider" tabindex="0" aria-valuemin="1"><canvas aria-hidden="true"></canvas>' +
    '<div class="dd-tile" hidden></div><div class="dd-at"></div></div>'
  root.append(section)
  const tiles = section.querySelector(".dd-tiles")
  const canvas = section.querySelector("canvas")
  const chosen = section.querySelector(".dd-tile")
  const cursor = section.querySelector(".dd-at")
  let at = 0 // the map at which the keys are
  let painted = null // what the canvas shows

  const show = (data, { label, how }, width, dark, pick) => {
    section.querySelector("h3").textContent = data.title
    section.querySelector("p").textContent = data.words
    tiles.hidden = !data.count
    if (!data.count) return
    tiles.setAttribute("aria-label", `${data.title || data.words} ${how}`)
    tiles.setAttribute("aria-valuemax", data.count)
    // The gap of one pixel between maps is part of the tile.
    const usual = TILE_SIZES.find(([side]) => Math.max(data.height, data.width) <= side)[1]
    const columns = evenly(data.count, Math.max(1, Math.floor(width / usual)))
    const size = Math.floor(Math.min(1.5 * usual, width / columns))
    const rows = Math.ceil(data.count / columns)
    const state = JSON.stringify([columns, dark])
    if (painted?.state !== state || painted.values !== data.pixels.values) {
      painted = { state, values: data.pixels.values }
      paint(data, columns, rows, dark)
    }
    canvas.style.width = `${columns * size}px`
    canvas.style.height = `${rows * size}px`
    const number = event => {
      const box = canvas.getBoundingClientRect()
      const at = (from, extent, count) => Math.min(count - 1, Math.max(0, Math.floor((from / extent) * count)))
      return (
        at(event.clientY - box.top, box.height, rows) * columns + at(event.clientX - box.left, box.width, columns)
      )
    }
    canvas.onclick = event => number(event) < data.count && pick({ sheet: place, map: number(event) })
    canvas.onpointermove = event => {
      canvas.title = number(event) < data.count ? label.replace("{number}", number(event) + 1) : ""
    }
    const frame = (box, map) => {
      box.style.left = `${(map % columns) * size - 2}px`
      box.style.top = `${Math.floor(map / columns) * size - 2}px`
      box.style.width = box.style.height = `${size + 2}px`
    }
    const goTo = map => {
      at = Math.min(data.count - 1, Math.max(0, map))
      tiles.setAttribute("aria-valuenow", at + 1)
      tiles.setAttribute("aria-valuetext", label.replace("{number}", at + 1))
      frame(cursor, at)
    }
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -data.count, End: data.count }
    tiles.onkeydown = event => {
      if (event.key === "Enter" || event.key === " ") pick({ sheet: place, map: at })
      else if (event.key in steps) goTo(at + steps[event.key])
      else return
      event.preventDefault()
    }
    chosen.hidden = data.chosen === null
    frame(chosen, data.chosen)
    goTo(tiles === document.activeElement ? at : (data.chosen ?? at))
  }

  const paint = (data, columns, rows, dark) => {
    const levels = unpacked(data.pixels)
    canvas.width = columns * (data.width + 1)
    canvas.height = rows * (data.height + 1)
    const context = canvas.getContext("2d")
    const picture = context.createImageData(canvas.width, canvas.height)
    const colour = share => (data.ink ? inkColor(share) : signedColor(share, dark))
    const shades = Array.from({ length: 256 }, (_, level) => colour((level - 128) / 127))
    levels.forEach((level, index) => {
      const map = Math.floor(index / (data.width * data.height))
      const y = Math.floor(map / columns) * (data.height + 1) + (Math.floor(index / data.width) % data.height)
      const x = (map % columns) * (data.width + 1) + (index % data.width)
      picture.data.set([...shades[level + 128], 255], 4 * (y * canvas.width + x))
    })
    context.putImageData(picture, 0, 0)
  }

  return { show, remove: () => section.remove() }
}

function createSheets(root) {
  const sheets = []
  let data = null
  let send = null

  const display = () => {
    const width = root.clientWidth - (data.tall ? 12 : 0)
    if (width <= 0) return
    root.dataset.tall = data.tall
    while (sheets.length > data.sheets.length) sheets.pop().remove()
    data.sheets.forEach((sheet, index) => {
      sheets[index] ??= createSheet(root, index)
      sheets[index].show(sheet, data, width, isDark(root), send)
    })
  }
  const observer = new ResizeObserver(() => data && display())
  observer.observe(root)

  return {
    update({ data: next, setTriggerValue }) {
      data = next
      send = place => setTriggerValue("place", place)
      display()
    },
    stop: () => observer.disconnect(),
  }
}
