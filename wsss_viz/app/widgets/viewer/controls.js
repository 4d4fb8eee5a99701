// The native controls: what they show of the settings, and what they change.

import { say } from "./elements.js"

export const DEFAULTS = {
  k: -1,
  class: "",
  threshold: 0.3,
  opacity: 0.6,
  colours: "inferno",
  normalisation: "relu_max",
  align: "field",
  layout: "grid",
  show: "map",
  outlines: ["truth"],
  pair: [],
}

// Settings as the address has them, and back.
export function readSettings(view) {
  const list = text => (!text || text === "none" ? [] : text.split(","))
  return {
    ...DEFAULTS,
    ...view,
    k: view.k === "final" ? -1 : Number(view.k),
    threshold: Number(view.threshold),
    opacity: Number(view.opacity),
    outlines: list(view.outlines),
    pair: view.pair ? view.pair.split("-").map(Number) : [],
  }
}

export function writeSettings(settings) {
  return {
    ...settings,
    k: settings.k < 0 ? "final" : String(settings.k),
    threshold: settings.threshold.toFixed(2),
    opacity: settings.opacity.toFixed(2),
    outlines: settings.outlines.join(",") || "none",
    pair: settings.pair.join("-"),
  }
}

export class Controls {
  constructor(root, viewer) {
    this.root = root
    this.viewer = viewer
    this.find = name => root.querySelector(`[name=${name}]`)
    for (const name of ["layout", "show", "normalisation", "align", "colours"]) {
      this.find(name).onchange = event => viewer.change({ [name]: event.target.value })
    }
    for (const name of ["threshold", "opacity"]) {
      this.find(name).oninput = event => viewer.change({ [name]: Number(event.target.value) })
    }
    for (const name of ["truth", "parts", "mask"]) {
      this.find(name).onchange = () =>
        viewer.change({ outlines: ["truth", "parts", "mask"].filter(kind => this.find(kind).checked) })
    }
    this.find("k").oninput = event => viewer.step(Number(event.target.value))
    this.find("back").onclick = () => viewer.step(viewer.k - 1)
    this.find("on").onclick = () => viewer.step(viewer.k + 1)
    this.find("play").onclick = () => viewer.play()
    this.find("display").onclick = () => this.open(this.find("display").ariaExpanded !== "true")
    this.find("reset").onclick = () => viewer.resetZoom()
    this.find("swap").onclick = () => viewer.swap()
    this.find("wipe").oninput = event => viewer.moveDivider(Number(event.target.value))
    for (const name of ["first", "second"]) {
      this.find(name).onchange = () =>
        viewer.change({ pair: [Number(this.find("first").value), Number(this.find("second").value)] })
    }
    // A slider that is held commits when it is let go of.
    root.addEventListener("pointerdown", event => (viewer.held = event.target.type === "range"))
    for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, () => viewer.release())
    root.addEventListener("keydown", event => {
      if (event.target.type === "range" || event.target.tagName === "SELECT") event.stopPropagation()
    })
  }

  // Shows or hides what is changed seldom.
  open(on) {
    this.find("display").ariaExpanded = on
    this.root.querySelector(".display").hidden = !on
  }

  // Only these pieces stand around the panels.
  offer(offered) {
    const one = name => this.find(name)
    const pieces = {
      class: this.root.querySelector(".pills").parentElement,
      ...Object.fromEntries(["layout", "show", "normalisation", "align", "colours", "threshold", "opacity"].map(name => [name, one(name).parentElement])),
      outlines: this.root.querySelector(".outlines"),
      k: this.root.querySelector(".steps"),
      table: this.root.querySelector("table"),
      scores: this.root.querySelector(".values"),
      hint: this.root.querySelector(".hint"),
    }
    for (const [name, piece] of Object.entries(pieces)) piece.classList.toggle("unoffered", !offered.includes(name))
    for (const row of this.root.querySelectorAll(".row.tools, .reading")) {
      row.classList.toggle("unoffered", ![...row.children].some(child => Object.values(pieces).includes(child) && !child.classList.contains("unoffered")))
    }
    const more = this.root.querySelector(".display"), button = one("display")
    button.classList.toggle("unoffered", more.classList.contains("unoffered"))
    if (!more.classList.contains("unoffered")) button.parentElement.classList.remove("unoffered")
  }

  // New content: its classes, panels and number of steps.
  fill(content) {
    const pills = this.root.querySelector(".pills")
    pills.replaceChildren(
      ...content.classes.map(({ name, colour }, c) => {
        const pill = document.createElement("button")
        pill.type = "button"
        pill.setAttribute("role", "radio")
        pill.classList.toggle("label", content.shown.includes(c))
        const dot = document.createElement("i")
        dot.style.background = `rgb(${colour.join(" ")})`
        pill.append(dot, name)
        pill.onclick = () => this.viewer.change({ class: name })
        pill.onkeydown = event => {
          const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
          if (!by) return
          event.preventDefault()
          const next = (c + by + content.classes.length) % content.classes.length
          this.viewer.change({ class: content.classes[next].name })
          pills.children[next].focus()
        }
        return pill
      })
    )
    this.root.querySelector(".steps").hidden = content.last === 0
    this.find("k").max = content.last
    for (const name of ["first", "second"]) {
      this.find(name).replaceChildren(
        ...content.panels.flatMap((panel, number) => {
          if (panel.missing) return []
          const option = document.createElement("option")
          option.value = number
          option.textContent = panel.title
          return [option]
        })
      )
    }
  }

  // What the controls show, from the settings.
  show(settings, reading, pair) {
    const { content, k, focus } = reading
    for (const name of ["layout", "show", "normalisation", "align", "colours"]) this.find(name).value = settings[name]
    for (const name of ["threshold", "opacity"]) {
      const input = this.find(name)
      if (Number(input.value) !== settings[name]) input.value = settings[name]
      input.parentElement.querySelector(".number").textContent = settings[name].toFixed(2)
    }
    for (const name of ["truth", "parts", "mask"]) this.find(name).checked = settings.outlines.includes(name)
    this.find("k").value = k
    if (content.last) {
      this.root.querySelector(".steps .stepname").textContent = content.timelineName(k)
      this.find("k").setAttribute("aria-valuetext", content.timelineName(k))
    }
    this.find("back").disabled = k === 0
    this.find("on").disabled = k === content.last
    const playing = this.viewer.playing || this.viewer.opening !== null
    this.find("play").textContent = playing ? "❚❚" : "▶"
    this.find("play").setAttribute("aria-label", playing ? say("Pause") : say("Play the steps"))
    ;[...this.root.querySelector(".pills").children].forEach((pill, c) => {
      pill.setAttribute("aria-checked", c === focus)
      pill.tabIndex = c === focus ? 0 : -1
    })
    const single = settings.layout !== "grid"
    this.root.querySelector(".pair").hidden = !single
    this.root.querySelector(".versus").textContent = settings.layout === "difference" ? "−" : "|"
    ;[this.find("first").value, this.find("second").value] = pair
    this.root.querySelector(".divider").hidden = settings.layout !== "wipe"
    this.find("swap").hidden = settings.layout !== "blink"
    this.find("show").disabled = settings.layout === "difference"
    this.find("reset").hidden = this.viewer.zoom.scale === 1
    const known = Boolean(content.outlines)
    this.find("truth").parentElement.hidden = !known
    this.find("parts").parentElement.hidden = !content.outlines?.parts
  }
}
