// The pictures of the examples: one below the other in a PNG, which the browser fetches once for each change.

const fetched = new Map() // address → promise of the URL of the PNG
const MOST = 4

export function sheetOfPictures(address) {
  if (!fetched.has(address)) {
    const url = new URL(address, document.baseURI)
    const promise = fetch(url)
      .then(response => (response.ok ? response.json() : Promise.reject(new Error(`${response.status}`))))
      .then(({ pictures }) => `data:image/png;base64,${pictures}`)
    promise.catch(() => fetched.delete(address)) // what was taught has changed since: the next run brings another address
    fetched.set(address, promise)
    if (fetched.size > MOST) fetched.delete(fetched.keys().next().value)
  }
  return fetched.get(address)
}

// Shows picture `index` of `count` on an element.
export function showPicture(element, sheet, index, count) {
  element.style.backgroundImage = `url(${sheet})`
  element.style.backgroundSize = `100% ${100 * count}%`
  element.style.backgroundPosition = `0 ${count > 1 ? (100 * index) / (count - 1) : 0}%`
}
