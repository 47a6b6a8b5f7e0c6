// The choice of a language, which the browser remembers.

import { flushAddress, writeAddress } from "../address.js"
import { setText } from "../live/text.js"

const YEAR = 365 * 24 * 60 * 60 // seconds

export default function ({ data, parentElement, setTriggerValue }) {
  const select = parentElement.querySelector("select")
  const { names, spoken, chosen, cookie, label } = data
  if (select.options.length !== names.length) {
    select.replaceChildren(
      ...names.map(({ code, tag, name }) => {
        const option = new Option(name, code)
        option.lang = tag
        return option
      }),
    )
  }
  const current = names.find(({ code }) => code === spoken)
  select.value = spoken
  select.setAttribute("aria-label", label)
  select.title = label
  setText(parentElement.querySelector("span"), current.name)
  document.documentElement.lang = current.tag
  if (chosen) document.cookie = `${cookie}=${chosen}; path=/; max-age=${YEAR}; SameSite=Lax`
  select.onchange = () => {
    writeAddress({ lang: null }) // which would ask for the other one
    flushAddress()
    setTriggerValue("language", select.value)
  }
}
