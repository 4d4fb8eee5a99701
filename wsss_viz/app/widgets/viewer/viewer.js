// The viewer: settings, zoom and reticle of one mounted component, and one drawing of all of it a frame.
// What it shows in words is in `readings.js`, its panels in `panels.js`, mouse and keys in `pointer.js`.

import { Content, Reading } from "./content.js"
import { Painter } from "./drawing.js"
import { Controls, DEFAULTS, readSettings, writeSettings } from "./controls.js"

const PLAY_MS = 450
const BLINK_MS = 800
const COMMIT_MS = 350
export class Viewer {
  constructor(root, name) {
    this.root = root
    this.name = name
    this.zoom = { scale: 1, x: 0, y: 0 }
    this.wipe = 0.5
    this.point = null
    this.opening = null
    this.serial = 0
    this.settings = { ...DEFAULTS }
    this.controls = new Controls(root, this)
    this.panels = root.querySelector(".panels")
    new ResizeObserver(() => this.redraw()).observe(this.panels)
    // What a hand has changed is told before anything else on the page is pressed or reached.
    const outside = event => {
      if (!root.isConnected) return removeEventListener("pointerdown", outside, true)
      if (!event.composedPath().includes(root)) this.tell()
    }
    addEventListener("pointerdown", outside, true)
    // A slide that looks for its size measures the panels where they will stand.
    const arranged = () => {
      if (!root.isConnected) document.removeEventListener("wv-arrange", arranged)
      else if (this.figures) this.arrange()
    }
    document.addEventListener("wv-arrange", arranged)
    root.addEventListener("focusout", () => this.tell())
    // Back undoes what has not been told yet, too.
    const gone = () => (root.isConnected ? this.forget() : removeEventListener("popstate", gone))
    addEventListener("popstate", gone)
  }

  // Every run of the page: the content where it is another one, the settings where they were changed elsewhere.
  update({ content, view, version }, send) {
    this.send = send
    if (version !== this.version) {
      const untold = this.untold()
      this.version = version
      this.settings = readSettings(view)
      this.committed = JSON.stringify(writeSettings(this.settings))
      clearTimeout(this.waiting)
      this.waiting = null
      this.halt()
      if (untold) {
        this.settings = readSettings({ ...writeSettings(this.settings), ...untold })
        this.commit()
      }
    }
    if (content.digest !== this.content?.digest) {
      this.close()
      this.content = new Content(content, () => this.redraw())
      this.controls.fill(this.content)
      this.figures = null
    }
    if (this.opens) this.open()
    this.opens = false
    this.redraw()
  }

  inherit({ version, settings, committed, zoom, wipe }) {
    Object.assign(this, { version, settings, committed, zoom, wipe })
    this.controls.find("wipe").value = wipe
  }

  get k() {
    if (this.opening !== null) return this.opening
    return this.settings.k < 0 ? this.content.last : Math.min(this.settings.k, this.content.last)
  }

  change(fields) {
    Object.assign(this.settings, fields)
    this.redraw()
    this.commit()
  }

  step(k) {
    this.close()
    this.change({ k: this.kept(k) })
  }

  // A step that there is; the last one stands for whichever will be the last.
  kept(k) {
    const found = Math.max(0, Math.min(this.content.last, k))
    return found === this.content.last ? -1 : found
  }

  play() {
    if (this.playing) return this.stop()
    if (this.opening !== null) return this.step(this.opening)
    if (this.k === this.content.last) this.step(0)
    this.playing = setInterval(() => {
      this.step(this.k + 1)
      if (this.k === this.content.last || !this.root.isConnected) this.stop()
    }, PLAY_MS)
    this.redraw()
  }

  stop() {
    this.halt()
    this.commit()
    this.redraw()
  }

  halt() {
    clearInterval(this.playing)
    this.playing = null
  }

  // Tells Python of the settings once the hand has come to rest.
  commit() {
    clearTimeout(this.waiting)
    this.waiting = null
    if (this.held || this.playing) return
    this.waiting = setTimeout(() => this.tell(), COMMIT_MS)
  }

  // Tells it now, where there is anything to tell.
  tell() {
    if (!this.waiting) return
    clearTimeout(this.waiting)
    this.waiting = null
    const view = writeSettings(this.settings)
    const text = JSON.stringify(view)
    if (text === this.committed) return
    this.committed = text
    this.send("view", { ...view, serial: ++this.serial + Date.now() })
  }

  // What a hand has changed since Python was told last, null for nothing: it stays where the view is changed elsewhere.
  untold() {
    if (!this.waiting && !this.held) return null
    const before = JSON.parse(this.committed)
    return Object.fromEntries(Object.entries(writeSettings(this.settings)).filter(([name, text]) => text !== before[name]))
  }

  // What Python was told last, where something has been changed since.
  forget() {
    clearTimeout(this.waiting)
    this.waiting = null
    this.halt()
    if (!this.content || this.committed === JSON.stringify(writeSettings(this.settings))) return
    this.settings = readSettings(JSON.parse(this.committed))
    this.redraw()
  }

  release() {
    if (!this.held) return
    this.held = false
    this.commit()
  }

  swap() {
    this.blinked = !this.blinked
    this.redraw()
  }

  moveDivider(share) {
    this.wipe = Math.max(0, Math.min(1, share))
    this.controls.find("wipe").value = this.wipe
    this.redraw()
  }

  // The two panels of the layouts other than the grid: those asked for where they can be shown, else the first two.
  get pair() {
    const { panels } = this.content
    const fits = n => panels[n] && !panels[n].missing && (this.settings.layout !== "difference" || this.content.hasMaps(panels[n]))
    if (this.settings.pair.length === 2 && this.settings.pair.every(fits)) return this.settings.pair
    const maps = panels.flatMap((panel, n) => (this.content.hasMaps(panel) ? [n] : []))
    const others = panels.flatMap((panel, n) => (panel.missing || maps.includes(n) ? [] : [n]))
    const [a, b] = maps.length > 1 ? maps : [...others, ...maps].slice(-2)
    return [a, b ?? a]
  }

  redraw() {
    if (this.frame || !this.content) return
    this.frame = requestAnimationFrame(() => {
      this.frame = null
      const start = performance.now()
      this.draw()
      const drawn = (performance.now() - start).toFixed(2)
      Object.assign(this.root.dataset, { k: this.k, zoom: this.zoom.scale.toFixed(3), wipe: this.wipe, drawn })
      this.giveRoomBack()
    })
  }

  // The page holds room for a viewer that has not been drawn yet. An attribute says that it has: Streamlit writes the
  // element's classes anew when the page runs.
  giveRoomBack() {
    document.querySelector(`.st-key-${this.name}`)?.setAttribute("data-wv-drawn", "")
  }

  draw() {
    const { content, settings } = this
    const reading = (this.reading = new Reading(content, { ...settings, k: this.k }))
    this.arrange()
    this.blink(settings.layout === "blink")
    this.controls.show(settings, reading, this.pair)
    const painter = new Painter(reading, this.zoom, this.wipe)
    const shown = this.figures.filter(({ missing }) => !missing)
    // All sizes are read before anything is written: the page is laid out once per frame.
    this.fade(shown)
    const widths = shown.map(({ canvas }) => canvas.clientWidth)
    shown.forEach((figure, i) => this.drawFigure(figure, painter, widths[i]))
    shown.forEach(figure => this.writeFigure(figure, painter))
    this.table()
    this.timeline()
    this.say()
  }

  blink(on) {
    if (on && !this.blinking && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.blinking = setInterval(() => (this.root.isConnected ? this.swap() : this.blink(false)), BLINK_MS)
    }
    if (!on) {
      clearInterval(this.blinking)
      this.blinking = null
    }
  }
}
