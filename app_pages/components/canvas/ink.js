// Strokes to pictures: what the network is asked about, and what the page is told. A picture is a PNG whose alpha is the ink.

export function createPictures({ width, height, scale }) {
  const scratch = document.createElement("canvas")
  const ink = scratch.getContext("2d", { willReadFrequently: true })

  // Finished strokes as Fabric.js writes them, and a canvas with the stroke that is being drawn, if there is one.
  const draw = (objects, unfinished = null) => {
    scratch.width = Math.round(scale * width) // which empties it, too
    scratch.height = Math.round(scale * height)
    ink.scale(scale, scale)
    for (const { path, strokeWidth } of objects) {
      ink.lineWidth = strokeWidth
      ink.lineCap = ink.lineJoin = "round"
      ink.stroke(new Path2D(path.map(step => step.join(" ")).join(" ")))
    }
    ink.imageSmoothingQuality = "high"
    if (unfinished) ink.drawImage(unfinished, 0, 0, width, height)
  }

  return {
    // A file, made when the browser has nothing better to do: it must not hold up the pen.
    blob(objects, unfinished) {
      draw(objects, unfinished)
      return new Promise(resolve => scratch.toBlob(resolve, "image/png"))
    },
    // A data URL, made at once: the pen rests, and its answer is waited for.
    url(objects) {
      draw(objects)
      return scratch.toDataURL("image/png")
    },
  }
}

export function bytesOf(url) {
  return Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), character => character.charCodeAt(0))
}
