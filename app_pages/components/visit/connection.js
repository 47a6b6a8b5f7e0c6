// Says that there is no connection to the server, in place of Streamlit's own dialog, which would keep the pen from the canvas.

const words = document.querySelector("script[data-lost]").dataset
const PATIENCE = 1500 // milliseconds without a connection until that is said: short ones mend themselves
const FIRST = 5000 // … and until it is said to somebody who has just come
const STATE = "data-test-connection-state" // in which Streamlit says how the connection is
const CLOSE = '[data-testid="stDialog"] button[aria-label="Close"]'

const place = document.createElement("div")
place.className = "dd-lost"
place.setAttribute("role", "status")
let lost = false
let timer = null

const say = text => {
  if (place.textContent !== text) place.textContent = text
}

const closer = new MutationObserver(() => document.querySelector(CLOSE)?.click())

// Whether there is a page on which one can go on.
const isOpen = () => document.querySelector(".st-key-menu") !== null

const look = app => {
  const connected = app.getAttribute(STATE) === "CONNECTED"
  clearTimeout(timer)
  if (connected) {
    if (lost) document.dispatchEvent(new CustomEvent("digits:reconnected"))
    say("")
    closer.disconnect()
  } else {
    if (!lost) closer.observe(document.body, { childList: true, subtree: true })
    if (!place.textContent) timer = setTimeout(() => say(isOpen() ? words.lost : words.refused), isOpen() ? PATIENCE : FIRST)
  }
  lost = !connected
}

const begin = () => {
  const app = document.querySelector(`[${STATE}]`)
  if (!app) return false
  new MutationObserver(() => look(app)).observe(app, { attributes: true, attributeFilter: [STATE] })
  look(app)
  return true
}

document.body.append(place)
if (!begin()) {
  const waiting = new MutationObserver(() => begin() && waiting.disconnect())
  waiting.observe(document.body, { childList: true, subtree: true })
}
