// The address of the page says what is seen on it: "Copy link" gives others the same, and a reload finds it again.

import { recall, remember } from "./memory.js"

const WRITTEN = "address" // under which the tab remembers what was written: only another address is a link that was followed
const LATE = 5000 // milliseconds after which a browser that reloads has heard of what was written
const PAUSE = 200 // milliseconds in which changes are gathered: browsers allow only so many

const changes = new Map() // parameter → value, or null to take it out
let page = null // path of the page that they are for: on the way to another one they are out of date
let timer = null

// What a link brought, of which this page was opened; null if the address is what the page itself wrote there, of which the
// tab may know more. Once it is taken, it is out of date.
const isOwn = () => {
  const { now, before, since } = recall(WRITTEN) ?? {}
  return location.search === now || (location.search === before && Date.now() - since < LATE)
}
const opened = new URLSearchParams(isOwn() ? "" : location.search)
export const takeOpened = name => {
  const value = opened.get(name)
  opened.delete(name)
  return value
}

const dropOthers = () => {
  if (page !== location.pathname) changes.clear()
  page = location.pathname
}

export function writeAddress(parameters) {
  dropOthers()
  for (const [name, value] of Object.entries(parameters)) changes.set(name, value)
  clearTimeout(timer)
  timer = setTimeout(flushAddress, PAUSE)
}

// Writes at once what waits; gives the address.
export function flushAddress() {
  clearTimeout(timer)
  dropOthers()
  const url = new URL(location.href)
  for (const [name, value] of changes) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  changes.clear()
  const written = { now: url.search, before: location.search, since: Date.now() }
  if (url.href !== location.href && remember(WRITTEN, written)) history.replaceState(history.state, "", url)
  return url
}
