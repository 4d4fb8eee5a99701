"""Long work asks between its steps whether it may go on: whoever started it can stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["asking", "may_go_on"]

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
    """Has `may_go_on` call `ask` within the block, in this thread alone.

    >>> with asking(lambda: print("on")):
    ...     may_go_on()
    on
    """
    token = _ask.set(ask)
    try:
        yield
    finally:
        _ask.reset(token)
