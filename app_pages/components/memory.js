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
