// Three buttons that count their presses here: what is told is how far it has gone in all, so that of presses that come
// faster than the page is run none is lost. The count is the window's and the session's: where the buttons are put up anew
// between two presses, the second's count would take the place of the first's before the page has heard of it. And what was
// told by buttons that were being taken away may never arrive: those that take their place tell it again.

const SHAPES = { previous: "M14 6l-6 6 6 6", next: "M10 6l6 6-6 6", any: "M4 7h3l9 10h4M4 17h3l2.5-2.8M13 9.6L16 7h4M17.5 4.5L20 7l-2.5 2.5M17.5 14.5L20 17l-2.5 2.5" }

function countedOf(session) {
  globalThis.wsssVizCounted ??= {}
  return (globalThis.wsssVizCounted[session] ??= { session, by: 0, any: 0 })
}

export default function ({ parentElement, data, setStateValue }) {
  const row = parentElement.querySelector("div")
  const counted = countedOf(data.session)
  const tell = () => setStateValue("counted", { ...counted })
  let anew = false
  for (const [kind, shape] of Object.entries(SHAPES)) {
    let button = row.querySelector(`[name=${kind}]`)
    if (!button) {
      anew = true
      button = Object.assign(document.createElement("button"), { type: "button", name: kind })
      button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shape}"/></svg>`
      row.append(button)
    }
    button.ariaLabel = button.title = data.words[kind]
    button.onclick = () => {
      if (kind === "any") counted.any += 1
      else counted.by += kind === "next" ? 1 : -1
      tell()
    }
  }
  if (anew && (counted.by !== data.heard.by || counted.any !== data.heard.any)) tell()
}
