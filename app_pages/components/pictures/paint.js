// Values to colours, for pictures of every kind.

const KINDS = { u1: Uint8Array, i1: Int8Array, f4: Float32Array }

export const unpacked = ({ kind, values }) => {
  const array = new KINDS[kind](Uint8Array.from(atob(values), character => character.charCodeAt(0)).buffer)
  return kind === "u1" ? Float32Array.from(array, value => value / 255) : array
}

// Blue and orange are told apart by all kinds of colour vision; zero is the colour of the page.
const COLORS = {
  light: { zero: [255, 255, 255], ink: [205, 212, 220], below: [8, 81, 156], above: [191, 77, 0] },
  dark: { zero: [8, 12, 17], ink: [66, 78, 92], below: [92, 179, 255], above: [255, 166, 61] },
}

const mixed = (from, to, share) => from.map((value, index) => value + (to[index] - value) * share)

// A weak value is still seen: its colour grows faster than itself.
export const signedColor = (share, dark, ink = 0) => {
  const { zero, ink: faint, below, above } = COLORS[dark ? "dark" : "light"]
  const strength = Math.min(1, Math.abs(share)) ** 0.7
  return mixed(mixed(zero, faint, ink), share < 0 ? below : above, strength)
}

export const inkColor = share => [255 * share, 255 * share, 255 * share]

export const css = color => `rgb(${color.map(Math.round).join(" ")})`

// Black or white, whichever has more contrast to this colour (WCAG 2.2, relative luminance).
const linear = level => (level <= 10 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4)
export const readable = ([red, green, blue]) => {
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  return luminance > 0.1791 ? "#000" : "#fff"
}

export const legendGradient = dark => {
  const stops = Array.from({ length: 21 }, (_, index) => css(signedColor(index / 10 - 1, dark)))
  return `linear-gradient(to right, ${stops.join(", ")})`
}
