// What the viewer does with keys and when it tells Python of a change, without a page.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { Content, Reading } from "../../wsss_viz/app/widgets/viewer/content.js"
import { DEFAULTS, writeSettings } from "../../wsss_viz/app/widgets/viewer/controls.js"
import { Viewer } from "../../wsss_viz/app/widgets/viewer/viewer.js"
import "../../wsss_viz/app/widgets/viewer/panels.js"
import "../../wsss_viz/app/widgets/viewer/pointer.js"

const { forget, key, tell } = Viewer.prototype

function pressed(name) {
  const event = { key: name, kept: 0, preventDefault() { this.kept++ }, stopPropagation() { this.kept++ } }
  const hovered = []
  key.call({ point: { x: 0.2, y: 0.3 }, hover: (...given) => hovered.push(given) }, event, 1)
  return { kept: event.kept, hovered }
}

test("Esc takes the reticle away and is left to the page, which cancels what runs", () => {
  assert.deepEqual(pressed("Escape"), { kept: 0, hovered: [[null, null]] })
  assert.deepEqual(pressed("ArrowRight"), { kept: 2, hovered: [[{ x: 0.22, y: 0.3 }, 1]] })
})

// A viewer whose class was changed and that waits to tell of it.
function changed() {
  const sent = []
  return {
    sent,
    waiting: 1,
    serial: 0,
    content: {},
    settings: { ...DEFAULTS, class: "cow" },
    committed: JSON.stringify(writeSettings(DEFAULTS)),
    send: (name, view) => sent.push([name, view.class]),
    halt() {},
    redraw() {},
  }
}

test("a change is told at once where it is asked for, and once", () => {
  const viewer = changed()
  tell.call(viewer)
  tell.call(viewer)
  assert.deepEqual(viewer.sent, [["view", "cow"]])
})

test("a view that was changed elsewhere leaves what a hand has just changed and not told", async () => {
  const viewer = Object.assign(Object.create(Viewer.prototype), changed())
  viewer.content = { digest: 1 }
  viewer.update({ content: { digest: 1 }, view: writeSettings({ ...DEFAULTS, k: 2, class: "" }), version: "b" }, viewer.send)
  assert.deepEqual([viewer.settings.class, viewer.settings.k], ["cow", 2])
  viewer.tell()
  assert.deepEqual(viewer.sent, [["view", "cow"]])
  viewer.update({ content: { digest: 1 }, view: writeSettings({ ...DEFAULTS, k: 3 }), version: "c" }, viewer.send)
  assert.deepEqual([viewer.settings.class, viewer.settings.k], ["", 3], "all had been told")
})

test("Back undoes what has not been told", () => {
  const viewer = changed()
  forget.call(viewer)
  tell.call(viewer)
  assert.deepEqual([viewer.settings.class, viewer.sent], ["", []])
})

test("room on the page is held until the viewer is drawn, and marked by what a run of the page leaves alone", () => {
  const frames = [], element = { className: "st-key-viewer_start", attributes: new Map() }
  element.setAttribute = (name, value) => element.attributes.set(name, value)
  globalThis.requestAnimationFrame = draw => frames.push(draw)
  globalThis.document = { querySelector: which => (which === ".st-key-viewer_start" ? element : null) }
  const drawn = []
  const viewer = {
    name: "viewer_start", content: {}, k: 0, zoom: { scale: 1 }, wipe: 0.5, root: { dataset: {} },
    draw: () => drawn.push(element.attributes.has("data-wv-drawn")),
    giveRoomBack: Viewer.prototype.giveRoomBack,
  }
  Viewer.prototype.redraw.call(viewer)
  assert.equal(element.attributes.size, 0, "asked to draw, it has not drawn")
  frames.shift()()
  assert.deepEqual(drawn, [false])
  element.className = "st-key-viewer_start again" // as Streamlit writes it when the page runs
  assert.deepEqual([...element.attributes], [["data-wv-drawn", ""]])
  const style = readFileSync(new URL("../../wsss_viz/app/style.css", import.meta.url), "utf8")
  assert.match(style, /viewer_start[^{]*:not\(\[data-wv-drawn\]\) \{ min-height: 85vh; \}/)
})

test("the map of a class that is not in the picture is as faint as the class is improbable", () => {
  const trust = (labels, logit, sigmoids = true) => {
    const sent = { labels, sigmoids, scored: [{ name: "train" }] }
    const content = { sent, classes: [{ name: "train" }], absent: Content.prototype.absent, step: () => ({ scores: [logit] }) }
    return Reading.prototype.trust.call({ content, k: 0, panelFocus: () => 0 }, {})
  }
  assert.equal(trust(["train"], -5), 1)
  assert.equal(trust(null, -5), 1, "where no labels are known nothing is said to be absent")
  assert.ok(Math.abs(trust(["cow"], -1) - 1 / (1 + Math.E)) < 1e-9)
  assert.ok(trust(["cow"], -5) <= trust(["cow"], -1))
  assert.equal(trust(["cow"], 3, false), 0.5)
})

test("a map that is nowhere positive is said to be", () => {
  const noted = values => {
    const [title, note] = [{ replaceChildren() {} }, {}]
    const content = { panels: [{ title: "CAM", steps: [{}] }], absent: () => false, step: () => null }
    const reading = { k: 0, found: [values && { plane: { values } }], panelFocus: () => 0 }
    const viewer = { content, reading, settings: { layout: "grid" }, scoreIndex: () => 0 }
    Viewer.prototype.caption.call(viewer, { title, note }, 0, 0, 0)
    return note.textContent
  }
  assert.equal(noted([-2, 0, -1]), "nowhere positive")
  assert.equal(noted([-2, 0, 1]), "")
  assert.equal(noted(null), "", "an image has no map")
})

test("the ground truth has its parts' colours, without parts its classes'", () => {
  const content = { sent: { part_colours: { 1: "red", 2: "blue" } }, classes: ["green", "pink", "grey"].map(colour => ({ colour })) }
  const colours = shown => Content.prototype.truthColours.call(content, shown)
  assert.deepEqual(colours({ parts: {}, index: [7, 0, 2] }), { 1: "red", 2: "blue" })
  assert.deepEqual(colours({ parts: null, index: [7, 0, 2] }), { 7: "green", 2: "grey" })
})
