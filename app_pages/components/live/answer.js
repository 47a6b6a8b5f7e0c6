// Shows the answer and the 28 × 28 picture that led to it.

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".dd-answer")
  root.dataset.tone = data.tone
  const headline = root.querySelector(".dd-headline")
  headline.dataset.long = data.headline.length > 1
  setText(headline, data.headline)
  setText(root.querySelector(".dd-words"), data.words)
  // A screen reader speaks when the pen rests, not twelve times a second.
  root.querySelector(".dd-said").setAttribute("aria-busy", data.drawing)
  paint(root.querySelector("canvas"), data.pixels)
}

function paint(canvas, pixels) {
  const context = canvas.getContext("2d")
  const picture = context.createImageData(28, 28)
  const values = pixels ? atob(pixels) : ""
  for (let index = 0; index < 784; index++) {
    const value = index < values.length ? values.charCodeAt(index) : 0
    picture.data.set([value, value, value, 255], 4 * index)
  }
  context.putImageData(picture, 0, 0)
}
