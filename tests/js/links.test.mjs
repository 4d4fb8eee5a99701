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

test("a tap's click waits until what was changed before it has been told", async () => {
  const done = []
  const link = { closest: which => (which.includes("NavLink") ? link : null), click: () => done.push("clicked") }
  const page = { defaultView: { innerWidth: 1440 } }
  const event = { target: link, timeStamp: 1000, preventDefault: () => done.push("held"), stopPropagation: () => {} }
  throughLink(event, page, 995)
  assert.deepEqual(done, ["held"])
  await new Promise(after => setTimeout(after, 200))
  assert.deepEqual(done, ["held", "clicked"])
  throughLink({ ...event, timeStamp: 1115 }, page, 995)
  throughLink({ ...event, ctrlKey: true }, page, 995)
  throughLink(event, page)
  assert.deepEqual(done, ["held", "clicked"], "later, beside this page, by a key")
})
