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

// A slide fits the screen: its live view is drawn as large as it can be without anything to scroll, in the full width where
// that fits. Else its pictures become smaller before its texts do: it is narrower at its plain size, and only then smaller
// as a whole. What draws itself later (charts, a viewer that comes) is measured again; until all of it has
// come to rest the view is not seen, so that nothing moves before an audience's eyes.
const LARGEST = { view: 1.6, more: 1 }
const SMALLEST = 0.4
const PLAIN = 1
const NARROWER = [0.92, 0.84, 0.76, 0.68]
const STEP = 0.06
const MOST_TRIES = 12
const QUIET_MS = 800
const REST_MS = 250
const MOST_WAITS = 60
const root = document.documentElement
const main = () => document.querySelector('[data-testid="stMain"]')

// Draws the view at `scale` in that share of the page's width; whether nothing has to be scrolled then. Viewers hear of it
// and find their panels' rows at once.
function fits(page, scale, wide) {
  root.style.setProperty("--wv-scale", scale)
  root.style.setProperty("--wv-wide", `${100 * wide}%`)
  document.dispatchEvent(new Event("wv-arrange"))
  return page.scrollHeight <= page.clientHeight + 1 && page.scrollWidth <= page.clientWidth
}

const narrower = (page, scale) =>
  Math.abs(scale - PLAIN) < STEP / 2 ? NARROWER.some(wide => fits(page, scale, wide)) : scale < PLAIN && fits(page, scale, scale)

const shapeOf = state => [state.at, innerWidth, innerHeight, root.dataset.wvBuild].join()

function fit(state) {
  const page = main()
  if (!page) return
  const shape = shapeOf(state)
  const now = performance.now()
  if (state.shape !== shape || now - state.fitted > QUIET_MS) state.tries = 0
  Object.assign(state, { shape, fitted: now })
  // Tried often in a row it only becomes smaller, so that it comes to rest.
  let scale = ++state.tries < MOST_TRIES ? LARGEST[root.dataset.wvBuild ?? "view"] : state.scale
  while (scale > SMALLEST && !fits(page, scale, 1) && !narrower(page, scale)) scale -= STEP
  state.scale = scale
  clearTimeout(state.later)
  state.later = setTimeout(() => rest(state), REST_MS)
}

// The view is seen once all of it is there and has kept its size for a moment; what never comes is not waited for.
const COMING = ['[data-test-script-state="running"]', ".st-key-lesson [data-testid=stSkeleton]",
  ".st-key-lesson .viewer:not([data-drawn])", ".st-key-lesson .stPlotlyChart:not(:has(.main-svg))"].join()

function rest(state) {
  const waited = (state.waited = (state.waited ?? 0) + 1)
  if (document.querySelector(COMING) && waited < MOST_WAITS) state.later = setTimeout(() => rest(state), REST_MS)
  else root.dataset.wvFitted = state.view
}

function keepFitting(state) {
  let frame = null
  const again = () => (frame ??= requestAnimationFrame(() => {
    frame = null
    fit(state)
  }))
  const watch = new ResizeObserver(again)
  const block = main()?.querySelector('[data-testid="stMainBlockContainer"]')
  if (block) watch.observe(block)
  addEventListener("resize", again)
  again()
  return () => {
    watch.disconnect()
    clearTimeout(state.later)
    removeEventListener("resize", again)
    cancelAnimationFrame(frame)
  }
}

// The second half of a slide: answer, formula and sources in place of the live view.
function build(more) {
  root.dataset.wvBuild = more ? "more" : "view"
}

export default function ({ parentElement, data, setTriggerValue }) {
  const state = (window[NAME] ??= { at: data.step, pressed: 0 })
  // Keys may be pressed faster than the page turns: what was asked for last counts until the page is there.
  if (state.at === data.step || Date.now() - state.pressed > 1500) state.at = data.step
  // Another step is read from its top, whatever part of the last one was in view.
  if ((state.top ?? data.step) !== data.step) main()?.scrollTo(0, 0)
  state.view = `${data.step} ${data.answered ? "answered" : "asked"}`
  if (root.dataset.wvFitted !== state.view || !data.presenting) {
    delete root.dataset.wvFitted
    state.waited = 0
  }
  if (!data.presenting) delete root.dataset.wvSlide
  if (!data.presenting) delete root.dataset.wvBuild
  else if (state.top !== data.step || !root.dataset.wvBuild) build(false)
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
    const other = data.presenting && event.key === "f"
    if (other) {
      event.preventDefault()
      build(root.dataset.wvBuild !== "more")
      fit(state)
    } else if (steps || edge) turn(event, edge ?? by(steps))
    else if (wants) {
      event.preventDefault()
      if (wants !== "answer") data.presenting = wants === "present" // the next key may come before the page
      setTriggerValue("asked", { wants })
    }
  }
  const released = () => data.presenting && setTimeout(letGo)
  const heard = [["keydown", clicker, true], ["keydown", key, false], ["pointerup", released, false]]
  for (const one of heard) document.addEventListener(...one)
  const loose = data.presenting ? keepFitting(state) : () => {}
  state.stop = () => {
    heard.forEach(one => document.removeEventListener(...one))
    loose()
  }
  return state.stop
}
