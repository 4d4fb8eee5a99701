"""Work that the server does for pages, in turns, and nobody waits in silence.

A page's run is a piece of work, a short one: with more of them at once than there are processors each would only wait
longer for Python's lock. Short pieces come in the order they were asked for, and a page says how long it waits
(`frame.in_turn`). What a page does on its way is part of it, but for long pieces (a figure, a checkpoint), which have
slots of their own: its slot is given to others meanwhile. Of those the session's is next that has had less, by a ledger
that the jobs share. So nobody who reads waits for a figure, and long work, a job's as well, rests at its next step
while short pieces are made, three times as long as it has worked. All share one amount of memory.

A long piece that is not let in within a moment raises `BusyError`; its place in the queue is kept until the page asks
again. The page that has said that it waits begins again when its turn has come (`Turns.remaining`), not before, and as
long as it asks for that a slot waits for it.
Work that is let in asks between its steps (`wsss_viz.interrupts`) whether its page is still there and its time not up.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import fmean

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wsss_viz.app.ledger import Ledger
from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking

RESTS = 3.0
"""How many times as long as it has worked long work rests at most while short pieces are made."""


@dataclass(frozen=True)
class Limits:
    """
    Attributes:
        slots, short_slots: long and short pieces of work at once, beside the worker of jobs.
        megabytes: that all of them together may take; one that takes more is alone.
        seconds: of the processor that one piece may take: a machine that is busy makes nothing too large.
        moment, short_moment: seconds that a page waits for a long and a short piece before it says that it waits.
        download: seconds that a file that was asked for waits.
        coming, away: seconds for which a slot and a place are kept for a page that asks again.
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
    coming: float = 2.0
    away: float = 6.0
    waiting: int = 100
    rest: float = 0.5


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
    aside: float = 0.0


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
        self,
        owner: str,
        piece: Piece,
        patience: float | None = None,
        ask: Callable[[], None] | None = None,
        say: Callable[[float], None] | None = None,
    ) -> Iterator[None]:
        """The block is run in its turn; within another turn of this thread at once, but a long piece in a short one.

        Args:
            owner: the session.
            piece: is done.
            patience: seconds that are waited; default a moment.
            ask: raises where the work, or the waiting for it, is to end early.
            say: is told now and then, while it waits, for about how many seconds more.

        Raises:
            BusyError: it is not its turn yet, or too many wait.
            InputError: from within, where the block takes longer than it may or its session has left.
        """
        outer: _Waiting | None = getattr(self._inside, "ticket", None)
        if outer is not None and not (outer.piece.short and not piece.short):
            yield
            return
        with self.aside():
            yield from self._in_its_turn(owner, piece, patience, ask, say)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The slot of this thread's short piece is given to others for the block, and taken again at once after it."""
        outer: _Waiting | None = getattr(self._inside, "ticket", None)
        if outer is None or not outer.piece.short:
            yield
            return
        with self._changed:
            began = self._clock()
            self._running.remove(outer)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._running.append(outer)
                outer.aside += self._clock() - began

    def _in_its_turn(
        self,
        owner: str,
        piece: Piece,
        patience: float | None,
        ask: Callable[[], None] | None,
        say: Callable[[float], None] | None,
    ) -> Iterator[None]:
        outer = getattr(self._inside, "ticket", None)
        moment = self.limits.short_moment if piece.short else self.limits.moment
        ticket = self._enter(owner, piece, moment if patience is None else patience, ask, say)
        self._inside.ticket = ticket
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
            self._inside.ticket = outer
            with self._changed:
                took = self._clock() - started - ticket.aside
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
        """What long work calls at its steps: while short pieces are made it rests, `RESTS` times as long as it worked.

        So it has a quarter of its pace at least, however many read.
        """
        latest = self._clock()

        def rest() -> None:
            nonlocal latest
            with self._changed:
                worked = self._clock() - latest
                self._changed.wait_for(
                    lambda: not any(one.piece.short for one in self._running), min(RESTS * worked, self.limits.rest)
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
            admitted = self._admitted()
            if not mine or any(ticket in admitted for ticket in mine):
                return 0.0
            return min(map(self._seconds_for, mine))

    def _enter(
        self,
        owner: str,
        piece: Piece,
        patience: float,
        ask: Callable[[], None] | None,
        say: Callable[[float], None] | None,
    ) -> _Waiting:
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
            self._welcome(owner)
            ticket.present += 1
            try:
                while ticket not in self._admitted():
                    left = until - self._clock()
                    if left <= 0 or owner in self._left:
                        raise BusyError(self._seconds_for(ticket))
                    self._changed.wait(min(left, 0.5))
                    self._outside(ask, partial(say, self._seconds_for(ticket)) if say else None)
                    self._sweep()
                self._queue.pop(key, None)
                self._running.append(ticket)
                return ticket
            finally:
                ticket.present -= 1
                ticket.latest = self._clock()

    def _outside(self, *calls: Callable[[], None] | None) -> None:
        """Calls without holding the queue up; what is raised leaves with the queue held again."""
        self._changed.release()
        try:
            for call in filter(None, calls):
                call()
        finally:
            self._changed.acquire()

    def _welcome(self, owner: str) -> None:
        """Who is new has had what those who are here have had on average: else who comes anew each time is first."""
        others = {one.owner for one in (*self._queue.values(), *self._running)} - {owner}
        if others and not self.ledger.knows(owner):
            self.ledger.charge(owner, fmean(map(self.ledger.had, others)))

    def _seconds_for(self, ticket: _Waiting) -> float:
        return self._seconds(ticket.piece.short, 1 + self._before(ticket))

    def _sweep(self) -> None:
        """Forgets the places of those who have not asked again."""
        oldest = self._clock() - self.limits.away
        for key, ticket in list(self._queue.items()):
            if not ticket.present and ticket.latest < oldest:
                del self._queue[key]

    def _order(self) -> list[_Waiting]:
        """Who is next: long pieces, of the session that has had less, then short ones as they were asked for.

        The other way round a long piece that needs much memory would never find it free.
        """
        busy = [(one.owner, one.piece.short) for one in self._running]  # a page need not wait for its session's file

        def rank(ticket: _Waiting) -> tuple[bool, int, float, float]:
            short = ticket.piece.short
            return (
                short,
                busy.count((ticket.owner, short)),
                0.0 if short else self.ledger.had(ticket.owner),
                ticket.asked,
            )

        return sorted(self._queue.values(), key=rank)

    def _admitted(self) -> list[_Waiting]:
        """Who may start now: in order, as far as slots and memory go; nobody passes one who waits for memory.

        A long piece that was put off counts as there while its page asks when it may come: whoever waits for a file
        without a pause would else always be there before it.
        """
        there = self._clock() - self.limits.coming
        slots = {short: self._slots(short) for short in (False, True)}
        for one in self._running:
            slots[one.piece.short] -= 1
        taken = sum(one.piece.megabytes for one in self._running)
        admitted: list[_Waiting] = []
        for ticket in self._order():
            coming = not ticket.piece.short and ticket.latest > there
            if not (ticket.present or coming) or slots[ticket.piece.short] <= 0:
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

    def _slots(self, short: bool) -> int:
        return self.limits.short_slots if short else self.limits.slots

    def _seconds(self, short: bool, pieces: int) -> float:
        return self._usual[short] * pieces / self._slots(short)


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


@contextmanager
def pages_turn(say: Callable[[float], None]) -> Iterator[None]:
    """A page's run, in its turn, for which it waits as long as it takes.

    Args:
        say: is told now and then for about how many seconds more.
    """
    piece = Piece("page", short=True)
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
