// Keeps a visit in the tab's own storage, and offers it to a server that does not know it.

import { recall, remember, settle } from "../memory.js"

const NAME = "visit"

const instances = new WeakMap()
let session = null // the last one
let offered = null // the session to which what was kept is offered

export default function (component) {
  const { data, parentElement, setStateValue } = component
  if (!instances.has(parentElement)) instances.set(parentElement, watchConnection())
  const instance = instances.get(parentElement)
  instance.update(component)
  if (data.session !== session) {
    session = data.session
    const kept = recall(NAME)
    if (kept) {
      offered = session
      setStateValue("restored", { session, kept })
    }
  }
  if (data.is_restored || offered !== session) {
    remember(NAME, data.kept)
    settle(session)
  }
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
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
