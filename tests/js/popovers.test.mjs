// Where Tab goes while a popover is open.
import assert from "node:assert/strict"
import test from "node:test"

import { throughPopover } from "../../wsss_viz/app/widgets/popovers.js"

function page(controls, open = true) {
  const element = name => ({ name, getClientRects: () => [1], focus() { found.activeElement = this } })
  const inside = controls.map(element), button = element("button")
  const body = { querySelectorAll: () => inside }
  const found = { activeElement: button, inside, button, querySelector: which => (!open ? null : which.includes("Button") ? button : body) }
  return found
}

function press(where, shiftKey = false, key = "Tab") {
  let kept = false
  throughPopover({ key, shiftKey, preventDefault: () => (kept = true) }, where)
  return [where.activeElement.name, kept]
}

test("Tab goes from the button into its popover, and from the last control on behind the button", () => {
  const open = page(["steps", "mask"])
  assert.deepEqual(press(open), ["steps", true])
  assert.deepEqual(press(open), ["steps", false], "within it the browser goes on")
  open.activeElement = open.inside[1]
  assert.deepEqual(press(open), ["button", false], "the browser goes on from the button")
})

test("Shift and Tab go from the first control back to the button", () => {
  const open = page(["steps", "mask"])
  assert.deepEqual(press(open, true), ["button", false])
  open.activeElement = open.inside[0]
  assert.deepEqual(press(open, true), ["button", true])
})

test("other keys, a popover without controls and a closed one are left alone", () => {
  assert.deepEqual(press(page(["steps"]), false, "Enter"), ["button", false])
  assert.deepEqual(press(page([])), ["button", false])
  assert.deepEqual(press(page(["steps"], false)), ["button", false])
})
