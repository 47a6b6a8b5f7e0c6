// Which answer to a drawing is shown, wherever it comes from.
//
// Two ways lead to an answer: while the pen moves, the browser asks a route of the server; when a drawing is finished, the
// page's script runs, too. Either can be late, so every answer says of which change of the drawing it is: the last order of
// the page that the canvas obeyed, and how many times the drawing was changed since. What is shown is of the drawing on the
// canvas; while the pen moves, it may be of the same drawing some moments ago.

const ANSWER_TIMEOUT = 5000 // milliseconds after which an answer is given up and the next picture sent …
const LONGEST_TIMEOUT = 40_000 // … and twice as many after each in vain, up to these: a slow server has to come to its end
const PAUSE = 1000 // milliseconds until the next question after one that failed
const PATIENCE = 400 // milliseconds that the answer to a drawing before its last stroke may stay
const REMEMBERED = 200 // answers, of 1.5 kB each

const sheets = new Map()

function sheetOf(name) {
  if (!sheets.has(name)) {
    sheets.set(name, {
      of: null, // the change that led to what is on the canvas; null until there is a canvas
      id: null, // what is on it: the same for a drawing that Undo brought back
      floor: 0, // count of the oldest change whose answer may still be shown
      ids: new Map(), // change → what was drawn then
      answers: new Map(), // what is drawn → the answer that the browser asked for
      latest: null,
      timer: null,
      followers: new Set(),
      place: null,
      onPlace: new Set(),
      wishes: [], // what else the answers shall hold
    })
  }
  return sheets.get(name)
}

const set = (map, key, value) => {
  map.delete(key)
  map.set(key, value)
  if (map.size > REMEMBERED) map.delete(map.keys().next().value)
}

const idOf = (sheet, of) => sheet.ids.get(of.join("/")) ?? of.join("/")

// Has `show(answer, finished)` called with each answer that is to be shown; with null where there is none yet to what is on
// the canvas. `finished` says whether it is of a finished drawing. What the page offers is to be shown in place of what the
// browser asked for, whichever comes first: the page alone knows what was put right.
export function follow(name, show) {
  const sheet = sheetOf(name)
  const answers = new Map() // what is drawn → the last answer that came here
  const offered = new Map() // what is drawn → whether the page has answered
  let shown = null

  const follower = {
    hear(answer, of, finished) {
      if (!finished || !offered.has(idOf(sheet, of))) follower.take(answer, of, finished)
    },
    offer(answer, of, finished) {
      set(offered, idOf(sheet, of), true)
      follower.take(answer, of, finished)
    },
    take(answer, of, finished) {
      const id = idOf(sheet, of)
      if (finished) set(answers, id, answer)
      if (sheet.of) {
        if (finished && id === sheet.id) of = sheet.of
        const [order, count] = of
        if (order !== sheet.of[0] || count < sheet.floor || count > sheet.of[1] + 0.5) return
        if (shown?.[0] === order && count < shown[1]) return
      }
      shown = of
      show(answer, finished)
    },
    // There is another drawing on the canvas than the shown answer is of.
    change(answer = answers.get(sheet.id) ?? sheet.answers.get(sheet.id) ?? null) {
      shown = sheet.of
      show(answer, answer !== null)
    },
    get isBehind() {
      return shown?.[0] !== sheet.of[0] || shown[1] < sheet.of[1]
    },
    forget() {
      answers.clear()
      offered.clear()
    },
  }
  if (sheet.of && sheet.floor === sheet.of[1]) follower.change()
  if (sheet.latest) follower.hear(...sheet.latest)
  sheet.followers.add(follower)
  return { offer: follower.offer, stop: () => sheet.followers.delete(follower) }
}

const register = (sheet, of, id) => {
  clearTimeout(sheet.timer)
  sheet.of = of
  sheet.id = id
  set(sheet.ids, of.join("/"), id)
}

// The canvas shows another drawing. Its answer is shown, if it is known: `answer`, or the one that was given before.
export function showDrawing(name, of, id, answer) {
  const sheet = sheetOf(name)
  register(sheet, of, id)
  sheet.floor = of[1]
  if (answer) set(sheet.answers, id, answer)
  for (const follower of sheet.followers) follower.change(answer)
}

// A stroke was added. Its answer is on the way; the one before it stays for a moment, or all would flicker.
export function growDrawing(name, of, id) {
  const sheet = sheetOf(name)
  register(sheet, of, id)
  sheet.timer = setTimeout(() => {
    sheet.floor = of[1]
    for (const follower of sheet.followers) if (follower.isBehind) follower.change()
  }, PATIENCE)
}

// What was answered so far is not what would be answered now.
export function forgetAnswers(name) {
  const sheet = sheetOf(name)
  sheet.answers.clear()
  for (const follower of sheet.followers) follower.forget()
}

// Has the answers to a sheet hold more, as a query says it, until what this gives is called.
export function wish(name, query) {
  const sheet = sheetOf(name)
  sheet.wishes.push(query)
  return () => sheet.wishes.splice(sheet.wishes.indexOf(query), 1)
}

const wishful = (name, address) => {
  const url = new URL(address, document.baseURI)
  for (const query of sheetOf(name).wishes) url.search += `&${query}`
  return url
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

const publish = (name, answer, of, finished) => {
  const sheet = sheetOf(name)
  sheet.latest = [answer, of, finished]
  if (finished) set(sheet.answers, idOf(sheet, of), answer)
  for (const follower of sheet.followers) follower.hear(answer, of, finished)
}

// Asks for answers, one after the other: `ask` takes what makes the next picture, and only the newest waits. Its promise
// says, as soon as that is known, whether there is an answer.
export function createAsker(name) {
  let waiting = null
  let asking = false
  let pausedUntil = 0
  let took = 0 // milliseconds, of the last answer …
  let lasted = 0 // … or until it was given up
  let timeout = ANSWER_TIMEOUT

  const next = async () => {
    const { address, makePicture, of, finished, done } = waiting
    waiting = null
    asking = true
    let isAnswered = false
    try {
      const body = await makePicture()
      const sent = performance.now()
      const response = await fetch(wishful(name, address), {
        method: "POST",
        body,
        headers: { "Content-Type": "image/png" },
        signal: AbortSignal.timeout(timeout),
      })
      if (!response.ok) throw new Error(`The server answered ${response.status}.`)
      const answer = await response.json()
      took = lasted = performance.now() - sent
      timeout = ANSWER_TIMEOUT
      isAnswered = true
      publish(name, answer, of, finished)
    } catch (error) {
      // The bars follow the page's script then, which runs when a stroke is finished.
      pausedUntil = performance.now() + PAUSE
      if (error.name === "TimeoutError") {
        lasted = timeout
        timeout = Math.min(2 * timeout, LONGEST_TIMEOUT)
      }
    }
    asking = false
    done(isAnswered)
    if (waiting) next()
  }

  return {
    get idle() {
      return !asking
    },
    get took() {
      return took
    },
    get lasted() {
      return lasted
    },
    get pausedUntil() {
      return pausedUntil
    },
    ask(address, makePicture, of, finished) {
      if (performance.now() < pausedUntil) return Promise.resolve(false)
      waiting?.done(false)
      return new Promise(done => {
        waiting = { address, makePicture, of, finished, done }
        if (!asking) next()
      })
    },
  }
}
