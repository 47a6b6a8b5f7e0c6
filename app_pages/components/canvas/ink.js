// Strokes to pictures: what the network is asked about, and what the page is told.

// A PNG whose alpha is the ink: of finished strokes as Fabric.js writes them, and of a canvas with the stroke that is
// being drawn, if there is one.
export function createPicture({ width, height, scale }) {
  const scratch = document.createElement("canvas")
  const ink = scratch.getContext("2d", { willReadFrequently: true })

  return (objects, unfinished = null) => {
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
    return new Promise(resolve => scratch.toBlob(resolve, "image/png"))
  }
}

export function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result)
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
