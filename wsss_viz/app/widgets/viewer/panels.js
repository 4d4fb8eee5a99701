// The panels on the page: one figure each, or one stage for two of them; captions, colour bars, legends.

import { amount, element, marked, say, signed } from "./elements.js"
import { Viewer } from "./viewer.js"

const ACTIVATION = "activation"
const PHRASES = { [ACTIVATION]: marked("an activation of {value}"), "refined score": marked("a refined score of {value}") }

// A value with what it is: "an activation of 109.2", "0.031 bits per pixel".
function inUnit(value, unit) {
  return unit in PHRASES ? say(PHRASES[unit], { value: amount(value) }) : `${amount(value)} ${say(unit)}`
}

// Pixels a panel takes at least, with its gap: where maps are the page and it is wide, so that all are in sight on a
// small screen, elsewhere, and on a phone two side by side.
const NARROWEST = { roomy: 250, plain: 184, phone: 160 }
const WIDE = 800, PHONE = 480
const WHAT = {
  relu_max: marked("share of the map's own maximum"),
  shared: marked("share of the highest of all these maps, at any step"),
  minmax: marked("share of the map's own range"),
}

Object.assign(Viewer.prototype, {
  // The figures of the layout: one per panel, or the one stage. As few rows as have panels of a readable width.
  arrange() {
    const layout = this.settings.layout === "grid" ? "grid" : "stage"
    if (!this.figures || this.layout !== layout) {
      this.layout = layout
      const numbers = layout === "grid" ? this.content.panels.keys() : [null]
      this.figures = [...numbers].map(number => this.figure(number))
      this.panels.replaceChildren(...this.figures.map(({ figure }) => figure))
      this.root.querySelector(".body").classList.toggle("staged", layout === "stage")
    }
    const count = this.figures.length
    const wide = this.panels.clientWidth
    const least = NARROWEST[wide < PHONE ? "phone" : this.roomy && wide >= WIDE ? "roomy" : "plain"]
    const fitting = Math.max(1, Math.min(count, Math.floor((wide + 14) / least)))
    const columns = Math.ceil(count / Math.ceil(count / fitting))
    this.panels.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${columns < 3 ? "520px" : "1fr"}))`
  },

  figure(number) {
    const panel = number === null ? null : this.content.panels[number]
    const figure = element("figure")
    const caption = element("figcaption")
    const title = element("b"), note = element("span")
    caption.append(title, note)
    if (panel?.missing) {
      figure.classList.add("missing")
      title.textContent = panel.title
      const reason = element("p", "reason", panel.missing)
      reason.style.aspectRatio = `${this.content.W} / ${this.content.H}`
      figure.append(caption, reason)
      return { figure, number, missing: true }
    }
    const canvas = element("canvas")
    canvas.tabIndex = 0
    canvas.setAttribute("role", "img")
    canvas.style.aspectRatio = `${this.content.W} / ${this.content.H}`
    const bar = element("div", "bar")
    const ramp = element("i"), mark = element("u")
    const low = element("span"), what = element("em"), high = element("span")
    ramp.append(mark)
    bar.append(ramp, low, what, high)
    const value = element("p", "value")
    figure.append(caption, canvas, bar, value)
    this.listen(canvas, number)
    return { figure, number, title, note, canvas, bar, ramp, mark, low, what, high, value }
  },

  // The number of the panel a figure shows: its own, or of the pair the one whose turn it is.
  numberOf({ number }) {
    const [a, b] = this.pair
    return number ?? (this.settings.layout === "blink" && this.blinked ? b : a)
  },

  drawFigure(parts, painter, wide) {
    const { layout } = this.settings
    const context = painter.begin(parts.canvas, wide)
    if (layout === "wipe") painter.wiped(context, ...this.pair)
    else if (layout === "difference") painter.difference(context, ...this.pair)
    else painter.panel(context, this.numberOf(parts))
    if (this.point) painter.reticle(context, this.point)
  },

  writeFigure(parts, painter) {
    const number = this.numberOf(parts)
    this.caption(parts, number, ...this.pair)
    this.bar(parts, number, painter, ...this.pair)
    parts.value.textContent = this.point ? this.valueAt(number) : ""
    parts.canvas.setAttribute("aria-label", this.described(number))
  },

  caption({ title, note }, number, a, b) {
    const { content, reading } = this
    const { layout } = this.settings
    const panel = content.panels[number]
    const step = content.step(panel, reading.k)
    const names = { wipe: " | ", difference: " − " }[layout]
    const text = names ? content.panels[a].title + names + content.panels[b].title : panel.title
    title.replaceChildren(...(panel.colour && !names ? [this.dot(panel.colour)] : []), text)
    const logit = step?.scores?.[this.scoreIndex(panel)]
    const final = panel.steps.length > 1 ? content.stepName(panel, reading.k) : ""
    const found = this.reading.found[number]
    const absent = found && content.absent(this.reading.panelFocus(panel))
    // A black picture is not taken for a defect then.
    const nowhere = found && !found.plane.values.some(value => value > 0)
    const said = [absent ? say("not in this picture") : "", nowhere ? say("nowhere positive") : "", final, logit == null ? "" : `logit ${signed(logit)}`, step?.note, panel.note]
    note.textContent = names ? "" : said.filter(Boolean).join(" · ")
    note.title = note.textContent
  },

  scoreIndex(panel) {
    const { name } = this.content.classes[this.reading.panelFocus(panel)]
    return this.content.sent.scored.findIndex(scored => scored.name === name)
  },

  // The colour map with the values at its ends, what they are, and where the threshold is.
  bar(parts, number, painter, a, b) {
    const { reading, content, settings } = this
    const difference = settings.layout === "difference"
    const found = reading.found[difference ? a : number]
    const drawsMap = difference || (content.panels[number].always || settings.show) === "map"
    parts.bar.style.visibility = found && drawsMap ? "" : "hidden"
    if (content.panels[number].truth && settings.layout === "grid") return this.legend(parts)
    if (!found) return
    const table = difference ? content.tables.RdBu_r : content.tables[settings.colours]
    const stops = Array.from({ length: 13 }, (_, i) => {
      const at = 3 * Math.round((i * 255) / 12)
      return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`
    })
    parts.ramp.style.background = `linear-gradient(90deg, ${stops.join(", ")})`
    const end = difference && reading.found[b] ? painter.differences(a, b).end : 0
    const { low, high } = difference ? { low: -end, high: end } : reading.ends(found.unit)
    const digits = Math.max(-low, high) < 1 ? 3 : 1
    const said = value => (difference || settings.normalisation === "raw" ? signed(value, digits) : value.toFixed(2))
    parts.low.textContent = said(low)
    parts.high.textContent = said(high)
    const { from, scale } = found.scale
    const whole = inUnit(from + scale, found.unit)
    const over = content.last ? `, ${say("all steps")}` : ""
    const units = {
      raw: `${found.unit === ACTIVATION ? "" : `, ${say(found.unit)}`}${over}`,
      shared: ` · ${say("1.00 is {value}", { value: whole })}${over}`,
    }
    const unit = units[settings.normalisation] ?? ` (${say("1.00 is {value}", { value: whole })})`
    const [first, second] = difference ? [content.panels[a].title, content.panels[b].title] : []
    parts.what.textContent = difference ? say("blue: {second} is higher, red: {first}", { first, second }) : `${say("bright = high")}${unit}`
    parts.what.title = difference ? "" : say(WHAT[settings.normalisation] ?? `raw ${found.unit}`)
    const marks = !difference && ["relu_max", "minmax"].includes(settings.normalisation)
    parts.ramp.title = !marks ? "" : `${say("threshold")} ${settings.threshold.toFixed(2)}`
    parts.mark.hidden = !marks
    parts.mark.style.left = `${settings.threshold * 100}%`
  },

  // What the colours of the ground truth's parts are.
  legend({ bar }) {
    if (!this.content.outlines?.parts) return
    bar.style.visibility = ""
    const names = Object.values(this.content.sent.part_names).join()
    if (bar.dataset.names === names) return
    bar.dataset.names = names
    bar.className = "legend"
    bar.replaceChildren(
      ...Object.entries(this.content.sent.part_colours).map(([part, colour]) => {
        const item = element("span")
        const dot = element("i")
        dot.style.background = `rgb(${colour.join(" ")})`
        item.append(dot, this.content.partName(part))
        return item
      })
    )
  },
})
