// Elements, and numbers as text.

const percent = share => (Number.isNaN(share) ? "–" : `${Math.round(share * 100)} %`)
const signed = (value, digits = 1) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`
const probability = logit => 1 / (1 + Math.exp(-logit))

function element(tag, name = "", text = "") {
  const made = document.createElement(tag)
  if (name) made.className = name
  if (text) made.textContent = text
  return made
}
