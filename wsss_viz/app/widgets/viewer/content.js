// The content that Python sent, decoded when it is needed: maps at the image's size, masks, scores, pictures.

import { probability, say } from "./elements.js"
import { IGNORE, decodeLabels, decodeMaps, decodeTable, extremes, imageMap, mapUnit, normalised, normalisedMap, pseudoMask, scaling, score } from "./arithmetic.js"

const FAINTEST = 0.2
const LARGEST_CACHE = 12e6 // values: 48 MB

export class Content {
  constructor(sent, redraw) {
    this.sent = sent
    this.digest = sent.digest
    ;[this.H, this.W] = sent.size
    this.classes = sent.classes
    this.panels = sent.panels
    this.shown = sent.shown
    this.last = Math.max(0, ...sent.panels.map(panel => panel.steps.length - 1))
    this.tables = Object.fromEntries(Object.entries(sent.tables).map(([name, table]) => [name, decodeTable(table)]))
    this.truth = this.labels(sent.truth)
    this.outlines = sent.outlines ? this.labels(sent.outlines) : this.truth
    this.redraw = redraw
    this.align = null
    this.decoded = new Map()
    this.planes = new Map()
    this.held = 0
    this.extents = new Map()
    this.pictures = new Map()
    this.panels.forEach(panel => panel.steps.forEach(step => step.image && this.picture(step.image)))
    this.picture(sent.image)
  }

  // Whether the class is known not to be in the image.
  absent(c) {
    return Boolean(this.sent.labels) && !this.sent.labels.includes(this.classes[c].name)
  }

  // What a part is called, in a word.
  partName(part) {
    return this.sent.part_names[part].split(" ")[0]
  }

  labels(sent) {
    if (!sent) return null
    const parts = sent.parts && decodeLabels(sent.parts)
    return { mask: decodeLabels(sent.mask), parts, index: sent.index }
  }

  // What the ground truth's labels are painted with: parts by theirs, objects without any by their classes' colours.
  truthColours({ parts, index }) {
    if (parts) return this.sent.part_colours
    const painted = index.map((label, c) => [label, this.classes[c].colour]).filter(([label]) => label)
    return Object.fromEntries(painted)
  }

  // The picture of an address; the viewer draws again once it is there.
  picture(address) {
    if (!this.pictures.has(address)) {
      const image = new Image()
      image.onload = this.redraw
      image.src = address
      this.pictures.set(address, image)
    }
    return this.pictures.get(address)
  }

  // The number of the panel's step at k: its last where it has fewer.
  stepAt(panel, k) {
    return Math.min(k, panel.steps.length - 1)
  }

  stepName(panel, k) {
    return this.step(panel, k).name || `k = ${this.stepAt(panel, k)}`
  }

  // Of the steps of all panels: the name, and which of how many it is.
  timelineName(k) {
    const { name } = this.step(this.panels.find(({ steps }) => steps.length > this.last), k)
    if (!name) return say("k {k} of {last}", { k, last: this.last })
    return say("{name}, step {number} of {count}", { name, number: k + 1, count: this.last + 1 })
  }

  step(panel, k) {
    return panel.steps[this.stepAt(panel, k)]
  }

  hasMaps(panel) {
    return panel.steps.some(step => step.maps)
  }

  maps(panel, k) {
    const step = this.step(panel, k)
    if (!step?.maps) return null
    if (!this.decoded.has(step)) this.decoded.set(step, decodeMaps(step.maps, this.classes.length))
    return this.decoded.get(step)
  }

  // The labels of a mask that is finished, the number of the class + 1 and 0 the background; null where t decides.
  finished(panel, k) {
    const step = this.step(panel, k)
    if (!step?.mask) return null
    step.labels ??= decodeLabels(step.mask).labels
    return step.labels
  }

  // How maps are laid over the image from now on: "centres", where they are known, or "field".
  setAlign(align) {
    if (align !== this.align) this.extents.clear()
    this.align = align
  }

  // The centres that the panel's map is laid over the image by; null: as the field does.
  centres(panel, k) {
    return this.align === "field" ? null : (this.maps(panel, k)?.centres ?? null)
  }

  // The map of class c at the image's size with its extremes, or null.
  plane(panel, k, c) {
    const maps = this.maps(panel, k)
    if (!maps) return null
    const key = `${this.panels.indexOf(panel)}:${this.stepAt(panel, k)}:${c}:${this.align}`
    let found = this.planes.get(key)
    if (!found) {
      const centres = this.centres(panel, k)
      const values = imageMap(maps, c, this.H, this.W, centres)
      found = { values, ...extremes(values), unit: mapUnit(maps, centres) }
      this.held += values.length
      while (this.held > LARGEST_CACHE && this.planes.size) {
        const [oldest, gone] = this.planes.entries().next().value
        this.held -= gone.values.length
        this.planes.delete(oldest)
      }
    }
    this.planes.delete(key)
    this.planes.set(key, found)
    return found
  }

  // The extremes of class c's maps over all panels of a unit and all steps, so that a scale does not change with k.
  extent(c, unit) {
    const key = `${c}:${unit}`
    if (!this.extents.has(key)) {
      const alike = this.panels.filter(panel => panel.unit === unit)
      const all = alike.flatMap(panel => panel.steps.map((_, k) => this.plane(panel, k, c)).filter(Boolean))
      const low = Math.min(...all.map(plane => plane.low)), high = Math.max(...all.map(plane => plane.high))
      this.extents.set(key, { low, high })
    }
    return this.extents.get(key)
  }
}

// What the settings make of the content: values, masks and scores of every panel. One for each drawing.
export class Reading {
  constructor(content, settings) {
    this.content = content
    this.settings = settings
    content.setAlign(settings.align)
    this.k = settings.k < 0 ? content.last : Math.min(settings.k, content.last)
    const named = content.classes.findIndex(({ name }) => name === settings.class)
    this.focus = named < 0 ? content.shown[0] : named
    this.competing = [...new Set([...content.shown, this.focus])].sort((a, b) => a - b)
    this.found = content.panels.map(panel => this.panel(panel))
  }

  panelFocus(panel) {
    return panel.focus ?? this.focus
  }

  // The extremes that "shared" maps share: of the competing classes in all panels of a unit at all steps.
  ranges(unit) {
    this.allRanges ??= new Map()
    if (!this.allRanges.has(unit)) this.allRanges.set(unit, this.competing.map(c => this.content.extent(c, unit)))
    return this.allRanges.get(unit)
  }

  // {plane, scale, values, mask, own, scores, unit} of one panel; null without maps. The mask of raw and of shared maps
  // is relu_max's. Of a
  // finished mask the values are 1 in it and 0 elsewhere.
  panel(panel) {
    const { content, settings, k } = this
    const focus = this.panelFocus(panel)
    const plane = content.plane(panel, k, focus)
    if (!plane) return null
    const competing = this.competing.includes(focus) ? this.competing : [...this.competing, focus].sort((a, b) => a - b)
    const by = settings.normalisation
    const planes = competing.map(c => content.plane(panel, k, c))
    const scaled = name => planes.map(one => scaling(name, one, name === "shared" ? this.ranges(panel.unit) : [], one.unit))
    const masking = scaled(by === "minmax" ? by : "relu_max")
    const finished = content.finished(panel, k)
    const threshold = finished ? 0.5 : settings.threshold
    const values = finished
      ? competing.map(c => Float32Array.from(finished, label => Number(label === c + 1)))
      : planes.map((one, i) => normalisedMap(one.values, masking[i]))
    const own = competing.indexOf(focus)
    const mask = pseudoMask(values, threshold)
    const { truth } = content
    const scores =
      truth && truth.index[focus]
        ? score(mask, own + 1, truth.mask.labels, truth.parts?.labels, truth.index[focus])
        : null
    const ranges = by === "shared" ? this.ranges(panel.unit) : []
    const scale = scaling(by, plane, ranges, plane.unit)
    return { plane, scale, values, mask, own, scores, competing, threshold, unit: panel.unit }
  }

  // How the maps lie, in words: what the scores are of.
  alignment() {
    const { content, k } = this
    const by = content.panels.flatMap((panel, n) => (this.found[n] ? [Boolean(content.centres(panel, k))] : []))
    if (by.length && by.every(Boolean)) return say("maps aligned by the cells' centres")
    return by.some(Boolean) ? say("maps aligned by the cells' centres where these are known") : say("maps stretched over the image, as the field does")
  }

  // The values at the two ends of the colours, of panels of a unit.
  ends(unit) {
    if (this.settings.normalisation !== "raw") return { low: 0, high: 1 }
    const alike = this.content.panels.filter((panel, n) => this.found[n] && panel.unit === unit)
    const shown = alike.map(panel => this.content.extent(this.panelFocus(panel), unit))
    if (!shown.length) return { low: 0, high: 1 }
    return { low: Math.min(...shown.map(({ low }) => low)), high: Math.max(...shown.map(({ high }) => high)) }
  }

  // How much of its opacity the panel's map has: divided by its own maximum, that of an absent class is as bright as any.
  // It is as faint as its class is improbable, or of half the strength where the network gives no probabilities.
  trust(panel) {
    const { content } = this
    if (!content.absent(this.panelFocus(panel))) return 1
    const { name } = content.classes[this.panelFocus(panel)]
    const logit = content.step(panel, this.k)?.scores?.[content.sent.scored.findIndex(scored => scored.name === name)]
    return content.sent.sigmoids && logit != null ? Math.max(FAINTEST, probability(logit)) : 0.5
  }

  // The number of the pixel at the shares (x, y) of the image's sides.
  pixel({ x, y }) {
    const { H, W } = this.content
    return Math.min(H - 1, Math.floor(y * H)) * W + Math.min(W - 1, Math.floor(x * W))
  }

  // {value, raw, unit} of the panel at a point, or null.
  at(number, point) {
    const found = this.found[number]
    if (!found) return null
    const raw = found.plane.values[this.pixel(point)]
    return { value: normalised(raw, found.scale), raw, unit: found.unit }
  }

  // What the ground truth has at a point, in words, or "".
  truthAt(point) {
    const { truth, classes } = this.content
    if (!truth) return ""
    const i = this.pixel(point)
    const value = truth.mask.labels[i]
    if (value === IGNORE) return say("ignored")
    if (!value) return say("background")
    const name = classes[truth.index.indexOf(value)]?.name ?? say("object")
    const part = truth.parts?.labels[i]
    return part ? `${name}, ${this.content.sent.part_names[part]}` : name
  }
}
