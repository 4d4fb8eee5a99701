"""The viewer as a Streamlit component: what goes to the browser, and what comes back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import caching, session
from wsss_viz.app.encoded import picture
from wsss_viz.app.language import current
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.component_files import component_files, speaking_script, spoken
from wsss_viz.app.widgets.viewer.content import Content
from wsss_viz.app.widgets.viewer.payload import Encode, payload

FIELDS = (
    "k",
    "class",
    "threshold",
    "opacity",
    "colours",
    "normalisation",
    "align",
    "layout",
    "show",
    "outlines",
    "pair",
)
"""The parameters of the address that the viewer shows and changes."""

PIECES = (
    *("class", "layout", "show", "normalisation", "align", "colours", "outlines", "threshold", "opacity", "k"),
    *("table", "scores", "hint"),
)
"""What stands around the panels: the controls, by what they change, the table, the line of scores, the keys."""

_SCRIPTS = tuple(
    f"{name}.js"
    for name in (
        "elements", "arithmetic", "content", "drawing", "controls",
        "viewer", "panels", "table", "readings", "pointer", "timeline", "mount",
    )
)  # fmt: skip
"""The viewer's modules, each after those it imports."""


_DRAWN = "viewer_drawn"


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a viewer was asked to draw."""

    content: Content
    state: ViewState
    offered: tuple[str, ...]
    roomy: bool


@dataclass(frozen=True)
class Picked:
    """The cell of a map that was clicked.

    Attributes:
        panel: its number, from 0.
        row, column: of the cell, from 0, in the grid of the panel's maps.
        x, y: of the point as shares of the image's width and height.
        name: the class whose map it is.
    """

    panel: int
    row: int
    column: int
    x: float
    y: float
    name: str


def viewer(
    name: str,
    content: Content,
    state: ViewState,
    picks: bool = False,
    offered: Sequence[str] | None = None,
    roomy: bool = False,
    opening: bool = False,
    film: Sequence[Mapping[str, str]] = (),
) -> Picked | None:
    """Draws the viewer; what was clicked since the last run, or None.

    What a person changes in the browser arrives as a change of the state, as from any control. The browser is told of
    the state where it was changed elsewhere (a link, Back, another control) and not where it changed it itself: so the
    content it has already is not sent again, and nothing is put back under a moving hand.

    Args:
        name: of this viewer, unique on its page and the same in every run.
        picks: whether a click on a panel runs the page with the cell that was clicked.
        offered: of `PIECES`, what stands around the panels; None: all of it.
        roomy: the maps are the page: fewer stand in a row, and larger.
        opening: the steps are played once when the page is opened, from the first, where the view names none.
        film: for each step a `name`, a `note` and the data address of a small `image`, on the timeline.
    """
    key = f"viewer_{name}"
    view = state.written(FIELDS)
    known = st.session_state.get(f"{key}_known")
    # In another language the component is another one, which knows nothing of what was changed in this.
    if known is None or (view, current()) != (known["now"], known["language"]):
        known = {"sent": view, "now": view, "version": secrets.token_hex(6), "language": current()}
        st.session_state[f"{key}_known"] = known

    def changed() -> None:
        values = _values(st.session_state[key].get("view"))
        sent_last = st.session_state[f"{key}_known"]
        wanted = session.state().updated(values).written(FIELDS)  # as an address has them: the browser's 0.30 is 0.3
        if moved := {field: wanted[field] for field in values if wanted[field] != sent_last["now"][field]}:
            session.set_state(session.state().updated(moved))
            st.session_state[f"{key}_known"] = {**sent_last, "now": {**sent_last["now"], **moved}}

    pieces = tuple(PIECES if offered is None else offered)
    st.session_state[_DRAWN] = Drawn(content, state, pieces, roomy)
    sent = payload(content, _remembering(f"{key}_pictures"), state.focus)
    result = _component()(
        key=key,
        data={
            "name": key,
            "content": sent,
            "view": known["sent"],
            "version": known["version"],
            "picks": picks,
            "roomy": roomy,
            "opening": opening,
            "film": [dict(frame) for frame in film],
            "offered": list(pieces),
        },
        on_view_change=changed,
        on_picked_change=lambda: None,
    )
    return _picked(result.get("picked"), content)


def last_drawn() -> Drawn | None:
    """What this session's viewer drew last; None before that, and after `forget_drawn`."""
    drawn: Drawn | None = st.session_state.get(_DRAWN)
    return drawn


def forget_drawn() -> None:
    """To be called where what is drawn next may have no viewer."""
    st.session_state.pop(_DRAWN, None)


def _remembering(key: str) -> Encode:
    """`picture`, with what was encoded in this session's last run at hand: an example rarely changes between two."""
    old: dict[str, str] = st.session_state.get(key, {})
    new: dict[str, str] = {}
    st.session_state[key] = new

    def encode(image: NDArray[np.uint8]) -> str:
        digest = caching.digest(image)
        new[digest] = new.get(digest) or old.get(digest) or picture(image)
        return new[digest]

    return encode


@cache
def assets() -> tuple[str, str, str]:
    """HTML, style and script of the viewer."""
    return component_files(Path(__file__).parent, "viewer", _SCRIPTS)


def _component() -> Any:
    html, css, js = assets()
    return st.components.v2.component(
        f"wsss_viz_viewer_{current()}", html=spoken(html), css=css, js=speaking_script(js)
    )


def _values(given: Any) -> dict[str, str]:
    """The parameters in what a browser sent, which may be anything."""
    if not isinstance(given, dict):
        return {}
    return {name: value for name in FIELDS if isinstance(value := given.get(name), str)}


def _picked(given: Any, content: Content) -> Picked | None:
    """What was clicked; None for nothing and for what does not exist."""
    if not isinstance(given, dict):
        return None
    try:
        numbers = {key: int(given[key]) for key in ("panel", "row", "column")}
        picked = Picked(**numbers, x=float(given["x"]), y=float(given["y"]), name=str(given["name"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    inside = 0 <= picked.panel < len(content.panels) and 0 <= picked.x <= 1 and 0 <= picked.y <= 1
    return picked if inside and picked.name in content.classes and min(picked.row, picked.column) >= 0 else None
