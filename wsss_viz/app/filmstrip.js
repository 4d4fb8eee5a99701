export default function ({ parentElement, data, setTriggerValue }) {
  const strip = parentElement.querySelector("[role=group]")
  while (strip.children.length > data.frames.length) strip.lastChild.remove()
  data.frames.forEach((frame, k) => {
    let button = strip.children[k]
    if (!button) {
      button = document.createElement("button")
      button.type = "button"
      button.append(document.createElement("img"), document.createElement("span"))
      strip.append(button)
    }
    const [image, label] = button.children
    if (image.src !== frame.image) image.src = frame.image
    image.alt = ""
    label.textContent = frame.name
    button.title = frame.note
    button.setAttribute("aria-label", frame.note ? `${frame.name}, ${frame.note}` : frame.name)
    button.setAttribute("aria-current", String(k === data.at))
    if (k === data.at) {
      const left = button.offsetLeft - strip.offsetLeft
      const hidden = left < strip.scrollLeft || left + button.offsetWidth > strip.scrollLeft + strip.clientWidth
      if (hidden) strip.scrollLeft = left - (strip.clientWidth - button.offsetWidth) / 2
    }
    button.onclick = () => setTriggerValue("k", k)
    button.onkeydown = event => {
      const next = { ArrowLeft: k - 1, ArrowRight: k + 1 }[event.key]
      if (next === undefined || !strip.children[next]) return
      event.preventDefault()
      strip.children[next].focus()
      setTriggerValue("k", next)
    }
  })
}
