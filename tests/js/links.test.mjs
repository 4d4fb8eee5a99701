// What a press of a page's link does.
import assert from "node:assert/strict"
import test from "node:test"

import { throughLink } from "../../wsss_viz/app/widgets/links.js"

async function press(keys, innerWidth, inside = true) {
  const done = []
  const link = { closest: which => (which.includes("NavLink") ? link : inside ? {} : null) }
  const page = { defaultView: { innerWidth }, querySelector: () => ({ click: () => done.push("closed") }) }
  throughLink({ target: link, stopPropagation: () => done.push("left to the browser"), ...keys }, page)
  await new Promise(after => setTimeout(after, 5))
  return done
}

test("with Ctrl, Cmd or Shift a link opens beside, which the browser does", async () => {
  for (const key of ["ctrlKey", "metaKey", "shiftKey"]) assert.deepEqual(await press({ [key]: true }, 390), ["left to the browser"])
})

test("on a phone the navigation closes behind the page that was chosen, and nowhere else", async () => {
  assert.deepEqual(await press({}, 390), ["closed"])
  assert.deepEqual(await press({}, 900), [])
  assert.deepEqual(await press({}, 390, false), [], "a link of the page itself")
})
