"""Work that a page does itself, in turns: whose session has had less is next, and nobody waits in silence.

Short pieces (a map, a picture, a thumbnail) and long ones (a figure, a handout, a checkpoint) have slots of their own,
so that nobody who reads waits for a figure, and long work, a job's as well, rests at its next step while short pieces
are made, at most as long as it has worked; all of them share one amount of memory, and with the jobs one ledger.

A page that is not let in within a moment raises `BusyError`; its place in the queue is kept until it asks again, but no
slot is: who is there goes first. To begin a page again costs more than to wait, so a short piece is waited for longer,
and a page that has said that it waits begins again when its turn has come (`Turns.remaining`), not before.
Work that is let in asks between its steps (`wsss_viz.interrupts`) whether its page is still there and its time not up.
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

from wsss_viz.app.ledger import Ledger
from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking


@dataclass(frozen=True)
class Limits:
    """
    Attributes:
        slots, short_slots: long and short pieces of work at once, beside the worker of jobs.
        megabytes: that all of them together may take; one that takes more is alone.
        seconds: of the processor that one piece may take: a machine that is busy makes nothing too large.
        moment, short_moment: seconds that a page waits for a long and a short piece before it says that it waits.
        download: seconds that a file that was asked for waits.
        away: seconds for which the place of a page that asks again is kept.
        waiting: pieces that may wait.
        rest: seconds that long work rests at a time while short pieces are made.
    """

    slots: int = max(1, (os.cpu_count() or 1) // 2)
    short_slots: int = os.cpu_count() or 1
    megabytes: float = 3072.0
    seconds: float = 90.0
    moment: float = 2.0
    short_moment: float = 6.0
    download: float = 60.0
    away: float = 6.0
    waiting: int = 100
    rest: float = 0.25


class BusyError(Exception):
    """Others are first; `seconds` is about how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Busy, about {max(1, round(seconds))} s: others are first.")
        self.seconds = seconds


class GoneError(InputError):
    """Whoever asked for it has left."""


@dataclass(frozen=True)
class Piece:
    """What a piece of work takes, at most: an estimate.

    Attributes:
        what: it is, by which a session's place in the queue is known when it asks again.
        megabytes: beyond what the server has without it.
        short: whether it takes about a second or less.
    """

    what: str
    megabytes: float = 600.0
    short: bool = False


@dataclass(eq=False)
class _Waiting:
    owner: str
    piece: Piece
    asked: float
    latest: float
    present: int = 0


class Turns:
    """The queue. Every method may be called from any thread."""

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.thread_time,
        ledger: Ledger | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.ledger = ledger or Ledger(clock)
        self._clock, self._used = clock, used
        self._changed = threading.Condition()
        self._queue: dict[tuple[str, str], _Waiting] = {}  # in the order they were asked for
        self._running: list[_Waiting] = []
        self._left: dict[str, float] = {}
        self._usual = {False: 3.0, True: 0.5}
        self._inside = threading.local()

    @contextmanager
    def turn(
        self, owner: str, piece: Piece, patience: float | None = None, ask: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """The block is run in its turn; within another turn of this thread at once.

        Args:
            owner: the session.
            piece: is done.
            patience: seconds that are waited; default a moment.
            ask: raises where the work, or the waiting for it, is to end early.

        Raises:
            BusyError: it is not its turn yet, or too many wait.
            InputError: from within, where the block takes longer than it may or its session has left.
        """
        if getattr(self._inside, "depth", 0):
            yield
            return
        moment = self.limits.short_moment if piece.short else self.limits.moment
        ticket = self._enter(owner, piece, moment if patience is None else patience, ask)
        self._inside.depth = 1
        started, used = self._clock(), self._used()
        rest = self.resting()

        def go_on() -> None:
            if ask is not None:
                ask()
            if owner in self._left:
                raise GoneError("the page is closed")
            if self._used() - used > self.limits.seconds:
                raise InputError(f"This takes longer than the {self.limits.seconds:.0f} s it may here: make it smaller")
            if not piece.short:
                rest()

        try:
            with asking(go_on):
                yield
        finally:
            self._inside.depth = 0
            with self._changed:
                took = self._clock() - started
                self._running.remove(ticket)
                self._usual[piece.short] += 0.2 * (took - self._usual[piece.short])
                self.ledger.charge(owner, took)
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

    def resting(self) -> Callable[[], None]:
        """What long work calls at its steps: it rests while short pieces are made, at most as long as it has worked.

        So it has half of its pace, however many read.
        """
        latest = self._clock()

        def rest() -> None:
            nonlocal latest
            with self._changed:
                worked = self._clock() - latest
                self._changed.wait_for(
                    lambda: not any(one.piece.short for one in self._running), min(worked, self.limits.rest)
                )
            latest = self._clock()

        return rest

    def remaining(self, owner: str) -> float:
        """About how many seconds the session's pieces wait that have been put off; 0.0 where one may start now.

        Their places are kept as if they had been asked for again.
        """
        with self._changed:
            mine = [ticket for ticket in self._queue.values() if ticket.owner == owner]
            for ticket in mine:
                ticket.latest = self._clock()
            self._sweep()
            if not mine or any(ticket in self._admitted(owner) for ticket in mine):
                return 0.0
            return min(self._seconds(ticket.piece.short, 1 + self._before(ticket)) for ticket in mine)

    def _enter(self, owner: str, piece: Piece, patience: float, ask: Callable[[], None] | None) -> _Waiting:
        key, until = (owner, piece.what), self._clock() + patience
        with self._changed:
            self._sweep()
            ticket = self._queue.get(key)
            if ticket is None:
                if len(self._queue) >= self.limits.waiting:
                    raise BusyError(self._seconds(piece.short, len(self._queue)))
                now = self._clock()
                ticket = self._queue[key] = _Waiting(owner, piece, now, now)
            self._left.pop(owner, None)
            ticket.present += 1
            try:
                while ticket not in self._admitted():
                    left = until - self._clock()
                    if left <= 0 or owner in self._left:
                        raise BusyError(self._seconds(piece.short, 1 + self._before(ticket)))
                    self._changed.wait(min(left, 0.5))
                    if ask is not None:
                        self._ask_outside(ask)
                    self._sweep()
                self._queue.pop(key, None)
                self._running.append(ticket)
                return ticket
            finally:
                ticket.present -= 1
                ticket.latest = self._clock()

    def _ask_outside(self, ask: Callable[[], None]) -> None:
        """Asks without holding the queue up; what it raises leaves with the queue held again."""
        self._changed.release()
        try:
            ask()
        finally:
            self._changed.acquire()

    def _sweep(self) -> None:
        """Forgets the places of those who have not asked again."""
        oldest = self._clock() - self.limits.away
        for key, ticket in list(self._queue.items()):
            if not ticket.present and ticket.latest < oldest:
                del self._queue[key]

    def _order(self) -> list[_Waiting]:
        busy = [one.owner for one in self._running]

        def rank(ticket: _Waiting) -> tuple[int, float, float]:
            return busy.count(ticket.owner), self.ledger.had(ticket.owner), ticket.asked

        return sorted(self._queue.values(), key=rank)

    def _admitted(self, also: str | None = None) -> list[_Waiting]:
        """Who may start now: in order, as far as slots and memory go; nobody passes one who waits for memory.

        Args:
            also: the session that counts as there.
        """
        slots = {False: self.limits.slots, True: self.limits.short_slots}
        for one in self._running:
            slots[one.piece.short] -= 1
        taken = sum(one.piece.megabytes for one in self._running)
        admitted: list[_Waiting] = []
        for ticket in self._order():
            if not (ticket.present or ticket.owner == also):  # a slot kept for it would do nothing meanwhile
                continue
            if slots[ticket.piece.short] <= 0:
                continue
            taken += ticket.piece.megabytes
            if taken > self.limits.megabytes and (self._running or admitted):
                break
            slots[ticket.piece.short] -= 1
            admitted.append(ticket)
        return admitted

    def _before(self, ticket: _Waiting) -> int:
        alike = [one for one in self._order() if one.piece.short == ticket.piece.short]
        return alike.index(ticket) if ticket in alike else 0

    def _seconds(self, short: bool, pieces: int) -> float:
        return self._usual[short] * pieces / (self.limits.short_slots if short else self.limits.slots)


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
