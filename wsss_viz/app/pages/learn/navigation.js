// The keys of the lecture. A key that something else has a use for (a slider, the viewer, a list, a text) is left to it.

const PAGES = { PageDown: 1, PageUp: -1 } // what a clicker sends: it turns whatever has the focus
const NAME = "wsss_viz_turning"
const OWN_KEYS = "input, textarea, select, canvas, summary, video, audio, [contenteditable]"
const OWN_ROLES = ["slider", "radio", "tab", "option", "listbox", "combobox", "spinbutton", "menuitem", "textbox", "dialog"]

function taken(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return true
  return event.composedPath().some(part =>
    part instanceof Element && (part.matches(OWN_KEYS) || OWN_ROLES.includes(part.getAttribute("role"))))
}

// Presenting, a control that was clicked gives the keys back to the lecture.
function letGo() {
  let active = document.activeElement
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
  if (active && !active.matches("input[type=text], textarea")) active.blur()
}

export default function ({ parentElement, data, setTriggerValue }) {
  const state = (window[NAME] ??= { at: data.step, pressed: 0 })
  // Keys may be pressed faster than the page turns: what was asked for last counts until the page is there.
  if (state.at === data.step || Date.now() - state.pressed > 1500) state.at = data.step
  // Another step is read from its top, whatever part of the last one was in view.
  if ((state.top ?? data.step) !== data.step) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0)
  state.top = data.step
  state.stop?.()
  const turn = (event, step) => {
    event.preventDefault()
    if (step === state.at) return
    Object.assign(state, { at: step, pressed: Date.now() })
    setTriggerValue("asked", { step })
  }
  const by = steps => Math.max(1, Math.min(data.last, state.at + steps))
  const clicker = event => {
    if (!data.presenting || !parentElement.isConnected || !(event.key in PAGES)) return
    event.stopPropagation()
    turn(event, by(PAGES[event.key]))
  }
  const key = event => {
    if (!parentElement.isConnected) return state.stop()
    if (taken(event)) return
    const steps = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const edge = data.presenting ? { Home: 1, End: data.last }[event.key] : undefined
    const wants = { a: "answer", p: "present", Escape: data.presenting ? "leave" : undefined }[event.key]
    if (steps || edge) turn(event, edge ?? by(steps))
    else if (wants) {
      event.preventDefault()
      if (wants !== "answer") data.presenting = wants === "present" // the next key may come before the page
      setTriggerValue("asked", { wants })
    }
  }
  const released = () => data.presenting && setTimeout(letGo)
  const heard = [["keydown", clicker, true], ["keydown", key, false], ["pointerup", released, false]]
  for (const one of heard) document.addEventListener(...one)
  state.stop = () => heard.forEach(one => document.removeEventListener(...one))
  return state.stop
}
