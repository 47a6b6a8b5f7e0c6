// What the browser keeps of a visit, by tab: there after a reload, on another page, and when the server has forgotten it.

const PREFIX = "digits:"

// What was kept under this name, or null: also where the browser keeps nothing for anybody.
export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name))
  } catch {
    return null
  }
}

export function remember(name, value) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // Full, or forbidden: the drawing is still on the canvas.
  }
}

// `settled(session)` waits until a session of the server has taken up what was kept of the visit; `settle(session)` says so.
// Before that, the page would answer a report with widgets as they are for a newcomer.
const sessions = new Map()

const deferred = session => {
  if (!sessions.has(session)) {
    let settle
    sessions.set(session, { promise: new Promise(resolve => (settle = resolve)), settle })
  }
  return sessions.get(session)
}

export const settled = session => deferred(session).promise
export const settle = session => deferred(session).settle()
