// The keys of the lecture. A key that something else has a use for (a slider, the viewer, a list, a text) is left to it.

const NAME = "wsss_viz_turning"
const OWN_KEYS = "input, textarea, select, canvas, summary, video, audio, [contenteditable]"
const OWN_ROLES = ["slider", "radio", "tab", "option", "listbox", "combobox", "spinbutton", "menuitem", "textbox", "dialog"]

function taken(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return true
  return event.composedPath().some(part =>
    part instanceof Element && (part.matches(OWN_KEYS) || OWN_ROLES.includes(part.getAttribute("role"))))
}

// What a key asked for is brought into view once it is there.
function bringIntoView(selector, tries = 100) {
  const found = document.querySelector(selector)
  if (found) found.scrollIntoView({ block: "nearest", behavior: "smooth" })
  else if (tries) setTimeout(() => bringIntoView(selector, tries - 1), 100)
}

export default function ({ parentElement, data, setTriggerValue }) {
  const state = (window[NAME] ??= { at: data.step, pressed: 0 })
  // Keys may be pressed faster than the page turns: what was asked for last counts until the page is there.
  if (state.at === data.step || Date.now() - state.pressed > 1500) state.at = data.step
  if (state.listener) document.removeEventListener("keydown", state.listener)
  state.listener = event => {
    if (!parentElement.isConnected) return document.removeEventListener("keydown", state.listener)
    if (taken(event)) return
    const pages = data.presenting ? { PageDown: 1, PageUp: -1 } : {}
    const by = { ArrowRight: 1, ArrowLeft: -1, ...pages }[event.key]
    const edge = data.presenting ? { Home: 1, End: data.last }[event.key] : undefined
    const wants = { a: "answer", p: "present", Escape: data.presenting ? "leave" : undefined }[event.key]
    if (by || edge) {
      event.preventDefault()
      const step = edge ?? Math.max(1, Math.min(data.last, state.at + by))
      if (step === state.at) return
      Object.assign(state, { at: step, pressed: Date.now() })
      setTriggerValue("asked", { step })
    } else if (wants) {
      event.preventDefault()
      if (wants === "answer") bringIntoView(".wv-answer")
      else data.presenting = wants === "present" // the next key may come before the page
      setTriggerValue("asked", { wants })
    }
  }
  document.addEventListener("keydown", state.listener)
  return () => document.removeEventListener("keydown", state.listener)
}
