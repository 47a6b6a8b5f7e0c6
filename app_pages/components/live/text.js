// What several components say, and how.

// While a drawing waits for its answer.
export const READING = "Reading …"

// Text that is set only when it is another: what is selected or being read stays so.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}
