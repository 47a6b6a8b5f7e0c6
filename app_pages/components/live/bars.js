// A bar for each answer, which move while the pen is down.

import { standing } from "../standing.js"
import { follow } from "./answers.js"
import { percent, setText } from "./text.js"

const MOST_SEEN = 14 // bars at once; where there are more, the list scrolls, and the winner is always seen
const WIDE = 8 // characters, as "no digit" has

export default standing(({ data, parentElement }) => {
  const list = parentElement.querySelector(".dd-bars")
  const bars = follow(data.sheet, createBars(list, data.names))
  return {
    update({ data }) {
      list.setAttribute("aria-label", data.label)
      bars.offer(data.answer, data.of, true)
    },
    stop: bars.stop,
  }
})

function createBars(list, names) {
  let shown = null // names of the bars that there are
  let rows = []
  const build = names => {
    shown = names.join("\n")
    list.style.setProperty("--count", Math.min(names.length, MOST_SEEN))
    list.dataset.wide = names.some(name => name.length > WIDE)
    list.dataset.scrolls = names.length > MOST_SEEN
    if (names.length > MOST_SEEN) list.tabIndex = 0 // for those who scroll by keys
    else list.removeAttribute("tabindex")
    list.replaceChildren()
    rows = names.map(createRow)
  }
  const createRow = name => {
    const row = document.createElement("li")
    row.innerHTML =
      '<span class="dd-digit" dir="auto"></span><div class="dd-track" aria-hidden="true"><div class="dd-fill"></div></div>' +
      '<span class="dd-share"></span>'
    const label = row.querySelector(".dd-digit")
    label.textContent = name
    label.title = name
    label.dataset.long = name.length > 1
    list.append(row)
    return { row, fill: row.querySelector(".dd-fill"), share: row.querySelector(".dd-share") }
  }
  build(names)
  return answer => {
    if (answer && answer.names.join("\n") !== shown) build(answer.names)
    const nothing = rows.map(() => 0)
    const { shares, percents, winner } = answer ?? { shares: nothing, percents: nothing, winner: null }
    rows.forEach(({ row, fill, share }, index) => {
      row.dataset.winner = index === winner
      fill.style.transform = `scaleX(${shares[index]})`
      setText(share, percent(percents[index] / 100))
    })
    if (list.dataset.scrolls === "true" && winner !== null) bringIntoView(list, rows[winner].row)
  }
}

// Only the list scrolls: the page stays where it is under the pen.
function bringIntoView(list, row) {
  const [place, own] = [list.getBoundingClientRect(), row.getBoundingClientRect()]
  if (own.top < place.top) list.scrollTop -= place.top - own.top
  else if (own.bottom > place.bottom) list.scrollTop += own.bottom - place.bottom
}
