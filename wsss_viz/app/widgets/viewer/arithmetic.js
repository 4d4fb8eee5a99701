// The library's arithmetic on maps, in the browser: `wsss_viz.traces` (upsample, normalise) and
// `wsss_viz.evaluation.seeds` (pseudo_mask, score_image). The tests run both on the same maps and compare.

export const EPSILON = Math.fround(1e-5)
export const IGNORE = 255

function bytes(base64) {
  const text = atob(base64)
  const found = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) found[i] = text.charCodeAt(i)
  return found
}

// {h, w, low, high, levels, exact, centres, grids, rows} to {h, w, planes, centres, grids}: (h w) values a class, raw and
// signed. `exact` has those that were sent as they are, not in 8 bits; `grids` what maps are made of. With `rows` they are
// of these of the `count` classes, and 0 for the others.
export function decodeMaps({ h, w, low, high, levels, exact = {}, centres = null, grids = null, rows = null }, count = 0) {
  const all = bytes(levels)
  const decoded = low.map((from, c) => {
    if (exact[c]) return new Float32Array(bytes(exact[c]).buffer)
    const scale = (high[c] - from) / 255
    const plane = new Float32Array(h * w)
    for (let i = 0; i < plane.length; i++) plane[i] = from + all[c * h * w + i] * scale
    return plane
  })
  const nothing = new Float32Array(h * w)
  const planes = rows ? Array.from({ length: count }, (_, c) => decoded[rows.indexOf(c)] ?? nothing) : decoded
  const unions = grids?.unions?.map(union => union.map(grid => decodeMaps({ ...grid, rows }, count)))
  return { h, w, planes, centres, grids: grids && { ...grids, unions } }
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
// `covered`: the share of the cells that the image takes up; the filter reaches for cells beyond it.
const filters = new Map()
function filter(cells, size, covered) {
  const key = `${cells}:${size}:${covered}`
  if (filters.has(key)) return filters.get(key)
  const scale = Math.fround(cells * covered) / size
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

// The cell whose centre is nearest to pixel `at`; without centres the one that the field's rule puts there, where the
// image takes up the share `covered` of the cells.
export function cellAt(at, cells, size, origin, stride, covered = 1) {
  const place = stride ? Math.round((at - origin) / stride) : Math.floor(((at + 0.5) * cells * covered) / size)
  return Math.max(0, Math.min(cells - 1, place))
}

// (h, w) to (H, W), rows first and then columns, in single precision between the two. `centres`: {origin, stride} of
// the cells, (y, x) each; null: as the field does. `covered`: (y, x), the image's share of the cells.
export function upsample(plane, h, w, H, W, centres = null, covered = [1, 1]) {
  const across = centres ? between(w, W, centres.origin[1], centres.stride[1]) : filter(w, W, covered[1])
  const down = centres ? between(h, H, centres.origin[0], centres.stride[0]) : filter(h, H, covered[0])
  // the library's filter adds in double precision, its interpolation between centres in single
  const product = centres ? Math.fround : value => value
  const wide = new Float32Array(h * W)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < W; x++) {
      const { first, weights } = across[x]
      let sum = 0
      for (let j = 0; j < weights.length; j++) sum += product(weights[j] * plane[y * w + first + j])
      wide[y * W + x] = sum
    }
  }
  const found = new Float32Array(H * W)
  for (let y = 0; y < H; y++) {
    const { first, weights } = down[y]
    for (let x = 0; x < W; x++) {
      let sum = 0
      for (let j = 0; j < weights.length; j++) sum += product(weights[j] * wide[(first + j) * W + x])
      found[y * W + x] = sum
    }
  }
  return found
}

// One view's map of class c at the image's size. `seen`: (H_v, W_v), brought there first, corner on corner (SEAM).
function view({ h, w, planes }, c, H, W, covered, seen) {
  if (!seen) return upsample(planes[c], h, w, H, W, null, covered)
  const stride = [h, w].map((of, axis) => Math.max(1e-6, (seen[axis] - 1) / Math.max(1, of - 1)))
  const whole = upsample(planes[c], h, w, ...seen, { origin: [0, 0], stride })
  const ratio = [H / seen[0], W / seen[1]]
  return upsample(whole, ...seen, H, W, { origin: ratio.map(one => (one - 1) / 2), stride: ratio })
}

// The map of class c at the image's size, raw: `layout_maps.image_maps`. `centres` lay the fused map over the image in
// place of what it is made of.
export function imageMap(maps, c, H, W, centres = null) {
  const { h, w, planes, grids } = maps
  if (centres || !grids?.unions?.length) return upsample(planes[c], h, w, H, W, centres, grids?.covered)
  let highest = null
  for (const union of grids.unions) {
    const total = new Float32Array(H * W)
    union.forEach((grid, at) => {
      const values = view(grid, c, H, W, grids.covered, grids.corners?.[at])
      for (let i = 0; i < total.length; i++) total[i] += grids.rectify ? Math.max(values[i], 0) : values[i]
    })
    if (highest) for (let i = 0; i < total.length; i++) highest[i] = Math.max(highest[i], total[i])
    else highest = total
  }
  for (let i = 0; i < highest.length; i++) highest[i] /= grids.count
  return highest
}

// What `layout_maps.image_values` is told of the maps: how many views they are the mean of, and whether SEAM's
// normalisation is theirs.
export function mapUnit(maps, centres = null) {
  return { count: centres ? 1 : (maps.grids?.count ?? 1), between: !centres && Boolean(maps.grids?.corners?.length) }
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

// What `normalise` subtracts and divides by: {from, scale, rectified, unit}. `ranges` are the extremes of the map itself
// and, for "shared", of all maps that share the scale. Normalised is the sum over the views, `unit` times their mean.
export function scaling(by, own, all, { count = 1, between = false } = {}) {
  const plus = Math.fround
  if (by === "raw") return { from: 0, scale: 1, rectified: false, unit: 1 }
  const high = plus(own.high * count), low = plus(own.low * count)
  if (by === "minmax") return { from: low, scale: plus(plus(high - low) + EPSILON), rectified: false, unit: count }
  if (by === "relu_max" && between) {
    const from = Math.max(low, 0), to = Math.max(high, 0)
    return { from, scale: plus(plus(to - from) + EPSILON), rectified: true, unit: count, above: plus(from + EPSILON) }
  }
  const highest = by === "shared" ? plus(Math.max(...all.map(range => range.high)) * count) : high
  return { from: 0, scale: plus(Math.max(highest, 0) + EPSILON), rectified: true, unit: count }
}

export function normalised(value, { from, scale, rectified, unit = 1, above = null }) {
  const summed = Math.fround(value * unit)
  if (!rectified) return Math.fround(Math.fround(summed - from) / scale)
  const positive = Math.max(summed, 0)
  if (above === null) return Math.fround(positive / scale)
  return Math.fround(Math.fround(Math.fround((positive < above ? 0 : positive) - from) - EPSILON) / scale)
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
