"""Garbage collections at a pace, not after every run of a page: each holds up everything else in the process.

Streamlit looks through all objects after each run (`runner.postScriptGC`). Of torch and its kind there are 500,000,
which takes 0.4 s of a busy processor with Python's lock held: with thirty visitors 28 % of all the time that lock was
held. So that is off, the server collects every few seconds, and what modules have made, which stays, is passed over.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time

INTERVAL = 5.0
"""Seconds between two collections, at least."""
PACE = 30.0
"""A pause is so many times as long as the collection before it: on a busy processor one takes 0.5 s and more."""
ARENAS = 2
"""Heaps for all threads of the server."""
_ARENA_MAX = -8
"""The number of that option in glibc's malloc.h."""
MANY = 20
"""New modules after which what is in memory is passed over from then on: a page or a library has been loaded."""


class Collector:
    """Collects once for each `collect`; what new modules have made is looked through once.

    Modules are loaded a finite number of times, so what is passed over, though garbage later, is bounded.
    """

    def __init__(self) -> None:
        self._modules = 0

    def collect(self) -> None:
        """One collection; afterwards what is left is passed over from now on, where many modules are new."""
        modules = len(sys.modules)
        gc.collect()
        give_back()
        if modules - self._modules >= MANY:
            gc.freeze()
            self._modules = modules

    def watch(self, ended: threading.Event) -> None:
        """Collects every `INTERVAL`, or more rarely where a collection is dear, until it is ended."""
        took = 0.0
        while not ended.wait(pause(took)):
            started = time.perf_counter()
            self.collect()
            took = time.perf_counter() - started


def give_back() -> bool:
    """Has the C library give freed memory back to the system, which it keeps per thread otherwise; whether it had any.

    False where it is another library than glibc.
    """
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and trim(0) == 1


def share_memory_of_threads() -> bool:
    """Has the C library take memory from two heaps for all threads, where each would have one of its own with holes.

    Thirty visitors of all kinds take a tenth less. To be called before most threads are started. False where it is
    another library than glibc, or `MALLOC_ARENA_MAX` says how many.
    """
    if sys.platform != "linux" or "MALLOC_ARENA_MAX" in os.environ:
        return False
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    return option is not None and option(_ARENA_MAX, ARENAS) == 1


def pause(took: float) -> float:
    """Seconds from a collection that took so many to the next.

    >>> pause(0.01), pause(0.5)
    (5.0, 15.0)
    """
    return max(INTERVAL, PACE * took)


def start() -> threading.Event:
    """Has a thread collect, until the event that this gives is set."""
    ended = threading.Event()
    threading.Thread(target=Collector().watch, args=(ended,), name="collector", daemon=True).start()
    return ended
