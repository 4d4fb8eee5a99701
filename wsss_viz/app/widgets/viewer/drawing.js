// Panels on canvases. The image and what lies over it are drawn in the image's own pixels under the view's zoom;
// contours are paths, so that they are thin at any zoom.

import { IGNORE, decodeLabels, normalised } from "./arithmetic.js"

const FADED = "#e6e6e3"
const HALO = "rgba(16, 20, 24, 0.65)"
const REGION = "#ffd34d"
const THRESHOLD = "#6ff5e6"

// The borders between unequal labels as a path in the label image's pixels; runs along a row or a column are one line.
function borders({ h, w, labels }, inside) {
  const path = new Path2D()
  const differ = (a, b) => inside(labels[a]) !== inside(labels[b])
  for (let y = 1; y < h; y++) {
    for (let x = 0, from = -1; x <= w; x++) {
      const edge = x < w && differ(y * w + x, (y - 1) * w + x)
      if (edge && from < 0) from = x
      if (!edge && from >= 0) {
        path.moveTo(from, y)
        path.lineTo(x, y)
        from = -1
      }
    }
  }
  for (let x = 1; x < w; x++) {
    for (let y = 0, from = -1; y <= h; y++) {
      const edge = y < h && differ(y * w + x, y * w + x - 1)
      if (edge && from < 0) from = y
      if (!edge && from >= 0) {
        path.moveTo(x, from)
        path.lineTo(x, y)
        from = -1
      }
    }
  }
  return path
}

const borderCache = new WeakMap()
function border(image, kind, inside) {
  if (!borderCache.has(image)) borderCache.set(image, new Map())
  const known = borderCache.get(image)
  if (!known.has(kind)) known.set(kind, borders(image, inside))
  return known.get(kind)
}

// The line along which a mask's class stops winning, through pixel centres (marching squares).
function maskLine({ values, own, threshold }, H, W) {
  const field = new Float32Array(H * W)
  for (let i = 0; i < field.length; i++) {
    let rival = threshold
    for (let c = 0; c < values.length; c++) if (c !== own && values[c][i] > rival) rival = values[c][i]
    field[i] = values[own][i] - rival
  }
  const path = new Path2D()
  for (let y = 0; y + 1 < H; y++) {
    for (let x = 0; x + 1 < W; x++) {
      const i = y * W + x
      const a = field[i], b = field[i + 1], c = field[i + W + 1], d = field[i + W]
      const kind = (a > 0) + 2 * (b > 0) + 4 * (c > 0) + 8 * (d > 0)
      if (kind === 0 || kind === 15) continue
      const top = [x + 0.5 + a / (a - b), y + 0.5], right = [x + 1.5, y + 0.5 + b / (b - c)]
      const bottom = [x + 0.5 + d / (d - c), y + 1.5], left = [x + 0.5, y + 0.5 + a / (a - d)]
      const crossed = []
      if (a > 0 !== b > 0) crossed.push(top)
      if (b > 0 !== c > 0) crossed.push(right)
      if (c > 0 !== d > 0) crossed.push(bottom)
      if (d > 0 !== a > 0) crossed.push(left)
      for (let j = 0; j + 1 < crossed.length; j += 2) {
        path.moveTo(...crossed[j])
        path.lineTo(...crossed[j + 1])
      }
    }
  }
  return path
}

function blank(H, W) {
  const canvas = new OffscreenCanvas(W, H)
  const context = canvas.getContext("2d", { willReadFrequently: true })
  return { canvas, context, pixels: context.createImageData(W, H) }
}

// A picture of (H, W) pixels whose colours `colour(i, rgba, at)` fills in. It is drawn at once and then painted over by
// the next one, unless it is `kept`.
const sheets = new Map()
function painted(H, W, colour, kept = false) {
  const key = `${H}:${W}`
  const sheet = kept ? blank(H, W) : sheets.get(key) ?? blank(H, W)
  if (!kept) sheets.set(key, sheet)
  const { canvas, context, pixels } = sheet
  pixels.data.fill(0)
  for (let i = 0; i < H * W; i++) colour(i, pixels.data, 4 * i)
  context.putImageData(pixels, 0, 0)
  return canvas
}

function fill(rgba, at, colours, alpha, from = 0) {
  rgba[at] = colours[from]
  rgba[at + 1] = colours[from + 1]
  rgba[at + 2] = colours[from + 2]
  rgba[at + 3] = alpha
}

export class Painter {
  constructor(reading, zoom, wipe) {
    this.reading = reading
    this.content = reading.content
    this.settings = reading.settings
    this.zoom = zoom
    this.wipe = wipe
  }

  // Prepares a canvas of the content's aspect, `wide` pixels of the page wide.
  begin(canvas, wide) {
    const width = Math.max(1, Math.round(wide * (window.devicePixelRatio || 1)))
    const height = Math.max(1, Math.round((width * this.content.H) / this.content.W))
    if (canvas.width !== width) canvas.width = width
    if (canvas.height !== height) canvas.height = height
    const context = canvas.getContext("2d")
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, width, height)
    context.imageSmoothingQuality = "high"
    return context
  }

  // From pixels of a (w, h) picture of the image to the canvas.
  place(context, w, h) {
    const { scale, x, y } = this.zoom
    const { width, height } = context.canvas
    context.setTransform((scale * width) / w, 0, 0, (scale * height) / h, -x * scale * width, -y * scale * height)
  }

  picture(context, source, smooth = true) {
    const w = source.naturalWidth ?? source.width, h = source.naturalHeight ?? source.height
    if (!w) return
    this.place(context, w, h)
    context.imageSmoothingEnabled = smooth
    context.drawImage(source, 0, 0)
  }

  line(context, path, w, h, colour, width = 1.6, dash = []) {
    this.place(context, w, h)
    const ratio = window.devicePixelRatio || 1
    const unit = (ratio * w) / (this.zoom.scale * context.canvas.width)
    context.lineCap = "round"
    for (const [stroke, wide, pattern] of [[HALO, width + 1.8, []], [colour, width, dash]]) {
      context.strokeStyle = stroke
      context.lineWidth = wide * unit
      context.setLineDash(pattern.map(part => part * unit))
      context.stroke(path)
    }
    context.setLineDash([])
  }

  panel(context, number) {
    const panel = this.content.panels[number]
    const { opacity } = this.settings
    const show = panel.always || this.settings.show
    const found = this.reading.found[number]
    const step = this.content.step(panel, this.reading.k)
    const veiled = panel.truth || (found && show === "mask")
    if (veiled) {
      context.fillStyle = FADED
      context.fillRect(0, 0, context.canvas.width, context.canvas.height)
      context.globalAlpha = 0.5
    }
    this.picture(context, this.content.picture(step?.image ?? this.content.sent.image))
    context.globalAlpha = 1
    if (panel.truth) this.truth(context)
    else if (found && show === "map") this.over(context, this.map(found), opacity * this.reading.trust(panel))
    else if (found && show === "mask") this.over(context, this.mask(found), Math.max(opacity, 0.5), false)
    this.contours(context, panel, found, step)
  }

  over(context, source, opacity, smooth = true) {
    context.globalAlpha = opacity
    this.picture(context, source, smooth)
    context.globalAlpha = 1
  }

  map({ plane, scale, unit }) {
    const { H, W, tables } = this.content
    const table = tables[this.settings.colours]
    const { low, high } = this.reading.ends(unit)
    const factor = 255 / Math.max(high - low, 1e-12)
    return painted(H, W, (i, rgba, at) => {
      const level = 3 * Math.max(0, Math.min(255, Math.round((normalised(plane.values[i], scale) - low) * factor)))
      fill(rgba, at, table, 255, level)
    })
  }

  mask({ mask, competing }) {
    const { H, W, classes } = this.content
    return painted(H, W, (i, rgba, at) => {
      if (mask[i]) fill(rgba, at, classes[competing[mask[i] - 1]].colour, 255)
    })
  }

  truth(context) {
    const shown = this.content.outlines
    if (!shown) return
    const { h, w, labels } = shown.parts ?? shown.mask
    const colours = this.content.truthColours(shown)
    shown.painted ??= painted(h, w, (i, rgba, at) => {
      const colour = colours[labels[i]]
      if (colour) fill(rgba, at, colour, 200)
    }, true)
    this.picture(context, shown.painted)
  }

  contours(context, panel, found, step) {
    const { outlines } = this.settings
    const { H, W, sent } = this.content
    const known = this.content.outlines
    if (known?.parts && found && outlines.includes("parts")) {
      const { h, w } = known.parts
      for (const [part, colour] of Object.entries(sent.part_colours)) {
        const path = border(known.parts, part, label => label === Number(part))
        this.line(context, path, w, h, `rgb(${colour.join(" ")})`)
      }
    }
    if (known && (panel.truth || (found && outlines.includes("truth")))) {
      const { h, w } = known.mask
      const wanted = known.index[this.reading.panelFocus(panel)]
      const path = panel.truth
        ? border(known.mask, "all", label => (label === IGNORE ? 0 : label))
        : border(known.mask, wanted, label => label === wanted)
      this.line(context, path, w, h, `rgb(${sent.contour.join(" ")})`)
    }
    if (found && outlines.includes("mask") && (panel.always || this.settings.show) !== "mask") {
      found.line ??= maskLine(found, H, W)
      this.line(context, found.line, W, H, THRESHOLD)
    }
    if (step?.region) {
      step.decoded ??= decodeLabels(step.region)
      this.line(context, border(step.decoded, "region", Boolean), step.decoded.w, step.decoded.h, REGION, 1.6, [5, 4])
    }
  }

  // The map of panel a less that of panel b, in diverging colours; the image where they are equal.
  difference(context, a, b) {
    const { found } = this.reading
    this.picture(context, this.content.picture(this.content.sent.image))
    if (!found[a] || !found[b]) return
    const { H, W, tables } = this.content
    const table = tables.RdBu_r ?? tables[this.settings.colours]
    const { gaps, end } = this.differences(a, b)
    const less = painted(H, W, (i, rgba, at) => {
      const share = gaps[i] / end
      fill(rgba, at, table, Math.round(255 * Math.sqrt(Math.abs(share))), 3 * Math.round(127.5 + 127.5 * share))
    })
    this.over(context, less, Math.max(this.settings.opacity, 0.8))
    this.contours(context, this.content.panels[a], found[a], null)
  }

  // By how much the map of panel a is above that of panel b, pixel by pixel, and the largest of these amounts.
  differences(a, b) {
    if (this.compared) return this.compared // a painter paints one pair
    const [one, other] = [a, b].map(n => this.reading.found[n])
    const gaps = new Float32Array(one.plane.values.length)
    let end = 1e-12
    for (let i = 0; i < gaps.length; i++) {
      gaps[i] = normalised(one.plane.values[i], one.scale) - normalised(other.plane.values[i], other.scale)
      end = Math.max(end, Math.abs(gaps[i]))
    }
    return (this.compared = { gaps, end })
  }

  // Panel a left of the divider, panel b right of it.
  wiped(context, a, b) {
    const { width, height } = context.canvas
    this.panel(context, a)
    const at = this.wipe * width
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.beginPath()
    context.rect(at, 0, width - at, height)
    context.clip()
    context.clearRect(at, 0, width - at, height)
    this.panel(context, b)
    context.restore()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = "#fff"
    context.shadowColor = "rgba(0, 0, 0, 0.6)"
    context.shadowBlur = 6
    context.fillRect(at - 1.5, 0, 3, height)
    context.beginPath()
    context.arc(at, height / 2, 9 * (window.devicePixelRatio || 1), 0, 2 * Math.PI)
    context.fill()
    context.shadowBlur = 0
    this.label(context, this.content.panels[a].title, "left")
    this.label(context, this.content.panels[b].title, "right")
  }

  // A title in an upper corner.
  label(context, text, side) {
    const unit = window.devicePixelRatio || 1
    context.font = `600 ${13 * unit}px sans-serif`
    const wide = context.measureText(text).width + 14 * unit
    const left = side === "left" ? 8 * unit : context.canvas.width - wide - 8 * unit
    context.fillStyle = "rgba(16, 20, 24, 0.72)"
    context.beginPath()
    context.roundRect(left, 8 * unit, wide, 22 * unit, 5 * unit)
    context.fill()
    context.fillStyle = "#fff"
    context.fillText(text, left + 7 * unit, 23.5 * unit)
  }

  reticle(context, point) {
    const ratio = window.devicePixelRatio || 1
    this.place(context, 1, 1)
    const matrix = context.getTransform()
    const x = matrix.a * point.x + matrix.e, y = matrix.d * point.y + matrix.f
    context.setTransform(1, 0, 0, 1, 0, 0)
    for (const [stroke, wide] of [["rgba(0, 0, 0, 0.7)", 3.5], ["#fff", 1.5]]) {
      context.strokeStyle = stroke
      context.lineWidth = wide * ratio
      context.beginPath()
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + dx * 4 * ratio, y + dy * 4 * ratio)
        context.lineTo(x + dx * 11 * ratio, y + dy * 11 * ratio)
      }
      context.stroke()
    }
  }
}
