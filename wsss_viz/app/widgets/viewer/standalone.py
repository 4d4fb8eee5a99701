"""One view as an HTML file: the viewer's own code and what it shows. It asks for nothing, from a disk or anywhere.

Its Content-Security-Policy allows the one script and the two styles in it, by their digests, and pictures that are in
it; nothing else is loaded, sent or run. What is shown is JSON in a block that no browser runs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

from wsss_viz.app.language import current, tr
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.app.widgets.component_files import speaking_script, spoken
from wsss_viz.app.widgets.viewer.component import FIELDS, Drawn, assets, last_drawn
from wsss_viz.app.widgets.viewer.payload import payload
from wsss_viz.errors import InputError
from wsss_viz.version import __version__

MOST_BYTES = 1_000_000
_STYLE = """
:root { color-scheme: light dark; --st-background-color: light-dark(#fcfbf9, #14181b);
  --st-secondary-background-color: light-dark(#f1efea, #1d2327); --st-text-color: light-dark(#1d2529, #e4e7e8);
  --st-border-color: light-dark(#dedad2, #343c41); --st-primary-color: light-dark(#0b6b6b, #2a9088);
  --st-button-radius: 8px; --st-font: system-ui, sans-serif; }
body { margin: 0 auto; padding: 1.2rem 1.5rem 2rem; max-width: 90rem; background: var(--st-background-color);
  color: var(--st-text-color); font: 1rem/1.5 var(--st-font); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 0.3rem; overflow-wrap: anywhere; }
p { margin: 0 0 0.9rem; font-size: 0.9rem; opacity: 0.8; overflow-wrap: anywhere; } footer p { margin: 1.4rem 0 0; }
"""
_MOUNT = """
const root = document.getElementById("view").shadowRoot
const data = JSON.parse(document.getElementById("data").textContent)
mount({ parentElement: root, data, setStateValue() {}, setTriggerValue() {} })
"""


def view_page(drawn: Drawn, title: str, about: str = "", credit: str = "") -> bytes:
    """The file's bytes, fewer than `MOST_BYTES`; the same view gives the same.

    Args:
        title: its heading.
        about: one line under it.
        credit: whose picture it is, or "".

    Raises:
        InputError: it is larger, for so many panels and steps.
    """
    html, css, js = assets()
    script = f"{speaking_script(js).replace('export default function (', 'function mount(', 1)}\n{_MOUNT}"
    data = {
        "name": "viewer",
        "content": payload(drawn.content, focus=drawn.state.focus),
        "view": drawn.state.written(FIELDS),
        "version": "file",
        "picks": False,
        "roomy": drawn.roomy,
        "offered": list(drawn.offered),
    }
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(_STYLE)} {_digest(css)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    block = json.dumps(data, separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    made = tr("wsss_viz {version}. This file works without a server and asks for nothing.", version=__version__)
    page = f"""<!doctype html>
<html lang="{current()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(about)}</p>
<div id="view"><template shadowrootmode="open"><style>{css}</style>{spoken(html)}</template></div>
<footer><p>{escape(credit)} {escape(made)}</p></footer>
<script type="application/json" id="data">{block}</script>
<script type="module">{script}</script>
</body>
</html>
"""
    file = page.encode()
    if len(file) >= MOST_BYTES:
        raise InputError(
            f"this view takes {len(file) / 1e6:.1f} MB as one file, more than {MOST_BYTES / 1e6:.0f}: take fewer "
            "methods, classes or steps"
        )
    return file


def view_button(name: str, title: str, about: str = "", credit: str = "") -> None:
    """The download of what the viewer has just drawn as one HTML file, made when it is asked for; none without one.

    Args:
        name: of the file, without its ending; ours, never an upload's.
        title, about, credit: as of `view_page`.
    """
    drawn = last_drawn()
    if drawn is None:
        return
    file_button(
        tr("This view (HTML)"),
        f"{name}.html",
        lambda: view_page(drawn, title, about, credit),
        meaning=tr(
            "One file with sliders, wipe, zoom and scores, for slides and course pages: it works from a disk, "
            "without a server, and asks for nothing."
        ),
    )


def _digest(text: str) -> str:
    """As a Content-Security-Policy names what may stand in a page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
