"""Long work asks between its steps whether it may go on: whoever started it can stop it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from wsss_viz.errors import InputError

__all__ = ["NOT_BEGUN", "asking", "may_go_on", "within"]

NOT_BEGUN = "nothing was computed yet; the same command starts again"
"""What there is of a command that is stopped while it reads."""

_ask: ContextVar[Callable[[], None] | None] = ContextVar("wsss_viz_ask", default=None)


def may_go_on() -> None:
    """Raises whatever the hook of this thread raises, to end the work; to be called between its steps.

    >>> may_go_on()
    """
    ask = _ask.get()
    if ask is not None:
        ask()


@contextmanager
def asking(ask: Callable[[], None]) -> Iterator[None]:
    """Has `may_go_on` call `ask` within the block, in this thread alone, after whom it called before.

    >>> with asking(lambda: print("on")):
    ...     may_go_on()
    on
    """
    outer = _ask.get()

    def ask_both() -> None:
        if outer is not None:
            outer()
        ask()

    token = _ask.set(ask_both)
    try:
        yield
    finally:
        _ask.reset(token)


@contextmanager
def within(seconds: float, line: str, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Has `may_go_on` raise an InputError of that line once the block has taken so long, by `clock`.

    >>> with within(0.0, "too long"):
    ...     may_go_on()
    Traceback (most recent call last):
    wsss_viz.errors.InputError: too long
    """
    end = clock() + seconds

    def ask() -> None:
        if clock() >= end:
            raise InputError(line)

    with asking(ask):
        yield
