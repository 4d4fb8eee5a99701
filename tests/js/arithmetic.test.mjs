// The viewer's arithmetic by hand-made values; against the library it is tested in tests/browser.
import assert from "node:assert/strict"
import test from "node:test"

import {
  IGNORE,
  cellAt,
  decodeLabels,
  decodeMaps,
  normalise,
  pseudoMask,
  score,
  upsample,
} from "../../wsss_viz/app/widgets/viewer/arithmetic.js"

const base64 = (...bytes) => Buffer.from(bytes).toString("base64")

test("maps of 2 x 3 cells are decoded per class between their own extremes", () => {
  const { h, w, planes } = decodeMaps({ h: 2, w: 3, low: [-1, 0], high: [4.1, 510], levels: base64(0, 255, 50, 100, 5, 10, 1, 2, 3, 4, 5, 6) })
  assert.deepEqual([h, w], [2, 3])
  assert.deepEqual([...planes[1]], [2, 4, 6, 8, 10, 12])
  for (const [i, value] of [-1, 4.1, 0, 1, -0.9, -0.8].entries()) assert.ok(Math.abs(planes[0][i] - value) < 1e-6)
})

test("maps of some of the classes are 0 for the others", () => {
  const { planes } = decodeMaps({ h: 1, w: 2, low: [0], high: [255], levels: base64(3, 255), rows: [1] }, 3)
  assert.deepEqual(planes.map(plane => [...plane]), [[0, 0], [3, 255], [0, 0]])
})

test("labels are decoded from runs, whose lengths have four bytes", () => {
  const { labels } = decodeLabels({ h: 2, w: 3, values: base64(0, 7, 255), lengths: base64(1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0) })
  assert.deepEqual([...labels], [0, 7, 7, 7, 255, 255])
})

test("a map is enlarged between the centres of its cells and level outside them", () => {
  assert.deepEqual([...upsample(Float32Array.of(0, 4), 1, 2, 1, 4)], [0, 1, 3, 4])
  assert.deepEqual([...upsample(Float32Array.of(0, 4), 2, 1, 4, 1)], [0, 1, 3, 4])
})

test("each normalisation divides by what it names", () => {
  const maps = [Float32Array.of(-2, 2), Float32Array.of(0, 8)]
  const near = (by, expected) =>
    normalise(maps, by).forEach((plane, c) => plane.forEach((value, i) => assert.ok(Math.abs(value - expected[c][i]) < 1e-5, by)))
  near("raw", [[-2, 2], [0, 8]])
  near("relu_max", [[0, 1], [0, 1]])
  near("minmax", [[0, 1], [0, 1]])
  near("shared", [[0, 0.25], [0, 1]])
})

test("of equal maps the first has the pixel, and a value at the threshold is background", () => {
  const values = [Float32Array.of(0.5, 0.3, 0.2), Float32Array.of(0.5, 0.9, 0.1)]
  assert.deepEqual([...pseudoMask(values, 0.5)], [0, 2, 0])
  assert.deepEqual([...pseudoMask(values, 0.15)], [1, 2, 1])
})

test("ignored pixels count nowhere, and a part without pixels has no share", () => {
  const found = score(Uint8Array.of(1, 1, 0, 1), 1, Uint8Array.of(3, 0, 3, IGNORE), Uint8Array.of(1, 0, 1, 2), 3)
  assert.deepEqual(found, { iou: 1 / 3, precision: 1 / 2, recall: 1 / 2, discriminative: 1 / 2, rest: NaN })
})

test("by its cells' centres a map is linear between them and level outside them, along each side by itself", () => {
  const centres = { origin: [0, 1], stride: [2, 2] }
  assert.deepEqual([...upsample(Float32Array.of(0, 4), 1, 2, 1, 6, centres)], [0, 0, 2, 4, 4, 4])
  assert.deepEqual([...upsample(Float32Array.of(0, 4), 2, 1, 4, 1, centres)], [0, 2, 4, 4])
})

test("a pixel's cell is the nearest by its centre, or the one whose square it is in", () => {
  assert.deepEqual([0, 2, 3, 9].map(at => cellAt(at, 2, 10, 1, 3)), [0, 0, 1, 1])
  assert.deepEqual([0, 4, 5, 9].map(at => cellAt(at, 2, 10)), [0, 0, 1, 1])
})
