// Links to pages. Pressed with Ctrl, Cmd or Shift they open beside this page, as links do; Streamlit would go there itself.
// On a phone, where the navigation lies over the page, it closes once a page was chosen.

const NARROW = 768 // pixels: Streamlit's own

export function throughLink(event, page) {
  const link = event.target.closest?.('[data-testid="stPageLink-NavLink"]')
  if (!link) return
  if (event.ctrlKey || event.metaKey || event.shiftKey) event.stopPropagation()
  else if (page.defaultView.innerWidth <= NARROW && link.closest('[data-testid="stSidebar"]')) {
    setTimeout(() => page.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click())
  }
}

export function followLinksOnce() {
  if (document.documentElement.dataset.wvLinks) return
  document.documentElement.dataset.wvLinks = "heard"
  document.addEventListener("click", event => throughLink(event, document), true)
}
