// What Streamlit calls after every run of the page. The viewer lives with its element; where the element was taken away
// and comes back (another page and back, a job that has ended), settings, zoom and divider are those it had.

import { Viewer } from "./viewer.js"
import "./panels.js"
import "./table.js"
import "./readings.js"
import "./pointer.js"
import "./timeline.js"

const memory = new Map()

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".viewer")
  if (!root.viewer) {
    root.viewer = new Viewer(root, data.name)
    const before = memory.get(data.name)
    if (before?.version === data.version) root.viewer.inherit(before)
    root.viewer.opens = data.opening && !before
    memory.set(data.name, root.viewer)
  }
  root.viewer.sendOnce = setTriggerValue
  root.viewer.picks = data.picks
  root.viewer.roomy = data.roomy
  root.viewer.controls.offer(data.offered)
  root.viewer.film(data.film ?? [])
  root.viewer.update(data, setStateValue)
}
