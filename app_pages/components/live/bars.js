// Ten bars, which move while the pen is down.

import { follow } from "./answers.js"

const instances = new WeakMap()

export default function ({ data, parentElement }) {
  if (!instances.has(parentElement)) {
    instances.set(parentElement, follow(data.sheet, createBars(parentElement.querySelector(".dd-bars"))))
  }
  const bars = instances.get(parentElement)
  bars.offer(data.answer, data.of, true)
  return () => {
    bars.stop()
    instances.delete(parentElement)
  }
}

function createBars(list) {
  list.replaceChildren() // what an instance before this one left there
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("li")
    row.innerHTML =
      '<span class="dd-digit"></span><div class="dd-track" aria-hidden="true"><div class="dd-fill"></div></div>' +
      '<span class="dd-share"></span>'
    row.querySelector(".dd-digit").textContent = digit
    list.append(row)
    return { row, fill: row.querySelector(".dd-fill"), share: row.querySelector(".dd-share") }
  })
  return answer => {
    const nothing = Array(10).fill(0)
    const { shares, percents, winner } = answer ?? { shares: nothing, percents: nothing, winner: null }
    rows.forEach(({ row, fill, share }, digit) => {
      row.dataset.winner = digit === winner
      fill.style.transform = `scaleX(${shares[digit]})`
      const text = `${percents[digit]} %`
      if (share.textContent !== text) share.textContent = text
    })
  }
}
