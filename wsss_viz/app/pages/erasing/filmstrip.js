// Between the components of a page (see viewer/viewer.js): a step is shown everywhere before Python has answered.
const SHOW = "wsss-viz-show"
const SHOWN = "wsss-viz-shown"
const ASK = "wsss-viz-ask"

function mark(strip, at) {
  ;[...strip.children].forEach((button, k) => button.setAttribute("aria-current", String(k === at)))
  const button = strip.children[at]
  if (!button) return
  const left = button.offsetLeft - strip.offsetLeft
  const hidden = left < strip.scrollLeft || left + button.offsetWidth > strip.scrollLeft + strip.clientWidth
  if (hidden) strip.scrollLeft = left - (strip.clientWidth - button.offsetWidth) / 2
}

function follow(strip) {
  const shown = event => {
    if (!strip.isConnected) return removeEventListener(SHOWN, shown)
    if (event.detail.name === strip.dataset.viewer) mark(strip, event.detail.k)
  }
  addEventListener(SHOWN, shown)
}

function added(strip) {
  const button = document.createElement("button")
  button.type = "button"
  button.append(document.createElement("img"), document.createElement("span"))
  button.firstChild.alt = ""
  strip.append(button)
  return button
}

export default function ({ parentElement, data, setTriggerValue }) {
  const strip = parentElement.querySelector("[role=group]")
  const first = !strip.dataset.viewer
  strip.dataset.viewer = data.viewer
  const show = k => {
    mark(strip, k)
    dispatchEvent(new CustomEvent(SHOW, { detail: { name: data.viewer, k } }))
    setTriggerValue("k", k)
  }
  while (strip.children.length > data.frames.length) strip.lastChild.remove()
  data.frames.forEach((frame, k) => {
    const button = strip.children[k] ?? added(strip)
    const [image, label] = button.children
    if (image.src !== frame.image) image.src = frame.image
    label.textContent = frame.name
    button.title = frame.note
    button.setAttribute("aria-label", frame.note ? `${frame.name}, ${frame.note}` : frame.name)
    button.onclick = () => show(k)
    button.onkeydown = event => {
      const next = { ArrowLeft: k - 1, ArrowRight: k + 1 }[event.key]
      if (next === undefined || !strip.children[next]) return
      event.preventDefault()
      strip.children[next].focus()
      show(next)
    }
  })
  if (first) follow(strip)
  dispatchEvent(new CustomEvent(ASK, { detail: { name: data.viewer } }))
}
