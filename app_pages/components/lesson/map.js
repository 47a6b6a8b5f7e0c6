// The examples where they lie, and the drawing that moves among them, with lines to the nearest.

import { follow } from "../live/answers.js"
import { setText } from "../live/text.js"
import { standing } from "../standing.js"
import { sheetOfPictures, showPicture } from "./pictures.js"

const SHARE = 43 // per cent of the map on either side of its middle that the examples take
const FEW = 40 // examples; the pictures of more are smaller
const OUTSIDE = 1.12 // how far from the middle a drawing is shown that lies farther away

export default standing(({ data, parentElement }) => createMap(parentElement.querySelector(".dd-map"), data.sheet))

const percent = ([x, y]) => [50 + SHARE * x, 50 - SHARE * y]

function createMap(root, sheet) {
  const place = root.querySelector(".dd-examples")
  const here = root.querySelector(".dd-here")
  const lines = root.querySelector("svg")
  let data = null
  let elements = []
  let address = null

  const showDrawing = answer => {
    const drawn = answer?.place ?? null
    here.hidden = drawn === null
    lines.replaceChildren()
    for (const element of elements) element.dataset.near = false
    if (drawn === null || data === null) return
    const [x, y] = percent(drawn.point.map(value => Math.max(-OUTSIDE, Math.min(OUTSIDE, value))))
    here.style.left = `${x}%`
    here.style.top = `${y}%`
    if (answer.pixels) paint(here.querySelector("canvas"), answer.pixels)
    for (const index of drawn.nearest) {
      if (!elements[index]) continue
      elements[index].dataset.near = true
      const [x2, y2] = percent(data.points[index])
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line")
      for (const [name, value] of Object.entries({ x1: x, y1: y, x2, y2 })) line.setAttribute(name, `${value}%`)
      lines.append(line)
    }
  }

  const showExamples = () => {
    const { points, labels } = data
    root.dataset.many = points.length > FEW
    elements = points.map((point, index) => {
      const element = document.createElement("div")
      const [x, y] = percent(point)
      element.innerHTML = "<i></i><bdi></bdi>"
      element.style.left = `${x}%`
      element.style.top = `${y}%`
      element.title = labels[index]
      setText(element.querySelector("bdi"), labels[index])
      return element
    })
    place.replaceChildren(...elements)
    const { address: wanted } = data
    sheetOfPictures(wanted).then(
      pictures => {
        if (wanted !== address) return
        elements.forEach((element, index) => showPicture(element.querySelector("i"), pictures, index, elements.length))
      },
      () => {},
    )
  }

  let last = null
  const answers = follow(sheet, answer => showDrawing((last = answer)))
  return {
    update(component) {
      data = component.data
      setText(root.querySelector("figcaption"), data.alt)
      setText(here.querySelector("span"), data.drawn)
      if (address !== data.address) {
        address = data.address
        showExamples()
        showDrawing(last)
      }
      answers.offer(data.answer, data.of, true)
    },
    stop: answers.stop,
  }
}

function paint(canvas, pixels) {
  const context = canvas.getContext("2d")
  const picture = context.createImageData(28, 28)
  const values = atob(pixels)
  for (let index = 0; index < 784; index++) {
    const value = values.charCodeAt(index)
    picture.data.set([value, value, value, 255], 4 * index)
  }
  context.putImageData(picture, 0, 0)
}
