// Says which page is the current one, keeps the choice of theme for all pages, and gives the page the whole screen.

import { watchScrollers } from "./scrollers.js"

const instances = new WeakMap()
const address = path => new URL(path || ".", document.baseURI)

export default function ({ data, parentElement }) {
  if (!instances.has(parentElement)) instances.set(parentElement, createMenu(parentElement))
  const instance = instances.get(parentElement)
  instance.show(data)
  return () => {
    instance.stop()
    instances.delete(parentElement)
  }
}

function createMenu(place) {
  const menu = place.closest(".st-key-menu")
  const button = place.querySelector(".dd-full-screen")
  const stopWatching = watchScrollers(menu.closest("main"))
  let data = null

  const mark = () => {
    menu.setAttribute("role", "navigation")
    menu.querySelectorAll("a").forEach((link, index) => {
      link.href = address(data.paths[index]) // Streamlit's link to the first page leads to where one is, in a new tab
      if (index === data.current) link.setAttribute("aria-current", "page")
      else link.removeAttribute("aria-current")
    })
  }
  const marker = new MutationObserver(mark) // Streamlit may make a link anew
  marker.observe(menu, { childList: true, subtree: true })

  const share = () => shareTheme(data.paths)
  // Streamlit writes the choice down after the click on it.
  const chosen = event => event.target.closest?.('[role="menuitemradio"]') && setTimeout(share)
  document.addEventListener("click", chosen)

  const look = () => button.setAttribute("aria-pressed", document.fullscreenElement !== null)
  document.addEventListener("fullscreenchange", look)
  button.hidden = !document.fullscreenEnabled // as on an iPhone
  button.onclick = () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()
  look()

  return {
    show(next) {
      data = next
      button.title = data.full_screen
      button.setAttribute("aria-label", data.full_screen)
      mark()
      share()
    },
    stop() {
      marker.disconnect()
      stopWatching()
      document.removeEventListener("click", chosen)
      document.removeEventListener("fullscreenchange", look)
    },
  }
}

// Streamlit keeps the choice of theme by the path at which the page was opened. It holds for all of them.
const opened = location.pathname

function shareTheme(paths) {
  try {
    const from = Object.keys(localStorage).find(key => key.startsWith(`stActiveTheme-${opened}-v`))
    const version = from?.slice(`stActiveTheme-${opened}`.length)
    for (const path of from ? paths : []) {
      const { pathname } = address(path)
      localStorage.setItem(`stActiveTheme-${pathname}${version}`, localStorage.getItem(from))
    }
  } catch {
    // The browser keeps nothing for anybody: the choice holds until the page is opened anew.
  }
}
