// Streamlit forgets a click on a link of the menu, or a way back or forward, if something else on the page reports to it before
// the other page has begun, as the visit does that is restored after a reload: that report runs the old page once more. Then
// the link is clicked again.

const LINK = ".st-key-menu a" // of these, the address is right: `menu.js` sees to it
const RUNNING = "data-test-script-state"
const RESTS_FOR = 150 // milliseconds without a run after which no page is on its way
const LOST_WITHIN = 3000 // milliseconds in which a page that has begun may be taken back
const MOST = 3 // clicks that a person's one is worth

let wanted = null // path of the page that a person asked for
let clicks = 0
let since = 0
let timer = null

const look = () => {
  clearTimeout(timer)
  if (wanted !== null && document.querySelector(`[${RUNNING}=notRunning]`)) timer = setTimeout(decide, RESTS_FOR)
}

const decide = () => {
  if (location.pathname === wanted && performance.now() < since + LOST_WITHIN) {
    look()
    return
  }
  const link = [...document.querySelectorAll(LINK)].find(link => link.pathname === wanted)
  if (location.pathname === wanted || clicks === MOST || !link) {
    wanted = null
    return
  }
  clicks += 1
  link.click()
  look()
}

const want = path => {
  wanted = path
  clicks = 1
  since = performance.now()
  look()
}

const follow = event => {
  if (!event.isTrusted || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  want(event.target.closest?.(LINK)?.pathname ?? null) // whoever clicks on something else has gone on
}

new MutationObserver(look).observe(document.body, { subtree: true, attributeFilter: [RUNNING] })
document.addEventListener("click", follow, true)
addEventListener("popstate", () => want(location.pathname))
