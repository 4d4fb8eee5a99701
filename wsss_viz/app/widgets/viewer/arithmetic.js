// The library's arithmetic on maps, in the browser: `wsss_viz.traces` (upsample, normalise) and
// `wsss_viz.evaluation.seeds` (pseudo_mask, score_image). The tests run both on the same maps and compare.

export const EPSILON = 1e-5
export const IGNORE = 255

function bytes(base64) {
  const text = atob(base64)
  const found = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i)
  return found
}

// {h, w, low, high, levels, centres} to {h, w, planes, centres}: (h w) values a class, raw and signed. With `rows` they
// are of these of the `count` classes, and 0 for the others.
export function decodeMaps({ h, w, low, high, levels, centres = null, rows = null }, count = 0) {
  const all = bytes(levels)
  const decoded = low.map((from, c) => {
    const scale = (high[c] - from) / 255
    const plane = new Float32Array(h * w)
    for (let i = 0; i < plane.length; i++) plane[i] = from + all[c * h * w + i] * scale
    return plane
  })
  const nothing = new Float32Array(h * w)
  const planes = rows ? Array.from({ length: count }, (_, c) => decoded[rows.indexOf(c)] ?? nothing) : decoded
  return { h, w, planes, centres }
}

// Runs of (value, length) to a label image.
export function decodeLabels({ h, w, values, lengths }) {
  const kinds = bytes(values)
  const counts = new Uint32Array(bytes(lengths).buffer)
  const labels = new Uint8Array(h * w)
  let at = 0
  kinds.forEach((value, i) => {
    labels.fill(value, at, at + counts[i])
    at += counts[i]
  })
  return { h, w, labels }
}

// 256 colours, RGB.
export function decodeTable(base64) {
  return bytes(base64)
}

// The cells and weights each of `size` pixels is made of: a triangle filter between cell centres, bilinear where it
// enlarges (align_corners=False) and widened where it reduces, as Pillow's.
const filters = new Map()
function filter(cells, size) {
  const key = `${cells}:${size}`
  if (filters.has(key)) return filters.get(key)
  const scale = cells / size
  const reach = Math.max(1, scale)
  const taps = []
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale
    const first = Math.max(0, Math.floor(centre - reach + 0.5))
    const last = Math.min(cells, Math.floor(centre + reach + 0.5))
    const weights = []
    for (let j = first; j < last; j++) weights.push(Math.max(0, 1 - Math.abs((j - centre + 0.5) / reach)))
    const sum = weights.reduce((a, b) => a + b, 0)
    taps.push({ first, weights: weights.map(weight => weight / sum) })
  }
  filters.set(key, taps)
  return taps
}

// The two cells on both sides of each of `size` pixels by the cells' own centres, the outermost held beyond the ends.
function between(cells, size, origin, stride) {
  const taps = []
  for (let i = 0; i < size; i++) {
    const place = Math.max(0, Math.min(cells - 1, (i - origin) / stride))
    const first = Math.min(Math.floor(place), Math.max(cells - 2, 0))
    const share = Math.fround(place - first)
    taps.push({ first, weights: cells > 1 ? [Math.fround(1 - share), share] : [1] })
  }
  return taps
}

// The cell whose centre is nearest to pixel `at`; without centres the one that the field's rule puts there.
export function cellAt(at, cells, size, origin, stride) {
  const place = stride ? Math.round((at - origin) / stride) : Math.floor(((at + 0.5) * cells) / size)
  return Math.max(0, Math.min(cells - 1, place))
}

// (h, w) to (H, W), rows first and then columns, in single precision between the two. `centres`: {origin, stride} of
// the cells, (y, x) each; null: as the field does.
export function upsample(plane, h, w, H, W, centres = null) {
  const across = centres ? between(w, W, centres.origin[1], centres.stride[1]) : filter(w, W)
  const down = centres ? between(h, H, centres.origin[0], centres.stride[0]) : filter(h, H)
  const wide = new Float32Array(h * W)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < W; x++) {
      const { first, weights } = across[x]
      let sum = 0
      for (let j = 0; j < weights.length; j++) sum += weights[j] * plane[y * w + first + j]
      wide[y * W + x] = sum
    }
  }
  const found = new Float32Array(H * W)
  for (let y = 0; y < H; y++) {
    const { first, weights } = down[y]
    for (let j = 0; j < weights.length; j++) {
      const row = (first + j) * W
      for (let x = 0; x < W; x++) found[y * W + x] += weights[j] * wide[row + x]
    }
  }
  return found
}

export function extremes(plane) {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < plane.length; i++) {
    if (plane[i] < low) low = plane[i]
    if (plane[i] > high) high = plane[i]
  }
  return { low, high }
}

// What `normalise` subtracts and divides by: {from, scale, rectified}. `ranges` are the extremes of the map itself and,
// for "shared", of all maps that share the scale.
export function scaling(by, own, all) {
  if (by === "raw") return { from: 0, scale: 1, rectified: false }
  if (by === "minmax") {
    return { from: own.low, scale: Math.fround(Math.fround(own.high - own.low) + EPSILON), rectified: false }
  }
  const highest = by === "shared" ? Math.max(...all.map(range => range.high)) : own.high
  return { from: 0, scale: Math.fround(Math.max(highest, 0) + EPSILON), rectified: true }
}

export function normalised(value, { from, scale, rectified }) {
  return Math.fround((rectified ? Math.max(value, 0) : Math.fround(value - from)) / scale)
}

export function normalisedMap(plane, scale) {
  const values = new Float32Array(plane.length)
  for (let i = 0; i < plane.length; i++) values[i] = normalised(plane[i], scale)
  return values
}

// All maps (arrays of equal length) under the normalisation `by`.
export function normalise(maps, by) {
  const ranges = maps.map(extremes)
  return maps.map((plane, c) => normalisedMap(plane, scaling(by, ranges[c], ranges)))
}

// At each pixel the number of the highest map + 1 where it is above the threshold, else 0; of equals the first.
export function pseudoMask(values, threshold) {
  const bound = Math.fround(threshold)
  const mask = new Uint8Array(values[0].length)
  for (let i = 0; i < mask.length; i++) {
    let best = 0
    for (let c = 1; c < values.length; c++) if (values[c][i] > values[best][i]) best = c
    mask[i] = values[best][i] > bound ? best + 1 : 0
  }
  return mask
}

// Where `mask` equals `own` against where the truth equals `index`: shares from 0 to 1, NaN where nothing is counted.
export function score(mask, own, truth, parts, index) {
  let hits = 0, claimed = 0, there = 0
  const partHits = [0, 0, 0], partThere = [0, 0, 0]
  for (let i = 0; i < mask.length; i++) {
    if (truth[i] === IGNORE) continue
    const said = mask[i] === own
    const is = truth[i] === index
    if (said) claimed++
    if (!is) continue
    there++
    if (said) hits++
    const part = parts ? parts[i] : 0
    if (part === 1 || part === 2) {
      partThere[part]++
      if (said) partHits[part]++
    }
  }
  const share = (part, whole) => (whole ? part / whole : NaN)
  return {
    iou: share(hits, claimed + there - hits),
    precision: share(hits, claimed),
    recall: share(hits, there),
    discriminative: parts ? share(partHits[1], partThere[1]) : NaN,
    rest: parts ? share(partHits[2], partThere[2]) : NaN,
  }
}
