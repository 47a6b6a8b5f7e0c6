// Says which page is the current one, keeps the choice of theme for all pages, and gives the page the whole screen.

import { flushAddress } from "../address.js"
import { setText } from "../live/text.js"
import { standing } from "../standing.js"
import "./links.js"
import { watchScrollers } from "./scrollers.js"
import { translateStreamlit } from "./streamlit.js"

const SAID_FOR = 2500 // milliseconds that the page says that a link was copied
const SCHEME = matchMedia("(prefers-color-scheme: dark)")

const address = path => new URL(path || ".", document.baseURI)

export default standing(({ parentElement }) => createMenu(parentElement))

function createMenu(place) {
  const menu = place.closest(".st-key-menu")
  const button = place.querySelector(".dd-full-screen")
  const link = place.querySelector(".dd-link")
  const said = place.querySelector(".dd-copied")
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

  const share = () => {
    shareTheme(data.paths)
    // The page's own colour, for what lies over it.
    const colour = getComputedStyle(place).getPropertyValue("--st-background-color")
    document.documentElement.style.setProperty("--page-color", colour)
  }
  const follow = () => setTimeout(share)
  SCHEME.addEventListener("change", follow)
  // Streamlit writes the choice down after the click on it.
  const chosen = event => event.target.closest?.('[role="menuitemradio"]') && follow()
  document.addEventListener("click", chosen)

  const look = () => button.setAttribute("aria-pressed", document.fullscreenElement !== null)
  document.addEventListener("fullscreenchange", look)
  button.hidden = !document.fullscreenEnabled // as on an iPhone
  button.onclick = () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()
  look()

  let timer = null
  link.onclick = async () => {
    const url = flushAddress()
    url.host = data.host
    setText(said, (await copied(url.href)) ? data.words.copied : url.href)
    clearTimeout(timer)
    timer = setTimeout(() => setText(said, ""), SAID_FOR)
  }

  return {
    update(component) {
      data = component.data
      for (const [element, words] of [[button, data.words.full_screen], [link, data.words.link]]) {
        element.title = words
        element.setAttribute("aria-label", words)
      }
      // Before there was a connection, the page said this in the browser's language.
      Object.assign(document.querySelector("script[data-lost]")?.dataset ?? {}, data.lost)
      translateStreamlit(data.words.streamlit)
      mark()
      share()
    },
    stop() {
      marker.disconnect()
      stopWatching()
      document.removeEventListener("click", chosen)
      SCHEME.removeEventListener("change", follow)
      document.removeEventListener("fullscreenchange", look)
    },
  }
}

// Whether a text was put where it can be pasted from. Browsers let only pages of safe origins do that the new way.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement("textarea")
    field.value = text
    field.style.position = "fixed"
    document.body.append(field)
    field.select()
    const isCopied = document.execCommand("copy")
    field.remove()
    return isCopied
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
