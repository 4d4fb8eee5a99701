// The timeline: the steps side by side, the class's logit over them, and the slider that moves along both.

import { element, say, signed } from "./elements.js"
import { Viewer } from "./viewer.js"

const OPENING_MS = 4000
const FADE_MS = 240
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches

Object.assign(Viewer.prototype, {
  // What a page opens with: every step once, from the first on. Nobody is told of it; a step by hand ends it.
  open() {
    const { last } = this.content
    if (!last || this.settings.k >= 0 || still()) return
    this.opening = 0
    this.opener = setInterval(() => {
      this.opening += 1
      if (this.opening >= last || !this.root.isConnected) this.close()
      this.redraw()
    }, Math.min(450, OPENING_MS / last))
  },

  close() {
    clearInterval(this.opener)
    this.opening = null
  },

  // The pictures of the steps, one button each.
  film(frames) {
    const strip = this.root.querySelector(".film")
    strip.hidden = !frames.length
    while (strip.children.length > frames.length) strip.lastChild.remove()
    frames.forEach((frame, k) => {
      const button = strip.children[k] ?? this.pictureOf(strip, k)
      const [image, label] = button.children
      if (image.src !== frame.image) image.src = frame.image
      label.textContent = frame.name
      button.title = frame.note
      button.setAttribute("aria-label", frame.note ? `${frame.name}, ${frame.note}` : frame.name)
    })
  },

  pictureOf(strip, k) {
    const button = element("button")
    button.type = "button"
    button.append(Object.assign(element("img"), { alt: "" }), element("span"))
    button.onclick = () => this.step(k)
    button.onkeydown = event => {
      const next = { ArrowLeft: k - 1, ArrowRight: k + 1 }[event.key]
      if (next === undefined || !strip.children[next]) return
      event.preventDefault()
      strip.children[next].focus()
      this.step(next)
    }
    strip.append(button)
    return button
  },

  // The logits of the class by step, a line for each panel that has more than one.
  timeline() {
    const { content, reading } = this
    const steps = this.root.querySelector(".steps")
    const { last } = content
    if (steps.hidden || steps.classList.contains("unoffered")) return
    steps.style.setProperty("--steps", last + 1)
    const lines = content.panels.flatMap(panel => {
      const values = panel.steps.map(step => step.scores?.[this.scoreIndex(panel)] ?? null)
      return panel.steps.length > 1 && values.some(value => value !== null) ? [{ panel, values }] : []
    })
    const name = content.classes[reading.focus].name
    const key = `${content.digest}:${reading.focus}`
    if (this.curved !== key) {
      this.curved = key
      this.curve(lines, last, name)
    }
    const cursor = steps.querySelector("line")
    for (const end of ["x1", "x2"]) cursor.setAttribute(end, this.k + 0.5)
    ;[...steps.querySelector(".film").children].forEach((button, k) => {
      if (button.ariaCurrent !== "true" && k === this.k) this.bringIntoSight(button)
      button.setAttribute("aria-current", String(k === this.k))
    })
    const said = lines.flatMap(({ panel, values }) => {
      const value = values[content.stepAt(panel, this.k)]
      return value === null ? [] : [`${lines.length > 1 ? `${panel.title} ` : ""}${signed(value)}`]
    })
    steps.querySelector(".logit").textContent = said.length ? `${say("logit of {name}", { name })}: ${said.join(", ")}` : ""
  },

  curve(lines, last, name) {
    const svg = this.root.querySelector(".steps svg")
    svg.toggleAttribute("hidden", !lines.length)
    svg.querySelectorAll("path").forEach(path => path.remove())
    if (!lines.length) return
    const all = lines.flatMap(({ values }) => values.filter(value => value !== null))
    const low = Math.min(...all), span = Math.max(...all) - low || 1
    const at = (value, k) => `${k + 0.5} ${0.9 - (0.8 * (value - low)) / span}`
    svg.setAttribute("viewBox", `0 0 ${last + 1} 1`)
    svg.setAttribute("aria-label", say("logit of {name} by step, from {low} to {high}", { name, low: signed(low), high: signed(low + span) }))
    for (const { panel, values } of lines) {
      const there = values.flatMap((value, k) => (value === null ? [] : [at(value, k)]))
      for (const [kind, d] of [["run", `M${there.join("L")}`], ["points", there.map(one => `M${one}h0`).join("")]]) {
        const path = document.createElementNS(svg.namespaceURI, "path")
        path.setAttribute("class", kind)
        path.setAttribute("d", d)
        if (panel.colour) path.style.stroke = panel.colour
        svg.append(path)
      }
    }
  },

  bringIntoSight(button) {
    const strip = button.parentElement
    const left = button.offsetLeft - strip.offsetLeft
    const hidden = left < strip.scrollLeft || left + button.offsetWidth > strip.scrollLeft + strip.clientWidth
    if (hidden) strip.scrollLeft = left - (strip.clientWidth - button.offsetWidth) / 2
  },

  // While it plays, what a panel showed fades over what it shows now.
  fade(shown) {
    const moved = this.faded !== undefined && this.faded !== this.k && (this.playing || this.opening !== null)
    this.faded = this.k
    if (!moved || still()) return
    for (const { canvas, figure } of shown) {
      if (!canvas.width) continue
      const ghost = element("canvas", "ghost")
      Object.assign(ghost, { width: canvas.width, height: canvas.height, ariaHidden: "true" })
      ghost.getContext("2d").drawImage(canvas, 0, 0)
      Object.assign(ghost.style, { top: `${canvas.offsetTop}px`, height: `${canvas.clientHeight}px` })
      figure.append(ghost)
      ghost.animate([{ opacity: 1 }, { opacity: 0 }], FADE_MS).onfinish = () => ghost.remove()
    }
  },
})
