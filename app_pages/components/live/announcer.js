// Tells a screen reader what the page says: once after the pen rests, and again only if it is something else.
//
// The text that one sees is no live region: while the pen moves it changes twelve times a second, and regions that are
// `aria-busy` meanwhile are passed over by some screen readers for good.

const REST = 500 // milliseconds without another answer, after which one is said

// `region` is an element of role status, seen by nobody. What comes out is to be called with each answer.
export function createAnnouncer(region) {
  let timer = null
  let waiting = null // to be said

  return {
    // What there is to be said; null while it is not finished.
    say(text) {
      if (text !== null && text === waiting) return
      clearTimeout(timer)
      waiting = text
      if (text === null) return
      timer = setTimeout(() => {
        waiting = null
        if (region.textContent !== text) region.textContent = text
      }, REST)
    },
    stop: () => clearTimeout(timer),
  }
}
