"""The queue of the server's pages: a page's run, the pieces in it, and the files that it offers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wsss_viz.app.turns.pieces import Piece
from wsss_viz.app.turns.queue import Turns

_WEIGHTY = {"source", "mode", "methods", "step", "figure", "views"}
"""Of an address, what the time depends on that its page takes."""
_turns = Turns()


def turns() -> Turns:
    """The server's."""
    return _turns


def session_id() -> str:
    """The session of the page that runs here; "" outside one."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""


def _yield_to_streamlit() -> None:
    """Lets Streamlit end the run here, where the page was closed or something else was clicked."""
    if get_script_run_ctx(suppress_warning=True) is not None:
        "wsss_viz" in st.session_state  # noqa: B015 - every look at the state is such a point


@contextmanager
def turn(what: str, megabytes: float = 600.0, *, short: bool = False) -> Iterator[None]:
    """A page's piece of work, in its turn; see `Piece`. Raises `BusyError`, which the frame says and tries again.

    What a job or the warm-up asks for on its way runs at once: a job has had its turn.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        yield
        return
    with turns().turn(session_id(), Piece(what, megabytes, short), ask=_yield_to_streamlit):
        yield


def _kind_of_page() -> str:
    """Pages that take about the same time: of one name and with the same things on them, of whatever image."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return "page"
    asked = [f"{name}={value}" for name, value in parse_qsl(context.query_string) if name in _WEIGHTY]
    return " ".join((context.page_script_hash, *sorted(asked)))


@contextmanager
def pages_turn(say: Callable[[float], None]) -> Iterator[None]:
    """A page's run, in its turn, for which it waits as long as it takes.

    Args:
        say: is told now and then for about how many seconds more.
    """
    piece = Piece("page", short=True, kind=_kind_of_page())
    with turns().turn(session_id(), piece, math.inf, _yield_to_streamlit, say):
        yield


def in_turn(
    what: str, make: Callable[[], bytes | str], *, short: bool = False, for_all: bool = False
) -> Callable[[], bytes | str]:
    """What makes a download, in the turn of the page that offers it, for which it waits a while.

    Args:
        for_all: whether it is kept for all who ask: then it is finished, though who asked first has left.
    """
    owner = f"{session_id()}, for all" if for_all else session_id()

    def made() -> bytes | str:
        with turns().turn(owner, Piece(what, short=short), turns().limits.download):
            return make()

    return made
