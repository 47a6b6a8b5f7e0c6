// Which answer to a drawing is shown, wherever it comes from.
//
// Two ways lead to an answer: while the pen moves, the browser asks a route of the server; when a drawing is finished, the
// page's script runs, too. Either can be late, so every answer says which drawing it is of: the last order of the page to
// draw something else, and how many times the drawing was changed since. An older one never takes the place of a newer.

const ANSWER_TIMEOUT = 5000 // milliseconds after which an answer is given up and the next picture sent
const PAUSE = 1000 // milliseconds until the next question after one that failed

const sheets = new Map()

function sheetOf(name) {
  if (!sheets.has(name)) {
    sheets.set(name, { orders: new Map([["", 0]]), latest: null, followers: new Set(), place: null, onPlace: new Set() })
  }
  return sheets.get(name)
}

// The canvas shows now what the page ordered: what is drawn from here on is newer than all before.
export function obey(name, order) {
  const { orders } = sheetOf(name)
  orders.delete(order)
  orders.set(order, Math.max(-1, ...orders.values()) + 1)
}

const isOlder = ({ orders }, [order, count], [otherOrder, otherCount]) => {
  const [rank, otherRank] = [order, otherOrder].map(one => orders.get(one) ?? Infinity) // one not yet obeyed is the newest
  return rank === otherRank ? count < otherCount : rank < otherRank
}

// Has `show(answer, of, finished)` called with each answer to a drawing on this sheet that is not older than the last.
export function follow(name, show) {
  const sheet = sheetOf(name)
  let shown = null
  const offer = (answer, of, finished) => {
    if (shown && isOlder(sheet, of, shown)) return
    shown = of
    show(answer, finished)
  }
  if (sheet.latest) offer(...sheet.latest)
  sheet.followers.add(offer)
  return { offer, stop: () => sheet.followers.delete(offer) }
}

// The element that shows the canvas of a sheet, or null; `onPlace(name, show)` has `show` called with it, now and whenever
// it is another, and gives what ends that.
export function setPlace(name, element) {
  const sheet = sheetOf(name)
  sheet.place = element
  for (const show of sheet.onPlace) show(element)
}

export function onPlace(name, show) {
  const sheet = sheetOf(name)
  sheet.onPlace.add(show)
  show(sheet.place)
  return () => sheet.onPlace.delete(show)
}

const publish = (name, ...answer) => {
  const sheet = sheetOf(name)
  sheet.latest = answer
  for (const offer of sheet.followers) offer(...answer)
}

// Asks for answers, one after the other: `ask` takes what makes the next picture, and only the newest waits. Its promise is
// kept once there is an answer, or will be none.
export function createAsker(name) {
  let waiting = null
  let asking = false
  let pausedUntil = 0
  let took = 0 // milliseconds, of the last answer

  const next = async () => {
    const { address, makePicture, of, finished, done } = waiting
    waiting = null
    asking = true
    try {
      const body = await makePicture()
      const sent = performance.now()
      const response = await fetch(new URL(address, document.baseURI), {
        method: "POST",
        body,
        headers: { "Content-Type": "image/png" },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT),
      })
      if (!response.ok) throw new Error(`The server answered ${response.status}.`)
      const answer = await response.json()
      took = performance.now() - sent
      publish(name, answer, of, finished)
    } catch {
      // The bars follow the page's script then, which runs when a stroke is finished.
      pausedUntil = performance.now() + PAUSE
    }
    asking = false
    done()
    if (waiting) next()
  }

  return {
    get idle() {
      return !asking
    },
    get took() {
      return took
    },
    ask(address, makePicture, of, finished) {
      if (performance.now() < pausedUntil) return Promise.resolve()
      waiting?.done()
      return new Promise(done => {
        waiting = { address, makePicture, of, finished, done }
        if (!asking) next()
      })
    },
  }
}
