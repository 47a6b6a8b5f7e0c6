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

// Whether it is kept: it may have more than `most` characters, or the browser be full, or keep nothing for anybody.
export function remember(name, value, most = Infinity) {
  try {
    const text = JSON.stringify(value)
    if (text.length > most) return false
    sessionStorage.setItem(PREFIX + name, text)
    return true
  } catch {
    return false
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
