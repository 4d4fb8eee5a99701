"""The process itself: `python -P -m wsss_viz.app.worker.child NICENESS AT_ONCE`."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO

from wsss_viz.app.worker.messages import DONE, FAILED, ITEM, KEEPS, READY, receive, send
from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking

__all__: list[str] = []

SWITCH = 0.0005
"""Seconds for which a thread of the process may keep its lock from the others: what computes with torch gives it up at
each operation, and would wait Python's 5 ms each time while a figure is drawn."""


class _Work:
    """The process, as it sees itself."""

    def __init__(self, inlet: IO[bytes], outlet: IO[bytes], at_once: int) -> None:
        self._inlet, self._outlet = inlet, outlet
        self._sending = threading.Lock()
        self._stopped: dict[int, threading.Event] = {}
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="work")

    def run(self) -> None:
        """Works until the program has closed the pipe."""
        self._send(0, READY, None)
        with suppress(EOFError):
            while True:
                number, work = pickle.loads(receive(self._inlet))
                if work is not None:
                    self._stopped[number] = threading.Event()
                    self._pool.submit(self._do, number, work)
                elif stopped := self._stopped.get(number):
                    stopped.set()

    def _do(self, number: int, work: bytes) -> None:
        stopped = self._stopped[number]

        def go_on() -> None:
            if stopped.is_set():
                raise InputError("nobody waits for it any more")

        try:
            with asking(go_on):
                go_on()
                function, args, more = pickle.loads(work)
                for item in function(*args, **more):
                    self._send(number, ITEM, item)
                    go_on()
            self._send(number, DONE, None)
        except BaseException as error:  # whatever ends it is for whoever asked
            if not stopped.is_set():
                self._fail(number, error)
        finally:
            del self._stopped[number]
            self._send(number, KEEPS, _resident_megabytes())

    def _fail(self, number: int, error: BaseException) -> None:
        if not isinstance(error, InputError):
            error.add_note("".join(traceback.format_exception(error)))
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # one whose arguments are not those of its class
            error = RuntimeError("".join(traceback.format_exception(error)))
        self._send(number, FAILED, error)

    def _send(self, number: int, kind: str, content: object) -> None:
        packed = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
        with self._sending:
            send(self._outlet, (number, kind, packed))


def _resident_megabytes() -> float:
    """Of this process; 0.0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):
        return 0.0
    return pages * mmap.PAGESIZE / 2**20


def _main(niceness: int, at_once: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of the program
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    sys.setswitchinterval(SWITCH)
    inlet, outlet = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nothing that the work starts hears what is asked here
    os.dup2(2, 1)  # what a library prints is none of the answers
    try:
        _Work(inlet, outlet, at_once).run()
    finally:
        os._exit(0)  # the work that goes on is nobody's


if __name__ == "__main__":
    _main(*map(int, sys.argv[1:]))
