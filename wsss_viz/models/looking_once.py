"""A network looks at the same input once, though it is asked twice: what is in the image, and then where.

Needs no torch: whoever opens the block need not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

__all__ = ["looking_once", "seen_before"]


@dataclass
class _Seen:
    network: Any = None
    given: Any = None
    features: Any = None


_last: ContextVar[_Seen | None] = ContextVar("wsss_viz_last_seen", default=None)


@contextmanager
def looking_once() -> Iterator[None]:
    """Within the block, in this thread alone, `seen_before` keeps what it computed last.

    >>> with looking_once():
    ...     for given in (2, 2, 3):
    ...         print(seen_before("a network", given, lambda: print("looks") or given**2, int.__eq__))
    looks
    4
    4
    looks
    9
    """
    token = _last.set(_Seen())
    try:
        yield
    finally:
        _last.reset(token)


def seen_before(network: Any, given: Any, compute: Callable[[], Any], equal: Callable[[Any, Any], bool]) -> Any:
    """What `compute` gives for the network and what it is given; what it gave last where both are the same again.

    Args:
        network: compared by ==, which of modules is identity.
        equal: compares what is given.

    >>> seen_before("a network", 3, lambda: 9, int.__eq__)  # outside the block
    9
    """
    last = _last.get()
    if last is None:
        return compute()
    if last.network != network or not equal(last.given, given):
        last.network = last.given = last.features = None  # room for the next
        last.network, last.given, last.features = network, given, compute()
    return last.features
