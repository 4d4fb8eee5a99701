"""Who is next, and what each waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import fmean

from wsss_viz.app.ledger import Ledger
from wsss_viz.app.turns.pieces import BusyError, GoneError, Limits, Piece, Ticket, Usual, too_long
from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking

RESTS = 3.0
"""How many times as long as it has worked long work rests at most while short pieces are made."""
GIVES_WAY = 30.0
"""A short piece gives way to those that were asked for so many times as long after it as it takes longer than they."""
LONGEST_WAY = 12.0
"""Seconds after which it gives way to none that was asked for later."""
WAKES_AFTER = 0.5
"""Seconds after which a thread that waits asks whether its page is still there, and says how long it waits."""


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
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._queue: list[Ticket] = []
        self._running: list[Ticket] = []
        self._left: dict[str, float] = {}
        self._usual = Usual()
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
            GoneError: the session has left.
            InputError: from within, where the block takes longer than it may or its session has left.
        """
        outer: Ticket | None = getattr(self._inside, "ticket", None)
        if outer is not None and not (outer.piece.short and not piece.short):
            yield
            return
        with self.aside():
            yield from self._in_its_turn(owner, piece, patience, ask, say)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The slot of this thread's short piece is given to others for the block, and taken again at once after it."""
        outer: Ticket | None = getattr(self._inside, "ticket", None)
        if outer is None or not outer.piece.short:
            yield
            return
        with self._lock:
            began = self._clock()
            self._running.remove(outer)
            self._admit()
        try:
            yield
        finally:
            with self._lock:
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
                raise InputError(too_long(self.limits.seconds))
            if not piece.short:
                rest()

        try:
            with asking(go_on):
                yield
        finally:
            self._inside.ticket = outer
            with self._lock:
                took = self._clock() - started - ticket.aside
                self._running.remove(ticket)
                self._usual.add(piece, took)
                self.ledger.charge(owner, took)
                self._admit()

    def leave(self, session: str) -> None:
        """Nothing of this session is waited for any more, and what runs of it ends at its next step."""
        with self._lock:
            self._left[session] = self._clock()
            for ticket in [ticket for ticket in self._queue if ticket.owner == session]:
                if ticket.awaited:
                    ticket.call.notify()
                else:
                    self._queue.remove(ticket)
            while len(self._left) > 1000:
                del self._left[next(iter(self._left))]
            self._admit()

    def resting(self) -> Callable[[], None]:
        """What long work calls at its steps: while short pieces are made it rests, `RESTS` times as long as it worked.

        So it has a quarter of its pace at least, however many read. What another process did meanwhile counts not.
        """
        latest = self._used()

        def rest() -> None:
            nonlocal latest
            worked = self._used() - latest
            with self._lock:
                self._quiet.wait_for(self._is_quiet, min(RESTS * worked, self.limits.rest))
            latest = self._used()

        return rest

    def remaining(self, owner: str) -> float:
        """About how many seconds the session's pieces wait that have been put off; 0.0 where one may start now.

        Their places are kept as if they had been asked for again.
        """
        with self._lock:
            mine = [ticket for ticket in self._queue if ticket.owner == owner]
            for ticket in mine:
                ticket.latest = self._clock()
            self._sweep()
            next_ones = self._next()
            if not mine or any(ticket in next_ones for ticket in mine):
                return 0.0
            return min(map(self._seconds_for, mine))

    def _enter(
        self,
        owner: str,
        piece: Piece,
        patience: float,
        ask: Callable[[], None] | None,
        say: Callable[[float], None] | None,
    ) -> Ticket:
        until = self._clock() + patience
        with self._lock:
            self._sweep()
            ticket = self._ticket_for(owner, piece)
            self._left.pop(owner, None)
            self._welcome(owner)
            ticket.awaited = ticket.there = True
            try:
                self._admit()
                while not ticket.admitted:
                    left = until - self._clock()
                    if owner in self._left:
                        self._queue.remove(ticket)
                        raise GoneError("the page is closed")
                    if left <= 0:
                        raise BusyError(self._seconds_for(ticket))
                    called = ticket.call.wait(min(left, WAKES_AFTER))
                    if not (called or ticket.admitted):  # it may have been let in just when its time was up
                        self._outside(ticket, ask, partial(say, self._seconds_for(ticket)) if say else None)
                        self._sweep()
                        self._admit()
                return ticket
            finally:
                ticket.awaited = ticket.there = False
                ticket.latest = self._clock()

    def _ticket_for(self, owner: str, piece: Piece) -> Ticket:
        """The place that is kept for the session's piece, else one at the end.

        Raises:
            BusyError: as many wait as may.
        """
        for ticket in self._queue:
            if (ticket.owner, ticket.piece.what) == (owner, piece.what) and not ticket.awaited:
                ticket.piece = piece
                return ticket
        if len(self._queue) >= self.limits.waiting:
            raise BusyError(
                sum(map(self._usual.seconds, (one.piece for one in self._queue))) / self._slots(piece.short)
            )
        now = self._clock()
        self._queue.append(Ticket(owner, piece, now, now, threading.Condition(self._lock)))
        return self._queue[-1]

    def _admit(self) -> None:
        """Lets in who is next and there, and wakes their threads, no others; long work goes on where all is quiet."""
        for ticket in self._next():
            if ticket.there:
                self._queue.remove(ticket)
                self._running.append(ticket)
                ticket.admitted = True
                ticket.call.notify()
        if self._is_quiet():
            self._quiet.notify_all()

    def _is_quiet(self) -> bool:
        return not any(one.piece.short for one in self._running)

    def _outside(self, ticket: Ticket, *calls: Callable[[], None] | None) -> None:
        """Calls without holding the queue up, nor a slot; what is raised leaves with the queue held again."""
        ticket.there = False
        self._lock.release()
        try:
            for call in filter(None, calls):
                call()
        finally:
            self._lock.acquire()
            ticket.there = True

    def _welcome(self, owner: str) -> None:
        """Who is new has had what those who are here have had on average: else who comes anew each time is first."""
        others = {one.owner for one in (*self._queue, *self._running)} - {owner}
        if others and not self.ledger.knows(owner):
            self.ledger.charge(owner, fmean(map(self.ledger.had, others)))

    def _sweep(self) -> None:
        """Forgets the places of those who have not asked again."""
        oldest = self._clock() - self.limits.away
        self._queue = [ticket for ticket in self._queue if ticket.awaited or ticket.latest >= oldest]

    def _order(self) -> list[Ticket]:
        """Who is next: long pieces, of the session that has had less, then short ones, those that take long later.

        The other way round a long piece that needs much memory would never find it free.
        """
        busy = [(one.owner, one.piece.short) for one in self._running]  # a page need not wait for its session's file

        def rank(ticket: Ticket) -> tuple[bool, int, float, float]:
            short = ticket.piece.short
            return (
                short,
                busy.count((ticket.owner, short)),
                0.0 if short else self.ledger.had(ticket.owner),
                ticket.asked + (min(GIVES_WAY * self._usual.seconds(ticket.piece), LONGEST_WAY) if short else 0.0),
            )

        return sorted(self._queue, key=rank)

    def _next(self) -> list[Ticket]:
        """Who may start now: in order, as far as slots and memory go; nobody passes one who waits for memory.

        A long piece that was put off counts as there while its page asks when it may come: whoever waits for a file
        without a pause would else always be there before it.
        """
        there = self._clock() - self.limits.coming
        slots = {short: self._slots(short) for short in (False, True)}
        for one in self._running:
            slots[one.piece.short] -= 1
        taken = sum(one.piece.megabytes for one in self._running)
        first: list[Ticket] = []
        for ticket in self._order():
            short = ticket.piece.short
            coming = not short and ticket.latest > there
            if not (ticket.there or coming) or slots[short] <= 0:
                continue
            taken += ticket.piece.megabytes
            if taken > self.limits.megabytes and (self._running or first):
                break
            slots[short] -= 1
            first.append(ticket)
        return first

    def _seconds_for(self, ticket: Ticket) -> float:
        """Until a piece that waits is done, with those before it that are alike long."""
        short, seconds = ticket.piece.short, self._usual.seconds(ticket.piece)
        for one in self._order():
            if one is ticket:
                break
            if one.piece.short == short:
                seconds += self._usual.seconds(one.piece)
        return seconds / self._slots(short)

    def _slots(self, short: bool) -> int:
        return self.limits.short_slots if short else self.limits.slots
