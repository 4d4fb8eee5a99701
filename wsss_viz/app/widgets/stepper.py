"""Previous, Next, Any: three buttons of which every press counts, however fast they come.

Streamlit runs a page once for all presses of a button that arrive while it cannot begin anew; here the browser counts,
and each run makes up for whatever has not been moved yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from wsss_viz.app.language import tr

_FOLDER = Path(__file__).parent
_HEARD, _DRAWN = "stepper_heard", "stepper_drawn"
"""In the session: the count that the page was moved by, and the one it was last drawn at."""
LARGEST = 10_000
"""Presses between two runs, at most: what a browser sends may be anything."""


def is_count(given: Any) -> bool:
    """Whether a browser sent what `stepper.js` sends.

    >>> is_count({"session": "a", "by": 5, "any": 0}), is_count({"by": "5"}), is_count(None)
    (True, False, False)
    """
    return isinstance(given, Mapping) and all(type(given.get(key)) is int for key in ("by", "any"))


def moved(counted: Any, before: Mapping[str, Any]) -> tuple[int, bool]:
    """How far on, and whether anywhere else, since `before` was counted; (0, False) for no count of its session.

    >>> moved({"session": "a", "by": 5, "any": 0}, {"session": "a", "by": 2, "any": 0})
    (3, False)
    >>> moved({"session": "b", "by": 5, "any": 1}, {"session": "a", "by": 2, "any": 0})  # of a server that has ended
    (0, False)
    """
    if not is_count(counted) or counted.get("session") != before["session"]:
        return 0, False
    by, anywhere = (counted[key] - before[key] for key in ("by", "any"))
    return (by, anywhere > 0) if abs(by) <= LARGEST else (0, False)


def pressed() -> bool:
    """Whether, while callbacks run, a press has come: a field's value that comes with it is what it held before."""
    drawn, now = st.session_state.get(_DRAWN), st.session_state.get("stepper", {}).get("counted")
    return drawn is not None and moved(now, drawn) != (0, False)


def stepper(what: str, move: Callable[[int], None], go_anywhere: Callable[[], None]) -> None:
    """Draws the buttons.

    Args:
        what: is stepped through ("photograph").
        move: is told of so many presses of Next, less those of Previous.
        go_anywhere: is called for a press of Any.
    """

    heard = st.session_state.setdefault(_HEARD, {"session": secrets.token_hex(4), "by": 0, "any": 0})
    st.session_state[_DRAWN] = heard

    def counted() -> None:
        now = st.session_state["stepper"].get("counted")
        before = st.session_state[_HEARD]
        by, anywhere = moved(now, before)
        if is_count(now) and now.get("session") == before["session"]:
            st.session_state[_HEARD] = {key: now[key] for key in ("session", "by", "any")}
        if by:
            move(by)
        if anywhere:
            go_anywhere()

    words = {
        "previous": tr("Previous {what}", what=tr(what)),
        "next": tr("Next {what}", what=tr(what)),
        "any": tr("Any {what}", what=tr(what)),
    }
    data = {"words": words, "session": heard["session"], "heard": heard}
    _component()(key="stepper", data=data, on_counted_change=counted, width="content", height="content")


@cache
def _assets() -> tuple[str, str]:
    css, js = ((_FOLDER / f"stepper.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return css, js


def _component() -> Any:
    css, js = _assets()
    html = '<div role="group" aria-label="Which one"></div>'
    return st.components.v2.component("wsss_viz_stepper", html=html, css=css, js=js)
