"""Work that a page does itself, one piece at a time: whose session has had less is next, and nobody waits in silence.

A page that is not let in within a moment raises `BusyError`; its place in the queue is kept until it asks again. Work
that is let in asks between its steps (`wsss_viz.interrupts`) whether its page is still there and its time is not up.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking


@dataclass(frozen=True)
class Limits:
    """
    Attributes:
        slots: pieces of work at once, beside the worker of jobs.
        seconds: one piece may take.
        moment: seconds that a page waits before it says that it waits.
        download: seconds that a file that was asked for waits.
        away: seconds for which the place of a page that asks again is kept.
        waiting: pieces that may wait.
    """

    slots: int = max(1, (os.cpu_count() or 1) // 2)
    seconds: float = 90.0
    moment: float = 2.0
    download: float = 60.0
    away: float = 6.0
    waiting: int = 100


class BusyError(Exception):
    """Others are first; `seconds` is about how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Busy, about {max(1, round(seconds))} s: others are first.")
        self.seconds = seconds


class GoneError(InputError):
    """Whoever asked for it has left."""


@dataclass(eq=False)
class _Waiting:
    owner: str
    asked: float
    latest: float
    present: int = 0


class Turns:
    """The queue. Every method may be called from any thread."""

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: dict[tuple[str, str], _Waiting] = {}  # in the order they were asked for
        self._running: list[str] = []
        self._spent: dict[str, float] = {}
        self._left: dict[str, float] = {}
        self._usual = 3.0
        self._inside = threading.local()

    @contextmanager
    def turn(
        self, owner: str, what: str, patience: float | None = None, ask: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """The block is run in its turn; within another turn of this thread at once.

        Args:
            owner: the session.
            what: is done, by which the session's place in the queue is known when it asks again.
            patience: seconds that are waited; default a moment.
            ask: raises where the work is to end early.

        Raises:
            BusyError: it is not its turn yet, or too many wait.
            InputError: from within, where the block takes longer than it may or its session has left.
        """
        if getattr(self._inside, "depth", 0):
            yield
            return
        self._enter(owner, what, self.limits.moment if patience is None else patience)
        self._inside.depth = 1
        started = self._clock()

        def go_on() -> None:
            if ask is not None:
                ask()
            if owner in self._left:
                raise GoneError("the page is closed")
            if self._clock() - started > self.limits.seconds:
                raise InputError(f"This takes longer than the {self.limits.seconds:.0f} s it may here: make it smaller")

        try:
            with asking(go_on):
                yield
        finally:
            self._inside.depth = 0
            with self._changed:
                took = self._clock() - started
                self._running.remove(owner)
                self._usual += 0.2 * (took - self._usual)
                self._spent[owner] = self._spent.get(owner, 0.0) + took
                if not self._queue:
                    self._spent.clear()
                self._changed.notify_all()

    def leave(self, session: str) -> None:
        """Nothing of this session is waited for any more, and what runs of it ends at its next step."""
        with self._changed:
            self._left[session] = self._clock()
            for key in [key for key in self._queue if key[0] == session]:
                del self._queue[key]
            while len(self._left) > 1000:
                del self._left[next(iter(self._left))]
            self._changed.notify_all()

    def _enter(self, owner: str, what: str, patience: float) -> None:
        key, until = (owner, what), self._clock() + patience
        with self._changed:
            self._sweep()
            ticket = self._queue.get(key)
            if ticket is None:
                if len(self._queue) >= self.limits.waiting:
                    raise BusyError(self._usual * len(self._queue) / self.limits.slots)
                now = self._clock()
                ticket = self._queue[key] = _Waiting(owner, now, now)
            self._left.pop(owner, None)
            ticket.present += 1
            try:
                while not self._is_next(key):
                    left = until - self._clock()
                    if left <= 0 or owner in self._left:
                        raise BusyError(self._usual * (1 + self._before(key)) / self.limits.slots)
                    self._changed.wait(min(left, 0.5))
                    self._sweep()
                del self._queue[key]
                self._running.append(owner)
            finally:
                ticket.present -= 1
                ticket.latest = self._clock()

    def _sweep(self) -> None:
        """Forgets the places of those who have not asked again."""
        oldest = self._clock() - self.limits.away
        for key, ticket in list(self._queue.items()):
            if not ticket.present and ticket.latest < oldest:
                del self._queue[key]

    def _order(self) -> list[tuple[str, str]]:
        def rank(item: tuple[tuple[str, str], _Waiting]) -> tuple[int, float, float]:
            ticket = item[1]
            return self._running.count(ticket.owner), self._spent.get(ticket.owner, 0.0), ticket.asked

        return [key for key, _ in sorted(self._queue.items(), key=rank)]

    def _is_next(self, key: tuple[str, str]) -> bool:
        free = self.limits.slots - len(self._running)
        return key in self._order()[:free] if free > 0 else False

    def _before(self, key: tuple[str, str]) -> int:
        order = self._order()
        return order.index(key) if key in order else 0


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
def turn(what: str) -> Iterator[None]:
    """A page's piece of work, in its turn. Raises `BusyError`, which the frame says and tries again."""
    with turns().turn(session_id(), what, ask=_yield_to_streamlit):
        yield


def in_turn(what: str, make: Callable[[], bytes | str]) -> Callable[[], bytes | str]:
    """What makes a download, in the turn of the page that offers it, for which it waits a while."""
    owner = session_id()

    def made() -> bytes | str:
        with turns().turn(owner, what, turns().limits.download):
            return make()

    return made
