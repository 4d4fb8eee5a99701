"""The worker that the program's threads have at hand."""

from __future__ import annotations

import math
import pickle
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, ParamSpec, TypeVar

from wsss_viz.app.worker.messages import DONE, ENDED, FAILED
from wsss_viz.app.worker.process import Process
from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on

__all__ = ["Worker", "WorkerEndedError"]

STARTS_WITHIN = 60.0
"""Seconds in which the process has to be ready, to be worked with."""
ASKS_EVERY = 0.2
"""Seconds after which whoever waits for the process asks whether it may go on (`wsss_viz.interrupts`)."""
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class WorkerEndedError(InputError):
    """The process was ended from outside amid the work."""

    def __init__(self) -> None:
        super().__init__(
            "The process that computes was ended from outside, as a system does where memory is short: try again, or "
            "ask for less"
        )


class Worker:
    """A process that works for any thread; where it was not started, or cannot be, the caller works.

    A process that has ended is followed by another for the next piece of work.

    Args:
        niceness: how much the system prefers others.
        at_once: pieces of work that it does at a time.
        megabytes: where it keeps more than that and has nothing to do, another takes its turn, which has kept nothing;
            on Linux, elsewhere it is not known.

    >>> import itertools
    >>> worker = Worker()
    >>> worker.start()
    >>> worker.call(math.hypot, 3, 4), list(worker.iterate(itertools.repeat, "x", 2))
    (5.0, ['x', 'x'])
    >>> worker.close()
    >>> worker.call(math.hypot, 3, 4)
    5.0
    """

    def __init__(self, niceness: int = 0, at_once: int = 1, megabytes: float = math.inf) -> None:
        self._niceness, self._at_once, self._megabytes = niceness, at_once, megabytes
        self._process: Process | None = None
        self._closed = False
        self._lock = threading.Lock()
        self.running = False
        """Whether it was started and has been ready to work, and is not closed."""

    def start(self) -> None:
        """Starts the process, and returns when it can work; once it was closed it stays so.

        Raises:
            OSError, RuntimeError: the system gives no process, or no thread to hear it.
        """
        with self._lock:
            if self._closed or self._process is not None:
                return
            process = self._process = self._begun()
        ready = process.ready.wait(STARTS_WITHIN)
        with self._lock:  # it may have been closed meanwhile
            self.running = ready and self._process is process and not process.has_ended

    def close(self) -> None:
        """Ends the process, amid its work as well."""
        with self._lock:
            self._closed = True
            self._give_up()

    def call(self, function: Callable[Parameters, Result], *args: Parameters.args, **more: Parameters.kwargs) -> Result:
        """What the function returns.

        Raises:
            WorkerEndedError: the process was ended amid it.
            Exception: what the function raises, or whatever stops this thread (`wsss_viz.interrupts`).
        """
        if not self.running:
            return function(*args, **more)
        (result,) = self._pieces(_once, (function, args, more), {})
        return result

    def iterate(
        self, function: Callable[Parameters, Iterator[Result]], *args: Parameters.args, **more: Parameters.kwargs
    ) -> Iterator[Result]:
        """What the function yields, ahead of the caller; whoever closes this stops it. Raises as `call`."""
        return self._pieces(function, args, more) if self.running else function(*args, **more)

    def _pieces(
        self, function: Callable[..., Iterator[Any]], args: tuple[Any, ...], more: dict[str, Any]
    ) -> Iterator[Any]:
        packed = pickle.dumps((function, args, more), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            process = self._living()
            number, answers = process.expect() if process else (0, queue.SimpleQueue())
        if process is None:  # it was closed meanwhile, or cannot be started again
            yield from function(*args, **more)
            return
        try:
            process.send(number, packed)
            del packed
            while True:
                try:
                    kind, content = answers.get(timeout=ASKS_EVERY)
                except queue.Empty:
                    may_go_on()
                    continue
                if kind == DONE:
                    return
                if kind == ENDED:
                    raise WorkerEndedError
                if kind == FAILED:
                    _raise(content)
                may_go_on()
                yield pickle.loads(content)
        finally:
            process.forget(number)

    def _living(self) -> Process | None:
        """The process, another where it has ended; None where it was closed, or there can be no other."""
        if self._process is not None and self._process.has_ended:
            if self._process.was_ready:
                self._renew()
            else:
                self._give_up()
        return self._process

    def _give_up(self) -> None:
        self.running = False
        if self._process is not None:
            self._process.end()
            self._process = None

    def _renew(self) -> None:
        assert self._process is not None
        self._process.end()
        try:
            self._process = self._begun()
        except (OSError, RuntimeError):  # none now: the caller works, from now on
            self._process, self.running = None, False

    def _begun(self) -> Process:
        return Process(self._niceness, self._at_once, self._weigh)

    def _weigh(self, process: Process, megabytes: float) -> None:
        """What the process keeps after a piece of work."""
        with self._lock:
            if megabytes > self._megabytes and process is self._process and process.is_idle:
                self._renew()


def _raise(packed: bytes) -> NoReturn:
    """Raises what another process has raised, and keeps nothing of it: an error knows of the frames that it passed."""
    error: BaseException = pickle.loads(packed)
    try:
        raise error
    finally:
        del error


def _once(function: Callable[..., Any], args: tuple[Any, ...], more: dict[str, Any]) -> Iterator[Any]:
    yield function(*args, **more)
