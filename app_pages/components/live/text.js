// What several components say, and how.

// A share in per cent, as the language of the page writes it.
const formats = new Map()
export function percent(share) {
  const { lang } = document.documentElement
  if (!formats.has(lang)) formats.set(lang, new Intl.NumberFormat(lang || "en", { style: "percent" }))
  return formats.get(lang).format(share)
}

// Text that is set only when it is another: what is selected or being read stays so.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}
