// A formula that is wider than the page scrolls sideways: it takes the focus, so that keys scroll it, too.

export function watchScrollers(root) {
  const look = () => {
    for (const formula of root.querySelectorAll(".katex-display")) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0
      else formula.removeAttribute("tabindex")
    }
  }
  const observer = new MutationObserver(look)
  observer.observe(root, { childList: true, subtree: true })
  window.addEventListener("resize", look)
  look()
  return () => {
    observer.disconnect()
    window.removeEventListener("resize", look)
  }
}
