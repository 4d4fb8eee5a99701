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

const told = []
const put = (drawn, session, heard = {}) => stepper({
  parentElement: { querySelector: () => drawn },
  data: { words, session, heard: { by: 0, any: 0, ...heard } },
  setStateValue: (name, value) => told.push([name, value]),
})
globalThis.document = { createElement: () => ({}) }

test("presses before and after the buttons are put up anew are all in what is told last", () => {
  const first = row(), second = row()
  put(first, "a")
  first.querySelector("[name=next]").onclick()
  assert.deepEqual(told, [["counted", { session: "a", by: 1, any: 0 }]])
  put(second, "a", { by: 1 })
  for (let presses = 0; presses < 4; presses++) second.querySelector("[name=next]").onclick()
  second.querySelector("[name=previous]").onclick()
  second.querySelector("[name=any]").onclick()
  assert.deepEqual(told.at(-1), ["counted", { session: "a", by: 4, any: 1 }])
  assert.equal(told[0][1].by, 1, "what was told is not changed afterwards")
})

test("a press that the page has not heard of is told again by the buttons that take their place", () => {
  const first = row(), second = row()
  put(first, "b")
  first.querySelector("[name=next]").onclick()
  told.length = 0
  put(first, "b")
  assert.deepEqual(told, [], "as long as the buttons stand, it is under way")
  put(second, "b")
  assert.deepEqual(told, [["counted", { session: "b", by: 1, any: 0 }]])
  put(row(), "b", { by: 1 })
  put(row(), "c")
  assert.equal(told.length, 1, "what was heard, and another session's, is not")
})
