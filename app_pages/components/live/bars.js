// Eleven bars, which move while the pen is down.

import { follow } from "./answers.js"
import { setText } from "./text.js"

const instances = new WeakMap()

export default function ({ data, parentElement }) {
  if (!instances.has(parentElement)) {
    instances.set(parentElement, follow(data.sheet, createBars(parentElement.querySelector(".dd-bars"), data.names)))
  }
  const bars = instances.get(parentElement)
  bars.offer(data.answer, data.of, true)
  return () => {
    bars.stop()
    instances.delete(parentElement)
  }
}

function createBars(list, names) {
  list.style.setProperty("--count", names.length)
  list.replaceChildren() // what an instance before this one left there
  const rows = names.map(name => {
    const row = document.createElement("li")
    row.innerHTML =
      '<span class="dd-digit"></span><div class="dd-track" aria-hidden="true"><div class="dd-fill"></div></div>' +
      '<span class="dd-share"></span>'
    const label = row.querySelector(".dd-digit")
    label.textContent = name
    label.dataset.long = name.length > 1
    list.append(row)
    return { row, fill: row.querySelector(".dd-fill"), share: row.querySelector(".dd-share") }
  })
  const nothing = { shares: names.map(() => 0), percents: names.map(() => 0), winner: null }
  return answer => {
    const { shares, percents, winner } = answer ?? nothing
    rows.forEach(({ row, fill, share }, index) => {
      row.dataset.winner = index === winner
      fill.style.transform = `scaleX(${shares[index]})`
      setText(share, `${percents[index]} %`)
    })
  }
}
