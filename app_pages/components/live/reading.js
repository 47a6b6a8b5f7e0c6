// A number as it was read, as large as there is room; where it is written on a canvas, with boxes on that.

const instances = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".dd-reading-of")
  if (!instances.has(parentElement)) instances.set(parentElement, createReading(root))
  const instance = instances.get(parentElement)
  instance.show(data, sample => setStateValue("sample", sample))
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
}

function createReading(root) {
  const boxes = createBoxes()
  let watcher = null
  let frame = null // where the canvas stands
  let shown = [] // boxes, on a canvas that may yet have to appear

  const showBoxes = () => frame && boxes.show(frame, shown)

  return {
    show(data, send) {
      shown = data.boxes
      if (data.sheet) {
        watcher ??= createWatcher(root, place => {
          frame = place
          showBoxes()
        })
        watcher.update(data.sheet, send)
      }
      showBoxes()
      write(root, data)
    },
    stop() {
      watcher?.stop()
      boxes.remove()
    },
  }
}

function write(root, { lines, words, note, tone, room, drawing }) {
  root.dataset.tone = tone
  // A screen reader speaks when the pen rests, not twelve times a second.
  for (const said of root.querySelectorAll("[role=status]")) said.setAttribute("aria-busy", drawing)
  const place = root.querySelector(".dd-lines")
  place.style.setProperty("--room", room)
  place.style.setProperty("--lines", lines.length)
  place.style.setProperty("--longest", Math.max(0, ...lines.map(line => line.length)))
  const text = JSON.stringify(lines)
  if (place.dataset.text !== text) {
    place.dataset.text = text
    place.replaceChildren(...lines.map(written))
  }
  setText(root.querySelector(".dd-how-sure"), words)
  setText(root.querySelector(".dd-note"), note)
  root.querySelector(".dd-key").hidden = !lines.length
}

function written(line) {
  const row = document.createElement("div")
  for (const { label, kind, tone } of line) {
    const character = document.createElement("span")
    character.textContent = label
    character.dataset.kind = kind
    character.dataset.tone = tone
    row.append(character)
  }
  return row
}
