// The viewer's arithmetic by hand; tests/browser compares it with the library's on whole maps.

import assert from "node:assert/strict"
import { test } from "node:test"

import { decodeLabels, decodeMaps, extremes, normalise, pseudoMask, scaling, score, upsample } from "../../wsss_viz/app/widgets/viewer/arithmetic.js"

const base64 = values => Buffer.from(values).toString("base64")
const close = (found, wanted) => found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 1e-5, `${found} is not ${wanted}`))

test("levels become raw values between the ends, class after class", () => {
  const { planes } = decodeMaps({ h: 1, w: 3, low: [-1, 0], high: [4.1, 2.55], levels: base64([0, 50, 255, 0, 100, 255]) })
  close(planes[0], [-1, 0, 4.1])
  close(planes[1], [0, 1, 2.55])
})

test("runs become a label image", () => {
  const lengths = Buffer.from(new Uint32Array([2, 3, 1]).buffer).toString("base64")
  assert.deepEqual([...decodeLabels({ h: 2, w: 3, values: base64([0, 7, 255]), lengths }).labels], [0, 0, 7, 7, 7, 255])
})

test("upsampling goes between cell centres and keeps a constant", () => {
  close([...upsample(Float32Array.of(0, 4), 1, 2, 1, 4)], [0, 1, 3, 4])
  assert.ok(upsample(new Float32Array(6).fill(2.5), 2, 3, 7, 5).every(value => Math.abs(value - 2.5) < 1e-6))
})

test("ranges of maps, and what each normalisation divides by", () => {
  const own = extremes(Float32Array.of(-3, 1, 4)), other = { low: 0, high: 9 }
  assert.deepEqual(own, { low: -3, high: 4 })
  assert.deepEqual(scaling("raw", own, [own]), { from: 0, scale: 1, rectified: false })
  close([scaling("relu_max", own, [own, other]).scale, scaling("shared", own, [own, other]).scale], [4.00001, 9.00001])
  close([...normalise([Float32Array.of(-3, 1, 4)], "minmax")[0]], [0, 4 / 7, 1])
  close([...normalise([Float32Array.of(-3, 1, 4)], "relu_max")[0]], [0, 0.25, 1])
})

test("the mask is the highest class above the threshold, the first of equals, never at the threshold itself", () => {
  const maps = [Float32Array.of(0.3, 0.5, 0.2, 0.6), Float32Array.of(0.1, 0.5, 0.25, 0.7)]
  assert.deepEqual([...pseudoMask(maps, 0.3)], [0, 1, 0, 2])
  assert.deepEqual([...pseudoMask(maps, 0.2)], [1, 1, 2, 2])
})

test("scores count what is there, leave ignored pixels out, and are NaN where there is nothing to count", () => {
  const mask = [1, 1, 0, 0, 1, 1], truth = [3, 3, 3, 3, 0, 255], parts = [1, 2, 1, 2, 0, 1]
  const found = score(mask, 1, truth, parts, 3)
  close([found.iou, found.precision, found.recall, found.discriminative, found.rest], [2 / 5, 2 / 3, 1 / 2, 1 / 2, 1 / 2])
  const nothing = score([0, 0], 1, [0, 0], null, 3)
  assert.ok(Object.values(nothing).every(Number.isNaN))
})
