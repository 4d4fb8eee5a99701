// What Streamlit calls after every run of the page. The viewer lives with its element; where the element was taken away
// and comes back (another page, and back), the settings are those it had.

const memory = new Map()

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".viewer")
  if (!root.viewer) {
    root.viewer = new Viewer(root)
    root.viewer.name = data.name
    const known = memory.get(data.name)
    if (known?.version === data.version) data = { ...data, view: known.view }
  }
  root.viewer.sendOnce = setTriggerValue
  root.viewer.picks = data.picks
  root.viewer.update(data, setStateValue)
}
