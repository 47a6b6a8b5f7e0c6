// Digits and numbers in our own hand, as strokes of a canvas. The digits are model/data/examples.py's.

import digits from "../digits.js"

const RULER = 3 // stroke width of the boxes of a form, in pixels of the canvas
const MARK_ROOM = 0.45 // of a digit's, that a decimal mark takes

const between = (low, high) => low + Math.random() * (high - low)
const around = spread => spread * (between(-1, 1) + between(-1, 1) + between(-1, 1))
const oneOf = list => list[Math.floor(Math.random() * list.length)]
const pixels = value => Math.round(10 * value) / 10

const stroke = (points, brush, colour) => ({
  type: "Path",
  path: points.map(([x, y], index) => [index ? "L" : "M", pixels(x), pixels(y)]),
  fill: null,
  stroke: colour,
  strokeWidth: brush,
  strokeLineCap: "round",
  strokeLineJoin: "round",
})

const bounds = points => {
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

// A digit as some hand writes it: turned, slanted and squeezed a little, never twice the same. Its longer side has `extent`
// pixels.
function written(digit, extent, [x, y]) {
  const angle = around(0.04)
  const slant = around(0.06)
  const squeeze = Math.exp(around(0.06))
  const turned = oneOf(digits[digit]).map(points =>
    points.map(([x, y]) => {
      const across = squeeze * (x + slant * y)
      return [across * Math.cos(angle) - y * Math.sin(angle), across * Math.sin(angle) + y * Math.cos(angle)]
    }),
  )
  const [left, top, right, bottom] = bounds(turned.flat())
  const scale = extent / Math.max(right - left, bottom - top)
  return turned.map(points =>
    points.map(([px, py]) => [x + scale * (px - (left + right) / 2), y + scale * (py - (top + bottom) / 2)]),
  )
}

// A large digit somewhere in the middle: `digit`, or any other than `after`. Gives the digit and its strokes.
export function oneDigit({ width, height, brush, colour }, digit, after) {
  const chosen = digit ?? oneOf(Object.keys(digits).filter(one => one !== after))
  const centre = [width * between(0.45, 0.55), height * between(0.45, 0.55)]
  const points = written(chosen, width * between(0.45, 0.65), centre)
  return { digit: chosen, objects: points.map(line => stroke(line, brush, colour)) }
}

// A number of the kind that is expected: "any", "amount", "form" or "postcode:" and how many digits it has.
export function oneNumber({ width, height, brush, colour }, kind) {
  const some = count => Array.from({ length: count }, () => oneOf("0123456789")).join("")
  const text = kind === "amount" ? `${oneOf("123456789")}${some(2)}.${some(2)}` : some(Number(kind.split(":")[1] ?? 5))
  const pen = Math.min(brush, Math.floor(width / (5 * text.length)))
  const rooms = [...text].map(label => (label === "." ? MARK_ROOM : 1))
  const total = rooms.reduce((sum, room) => sum + room)
  const room = Math.min((0.92 * width) / total, 0.8 * height)
  const tall = Math.min(0.6 * height, room - 2 * pen) * (kind === "form" ? 0.8 : 1)
  const ink = []
  const ruled = []
  let left = (width - room * total) / 2
  for (const [index, label] of [...text].entries()) {
    const right = left + room * rooms[index]
    const middle = (left + right) / 2
    if (label === ".") ink.push([[middle, (height + tall) / 2], [middle + 0.01 * tall, (height + 1.02 * tall) / 2]])
    else ink.push(...written(label, tall * between(0.92, 1), [middle, height * between(0.47, 0.53)]))
    if (kind === "form") {
      const [west, east] = [left + 0.04 * room, right - 0.04 * room]
      const [north, south] = [height / 2 - 0.46 * room, height / 2 + 0.46 * room]
      ruled.push([[west, north], [east, north], [east, south], [west, south], [west, north]])
    }
    left = right
  }
  return [...ink.map(line => stroke(line, pen, colour)), ...ruled.map(line => stroke(line, RULER, colour))]
}

// The strokes of one more digit, to the right of all that is written; null where there is no more room.
export function nextDigit({ width, height, brush, colour }, digit, objects) {
  const tall = 0.4 * height
  const gap = brush + 0.06 * height
  const ends = objects.flatMap(({ path, strokeWidth }) => path.map(step => step.at(-2) + strokeWidth / 2))
  const lines = written(digit, tall, [0, height / 2])
  const [left, , right] = bounds(lines.flat())
  const start = Math.max(0.04 * width, ...ends) + gap - left
  if (start + right + brush / 2 > width) return null
  return lines.map(points => stroke(points.map(([x, y]) => [x + start, y]), brush, colour))
}
