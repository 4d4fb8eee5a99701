"""The room's guesses: an audience answers the presenter's questions on its own devices; counts are all that is held.

A room belongs to the presenter's session and ends with it, when the presentation is left, or after `IDLE` seconds. One
server, no accounts: of a vote its option is counted, and who has voted is known by session until the next question is
asked. Everything is bounded, so that nothing that is sent to it can make it grow.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wsss_viz.app.state.learning import CODE_ALPHABET, CODE_LENGTH
from wsss_viz.errors import InputError

MOST_ROOMS, MOST_VOTERS, MOST_OPTIONS = 50, 1000, 8
MOST_OF_ONE = 5
"""Rooms of one address, but this machine's own: one person with many tabs leaves the others theirs."""
MOST_VOTES_OF_ONE = 200
"""Votes on a question from one address, which a class behind one router has: a script does not use up `MOST_VOTERS`."""
IDLE = 4 * 3600.0
"""Seconds without a question or a vote after which a room ends."""
AWAY = 60.0
"""Seconds for which the presenter's page may be gone, as when the network fails."""


@dataclass(frozen=True)
class Asked:
    """What a room is asked now.

    Attributes:
        step: of the lecture.
        question, options: as they stand on the slide.
        counts: votes by option.
        open: whether votes are still taken.
        right: the number of the right option once it is revealed, else None.
    """

    step: int
    question: str
    options: tuple[str, ...]
    counts: tuple[int, ...]
    open: bool
    right: int | None = None


@dataclass
class _Room:
    code: str
    owner: str
    used: float
    address: str = ""
    left: float | None = None
    step: int = 0
    question: str = ""
    options: tuple[str, ...] = ()
    right: int | None = None
    counts: dict[int, list[int]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    voters: dict[str, str] = field(default_factory=dict)  # their addresses, by session


class Rooms:
    """All rooms of the server. Every method may be called from any thread.

    >>> rooms = Rooms()
    >>> code = rooms.open("presenter")
    >>> rooms.ask("presenter", 1, "Where?", ("here", "there"))
    >>> rooms.vote(code, 1, 0, "a"), rooms.vote(code, 1, 1, "a"), rooms.asked(code).counts
    (True, False, (1, 0))
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rooms: dict[str, _Room] = {}
        self._lock = threading.Lock()

    def open(self, owner: str, address: str = "") -> str:
        """The code of the owner's room, which is made where there is none.

        Args:
            address: from which the owner's page is asked for; "" for this machine.

        Raises:
            InputError: there are too many rooms, or too many of this address.
        """
        with self._lock:
            self._sweep()
            room = self._of(owner)
            if room is None:
                if len(self._rooms) >= MOST_ROOMS:
                    raise InputError(f"{MOST_ROOMS} presentations ask their rooms just now: try again in a while")
                if address and sum(room.address == address for room in self._rooms.values()) >= MOST_OF_ONE:
                    raise InputError(f"{MOST_OF_ONE} presentations of {address} ask their rooms already: end one first")
                code = _new_code()
                while code in self._rooms:
                    code = _new_code()
                room = self._rooms[code] = _Room(code, owner, self._clock(), address)
            return room.code

    def code_of(self, owner: str) -> str:
        """The code of the owner's room, "" where there is none."""
        with self._lock:
            self._sweep()
            room = self._of(owner)
            return room.code if room else ""

    def ask(self, owner: str, step: int, question: str, options: Sequence[str]) -> None:
        """Puts a step's question to the owner's room; one that was asked before keeps its votes and takes no more."""
        with self._lock:
            room = self._of(owner)
            if room is None or room.step == step:
                return
            if room.step:
                room.closed.add(room.step)
            room.step, room.question, room.options = step, question, tuple(options)[:MOST_OPTIONS]
            room.right = None
            room.voters.clear()
            room.counts.setdefault(step, [0] * len(room.options))
            room.used = self._clock()

    def reveal(self, owner: str, step: int, right: int) -> None:
        """The answer is on the slide: no more votes are taken, and the room is told it."""
        with self._lock:
            room = self._of(owner)
            if room is not None and room.step == step:
                room.closed.add(step)
                room.right = right

    def vote(self, code: str, step: int, option: int, session: str, address: str = "") -> bool:
        """Counts a vote; False where it does not count: it is late, the second of a session, of no such option, or one
        of too many from its address ("" is this machine's own)."""
        with self._lock:
            self._sweep()
            room = self._rooms.get(code)
            if room is None or room.step != step or step in room.closed or not session or session in room.voters:
                return False
            if not 0 <= option < len(room.options) or len(room.voters) >= MOST_VOTERS:
                return False
            if address and sum(one == address for one in room.voters.values()) >= MOST_VOTES_OF_ONE:
                return False
            room.voters[session] = address
            room.counts[step][option] += 1
            room.used = self._clock()
            return True

    def asked(self, code: str) -> Asked | None:
        """What the room is asked; None where there is no such room (any more)."""
        with self._lock:
            self._sweep()
            room = self._rooms.get(code)
            if room is None:
                return None
            counts = tuple(room.counts.get(room.step, ()))
            taken = bool(room.step) and room.step not in room.closed
            return Asked(room.step, room.question, room.options, counts, taken, room.right)

    def counts(self, owner: str, step: int) -> tuple[int, ...]:
        """The votes of a step in the owner's room; empty where it was not asked."""
        with self._lock:
            room = self._of(owner)
            return tuple(room.counts.get(step, ())) if room else ()

    def close(self, owner: str) -> None:
        """Ends the owner's room with all it holds."""
        with self._lock:
            room = self._of(owner)
            if room is not None:
                del self._rooms[room.code]

    def leave(self, session: str) -> None:
        """The session's page is gone: its room waits `AWAY` seconds for it."""
        with self._lock:
            room = next((room for room in self._rooms.values() if room.owner == session), None)
            if room is not None:
                room.left = self._clock()

    def _of(self, owner: str) -> _Room | None:
        """The owner's room, who is there."""
        room = next((room for room in self._rooms.values() if owner and room.owner == owner), None)
        if room is not None:
            room.left = None
        return room

    def _sweep(self) -> None:
        now = self._clock()
        for room in list(self._rooms.values()):
            if now - room.used > IDLE or (room.left is not None and now - room.left > AWAY):
                del self._rooms[room.code]


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


_rooms = Rooms()


def rooms() -> Rooms:
    """The server's."""
    return _rooms
