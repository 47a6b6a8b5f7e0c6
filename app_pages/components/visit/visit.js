// Keeps a visit in the tab's own storage, offers it to a server that does not know it, and says when there is none.

import { setText } from "../live/text.js"
import { recall, remember, settle } from "../memory.js"

const NAME = "visit"
const PATIENCE = 1500 // milliseconds without a connection until that is said: short ones mend themselves
const DIALOG = '[data-testid="stDialog"] button[aria-label="Close"]'

const instances = new WeakMap()
let session = null // the last one
let offered = null // the session to which what was kept is offered

export default function (component) {
  const { data, parentElement, setStateValue } = component
  if (!instances.has(parentElement)) instances.set(parentElement, watchConnection(parentElement.querySelector(".dd-lost")))
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

// Streamlit says on its root element how the connection is. Once it is there again, the page has to run: a server that was
// started anew knows nothing of what is on it, and would not understand the first click.
function watchConnection(place) {
  const app = document.querySelector("[data-test-connection-state]")
  let component = null
  let timer = null
  let lost = false
  let runs = 0

  const look = () => {
    const connected = app.dataset.testConnectionState === "CONNECTED"
    if (connected && lost) component.setStateValue("connected", (runs += 1))
    lost = !connected
    clearTimeout(timer)
    if (connected) setText(place, "")
    else timer = setTimeout(() => setText(place, component.data.lost), PATIENCE)
  }
  // Streamlit's own dialog would keep the pen from the canvas. Its button closes it until the connection is there again.
  const closer = new MutationObserver(() => lost && document.querySelector(DIALOG)?.click())
  closer.observe(document.body, { childList: true })
  const observer = new MutationObserver(look)
  if (app) observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] })

  return {
    update(next) {
      component = next
    },
    stop() {
      clearTimeout(timer)
      observer.disconnect()
      closer.disconnect()
    },
  }
}
