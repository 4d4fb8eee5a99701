// Elements, numbers as text, and texts in the page's language.

// By the English text; a page of another language is sent the script with its table in this place.
const TEXTS = {}
export const say = (text, fields = {}) => (TEXTS[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => fields[name])
// Marks a text that `say` is given later.
export const marked = text => text

export const percent = share => (Number.isNaN(share) ? "–" : `${Math.round(share * 100)} %`)
export const signed = (value, digits = 1) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`
export const amount = value => (value === 0 || Math.abs(value) >= 1 ? value.toFixed(1) : value.toPrecision(2))
export const probability = logit => 1 / (1 + Math.exp(-logit))

export function element(tag, name = "", text = "") {
  const made = document.createElement(tag)
  if (name) made.className = name
  if (text) made.textContent = text
  return made
}
