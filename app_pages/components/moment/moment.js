// Has the address of the page say what its script says is seen on it.

import { writeAddress } from "../address.js"

export default function ({ data, parentElement }) {
  parentElement.querySelector(".dd-moment").dataset.step = data.step ?? ""
  writeAddress(data)
}
