// Keeps a visit in the tab's own storage, and offers it to a server that does not know it.

import { recall, remember, settle } from "../memory.js"
import { standing } from "../standing.js"

const NAME = "visit"
const LESSON = "lesson" // what was taught: its digest, and the text of its file

let session = null // the last one
let offered = null // the session to which what was kept is offered
let full = false // whether there was no room for it
let asked = null // digest of what was taught that was fetched last

export default standing(() => {
  const connection = watchConnection()
  return {
    update(component) {
      connection.update(component)
      keep(component)
    },
    stop: connection.stop,
  }
})

function keep({ data, setStateValue, setTriggerValue }) {
  if (data.session !== session) {
    session = data.session
    const kept = recall(NAME)
    if (kept) {
      offered = session
      // It is told once. To take it back would run the page again, told before what that page shows is there: Streamlit has
      // such a run set what is on the page, and with it what a person has pressed meanwhile.
      setTriggerValue("restored", { session, kept: { ...kept, lesson: recall(LESSON)?.text } })
    }
  }
  if (data.is_restored || offered !== session) {
    remember(NAME, data.kept)
    settle(session)
    if (data.is_restored) offered = null
    keepLesson(data.lesson, setStateValue)
  }
}

async function keepLesson(lesson, setStateValue) {
  if (!lesson || lesson.digest === (asked ?? recall(LESSON)?.digest ?? "")) return
  const { digest, query } = lesson
  asked = digest
  let text
  if (digest) {
    try {
      const response = await fetch(new URL(`live/lesson${query}`, document.baseURI))
      if (!response.ok) throw new Error(`The server answered ${response.status}.`)
      text = await response.text()
    } catch {
      if (asked === digest) asked = null // the next run of the page tries again
      return
    }
    if (asked !== digest) return // it has changed meanwhile
  }
  const kept = remember(LESSON, { digest, text })
  if (!kept) remember(LESSON, { digest: "" }) // an older one would come back in its place
  if (kept === full) setStateValue("full", (full = !kept))
}

// Once a lost connection is there again, the page has to run: a server that was started anew knows nothing of what is on it,
// and would not understand the first click.
function watchConnection() {
  let component = null
  let runs = 0
  const run = () => component.setStateValue("connected", (runs += 1))
  document.addEventListener("digits:reconnected", run) // connection.js says so

  return {
    update(next) {
      component = next
    },
    stop: () => document.removeEventListener("digits:reconnected", run),
  }
}
