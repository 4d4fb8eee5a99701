"""The state of one browser tab, kept equal to its address.

The address is read when it was changed from outside (a link, Back, a typed one) and written when a control changed the
state. What a browser asks for before the answer to a change has reached it still carries the address from before that
change, and so do the links that it shows: neither is news, and the change stays.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wsss_viz.app import catalogue, language
from wsss_viz.app.state import ViewState

_STATE = "view_state"
_WRITTEN = "view_written"
_BEFORE = "view_before"
_TOUCHED = "view_touched"
_NOTES = "view_notes"
_PAGE = "view_page"
_SUBJECT = "view_subject"
_DRAWN = "view_drawn"
_FINISHED = "view_finished"
_BACK = "view_back"
_MOST_BEFORE = 16
"""Of the addresses that a browser may still have, as many are remembered."""
ARRIVED = 2.0
"""Seconds after the end of a run in which its answer has reached the browser, with its address and its links."""


def state() -> ViewState:
    """The tab's current view."""
    current: ViewState = st.session_state.get(_STATE, ViewState())
    return current


def notes() -> tuple[str, ...]:
    """One line on each value of the address that could not be used."""
    lines: tuple[str, ...] = st.session_state.get(_NOTES, ())
    return lines


def change(**fields: Any) -> None:
    """Changes the state from a control's callback; the address follows in the rerun."""
    set_state(replace(state(), **fields))


def set_state(new: ViewState) -> None:
    """Replaces the state from a control's callback; the address follows in the rerun."""
    st.session_state[_STATE] = new
    st.session_state[_TOUCHED] = True
    st.session_state[_SUBJECT] = ""
    st.session_state[_NOTES] = ()


def settle(**fields: Any) -> None:
    """Says in a run what the state leaves open, as the page has it; the address follows in the next run."""
    st.session_state[_STATE] = replace(state(), **fields)


def touched() -> bool:
    """Whether a control has changed the state since the address was written."""
    by_control: bool = st.session_state.get(_TOUCHED, False)
    return by_control


def set_subject(digest: str) -> None:
    """Says of which image, by its digest, the page that runs is; what was drawn of another is drawn no more."""
    st.session_state[_SUBJECT] = digest


def subject() -> str:
    """The digest of the image that the page is of; "" where it is of none, or a control has just changed it."""
    digest: str = st.session_state.get(_SUBJECT, "")
    return digest


def is_of(digest: str) -> bool:
    """Whether what belongs to the image of that digest may be drawn: the page is of it, or of none that is known."""
    return subject() in ("", digest)


def synchronise(page: str, begun: float | None = None) -> ViewState:
    """Reads the address where it is news, else writes it. To be called once per run, before any control is drawn.

    Args:
        page: the name of the page that is about to run.
        begun: when the run began, by `time.monotonic`, before it waited for its turn; default now.
    """
    moved = st.session_state.get(_PAGE, page) != page
    st.session_state[_PAGE] = page
    st.session_state[_SUBJECT] = ""
    seen = {name: st.query_params.get_all(name) for name in st.query_params}
    touched = st.session_state.pop(_TOUCHED, False)
    written = st.session_state.get(_WRITTEN)
    finished = st.session_state.pop(_FINISHED, None)
    if finished is not None and (time.monotonic() if begun is None else begun) - finished > ARRIVED:
        st.session_state[_BEFORE] = []
    back = written is not None and _through_history()
    st.session_state[_BACK] = back or st.session_state.get(_BACK, False)
    late = not back and ((touched and not moved) or _is_from_before(seen, page, moved, touched))
    if not late and (back or seen != written):
        st.session_state[_STATE], st.session_state[_NOTES] = ViewState.from_query(seen)
    elif late and moved and not (touched and seen in st.session_state.get(_BEFORE, [])):
        st.session_state[_STATE], st.session_state[_NOTES] = carried(state(), page), ()
    language.choose(state().lang)
    # Back may be pressed before the answer to a click has come, which then puts the click's address over the one that
    # Back went to: so that one is said again. The browser changes nothing where it has it.
    _write(state().to_query(), anyway=back)
    return state()


def carried(view: ViewState, page: str) -> ViewState:
    """What a link to the page of that name takes along of a view; the lecture has views of its own."""
    return view.to_lecture() if page == catalogue.LEARN else replace(view, present=False, answered=False)


def _through_history() -> bool:
    """Whether the browser came here by Back or Forward."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def _is_from_before(seen: dict[str, list[str]], page: str, moved: bool, touched: bool) -> bool:
    """Whether a browser that has not had the last answers yet comes with that address; or, to another page, through a
    link that takes along the view that it was drawn in, then or now, or by a control of that page."""
    before = st.session_state.get(_BEFORE, [])
    if not moved or (touched and seen in before):
        return seen in before
    views = (ViewState.from_query(query)[0] for query in (*before, st.session_state.get(_WRITTEN, {})))
    return any(seen == _as_seen(carried(view, page).to_query()) for view in views)


def _as_seen(query: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in query.items()}


def drawn() -> bool:
    """Whether the page that is about to run stands there from an earlier run."""
    there: bool = st.session_state.get(_DRAWN) == st.session_state[_PAGE]
    return there


def set_drawn() -> None:
    """Says that the page has been run to its end."""
    st.session_state[_DRAWN] = st.session_state[_PAGE]
    st.session_state[_FINISHED] = time.monotonic()
    st.session_state[_BACK] = False


def write_address() -> None:
    """Writes the address at the end of a fragment that has changed the state: a whole run begins with that."""
    if st.session_state.pop(_TOUCHED, False):
        _write(state().to_query())
        st.session_state[_FINISHED] = time.monotonic()


def _write(wanted: dict[str, str], anyway: bool = False) -> None:
    seen = {name: st.query_params.get_all(name) for name in st.query_params}
    now, before = _as_seen(wanted), st.session_state.get(_BEFORE, [])
    for query in (st.session_state.get(_WRITTEN, now), seen):
        if query != now and query not in before:
            before = [*before, query]
    st.session_state[_BEFORE] = before[-_MOST_BEFORE:]
    if anyway or seen != now:
        st.query_params.from_dict(wanted)
    st.session_state[_WRITTEN] = now


def control(
    field: str, value: Any, read: Callable[[Any], dict[str, Any]] | None = None, variant: str = ""
) -> dict[str, Any]:
    """The `key` and `on_change` of a widget that shows `value` and, when moved, changes the state's `field`.

    A browser may send what a widget held before the last answer reached it. A late None is such a value, and is left
    alone; where another late value would do harm, the widget has another `variant` before and after.

    Args:
        field: of ViewState; the widget's key is the page's name and this, for Streamlit takes the same key on two
            pages for two widgets, of which the second starts at its own default.
        value: what the widget shows in this run.
        read: from the widget's value to the fields it changes; default `{field: value}`.
        variant: ends the key.
    """
    key = f"{st.session_state[_PAGE]}_{field}{variant}"
    # Assigning makes the browser drop what the person has moved meanwhile, so it is done for news alone. By Back it has
    # dropped its widgets, and marks no option whose label was another.
    if key not in st.session_state or not _same(st.session_state[key], value) or st.session_state.get(_BACK):
        st.session_state[key] = value

    def changed() -> None:
        moved = st.session_state[key]
        if moved is None:
            return
        change(**(read(moved) if read else {field: moved}))

    return {"key": key, "on_change": changed}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-6)
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return bool(one == other)
