// Links to pages. Pressed with Ctrl, Cmd or Shift they open beside this page, as links do; Streamlit would go there itself.
// On a phone, where the navigation lies over the page, it closes once a page was chosen.
// What the pointer has left tells Streamlit what was changed in it as the pointer comes down, and Streamlit waits a moment
// before it passes that on. A tap's click may come earlier: it would overtake what was changed, which would then lead back
// to this page. So the click comes when that has left.

const NARROW = 768 // pixels: Streamlit's own
const TOLD_MS = 120

export function throughLink(event, page, pressed = -Infinity) {
  const link = event.target.closest?.('[data-testid="stPageLink-NavLink"]')
  if (!link) return
  const rest = pressed + TOLD_MS - event.timeStamp
  if (event.ctrlKey || event.metaKey || event.shiftKey) event.stopPropagation()
  else if (rest > 0) {
    event.preventDefault()
    event.stopPropagation()
    setTimeout(() => link.click(), rest)
  } else if (page.defaultView.innerWidth <= NARROW && link.closest('[data-testid="stSidebar"]')) {
    setTimeout(() => page.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click())
  }
}

export function followLinksOnce() {
  if (document.documentElement.dataset.wvLinks) return
  document.documentElement.dataset.wvLinks = "heard"
  let pressed
  document.addEventListener("pointerdown", event => { pressed = event.timeStamp }, true)
  document.addEventListener("click", event => throughLink(event, document, pressed), true)
}
