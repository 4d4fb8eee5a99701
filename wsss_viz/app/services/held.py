"""What sessions hold of uploads once these are read: pixels, in all of them together so many bytes.

A picture of 13 kB may hold 12 MB: each session is bounded by the pages that hold them, all sessions by this.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import Any, TypeVar

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError

MOST_BYTES = 2**30
MOST_NETWORK_BYTES = 2**31
T = TypeVar("T")


class Held:
    """Counts the bytes of arrays, or of what else, for as long as anybody has them. May be used from any thread.

    >>> import numpy as np
    >>> held = Held(100)
    >>> picture = held.hold(np.zeros((4, 6, 3), np.uint8))
    >>> held.bytes
    72
    >>> del picture
    >>> held.bytes
    0
    """

    def __init__(self, most: int = MOST_BYTES, what: str = "pictures") -> None:
        self._most, self._what = most, what
        self._sizes: dict[int, int] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Held just now."""
        return sum(list(self._sizes.values()))

    def hold(self, thing: T, size: int | None = None) -> T:
        """The array, or the thing of so many bytes, counted until nobody has it.

        Raises:
            InputError: with it all sessions together would hold too much.
        """
        array: Any = thing
        count = array.nbytes if size is None else size
        with self._lock:
            if self.bytes + count > self._most:
                raise InputError(
                    f"all visitors together hold {readable_bytes(self._most)} of {self._what}, as many as are kept "
                    "here: try again once somebody has left"
                )
            number = next(self._numbers)
            self._sizes[number] = count
        weakref.finalize(thing, self._sizes.pop, number, None)
        return thing


_held = Held()
_networks = Held(MOST_NETWORK_BYTES, "networks")


def held() -> Held:
    """The server's."""
    return _held


def held_networks() -> Held:
    """The server's, of networks that were uploaded."""
    return _networks
