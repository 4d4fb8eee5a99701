"""What each session has had of the machine, whoever gave it: jobs and pages' own work are charged here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

HALF = 60.0
"""Seconds in which half of what a session has had is forgotten."""
_NOTHING = 1e-6


class Ledger:
    """Seconds of work by session. May be used from any thread.

    >>> now = [0.0]
    >>> ledger = Ledger(clock=lambda: now[0])
    >>> ledger.charge("a", 8.0)
    >>> now[0] = HALF
    >>> ledger.had("a"), ledger.had("b")
    (4.0, 0.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._had: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def charge(self, session: str, seconds: float) -> None:
        """The session was worked for so long."""
        with self._lock:
            now = self._clock()
            self._had[session] = (self._now(session, now) + seconds, now)
            for one in [one for one in self._had if self._now(one, now) < _NOTHING]:
                del self._had[one]

    def had(self, session: str) -> float:
        """What it has had, in seconds."""
        with self._lock:
            return self._now(session, self._clock())

    def knows(self, session: str) -> bool:
        """Whether it has had anything that is not forgotten."""
        with self._lock:
            return session in self._had

    def _now(self, session: str, now: float) -> float:
        seconds, since = self._had.get(session, (0.0, now))
        return seconds * 0.5 ** ((now - since) / HALF)
