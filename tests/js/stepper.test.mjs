import assert from "node:assert/strict"
import test from "node:test"

import stepper from "../../wsss_viz/app/widgets/stepper.js"

const words = { previous: "Previous", next: "Next", any: "Any" }

function row() {
  const buttons = []
  return {
    querySelector: which => buttons.find(button => which === `[name=${button.name}]`),
    append: button => buttons.push(button),
  }
}

test("presses before and after the buttons are put up anew are all in what is told last", () => {
  globalThis.document = { createElement: () => ({}) }
  const told = []
  const put = drawn => stepper({
    parentElement: { querySelector: () => drawn },
    data: { words },
    setStateValue: (name, value) => told.push([name, value]),
  })
  const first = row(), second = row()
  put(first)
  first.querySelector("[name=next]").onclick()
  put(second)
  for (let presses = 0; presses < 4; presses++) second.querySelector("[name=next]").onclick()
  second.querySelector("[name=previous]").onclick()
  second.querySelector("[name=any]").onclick()
  const [name, last] = told.at(-1)
  assert.deepEqual([name, last.by, last.any, last.mount], ["counted", 4, 1, told[0][1].mount])
  assert.equal(told[0][1].by, 1, "what was told is not changed afterwards")
})
