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
// that fits, else narrower. What draws itself later (charts, panels that find another place) is measured again.
const LARGEST = { view: 1.6, more: 1 }
const SMALLEST = 0.4
const MOST_TRIES = 12
const QUIET_MS = 800
const GROWTH = 0.12
const MOST_GROWTHS = 2 // of a slide in one window
const DRAWN_MS = 150 // what the viewer needs to lay its panels out in another width
const root = document.documentElement
const main = () => document.querySelector('[data-testid="stMain"]')

// Draws the view at `scale` in that share of the page's width; whether nothing has to be scrolled then.
function fits(page, scale, wide) {
  root.style.setProperty("--wv-scale", scale)
  root.style.setProperty("--wv-wide", `${100 * wide}%`)
  return page.scrollHeight <= page.clientHeight + 1 && page.scrollWidth <= page.clientWidth
}

const shapeOf = state => [state.at, innerWidth, innerHeight, root.dataset.wvBuild].join()

function fit(state) {
  const page = main()
  if (!page) return
  const shape = shapeOf(state)
  const now = performance.now()
  if (state.shape !== shape) state.growths = 0
  if (state.shape !== shape || now - state.fitted > QUIET_MS) state.tries = 0
  Object.assign(state, { shape, fitted: now })
  // Tried often in a row it only becomes smaller, so that it comes to rest.
  let scale = ++state.tries < MOST_TRIES ? LARGEST[root.dataset.wvBuild ?? "view"] : state.scale
  let wide = 1
  while (scale > SMALLEST && !fits(page, scale, (wide = 1)) && !(scale < 1 && fits(page, scale, (wide = scale)))) scale -= 0.06
  Object.assign(state, { scale, wide })
  clearTimeout(state.later)
  state.later = setTimeout(() => grow(state, page), QUIET_MS)
}

// The viewer lays its panels out a moment after its width has changed, so that a view may have been measured too large.
// At rest it grows again, a little at a time and in the full width, for as long as it fits.
async function grow(state, page) {
  const shape = shapeOf(state)
  if (state.growing || state.shape !== shape || ++state.growths > MOST_GROWTHS) return
  state.growing = true
  const tried = async (scale, wide) => {
    fits(page, scale, wide)
    await new Promise(done => setTimeout(done, DRAWN_MS))
    return shapeOf(state) === shape && fits(page, scale, wide)
  }
  const largest = LARGEST[root.dataset.wvBuild ?? "view"]
  let scale = state.scale + GROWTH
  while (scale <= largest && await tried(scale, 1)) {
    Object.assign(state, { scale, wide: 1 })
    scale += GROWTH
  }
  if (!await tried(state.scale, state.wide)) state.again = true
  state.growing = false
  if (state.again) fit(state)
  state.again = false
}

function keepFitting(state) {
  let frame = null
  const again = () => (frame ??= requestAnimationFrame(() => {
    frame = null
    if (state.growing) state.again ||= state.shape !== shapeOf(state)
    else fit(state)
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
