// Strokes as a text, as Python writes and reads them.

import assert from "node:assert/strict"
import { test } from "node:test"

import { LARGEST_RADIUS, MOST_POINTS, MOST_STROKES, UNITS, coordinate, fits, isNews, radiusOf, readStrokes, writeStrokes } from "../../wsss_viz/app/widgets/brush/strokes.js"

test("what is written is read back, and is what Python writes", () => {
  const strokes = [{ radius: 40, points: [[0, 0], [UNITS, 0]] }, { radius: LARGEST_RADIUS, points: [[1, 2047]] }]
  assert.equal(writeStrokes(strokes), "AoAAAA__AA.MzABf_")
  assert.deepEqual(readStrokes("AoAAAA__AA.MzABf_"), strokes)
  assert.deepEqual([readStrokes(""), writeStrokes([])], [[], ""])
})

test("shares beyond the image are held at its border, and a brush is never nothing", () => {
  assert.deepEqual([-0.2, 0, 0.5, 1, 3].map(coordinate), [0, 0, 2048, UNITS, UNITS])
  assert.deepEqual([0, 0.1, 4].map(radiusOf), [1, 410, LARGEST_RADIUS])
})

test("no more is kept than Python takes", () => {
  const dot = { radius: 9, points: [[1, 1]] }
  assert.ok(fits(Array(MOST_STROKES - 1).fill(dot), dot))
  assert.ok(!fits(Array(MOST_STROKES).fill(dot), dot))
  const long = { radius: 9, points: Array(MOST_POINTS).fill([1, 1]) }
  assert.ok(fits([], long))
  assert.ok(!fits([dot], long))
})

test("a point near the last one is not kept; on a wide image heights count for less", () => {
  const stroke = { radius: 100, points: [[1000, 1000]] }
  assert.ok(!isNews(stroke, [1020, 1000], 1))
  assert.ok(isNews(stroke, [1030, 1000], 1))
  assert.ok(!isNews(stroke, [1000, 1030], 2))
  assert.ok(isNews(stroke, [1000, 1060], 2))
  assert.ok(!isNews(stroke, [1030, 1000], 0.5))
})
