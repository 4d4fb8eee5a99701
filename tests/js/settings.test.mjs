// Settings of the viewer, as the address has them and back.

import assert from "node:assert/strict"
import { test } from "node:test"

import { DEFAULTS, readSettings, writeSettings } from "../../wsss_viz/app/widgets/viewer/controls.js"
import { percent, probability, signed } from "../../wsss_viz/app/widgets/viewer/elements.js"

test("what is written is read back", () => {
  const settings = { ...DEFAULTS, k: 4, threshold: 0.35, outlines: ["truth", "mask"], pair: [0, 2], class: "cow" }
  assert.deepEqual(readSettings(writeSettings(settings)), settings)
  assert.deepEqual(readSettings(writeSettings(DEFAULTS)), DEFAULTS)
})

test("the last step and no outline have words", () => {
  const { k, outlines } = writeSettings({ ...DEFAULTS, outlines: [] })
  assert.deepEqual([k, outlines], ["final", "none"])
})

test("numbers as text", () => {
  assert.deepEqual([percent(0.256), percent(NaN), signed(-2.04), signed(3)], ["26 %", "–", "−2.0", "+3.0"])
  assert.equal(probability(0), 0.5)
})
