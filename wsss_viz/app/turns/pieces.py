"""A piece of work that waits for its turn, what a server spends, and why a piece is not done."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from wsss_viz.errors import InputError


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


def too_long(seconds: float) -> str:
    """What is said of a piece that takes more of the processor than it may."""
    return f"This takes longer than the {seconds:.0f} s it may here: make it smaller"


@dataclass(frozen=True)
class Piece:
    """What a piece of work takes, at most: an estimate.

    Attributes:
        what: it is, by which a session's place in the queue is known when it asks again.
        megabytes: beyond what the server has without it.
        short: whether it takes about a second or less.
        kind: pieces of one kind take about the same time; "": `what` says it.
    """

    what: str
    megabytes: float = 600.0
    short: bool = False
    kind: str = ""


@dataclass(eq=False)
class Ticket:
    """A piece in the queue, or let in.

    Attributes:
        owner: the session.
        piece: that is to be done.
        asked: when it was asked for first.
        latest: when it was asked for last.
        call: wakes the thread that waits with it.
        awaited: whether a thread waits with it.
        there: whether that can begin at once.
        admitted: whether it is let in.
        aside: seconds for which it has given its slot away.
    """

    owner: str
    piece: Piece
    asked: float
    latest: float
    call: threading.Condition
    awaited: bool = False
    there: bool = False
    admitted: bool = False
    aside: float = 0.0


class Usual:
    """How long pieces take, by kind, as the latest of them tell; the kinds that were met last are known.

    >>> usual = Usual(most=2)
    >>> usual.add(Piece("a map", short=True), 0.1)
    >>> round(usual.seconds(Piece("a map", short=True)), 2)
    0.1
    >>> usual.seconds(Piece("never met")), round(usual.seconds(Piece("never met", short=True)), 2)
    (3.0, 0.42)
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._by_length = {False: 3.0, True: 0.5}
        self._by_kind: dict[str, float] = {}

    def seconds(self, piece: Piece) -> float:
        """What such a piece takes; of a kind that was never met, what those of its length take."""
        return self._by_kind.get(piece.kind or piece.what, self._by_length[piece.short])

    def add(self, piece: Piece, seconds: float) -> None:
        """A piece took so long."""
        length, kind = self._by_length[piece.short], piece.kind or piece.what
        self._by_length[piece.short] = length + 0.2 * (seconds - length)
        before = self._by_kind.pop(kind, seconds)
        self._by_kind[kind] = before + 0.2 * (seconds - before)
        while len(self._by_kind) > self._most:
            del self._by_kind[next(iter(self._by_kind))]
