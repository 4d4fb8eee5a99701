"""Two buttons: one hands over a file, one copies the page's address, which holds the whole view.

The second, which every page has, also marks that page's link in the sidebar, follows links and takes Tab into popovers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from wsss_viz.app.language import current, in_language, tr
from wsss_viz.app.turns import in_turn
from wsss_viz.app.widgets.component_files import spoken

_KINDS = {
    "csv": ("text/csv", "table_chart"),
    "gif": ("image/gif", "gif_box"),
    "html": ("text/html", "html"),
    "json": ("application/json", "data_object"),
    "npz": ("application/octet-stream", "data_array"),
    "pdf": ("application/pdf", "picture_as_pdf"),
    "png": ("image/png", "image"),
    "svg": ("image/svg+xml", "shapes"),
    "zip": ("application/zip", "folder_zip"),
}
_SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("popovers.js", "links.js"))
_DRAWN = ("png", "pdf", "svg", "gif", "zip")
"""Kinds that take time to make, and so a turn."""
_HTML = '<button type="button"><span>Copy link</span></button><i role="status" aria-live="polite"></i>'
_CSS = """
:host { display: block; }
button {
  font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color);
  background: transparent; border: 1px solid var(--st-widget-border-color, var(--st-border-color));
  border-radius: var(--st-button-radius); padding: 0.25rem 0.75rem; min-height: 2.5rem; cursor: pointer; width: 100%;
  white-space: nowrap;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
i { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""
_JS = """
// Until the page has said where it is after what was changed last.
async function settled() {
  const app = document.querySelector("[data-test-script-state]")
  for (let waits = 0; waits < 60; waits++) {
    await new Promise(go => setTimeout(go, 100))
    if (app?.dataset.testScriptState === "notRunning") return
  }
}

// Streamlit prints the link of the page one is on in bold, and says so to nobody who cannot see it. The first page's
// address is empty, which a browser takes for the one it is at.
function markCurrent() {
  const here = window.location.pathname.split("/").pop()
  for (const link of document.querySelectorAll('[data-testid="stSidebar"] a[data-testid="stPageLink-NavLink"]')) {
    if (link.getAttribute("href").split("?")[0].split("/").pop() === here) link.setAttribute("aria-current", "page")
    else link.removeAttribute("aria-current")
  }
}

export default function ({ parentElement, data }) {
  markCurrent()
  listenOnce()
  followLinksOnce()
  const button = parentElement.querySelector("button")
  const label = button.querySelector("span")
  const status = parentElement.querySelector("i")
  label.textContent = data.label
  const say = text => {
    label.textContent = text
    status.textContent = text
    clearTimeout(button.timer)
    button.timer = setTimeout(() => { label.textContent = data.label; status.textContent = "" }, 1600)
  }
  button.onclick = async () => {
    try {
      await settled()
      await navigator.clipboard.writeText(window.location.href)
      say(data.copied)
    } catch {
      say(data.refused)
    }
  }
}
"""


def file_button(
    label: str,
    file_name: str,
    data: bytes | Callable[[], bytes | str],
    *,
    meaning: str | None = None,
    icon: str | None = None,
    key: str | None = None,
    for_all: bool = False,
) -> None:
    """A download that does not run the page again; its kind, and so its icon, follow from the name's ending.

    Args:
        file_name: ours, never an upload's; its ending is one of the kinds known here.
        data: the file, or what makes it once it is asked for.
        meaning: shown on hovering.
        icon: a Material symbol in place of the kind's.
        for_all: whether `data` keeps what it makes for all who ask.
    """
    ending = file_name.rpartition(".")[2]
    mime, usual = _KINDS[ending]
    if callable(data):
        data = in_turn(file_name, in_language(data), short=ending not in _DRAWN, for_all=for_all)
    st.download_button(
        label,
        data=data,
        file_name=file_name,
        mime=mime,
        icon=f":material/{icon or usual}:",
        on_click="ignore",
        help=meaning,
        key=key,
    )


def copy_link() -> None:
    """Draws the button."""
    js = "".join(script.read_text(encoding="utf-8") for script in _SCRIPTS) + _JS
    component = st.components.v2.component(f"wsss_viz_copy_link_{current()}", html=spoken(_HTML), css=_CSS, js=js)
    texts = {
        "label": tr("Copy link"),
        "copied": tr("Copied"),
        "refused": tr("Copy it from the address bar"),
    }
    component(key="copy_link", data=texts, width="content", height="content")
