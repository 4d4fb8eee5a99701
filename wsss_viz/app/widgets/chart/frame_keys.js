// The slider and the buttons over a chart, by keyboard: plotly draws both, and hears the pointer alone.

const MOVES = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }

const placesOf = group => [...group.querySelectorAll(".slider-tick-rect")]

// The pointer's way to a place of the slider, since plotly has no other.
function go(group, index) {
  const tick = placesOf(group)[index].getBoundingClientRect()
  const at = { bubbles: true, clientX: tick.x + tick.width / 2, clientY: tick.y }
  const rail = group.querySelector(".slider-rail-touch-rect")
  for (const kind of ["mousedown", "mouseup"]) rail.dispatchEvent(new MouseEvent(kind, at))
}

function say(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value))
}

function mark(chart) {
  const [slider] = chart.layout.sliders
  const now = slider.active ?? 0
  for (const group of chart.querySelectorAll(".slider-group")) {
    say(group, {
      tabindex: 0, role: "slider", "aria-label": slider.currentvalue.prefix.replace(/[ =]+$/, ""),
      "aria-valuemin": 0, "aria-valuemax": slider.steps.length - 1, "aria-valuenow": now,
      "aria-valuetext": slider.currentvalue.prefix + slider.steps[now].label,
    })
  }
  for (const button of chart.querySelectorAll(".updatemenu-button")) {
    say(button, { tabindex: 0, role: "button", "aria-label": button.textContent })
  }
}

function pressed(chart, event) {
  const group = event.target.closest?.(".slider-group")
  const button = event.target.closest?.(".updatemenu-button")
  if (group && event.key in MOVES) {
    const last = placesOf(group).length - 1
    go(group, Math.min(last, Math.max(0, (chart.layout.sliders[0].active ?? 0) + MOVES[event.key])))
  } else if (button && (event.key === "Enter" || event.key === " ")) {
    button.dispatchEvent(new MouseEvent("click", { bubbles: true }))
  } else return
  event.preventDefault()
}

export default function ({ data }) {
  const holder = document.querySelector(`.st-key-${data.chart}`)
  if (!holder) return undefined
  const charts = () => [...holder.querySelectorAll(".js-plotly-plot")].filter(chart => chart.layout?.sliders)
  const marked = () => charts().forEach(mark)
  const key = event => charts().forEach(chart => chart.contains(event.target) && pressed(chart, event))
  // Plotly draws late and anew: what it has drawn is marked whenever text or parts of it change.
  const watch = new MutationObserver(marked)
  watch.observe(holder, { childList: true, characterData: true, subtree: true })
  holder.addEventListener("keydown", key)
  marked()
  return () => {
    watch.disconnect()
    holder.removeEventListener("keydown", key)
  }
}
