"""Functions run by a process beside the program: a thread that computes holds Python's lock from all others.

The process reads what it is to do from its standard input and ends with it: with the program, however that ends. What
goes there and what comes back is pickled, so functions are those of modules; exceptions are raised where it was asked
for. The process knows nothing of the program but its environment.
"""

from __future__ import annotations

import itertools
import math
import mmap
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, ParamSpec, TypeVar

from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking, may_go_on
from wsss_viz.resources import package_folder

__all__ = ["Worker", "WorkerEndedError"]

STARTS_WITHIN = 60.0
"""Seconds in which the process has to be ready, to be worked with."""
ASKS_EVERY = 0.2
"""Seconds after which whoever waits for the process asks whether it may go on (`wsss_viz.interrupts`)."""
SWITCH = 0.0005
"""Seconds for which a thread of the process may keep its lock from the others: what computes with torch gives it up at
each operation, and would wait Python's 5 ms each time while a figure is drawn."""
_SIZE = struct.Struct("<Q")
_ROOT = str(package_folder().parent)
_READY, _ITEM, _DONE, _FAILED, _ENDED, _KEEPS = "ready", "item", "done", "failed", "ended", "keeps"
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
        self._process: _Process | None = None
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
                if kind == _DONE:
                    return
                if kind == _ENDED:
                    raise WorkerEndedError
                if kind == _FAILED:
                    _raise(content)
                may_go_on()
                yield pickle.loads(content)
        finally:
            process.forget(number)

    def _living(self) -> _Process | None:
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

    def _begun(self) -> _Process:
        return _Process(self._niceness, self._at_once, self._weigh)

    def _weigh(self, process: _Process, megabytes: float) -> None:
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


Answers = queue.SimpleQueue[tuple[str, bytes]]


class _Process:
    """One life of the process, as the program sees it.

    Args:
        weigh: is told, after each piece of work, how many megabytes the process keeps.
    """

    def __init__(self, niceness: int, at_once: int, weigh: Callable[[_Process, float], None]) -> None:
        self._weigh = weigh
        self._popen = subprocess.Popen(
            # No module is taken from the folder in which the program was started, but files named from there are.
            [sys.executable, "-P", "-m", __name__, str(niceness), str(at_once)],
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
                answers.put((_ENDED, b""))
        return number, answers

    def send(self, number: int, work: bytes | None) -> None:
        """Has the work done; None stops it."""
        with self._sending, suppress(OSError, ValueError):  # it has ended, which its answers say
            _send(self._inlet, (number, work))

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
                _receive(self._outlet)
                self.was_ready = True
                self.ready.set()
                while True:
                    self._take(*pickle.loads(_receive(self._outlet)))
        finally:
            with self._lock:
                self.has_ended = True
                for answers in self._waiting.values():
                    answers.put((_ENDED, b""))
            self.ready.set()

    def _take(self, number: int, kind: str, content: bytes) -> None:
        """An answer; whoever waits for it unpickles its content, and what is wrong there is wrong for no other."""
        if kind == _KEEPS:
            self._weigh(self, pickle.loads(content))
            return
        with self._lock:
            ends = kind in (_DONE, _FAILED)
            answers = self._waiting.pop(number, None) if ends else self._waiting.get(number)
        if answers is not None:
            answers.put((kind, content))


def _resident_megabytes() -> float:
    """Of this process; 0.0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):
        return 0.0
    return pages * mmap.PAGESIZE / 2**20


def _once(function: Callable[..., Any], args: tuple[Any, ...], more: dict[str, Any]) -> Iterator[Any]:
    yield function(*args, **more)


def _send(pipe: IO[bytes], message: object) -> None:
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(_SIZE.pack(len(content)) + content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    """One message, pickled. Raises EOFError where there is no more."""
    head = pipe.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    content = pipe.read(size)
    if len(content) < size:  # who wrote it was ended amid it
        raise EOFError
    return content


class _Work:
    """The process, as it sees itself."""

    def __init__(self, inlet: IO[bytes], outlet: IO[bytes], at_once: int) -> None:
        self._inlet, self._outlet = inlet, outlet
        self._sending = threading.Lock()
        self._stopped: dict[int, threading.Event] = {}
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="work")

    def run(self) -> None:
        """Works until the program has closed the pipe."""
        self._send(0, _READY, None)
        with suppress(EOFError):
            while True:
                number, work = pickle.loads(_receive(self._inlet))
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
                    self._send(number, _ITEM, item)
                    go_on()
            self._send(number, _DONE, None)
        except BaseException as error:  # whatever ends it is for whoever asked
            if not stopped.is_set():
                self._fail(number, error)
        finally:
            del self._stopped[number]
            self._send(number, _KEEPS, _resident_megabytes())

    def _fail(self, number: int, error: BaseException) -> None:
        if not isinstance(error, InputError):
            error.add_note("".join(traceback.format_exception(error)))
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # one whose arguments are not those of its class
            error = RuntimeError("".join(traceback.format_exception(error)))
        self._send(number, _FAILED, error)

    def _send(self, number: int, kind: str, content: object) -> None:
        packed = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
        with self._sending:
            _send(self._outlet, (number, kind, packed))


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
