"""What sessions hold of uploads once these are read: pixels, in all of them together so many bytes.

A picture of 13 kB may hold 12 MB: each session is bounded by the pages that hold them, all sessions by this.
"""

from __future__ import annotations

import itertools
import threading
import weakref

from numpy.typing import NDArray

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError

MOST_BYTES = 2**30


class Held:
    """Counts the bytes of arrays for as long as anybody has them. May be used from any thread.

    >>> import numpy as np
    >>> held = Held(100)
    >>> picture = held.hold(np.zeros((4, 6, 3), np.uint8))
    >>> held.bytes
    72
    >>> del picture
    >>> held.bytes
    0
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._sizes: dict[int, int] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Held just now."""
        return sum(list(self._sizes.values()))

    def hold(self, array: NDArray) -> NDArray:
        """The array, counted until nobody has it.

        Raises:
            InputError: with it all sessions together would hold too much.
        """
        with self._lock:
            if self.bytes + array.nbytes > self._most:
                raise InputError(
                    f"all visitors together hold {readable_bytes(self._most)} of pictures, as many as are kept here: "
                    "try again once somebody has left"
                )
            number = next(self._numbers)
            self._sizes[number] = array.nbytes
        weakref.finalize(array, self._sizes.pop, number, None)
        return array


_held = Held()


def held() -> Held:
    """The server's."""
    return _held
