// Mouse, touch and keys on a panel: hover, zoom, pan, the divider, the reticle, picking a cell.

import { cellAt } from "./arithmetic.js"
import { Viewer } from "./viewer.js"

const LARGEST_ZOOM = 24

Object.assign(Viewer.prototype, {
  listen(canvas, number) {
    const here = event => {
      const box = canvas.getBoundingClientRect()
      const u = (event.clientX - box.left) / box.width, v = (event.clientY - box.top) / box.height
      return { u, v, x: this.zoom.x + u / this.zoom.scale, y: this.zoom.y + v / this.zoom.scale }
    }
    let drag = null
    canvas.addEventListener("pointerdown", event => {
      const at = here(event)
      const divider = this.settings.layout === "wipe" && Math.abs(at.u - this.wipe) * canvas.clientWidth < 16
      drag = { ...at, zoom: { ...this.zoom }, divider, moved: false }
      canvas.setPointerCapture(event.pointerId)
    })
    canvas.addEventListener("pointermove", event => {
      const at = here(event)
      if (drag) {
        drag.moved ||= Math.hypot(at.u - drag.u, at.v - drag.v) * canvas.clientWidth > 3
        if (drag.divider) this.moveDivider(at.u)
        else if (drag.moved) this.zoomTo(drag.zoom.scale, drag.zoom.x - (at.u - drag.u) / drag.zoom.scale, drag.zoom.y - (at.v - drag.v) / drag.zoom.scale)
      }
      this.hover(this.inside(at) ? { x: at.x, y: at.y } : null, number)
    })
    canvas.addEventListener("pointerup", event => {
      const at = here(event)
      if (drag && !drag.moved && !drag.divider && this.inside(at)) {
        this.hover({ x: at.x, y: at.y }, number)
        this.pick(number, at)
      }
      drag = null
    })
    // A finger that was lifted leaves the values it tapped.
    canvas.addEventListener("pointerleave", event => !drag && event.pointerType === "mouse" && this.hover(null, null))
    // The page scrolls over the maps, unless one has been clicked or Ctrl is held.
    canvas.addEventListener("wheel", event => {
      if (!event.ctrlKey && !event.metaKey && canvas.getRootNode().activeElement !== canvas) return
      const at = here(event)
      const scale = Math.max(1, Math.min(LARGEST_ZOOM, this.zoom.scale * Math.exp(-event.deltaY / 400)))
      if (scale === this.zoom.scale) return
      event.preventDefault()
      this.zoomTo(scale, at.x - at.u / scale, at.y - at.v / scale)
    }, { passive: false })
    canvas.addEventListener("dblclick", () => this.resetZoom())
    canvas.addEventListener("keydown", event => this.key(event, number))
  },

  inside({ x, y }) {
    return x >= 0 && x <= 1 && y >= 0 && y <= 1
  },

  hover(point, number) {
    this.point = point
    this.hovered = number
    this.redraw()
  },

  zoomTo(scale, x, y) {
    const room = 1 - 1 / scale
    this.zoom = { scale, x: Math.max(0, Math.min(room, x)), y: Math.max(0, Math.min(room, y)) }
    this.redraw()
  },

  resetZoom() {
    this.zoomTo(1, 0, 0)
  },

  key(event, number) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    const does = {
      " ": () => this.content.last && this.play(),
      ",": () => this.step(this.k - 1),
      ".": () => this.step(this.k + 1),
      "+": () => this.zoomAbout(1.5),
      "-": () => this.zoomAbout(1 / 1.5),
      0: () => this.resetZoom(),
      Enter: () => this.point && this.pick(number, this.point),
    }[event.key]
    if (event.key === "Escape" && this.point) this.hover(null, null) // and the page hears of it: it cancels what runs
    if (!move && !does) return
    event.preventDefault()
    event.stopPropagation()
    if (does) return does()
    const by = event.shiftKey ? 0.1 : 0.02
    const { x, y } = this.point ?? { x: 0.5 - move[0] * by, y: 0.5 - move[1] * by }
    const keep = share => Math.max(0, Math.min(1, Math.round(share * 1000) / 1000))
    this.aloud = true
    this.hover({ x: keep(x + move[0] * by), y: keep(y + move[1] * by) }, number)
  },

  zoomAbout(factor) {
    const scale = Math.max(1, Math.min(LARGEST_ZOOM, this.zoom.scale * factor))
    const { x, y } = this.point ?? { x: this.zoom.x + 0.5 / this.zoom.scale, y: this.zoom.y + 0.5 / this.zoom.scale }
    this.zoomTo(scale, x - 0.5 / scale, y - 0.5 / scale)
  },

  // Tells Python which cell of which panel's maps was clicked.
  pick(number, { x, y }) {
    const panel = number ?? this.pair[0]
    const maps = this.content.maps(this.content.panels[panel], this.k)
    if (!maps || !this.picks) return
    const { H, W } = this.content
    const centres = this.content.centres(this.content.panels[panel], this.k)
    const covered = maps.grids && !maps.grids.unions.length ? maps.grids.covered : [1, 1]
    this.sendOnce("picked", {
      panel,
      row: cellAt(y * H - 0.5, maps.h, H, centres?.origin[0], centres?.stride[0], covered[0]),
      column: cellAt(x * W - 0.5, maps.w, W, centres?.origin[1], centres?.stride[1], covered[1]),
      x,
      y,
      name: this.content.classes[this.reading.panelFocus(this.content.panels[panel])].name,
    })
  },
})
