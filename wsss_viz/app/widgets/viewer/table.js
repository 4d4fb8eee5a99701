// The table under the panels: IoU, part recalls, precision and recall of every panel's mask, and its class scores.

import { element, marked, percent, probability, say, signed } from "./elements.js"
import { Viewer } from "./viewer.js"

const IOU = ["IoU", marked("Pixels both claimed and true, over pixels either claimed or true")]
const REST = [
  [marked("precision"), "precision", marked("Of the pixels the mask claims for the class, the share that is the class")],
  [marked("recall"), "recall", marked("Of the class's pixels, the share the mask claims for it")],
]
const PARTS = { discriminative: 1, rest: 2 }
const SCORES = [
  ["logit", marked("The class's score of the whole image")],
  [marked("prob."), marked("The sigmoid of the logit")],
]
const whole = (found, key) => Math.round((found.scores?.[key] || 0) * 100)

Object.assign(Viewer.prototype, {
  table() {
    const { content, reading, settings } = this
    const table = this.root.querySelector("table")
    const rows = content.panels.map((panel, n) => ({ panel, found: reading.found[n] })).filter(({ panel, found }) => found && panel.always !== "map")
    const { name } = content.classes[reading.focus]
    const measured = rows.some(({ found }) => found.scores)
    table.hidden = !measured && rows.length < 2
    table.caption.textContent = measured
      ? [
          say("Pseudo mask of {name} above {threshold}", { name, threshold: settings.threshold.toFixed(2) }),
          rows.some(({ panel }) => content.finished(panel, reading.k)) ? say("; of refined maps the refiner's own mask") : "",
          `; ${reading.alignment()}`,
        ].join("")
      : say("Scores of {name}", { name })
    const keys = measured ? ["iou", ...Object.keys(PARTS), ...REST.map(([, key]) => key)] : []
    const scores = content.sent.sigmoids ? SCORES : SCORES.slice(0, 1)
    const heads = [[marked("map"), marked("Whose map the row is of")], ...(measured ? this.measures() : []), ...scores]
    table.tHead.rows[0].replaceChildren(...heads.map(([text, title]) => Object.assign(element("th", "", say(text)), { title: say(title) })))
    const best = Object.fromEntries(keys.map(key => [key, this.best(rows, key)]))
    table.tBodies[0].replaceChildren(...rows.map(row => this.row(row, keys, best)))
  },

  // What is measured, and what it means.
  measures() {
    const parts = Object.values(PARTS).map(part => [this.content.partName(part), say("Recall of the {part}", { part: this.content.sent.part_names[part] })])
    return [IOU, ...parts, ...REST.map(([text, , title]) => [text, title])]
  },

  // The highest share in a column, in percent; NaN where all are the same.
  best(rows, key) {
    const all = rows.map(({ found }) => whole(found, key))
    return new Set(all).size > 1 ? Math.max(...all) : NaN
  },

  row({ panel, found }, keys, best) {
    const row = element("tr")
    const head = element("th")
    if (panel.colour) head.append(this.dot(panel.colour))
    head.append(panel.title)
    row.append(head)
    for (const key of keys) {
      const share = found.scores?.[key] ?? NaN
      const cell = element("td", "", percent(share))
      cell.dataset.score = key
      cell.classList.toggle("best", whole(found, key) === best[key])
      cell.style.setProperty("--share", Number.isNaN(share) ? 0 : share)
      row.append(cell)
    }
    const logit = this.content.step(panel, this.reading.k).scores?.[this.scoreIndex(panel)]
    row.append(element("td", "plain", logit == null ? "–" : signed(logit)))
    if (this.content.sent.sigmoids) row.append(element("td", "plain", logit == null ? "–" : probability(logit).toFixed(2)))
    return row
  },

  dot(colour) {
    const dot = element("i")
    dot.style.background = colour
    return dot
  },
})
