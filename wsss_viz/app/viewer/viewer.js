// The viewer: settings, zoom and reticle of one mounted component, and one drawing of all of it a frame.

const PLAY_MS = 450
const BLINK_MS = 800
const COMMIT_MS = 350
const LARGEST_ZOOM = 24
const NARROWEST = 184 // pixels a panel takes with its gap
const WHAT = {
  relu_max: "share of the map's own maximum",
  shared: "share of the highest of these maps",
  minmax: "share of the map's own range",
  raw: "raw activation, signed",
}
const COLUMNS = [
  ["IoU", "iou", "Pixels both claimed and true, over pixels either claimed or true"],
  ["precision", "precision", "Of the pixels the mask claims for the class, the share that is the class"],
  ["recall", "recall", "Of the class's pixels, the share the mask claims for it"],
  ["discriminative", "discriminative", "Recall of the part that gives the class away"],
  ["rest", "rest", "Recall of the part that several classes share"],
]
const percent = share => (Number.isNaN(share) ? "–" : `${Math.round(share * 100)} %`)
const signed = (value, digits = 1) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`
const probability = logit => 1 / (1 + Math.exp(-logit))

function element(tag, name = "", text = "") {
  const made = document.createElement(tag)
  if (name) made.className = name
  if (text) made.textContent = text
  return made
}

class Viewer {
  constructor(root) {
    this.root = root
    this.zoom = { scale: 1, x: 0, y: 0 }
    this.wipe = 0.5
    this.point = null
    this.serial = 0
    this.settings = { ...DEFAULTS }
    this.controls = new Controls(root, this)
    this.panels = root.querySelector(".panels")
    new ResizeObserver(() => this.redraw()).observe(this.panels)
  }

  // Every run of the page: the content where it is another one, the settings where they were changed elsewhere.
  update({ content, view, version }, send) {
    this.send = send
    if (version !== this.version) {
      this.version = version
      this.settings = readSettings(view)
      this.committed = JSON.stringify(writeSettings(this.settings))
      this.stop()
    }
    if (content.digest !== this.content?.digest) {
      this.content = new Content(content, () => this.redraw())
      this.controls.fill(this.content)
      this.figures = null
    }
    this.redraw()
  }

  inherit({ version, settings, committed, zoom, wipe }) {
    Object.assign(this, { version, settings, committed, zoom, wipe })
    this.controls.find("wipe").value = wipe
  }

  get k() {
    return this.settings.k < 0 ? this.content.last : Math.min(this.settings.k, this.content.last)
  }

  change(fields) {
    Object.assign(this.settings, fields)
    this.redraw()
    this.commit()
  }

  step(k) {
    const kept = Math.max(0, Math.min(this.content.last, k))
    this.change({ k: kept === this.content.last ? -1 : kept })
  }

  play() {
    if (this.playing) return this.stop()
    if (this.k === this.content.last) this.step(0)
    this.playing = setInterval(() => {
      this.step(this.k + 1)
      if (this.k === this.content.last || !this.root.isConnected) this.stop()
    }, PLAY_MS)
    this.redraw()
  }

  stop() {
    clearInterval(this.playing)
    this.playing = null
    if (this.content) this.commit()
    this.redraw()
  }

  // Tells Python of the settings once the hand has come to rest.
  commit() {
    clearTimeout(this.waiting)
    if (this.held || this.playing) return
    this.waiting = setTimeout(() => {
      const view = writeSettings(this.settings)
      const text = JSON.stringify(view)
      if (text === this.committed) return
      this.committed = text
      this.send("view", { ...view, serial: ++this.serial + Date.now() })
    }, COMMIT_MS)
  }

  release() {
    if (!this.held) return
    this.held = false
    this.commit()
  }

  swap() {
    this.blinked = !this.blinked
    this.redraw()
  }

  moveDivider(share) {
    this.wipe = Math.max(0, Math.min(1, share))
    this.controls.find("wipe").value = this.wipe
    this.redraw()
  }

  // The two panels of the layouts other than the grid: those asked for where they can be shown, else the first two.
  get pair() {
    const { panels } = this.content
    const fits = n => panels[n] && !panels[n].missing && (this.settings.layout !== "difference" || this.content.hasMaps(panels[n]))
    if (this.settings.pair.length === 2 && this.settings.pair.every(fits)) return this.settings.pair
    const maps = panels.flatMap((panel, n) => (this.content.hasMaps(panel) ? [n] : []))
    const others = panels.flatMap((panel, n) => (panel.missing || maps.includes(n) ? [] : [n]))
    const [a, b] = maps.length > 1 ? maps : [...others, ...maps].slice(-2)
    return [a, b ?? a]
  }

  redraw() {
    if (this.frame || !this.content) return
    this.frame = requestAnimationFrame(() => {
      this.frame = null
      const start = performance.now()
      this.draw()
      const drawn = (performance.now() - start).toFixed(2)
      Object.assign(this.root.dataset, { k: this.k, zoom: this.zoom.scale.toFixed(3), wipe: this.wipe, drawn })
    })
  }

  draw() {
    const { content, settings } = this
    const reading = (this.reading = new Reading(content, settings))
    this.arrange()
    this.blink(settings.layout === "blink")
    this.controls.show(settings, reading, this.pair)
    const painter = new Painter(reading, this.zoom, this.wipe)
    const shown = this.figures.filter(({ missing }) => !missing)
    // All sizes are read before anything is written: the page is laid out once a frame.
    const widths = shown.map(({ canvas }) => canvas.clientWidth)
    shown.forEach((figure, i) => this.drawFigure(figure, painter, widths[i]))
    shown.forEach(figure => this.writeFigure(figure, painter))
    this.table()
    this.say()
  }

  blink(on) {
    if (on && !this.blinking && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.blinking = setInterval(() => (this.root.isConnected ? this.swap() : this.blink(false)), BLINK_MS)
    }
    if (!on) {
      clearInterval(this.blinking)
      this.blinking = null
    }
  }

  // The figures of the layout: one a panel, or the one stage. As few rows as have panels of a readable width.
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
    const fitting = Math.max(1, Math.min(count, Math.floor((this.panels.clientWidth + 14) / NARROWEST)))
    const columns = Math.ceil(count / Math.ceil(count / fitting))
    this.panels.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${columns < 3 ? "520px" : "1fr"}))`
  }

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
  }

  // The number of the panel a figure shows: its own, or of the pair the one whose turn it is.
  numberOf({ number }) {
    const [a, b] = this.pair
    return number ?? (this.settings.layout === "blink" && this.blinked ? b : a)
  }

  drawFigure(parts, painter, wide) {
    const { layout } = this.settings
    const context = painter.begin(parts.canvas, wide)
    if (layout === "wipe") painter.wiped(context, ...this.pair)
    else if (layout === "difference") painter.difference(context, ...this.pair)
    else painter.panel(context, this.numberOf(parts))
    if (this.point) painter.reticle(context, this.point)
  }

  writeFigure(parts, painter) {
    const number = this.numberOf(parts)
    this.caption(parts, number, ...this.pair)
    this.bar(parts, number, painter, ...this.pair)
    parts.value.textContent = this.point ? this.valueAt(number) : ""
    parts.canvas.setAttribute("aria-label", this.described(number))
  }

  caption({ title, note }, number, a, b) {
    const { content, reading } = this
    const { layout } = this.settings
    const panel = content.panels[number]
    const step = content.step(panel, reading.k)
    const dot = element("i")
    dot.style.background = panel.colour || "transparent"
    const names = { wipe: " | ", difference: " − " }[layout]
    const text = names ? content.panels[a].title + names + content.panels[b].title : panel.title
    title.replaceChildren(...(panel.colour && !names ? [dot] : []), text)
    const logit = step?.scores?.[this.scoreIndex(panel)]
    const final = panel.steps.length > 1 ? `${content.sent.step} = ${content.stepAt(panel, reading.k)}` : ""
    const said = [final, logit == null ? "" : `logit ${signed(logit)}`, step?.note, panel.note]
    note.textContent = names ? "" : said.filter(Boolean).join(" · ")
    note.title = note.textContent
  }

  scoreIndex(panel) {
    const { name } = this.content.classes[this.reading.panelFocus(panel)]
    return this.content.sent.scored.findIndex(scored => scored.name === name)
  }

  // The colour map with the values at its ends, what they are, and where the threshold is.
  bar(parts, number, painter, a, b) {
    const { reading, content, settings } = this
    const difference = settings.layout === "difference"
    const found = reading.found[difference ? a : number]
    parts.bar.style.visibility = found && (difference || (content.panels[number].always || settings.show) !== "image") ? "visible" : "hidden"
    if (content.panels[number].truth && settings.layout === "grid") return this.legend(parts)
    if (!found) return
    const table = difference ? content.tables.RdBu_r : content.tables[settings.colours]
    const stops = Array.from({ length: 13 }, (_, i) => {
      const at = 3 * Math.round((i * 255) / 12)
      return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`
    })
    parts.ramp.style.background = `linear-gradient(90deg, ${stops.join(", ")})`
    const end = difference ? painter.differenceEnd(a, b) : 0
    const { low, high } = difference ? { low: -end, high: end } : reading.ends()
    parts.low.textContent = difference || settings.normalisation === "raw" ? signed(low) : low.toFixed(2)
    parts.high.textContent = difference || settings.normalisation === "raw" ? signed(high) : high.toFixed(2)
    const unit = settings.normalisation === "raw" || difference ? "" : ` · 1 = ${(found.scale.from + found.scale.scale).toFixed(1)}`
    parts.what.textContent = difference ? "first − second" : `high = bright${unit}`
    parts.what.title = difference ? "red: the first is higher" : WHAT[settings.normalisation]
    parts.ramp.title = difference || settings.normalisation === "raw" ? "" : `threshold ${settings.threshold.toFixed(2)}`
    parts.mark.hidden = difference || settings.normalisation === "raw"
    parts.mark.style.left = `${settings.threshold * 100}%`
  }

  // What the colours of the ground truth's parts are.
  legend({ bar }) {
    if (!this.content.outlines?.parts) return
    bar.style.visibility = "visible"
    if (bar.className === "legend") return
    bar.className = "legend"
    bar.replaceChildren(
      ...Object.entries(PARTS).map(([text, part]) => {
        const item = element("span")
        const dot = element("i")
        dot.style.background = `rgb(${this.content.sent.part_colours[part].join(" ")})`
        item.append(dot, text)
        return item
      })
    )
  }

  // The values of all panels at the point; on the ground truth and on the image, what is there.
  valueAt(number) {
    const { content, reading, settings } = this
    if (settings.layout === "wipe" || settings.layout === "difference") {
      return this.pair.map(n => `${content.panels[n].title}: ${this.valueOf(n)}`).join("  ·  ")
    }
    return this.valueOf(number)
  }

  valueOf(number) {
    const found = this.reading.at(number, this.point)
    if (!found) return this.reading.truthAt(this.point)
    const raw = `raw ${signed(found.raw, 2)}`
    return this.settings.normalisation === "raw" ? raw : `${found.value.toFixed(2)} (${raw})`
  }

  // One line on what a panel shows, for those who do not see it.
  described(number) {
    const { content, reading, settings } = this
    const panel = content.panels[number]
    const found = reading.found[number]
    if (!found) return `${panel.title}${content.shown.length ? `: ${content.shown.map(c => content.classes[c].name).join(", ")}` : ""}`
    const { values } = found.plane
    let peak = 0, above = 0
    const own = found.values[found.own]
    for (let i = 0; i < values.length; i++) {
      if (values[i] > values[peak]) peak = i
      if (own[i] > settings.threshold) above++
    }
    const x = percent((peak % content.W) / content.W), y = percent(Math.floor(peak / content.W) / content.H)
    const overlap = found.scores ? `; IoU ${percent(found.scores.iou)}` : ""
    const name = content.classes[reading.panelFocus(panel)].name
    return `${panel.title}, map of ${name}: highest ${x} from the left and ${y} from the top; ${percent(above / own.length)} of the image lies above the threshold${overlap}`
  }

  // IoU, precision, recall and part recalls of every panel's mask at the threshold, and its class scores.
  table() {
    const { content, reading, settings } = this
    const table = this.root.querySelector("table")
    const rows = content.panels.map((panel, n) => ({ panel, found: reading.found[n] })).filter(({ panel, found }) => found && panel.always !== "map")
    const { name } = content.classes[reading.focus]
    const measured = rows.some(({ found }) => found.scores)
    table.hidden = !measured && rows.length < 2
    table.caption.textContent = measured
      ? `Pseudo mask of ${name} above ${settings.threshold.toFixed(2)}`
      : `Scores of ${name}`
    const columns = measured ? COLUMNS : []
    const heads = [["", "", ""], ...columns, ["logit", "", "The class's score of the whole image"], ["prob.", "", "The sigmoid of the logit"]]
    table.tHead.rows[0].replaceChildren(
      ...heads.map(([text, , title]) => {
        const head = element("th", "", text)
        head.title = title
        return head
      })
    )
    const rounded = (found, key) => Math.round((found.scores?.[key] || 0) * 100)
    const best = Object.fromEntries(
      columns.map(([, key]) => {
        const all = rows.map(({ found }) => rounded(found, key))
        return [key, new Set(all).size > 1 ? Math.max(...all) : NaN]
      })
    )
    table.tBodies[0].replaceChildren(
      ...rows.map(({ panel, found }) => {
        const row = element("tr")
        const head = element("th")
        const dot = element("i")
        dot.style.background = panel.colour || "transparent"
        head.append(dot, panel.title)
        row.append(head)
        for (const [, key] of columns) {
          const share = found.scores?.[key] ?? NaN
          const cell = element("td", "", percent(share))
          cell.dataset.score = key
          cell.classList.toggle("best", rounded(found, key) === best[key])
          cell.style.setProperty("--share", Number.isNaN(share) ? 0 : share)
          row.append(cell)
        }
        const logit = content.step(panel, reading.k).scores?.[this.scoreIndex(panel)]
        row.append(element("td", "plain", logit == null ? "–" : signed(logit)))
        row.append(element("td", "plain", logit == null ? "–" : probability(logit).toFixed(2)))
        return row
      })
    )
  }

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
      .map(({ score, name }) => `${name} ${probability(score).toFixed(2)}`)
    const where = point ? content.panels[this.hovered ?? -1]?.title ?? "" : ""
    line.textContent = parts.length ? `Class scores${where && step?.scores ? ` of ${where}` : ""}: ${parts.join(", ")}` : ""
    if (!this.aloud || !point) return
    this.aloud = false
    const values = content.panels.flatMap((panel, n) => (reading.found[n] ? [`${panel.title} ${this.valueOf(n)}`] : []))
    const place = `${percent(point.x)} from the left, ${percent(point.y)} from the top`
    const truth = reading.truthAt(point)
    this.root.querySelector(".spoken").textContent = [place, truth, ...values].filter(Boolean).join("; ")
  }
}
