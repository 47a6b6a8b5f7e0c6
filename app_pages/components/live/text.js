// Text that is set only when it is another: a screen reader would say it again.

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}
