// What Streamlit itself says in English, of uploads, of the camera and in its menus, is said in the page's language.

const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"]

let words = {} // English, perhaps with gaps in braces → what is said in its place
let patterns = [] // [regular expression, what is said] of those with gaps
let told = "{}" // the same as text

const escaped = text => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&")

const patternsOf = sentences =>
  Object.entries(sentences)
    .filter(([english]) => english.includes("{"))
    .map(([english, said]) => [new RegExp(`^${escaped(english).replace(/\{(\w+)\}/g, "(?<$1>.+)")}$`), said])

const translated = text => {
  const own = text.trim()
  if (Object.hasOwn(words, own)) return text.replace(own, words[own])
  for (const [pattern, said] of patterns) {
    const found = own.match(pattern)
    if (found) return said.replace(/\{(\w+)\}/g, (_, name) => found.groups[name])
  }
  return text
}

const translate = node => {
  if (node.nodeType === Node.TEXT_NODE) {
    const text = translated(node.nodeValue)
    if (text !== node.nodeValue) node.nodeValue = text
    return
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return
  for (const name of ATTRIBUTES) {
    const text = node.getAttribute(name)
    if (text && translated(text) !== text) node.setAttribute(name, translated(text))
  }
}

const translateAll = root => {
  translate(root)
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) translate(walker.currentNode)
}

const observer = new MutationObserver(changes => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "childList") addedNodes.forEach(translateAll)
    else translate(target)
  }
})

// Has these words said from now on; with none, Streamlit's own.
export function translateStreamlit(next) {
  const text = JSON.stringify(next)
  if (text === told) return
  told = text
  observer.disconnect()
  const back = Object.fromEntries(Object.entries(words).map(([english, said]) => [said, english]))
  for (const sentences of [back, next]) {
    words = sentences
    patterns = patternsOf(sentences)
    translateAll(document.body)
  }
  if (!Object.keys(next).length) return
  const watched = { childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES, subtree: true }
  observer.observe(document.body, watched)
}
