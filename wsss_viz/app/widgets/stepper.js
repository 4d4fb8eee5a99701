// Three buttons that count their presses here: what is told is how far it has gone in all, so that of presses that come
// faster than the page is run none is lost. The count is the window's: where the buttons are put up anew between two
// presses, the second's count would take the place of the first's before the page has heard of it.

const SHAPES = { previous: "M14 6l-6 6 6 6", next: "M10 6l6 6-6 6", any: "M4 7h3l9 10h4M4 17h3l2.5-2.8M13 9.6L16 7h4M17.5 4.5L20 7l-2.5 2.5M17.5 14.5L20 17l-2.5 2.5" }

const counted = () => (globalThis.wsssVizCounted ??= { mount: Math.random().toString(36).slice(2), by: 0, any: 0 })

export default function ({ parentElement, data, setStateValue }) {
  const row = parentElement.querySelector("div")
  for (const [kind, shape] of Object.entries(SHAPES)) {
    let button = row.querySelector(`[name=${kind}]`)
    if (!button) {
      button = Object.assign(document.createElement("button"), { type: "button", name: kind })
      button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shape}"/></svg>`
      row.append(button)
    }
    button.ariaLabel = button.title = data.words[kind]
    button.onclick = () => {
      if (kind === "any") counted().any += 1
      else counted().by += kind === "next" ? 1 : -1
      setStateValue("counted", { ...counted() })
    }
  }
}
