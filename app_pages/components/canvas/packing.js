// A drawing as text that an address can hold.
//
// Each stroke begins with "*" if it is smooth, as a hand draws it, or "." if it is made of straight lines; then come the width
// of its brush and its points, two characters for each number: half pixels, moved so that a stroke may leave the canvas.

const MOST_TEXT = 1_700 // characters: with all else, an address has at most 2,000
const MOST_STROKES = 100
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
const OUTSIDE = 64 // pixels that a point may lie to the left of the canvas, or above it
const FINENESS = 2 // steps in a pixel
const HIGHEST = DIGITS.length ** 2 - 1
const THICKEST = 200 // pixels of a brush
const TOLERANCES = [0, 0.5, 1, 2, 4, 8, 16] // pixels by which a stroke may be simplified: the first that is short enough

const numberOf = value => {
  const level = Math.min(HIGHEST, Math.max(0, Math.round(value)))
  return DIGITS[Math.floor(level / DIGITS.length)] + DIGITS[level % DIGITS.length]
}
const valueOf = text => DIGITS.indexOf(text[0]) * DIGITS.length + DIGITS.indexOf(text[1])

// Where the pen was: of curves, which go from middle to middle, their control points.
const pointsOf = path => path.map(([, x, y]) => [x, y])

const isSmooth = path => path.some(([command]) => command === "Q")

// Of a line, the points that matter (Ramer, Douglas, Peucker).
const simplified = (points, tolerance) => {
  if (points.length < 3 || tolerance === 0) return points
  const [[x1, y1], [x2, y2]] = [points[0], points.at(-1)]
  const length = Math.hypot(x2 - x1, y2 - y1)
  const distance = ([x, y]) =>
    length ? Math.abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length : Math.hypot(x - x1, y - y1)
  const distances = points.map(distance)
  const farthest = distances.indexOf(Math.max(...distances))
  if (distances[farthest] <= tolerance) return [points[0], points.at(-1)]
  return [
    ...simplified(points.slice(0, farthest + 1), tolerance).slice(0, -1),
    ...simplified(points.slice(farthest), tolerance),
  ]
}

const packStroke = ({ path, strokeWidth }, tolerance) => {
  const points = simplified(pointsOf(path), tolerance)
    .map(point => point.map(value => numberOf(FINENESS * (value + OUTSIDE))).join(""))
    .filter((point, index, all) => point !== all[index - 1])
  return (isSmooth(path) ? "*" : ".") + numberOf(FINENESS * strokeWidth) + points.join("")
}

// The text of a drawing; null if there is none, or it is too much for an address.
export function pack(objects) {
  if (!objects.length || objects.length > MOST_STROKES) return null
  for (const tolerance of TOLERANCES) {
    const text = objects.map(stroke => packStroke(stroke, tolerance)).join("")
    if (text.length <= MOST_TEXT) return text
  }
  return null
}

const pathOf = (points, smooth) => {
  const [first, ...others] = points
  if (!others.length) return [["M", ...first], ["L", ...first]]
  if (!smooth) return [["M", ...first], ...others.map(point => ["L", ...point])]
  const middle = ([x1, y1], [x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2]
  const curves = others.map((point, index) => ["Q", ...points[index], ...middle(points[index], point)])
  return [["M", ...first], ...curves, ["L", ...points.at(-1)]]
}

// The strokes of a text; null if it is none that `pack` gives: it comes from outside.
export function unpack(text, colour) {
  if (typeof text !== "string" || text.length > MOST_TEXT || !/^([.*][\w-]{2}([\w-]{4})+)+$/.test(text)) return null
  const strokes = text.match(/[.*][\w-]+/g)
  if (strokes.length > MOST_STROKES) return null
  const objects = strokes.map(stroke => {
    const [width, ...values] = stroke.slice(1).match(/../g).map(valueOf)
    const points = []
    for (let index = 0; index < values.length; index += 2) {
      points.push([values[index] / FINENESS - OUTSIDE, values[index + 1] / FINENESS - OUTSIDE])
    }
    return {
      type: "Path",
      path: pathOf(points, stroke[0] === "*"),
      fill: null,
      stroke: colour,
      strokeWidth: width / FINENESS,
      strokeLineCap: "round",
      strokeLineJoin: "round",
    }
  })
  return objects.every(({ strokeWidth }) => strokeWidth > 0 && strokeWidth <= THICKEST) ? objects : null
}
