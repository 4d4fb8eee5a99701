"""The brush as a Streamlit component: an image goes to the browser, strokes come back as a text of anybody's."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import caching
from wsss_viz.app.encoded import picture
from wsss_viz.app.language import current
from wsss_viz.app.widgets.component_files import component_files, spoken
from wsss_viz.data.strokes import read_strokes
from wsss_viz.errors import InputError

_SCRIPTS = ("strokes.js", "brush.js")
"""Each after those it imports."""


def brush(
    name: str,
    image: NDArray[np.uint8],
    strokes: str,
    changed: Callable[[str], None],
    *,
    label: str,
    colour: str,
    opacity: float = 1.0,
) -> None:
    """Draws the brush on an image.

    The browser is told of strokes that were changed elsewhere (a link, Back, a button) and not of those that it sent,
    so that nothing is put back under a moving hand.

    Args:
        name: of this brush, unique on its page and the same in every run.
        image: (H, W, 3).
        strokes: that are painted, a text of `data.strokes`.
        changed: called in a callback with the new text, which has been read once; a text that is none is dropped.
        label: what is painted, for those who do not see it.
        colour: of the paint, for CSS.
        opacity: of the paint, in [0, 1].
    """
    key = f"brush_{name}"
    known = st.session_state.get(f"{key}_known")
    if known is None or known["now"] != strokes:
        known = {"now": strokes, "sent": strokes, "version": secrets.token_hex(6)}
    digest = caching.digest(image)
    if known.get("digest") != digest:
        known = {**known, "digest": digest, "image": picture(image)}
    st.session_state[f"{key}_known"] = known

    def sent() -> None:
        text = text_of(st.session_state[key].get("strokes"))
        if text is not None:
            st.session_state[f"{key}_known"] = {**st.session_state[f"{key}_known"], "now": text}
            changed(text)

    _component()(
        key=key,
        data={
            "image": known["image"],
            "size": list(image.shape[:2]),
            "strokes": known["sent"],
            "version": known["version"],
            "label": label,
            "colour": colour,
            "opacity": opacity,
        },
        on_strokes_change=sent,
    )


def text_of(given: Any) -> str | None:
    """The strokes in what a browser sent, which may be anything; None: there are none to be read."""
    text = given.get("text") if isinstance(given, dict) else None
    try:
        read_strokes(text)
    except InputError:
        return None
    return str(text)


@cache
def _assets() -> tuple[str, str, str]:
    return component_files(Path(__file__).parent, "brush", _SCRIPTS)


def _component() -> Any:
    html, css, js = _assets()
    return st.components.v2.component(f"wsss_viz_brush_{current()}", html=spoken(html), css=css, js=js)
