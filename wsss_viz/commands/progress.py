"""How a command says how far it is: a bar on a terminal, a line a minute where there is none, a log file.

What the library says goes through the logger `wsss_viz`: on a terminal it stands behind the bar, with -v it is printed,
with --log it is written to a file with the time.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shlex
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
from tqdm import tqdm

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.data.sample import Sample
    from wsss_viz.methods.binding import BoundMethod
    from wsss_viz.methods.views import Views
    from wsss_viz.traces.step import Step

T = TypeVar("T")

INTERVAL = 60.0
"""Seconds between two lines where there is no terminal."""
LARGE = 2**30
"""Bytes of memory from which a line says them."""

_LOG = logging.getLogger("wsss_viz")
_LINES = logging.getLogger("wsss_viz.progress")
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"
_ONE = "{desc} [{elapsed}{postfix}]"
_active: list[_Progress[Any]] = []
"""What is under way, the innermost last."""


class _Status(logging.Handler):
    """Puts what the library says behind the bar."""

    def emit(self, record: logging.LogRecord) -> None:
        if _active and record.name != _LINES.name:
            _active[-1].say(record.getMessage())


class _Progress(Generic[T]):
    """Items one after the other, and a part of the one that is at work."""

    def __init__(self, items: Iterable[T], title: str, total: int | None) -> None:
        self.items, self.title, self.total = items, title, total
        self.done, self.part, self.said, self.start = 0, 0.0, "", time.monotonic()
        self._ended = threading.Event()

    def __iter__(self) -> Generator[T, None, None]:
        self.start = time.monotonic()
        alone = self.total == 1 and self.title.startswith("reading")
        self._bar: Any = tqdm(
            desc=self.title, total=self.total, file=sys.stderr, disable=None, leave=False, dynamic_ncols=True,
            bar_format=_ONE if alone else None if self.total is None else _BAR,
        )  # fmt: skip
        beat = threading.Thread(target=self._beat, daemon=True) if self._bar.disable else None
        if beat is not None:
            beat.start()
        status, level = _Status(), _LOG.level
        _LOG.addHandler(status)
        _LOG.setLevel(logging.DEBUG)
        _active.append(self)
        try:
            for item in self.items:
                yield item
                self.done, self.part, self.said = self.done + 1, 0.0, ""
                self._bar.update(self.done - self._bar.n)
        finally:
            _active.remove(self)
            _LOG.removeHandler(status)
            _LOG.setLevel(level)
            self._bar.close()
            self._ended.set()
            if beat is not None:
                beat.join()
                if time.monotonic() - self.start > INTERVAL:
                    self._print()

    def pulse(self, part: float) -> None:
        """How much of the item at work is done, 0 to 1."""
        self.part, self.said = min(part, 1.0), ""
        self._bar.update(self.done + self.part - self._bar.n)

    def say(self, text: str) -> None:
        """What is done now, until the next step."""
        self.said = text
        self._bar.set_postfix_str(text)

    def line(self) -> str:
        """Done, total, rate and what is left, in one line."""
        seconds = time.monotonic() - self.start
        done = self.done + self.part
        words = [f"{self.done} of {self.total}" if self.total else str(self.done), _duration(seconds)]
        if self.part:
            words[0] += f" and {self.part:.0%} of the next"
        if done and self.total != self.done:
            rate = done / seconds
            words.append(f"{rate:.2f} per second" if rate >= 0.1 else f"{1 / rate:.0f} s each")
            words += [f"{_duration((self.total - done) / rate)} left"] if self.total else []
        memory = _most_memory()
        words += [f"at most {readable_bytes(memory)} of memory"] if memory >= LARGE else []
        return f"{self.title}: {', '.join([*words, *([self.said] if self.said else [])])}"

    def _print(self) -> None:
        line = self.line()
        click.echo(line, err=True)
        _LINES.info(line)

    def _beat(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._print()


def _most_memory() -> int:
    """Bytes of main memory that this process has had at most; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def progress(items: Iterable[T], title: str, total: int | None = None) -> Iterable[T]:
    """The items, with how far it is on the error stream: a bar on a terminal, else a line after each minute.

    Args:
        total: how many there are, of items that do not say so themselves.
    """
    return _Progress(items, title, len(items) if isinstance(items, Sized) else total)


@contextlib.contextmanager
def counting(total: int, title: str) -> Iterator[Callable[[int], None]]:
    """The same for work that says itself how many of `total` are done, which it tells what this gives."""
    steps, at = iter(_Progress(range(total), title, total)), 0
    next(steps, None)

    def reach(done: int) -> None:
        nonlocal at
        while at < done:
            next(steps, None)
            at += 1

    with contextlib.closing(steps):
        yield reach


@contextlib.contextmanager
def busy(what: str) -> Iterator[None]:
    """The same for one thing that takes its time, such as "reading the checkpoint"."""
    _LOG.info(what)
    for _ in _Progress((None,), what, 1):
        yield


class Reported:
    """A bound method that says how far it is on each sample, and how long it took."""

    def __init__(self, bound: BoundMethod) -> None:
        self.bound = bound
        self._noted = False

    def __call__(self, sample: Sample, views: Views) -> Iterator[Step]:
        """The same Steps."""
        from wsss_viz.methods.catalogue import method
        from wsss_viz.methods.company import missing_companions

        entry, settings = method(self.bound.name), self.bound.settings.as_dict()
        paired = self.bound.inputs.get(entry.parameter, ()) if entry.several else ()
        most = entry.most_steps(len(sample.labels or ("one",)), len(paired), settings)
        start, count, missing = time.monotonic(), 0, ""
        for step in self.bound(sample, views):
            count += 1
            if _active:
                _active[-1].pulse(count / most)
            missing = missing_companions(step)
            yield step
        if missing and not self._noted:
            self._noted = True
            click.echo(f"note: {entry.name} on {sample.name}: {missing}", err=True)
        _LOG.info("%s: %s, %d of %d steps, %.1f s", sample.name, entry.name, count, most, time.monotonic() - start)


class _Printed(logging.Handler):
    """Prints what is said, above the bar."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != _LINES.name:
            tqdm.write(record.getMessage(), file=sys.stderr)


@contextlib.contextmanager
def _logging_to(path: Path | None, verbose: int) -> Iterator[None]:
    handlers: list[logging.Handler] = []
    if path is not None and os.environ.get("RANK", "0") == "0":
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.FileHandler(path, encoding="utf-8"))
        except OSError as error:
            raise InputError(f"--log {path}: {error.strerror}") from None
        handlers[-1].setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    if verbose:
        handlers.append(_Printed(logging.INFO if verbose == 1 else logging.DEBUG))
    level = _LOG.level
    for handler in handlers:
        _LOG.addHandler(handler)
    _LOG.setLevel(logging.DEBUG if handlers else level)
    try:
        _LOG.debug("wsss_viz %s: %s", __version__, shlex.join(sys.argv[1:]))
        yield
        _LOG.debug("done")
    except SystemExit as stop:
        _LOG.debug("ended with exit code %s", stop.code)
        raise
    except InputError as error:
        _LOG.debug("error: %s", error)
        raise
    except KeyboardInterrupt as stop:
        _LOG.debug("stopped%s", f": {stop}" if str(stop) else "")
        raise
    except BaseException:
        _LOG.debug("failed", exc_info=True)
        raise
    finally:
        for handler in handlers:
            _LOG.removeHandler(handler)
            handler.close()
        _LOG.setLevel(level)


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--log and -v of a command that takes long."""
    options = (
        click.option(
            "--log",
            "--log-file",
            "log_path",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write what is done, and when; --log-file is what torchrun lets through.",
        ),
        click.option(
            "-v", "--verbose", count=True, help="Print a line per image and per file that is read; -vv: more."
        ),
    )

    @functools.wraps(command)
    def logged(*, log_path: Path | None, verbose: int, **others: Any) -> Any:
        with _logging_to(log_path, verbose):
            return command(**others)

    for option in reversed(options):
        logged = option(logged)
    return logged


@contextlib.contextmanager
def stoppable(what_is_there: Callable[[str], str]) -> Iterator[None]:
    """Has Ctrl+C end with a line on what is there, and whether the same command goes on from it.

    Args:
        what_is_there: gives the line; is given what the work within says of itself, or "".

    >>> with stoppable(lambda said: "2 of 3 images are there"):
    ...     raise KeyboardInterrupt
    Traceback (most recent call last):
    KeyboardInterrupt: 2 of 3 images are there
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(what_is_there(str(stop))) from None


def announce(text: str) -> None:
    """Prints a result, and writes it to the log too."""
    click.echo(text)
    _LINES.info(text)
