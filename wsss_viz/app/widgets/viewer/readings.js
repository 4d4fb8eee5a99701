// What is read off the panels: the values at a point, a panel in a line, everything aloud for those who do not see it.

import { amount, percent, probability, say, signed } from "./elements.js"
import { Viewer } from "./viewer.js"

Object.assign(Viewer.prototype, {
  // The values of all panels at the point; on the ground truth and on the image, what is there.
  valueAt(number) {
    const { content, settings } = this
    if (settings.layout === "wipe" || settings.layout === "difference") {
      return this.pair.map(n => `${content.panels[n].title}: ${this.valueOf(n)}`).join("  ·  ")
    }
    return this.valueOf(number)
  },

  valueOf(number) {
    const found = this.reading.at(number, this.point)
    if (!found) return this.reading.truthAt(this.point)
    const raw = found.unit === "activation" ? say("raw {value}", { value: signed(found.raw, 2) }) : `${amount(found.raw)} ${say(found.unit)}`
    return this.settings.normalisation === "raw" ? raw : `${found.value.toFixed(2)} (${raw})`
  },

  // One line on what a panel shows, for those who do not see it.
  described(number) {
    const { content, reading } = this
    const panel = content.panels[number]
    const found = reading.found[number]
    if (!found) return `${panel.title}${content.shown.length ? `: ${content.shown.map(c => content.classes[c].name).join(", ")}` : ""}`
    const { values } = found.plane
    let peak = 0, above = 0
    const own = found.values[found.own]
    for (let i = 0; i < values.length; i++) {
      if (values[i] > values[peak]) peak = i
      if (own[i] > found.threshold) above++
    }
    const x = percent((peak % content.W) / content.W), y = percent(Math.floor(peak / content.W) / content.H)
    const overlap = found.scores ? `; IoU ${percent(found.scores.iou)}` : ""
    const name = content.classes[reading.panelFocus(panel)].name
    return `${panel.title}, map of ${name}: highest ${x} from the left and ${y} from the top; ${percent(above / own.length)} of the image ${content.finished(panel, reading.k) ? "is in its mask" : "lies above the threshold"}${overlap}`
  },

  // The values at the reticle: the class scores in a line, and everything aloud where a key moved it.
  say() {
    const { content, reading, point } = this
    const line = this.root.querySelector(".values")
    const step = this.hovered == null ? null : content.step(content.panels[this.hovered], reading.k)
    const scores = step?.scores ?? content.panels.map(panel => content.step(panel, reading.k)?.scores).find(Boolean)
    const parts = (scores ?? [])
      .map((score, c) => ({ score, name: content.sent.scored[c].name }))
      .filter(({ score }) => score != null)
      .sort((a, b) => b.score - a.score)
      .slice(0, 5)
      .map(({ score, name }) => `${name} ${content.sent.sigmoids ? probability(score).toFixed(2) : signed(score)}`)
    const where = point ? content.panels[this.hovered ?? -1]?.title ?? "" : ""
    line.textContent = parts.length ? `${content.sent.sigmoids ? say("Class scores") : say("Logits")}${where && step?.scores ? ` (${where})` : ""}: ${parts.join(", ")}` : ""
    if (!this.aloud || !point) return
    this.aloud = false
    const values = content.panels.flatMap((panel, n) => (reading.found[n] ? [`${panel.title} ${this.valueOf(n)}`] : []))
    const place = say("{x} from the left, {y} from the top", { x: percent(point.x), y: percent(point.y) })
    const truth = reading.truthAt(point)
    this.root.querySelector(".spoken").textContent = [place, truth, ...values].filter(Boolean).join("; ")
  },
})
