"""One life of the process beside the program, as the program sees it."""

from __future__ import annotations

import itertools
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from wsss_viz.app.worker.messages import DONE, ENDED, FAILED, KEEPS, receive, send
from wsss_viz.resources import package_folder

__all__ = ["Answers", "Process"]

_ROOT = str(package_folder().parent)
Answers = queue.SimpleQueue[tuple[str, bytes]]
"""Kind and pickled content."""


class Process:
    """One life of the process, as the program sees it.

    Args:
        weigh: is told, after each piece of work, how many megabytes the process keeps.

    >>> process = Process(0, 1, lambda process, megabytes: None)
    >>> process.ready.wait(60), process.has_ended
    (True, False)
    >>> process.end()
    """

    def __init__(self, niceness: int, at_once: int, weigh: Callable[[Process, float], None]) -> None:
        self._weigh = weigh
        self._popen = subprocess.Popen(
            # No module is taken from the folder in which the program was started, but files named from there are.
            [sys.executable, "-P", "-m", "wsss_viz.app.worker.child", str(niceness), str(at_once)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "MALLOC_ARENA_MAX": "2",  # else glibc keeps a heap with holes for each thread
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH")))),
            },
        )
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._inlet, self._outlet = self._popen.stdin, self._popen.stdout
        self._numbers = itertools.count()
        self._waiting: dict[int, Answers] = {}
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self.ready = threading.Event()
        self.was_ready = self.has_ended = False
        threading.Thread(target=self._hear, name="worker's answers", daemon=True).start()

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for it."""
        return not self._waiting

    def expect(self) -> tuple[int, Answers]:
        """A number for a piece of work, and where its answers will be."""
        answers: Answers = queue.SimpleQueue()
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = answers
            if self.has_ended:
                answers.put((ENDED, b""))
        return number, answers

    def send(self, number: int, work: bytes | None) -> None:
        """Has the work done; None stops it."""
        with self._sending, suppress(OSError, ValueError):  # it has ended, which its answers say
            send(self._inlet, (number, work))

    def forget(self, number: int) -> None:
        """Nobody waits for that any more: it is stopped, where it goes on."""
        with self._lock:
            goes_on = self._waiting.pop(number, None) is not None
        if goes_on:
            self.send(number, None)

    def end(self) -> None:
        """Ends it, whatever it does."""
        self._popen.kill()
        self._popen.wait()
        with suppress(OSError):
            self._inlet.close()

    def _hear(self) -> None:
        try:
            with suppress(EOFError, OSError):
                receive(self._outlet)
                self.was_ready = True
                self.ready.set()
                while True:
                    self._take(*pickle.loads(receive(self._outlet)))
        finally:
            with self._lock:
                self.has_ended = True
                for answers in self._waiting.values():
                    answers.put((ENDED, b""))
            self.ready.set()

    def _take(self, number: int, kind: str, content: bytes) -> None:
        """An answer; whoever waits for it unpickles its content, and what is wrong there is wrong for no other."""
        if kind == KEEPS:
            self._weigh(self, pickle.loads(content))
            return
        with self._lock:
            ends = kind in (DONE, FAILED)
            answers = self._waiting.pop(number, None) if ends else self._waiting.get(number)
        if answers is not None:
            answers.put((kind, content))
