// A popover stands at the end of the page, where Tab does not come to it from its button. So Tab goes into an open one
// and from its last control on behind the button, and Shift and Tab from its first back to the button.

const REACHED = ["a[href]", "button", "input:not([type=radio])", "input:checked", "select", "textarea", "summary", "[tabindex]"]
  .map(kind => `${kind}:not([tabindex="-1"]):not(:disabled)`).join()

export function throughPopover(event, page) {
  const button = page.querySelector('[data-testid="stPopoverButton"][aria-expanded="true"]')
  const body = page.querySelector('[data-testid="stPopoverBody"]')
  if (event.key !== "Tab" || !button || !body) return
  const controls = [...body.querySelectorAll(REACHED)].filter(control => control.getClientRects().length)
  const [goes, comes] = event.shiftKey ? [controls[0], button] : [button, controls[0]]
  if (controls.length && page.activeElement === goes) {
    event.preventDefault()
    comes.focus()
  } else if (!event.shiftKey && page.activeElement === controls.at(-1)) button.focus() // from where the key goes on
}

export function listenOnce() {
  if (document.documentElement.dataset.wvPopovers) return
  document.documentElement.dataset.wvPopovers = "heard"
  document.addEventListener("keydown", event => throughPopover(event, document), true)
}
