// A brush on an image. What is painted is seen at once; Python gets all strokes as one text when a stroke ends.

import { UNITS, coordinate, fits, isNews, radiusOf, readStrokes, writeStrokes } from "./strokes.js"

const STEP = 0.02 // of the image that an arrow key moves the brush, five times that with Ctrl
const HINT_FULL = "No more fits: undo a stroke first."

class Brush {
  constructor(root) {
    this.root = root
    this.strokes = []
    this.current = null
    this.cursor = null
    this.layer = document.createElement("canvas")
    this.canvas = root.querySelector("canvas")
    this.size = root.querySelector("[name=size]")
    this.spoken = root.querySelector(".spoken")
    this.undoButton = root.querySelector("[name=undo]")
    this.clearButton = root.querySelector("[name=clear]")
    this.undoButton.onclick = () => this.undo()
    this.clearButton.onclick = () => this.replace([])
    this.size.oninput = () => this.redraw()
    new ResizeObserver(() => this.redraw()).observe(this.canvas)
    this.listen()
  }

  update(data, send) {
    this.send = send
    this.data = data
    this.canvas.style.aspectRatio = `${data.size[1]} / ${data.size[0]}`
    this.canvas.setAttribute("aria-label", data.label)
    if (data.image !== this.address) {
      this.address = data.image
      this.image = new Image()
      this.image.onload = () => this.redraw()
      this.image.src = data.image
    }
    if (data.version !== this.version) {
      this.version = data.version
      this.strokes = readStrokes(data.strokes)
      this.current = null
    }
    this.redraw()
  }

  get aspect() {
    return this.data.size[1] / this.data.size[0]
  }

  get radius() {
    return radiusOf(Number(this.size.value) / 200)
  }

  listen() {
    const { canvas } = this
    const here = event => {
      const box = canvas.getBoundingClientRect()
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    }
    canvas.addEventListener("pointerdown", event => {
      if (event.button) return
      event.preventDefault()
      canvas.focus()
      canvas.setPointerCapture(event.pointerId)
      this.cursor = here(event)
      this.begin()
    })
    canvas.addEventListener("pointermove", event => {
      const passed = event.getCoalescedEvents?.() ?? []
      for (const one of passed.length ? passed : [event]) {
        this.cursor = here(one)
        this.extend()
      }
      this.redraw()
    })
    canvas.addEventListener("pointerup", () => this.end())
    canvas.addEventListener("pointercancel", () => {
      this.current = null
      this.redraw()
    })
    canvas.addEventListener("pointerleave", () => {
      if (!this.current) this.cursor = null
      this.redraw()
    })
    this.root.addEventListener("keydown", event => this.key(event))
  }

  // Arrow keys move the brush, with Shift they paint; the space bar paints a dot.
  key(event) {
    event.stopPropagation()
    if (event.target === this.size || event.altKey) return
    if ((event.ctrlKey || event.metaKey) && event.key === "z") return this.taken(event, () => this.undo())
    if (event.target !== this.canvas) return
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    if (move) return this.taken(event, () => this.go(move, event))
    const does = {
      " ": () => this.dot(),
      Backspace: () => this.undo(),
      "[": () => this.resize(-1),
      "]": () => this.resize(1),
    }[event.key]
    if (does) this.taken(event, does)
  }

  taken(event, act) {
    event.preventDefault()
    act()
  }

  go([x, y], { shiftKey, ctrlKey, metaKey }) {
    const by = ctrlKey || metaKey ? 5 * STEP : STEP
    const from = this.cursor ?? [0.5, 0.5]
    const keep = share => Math.max(0, Math.min(1, share))
    if (shiftKey) this.begin()
    this.cursor = [keep(from[0] + x * by), keep(from[1] + y * by)]
    if (shiftKey) {
      this.current.points.push(this.point())
      this.end()
    }
    this.redraw()
    this.say(`${Math.round(100 * this.cursor[0])} % from the left, ${Math.round(100 * this.cursor[1])} % from the top`)
  }

  dot() {
    this.begin()
    this.end()
    this.say(`painted; ${this.strokes.length} ${this.strokes.length === 1 ? "stroke" : "strokes"}`)
  }

  resize(by) {
    this.size.value = Number(this.size.value) + by
    this.redraw()
    this.say(`size ${this.size.value} %`)
  }

  point() {
    return this.cursor.map(coordinate)
  }

  begin() {
    this.cursor ??= [0.5, 0.5]
    this.current = { radius: this.radius, points: [this.point()] }
    this.redraw()
  }

  extend() {
    if (this.current && isNews(this.current, this.point(), this.aspect)) this.current.points.push(this.point())
  }

  end() {
    const stroke = this.current
    this.current = null
    if (!stroke) return
    if (fits(this.strokes, stroke)) this.replace([...this.strokes, stroke])
    else {
      this.say(HINT_FULL)
      this.root.querySelector(".hint").textContent = HINT_FULL
      this.redraw()
    }
  }

  undo() {
    if (this.strokes.length) this.replace(this.strokes.slice(0, -1))
  }

  replace(strokes) {
    this.strokes = strokes
    this.redraw()
    this.send("strokes", { text: writeStrokes(strokes), serial: Date.now() + Math.random() })
  }

  say(text) {
    this.spoken.textContent = text
  }

  redraw() {
    if (this.frame || !this.data) return
    this.frame = requestAnimationFrame(() => {
      this.frame = null
      this.draw()
    })
  }

  draw() {
    const { canvas, layer } = this
    const width = Math.max(1, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)))
    const height = Math.max(1, Math.round(width / this.aspect))
    for (const one of [canvas, layer]) {
      if (one.width !== width) one.width = width
      if (one.height !== height) one.height = height
    }
    const context = canvas.getContext("2d"), paint = layer.getContext("2d")
    context.clearRect(0, 0, width, height)
    if (this.image.naturalWidth) context.drawImage(this.image, 0, 0, width, height)
    paint.clearRect(0, 0, width, height)
    paint.strokeStyle = this.data.colour
    paint.lineCap = paint.lineJoin = "round"
    for (const stroke of [...this.strokes, ...(this.current ? [this.current] : [])]) this.paint(paint, stroke)
    context.globalAlpha = this.data.opacity
    context.drawImage(layer, 0, 0)
    context.globalAlpha = 1
    if (this.cursor) this.ring(context)
    this.undoButton.disabled = this.clearButton.disabled = !this.strokes.length
    this.root.querySelector(".number").textContent = `${this.size.value} %`
    this.root.dataset.strokes = this.strokes.length
  }

  paint(context, { radius, points }) {
    const { width, height } = context.canvas
    const at = ([x, y]) => [(x / UNITS) * width, (y / UNITS) * height]
    context.lineWidth = ((2 * radius) / UNITS) * Math.max(width, height)
    context.beginPath()
    context.moveTo(...at(points[0]))
    for (const point of points.length > 1 ? points.slice(1) : points) context.lineTo(...at(point))
    context.stroke()
  }

  ring(context) {
    const { width, height } = context.canvas
    const ratio = window.devicePixelRatio || 1
    for (const [colour, wide] of [["rgba(0, 0, 0, 0.7)", 3], ["#fff", 1.4]]) {
      context.strokeStyle = colour
      context.lineWidth = wide * ratio
      context.beginPath()
      context.arc(this.cursor[0] * width, this.cursor[1] * height, (this.radius / UNITS) * Math.max(width, height), 0, 2 * Math.PI)
      context.stroke()
    }
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".brush")
  root.brush ??= new Brush(root)
  root.brush.update(data, setStateValue)
}
