"""Which methods pages show, and which of them can be shown. Needs no torch."""

from __future__ import annotations

from wsss_viz.methods.catalogue import METHODS, Method
from wsss_viz.methods.catalogue import why_not_registered as why_not

__all__ = ["METHODS", "MOST", "PREFERRED", "Method", "selection", "why_not"]

PREFERRED = tuple(name for name, method in METHODS.items() if method.preferred)
MOST = 5


def selection(asked: tuple[str, ...], classifier: str) -> tuple[str, ...]:
    """At most `MOST` of the methods asked for, else those of `PREFERRED` that can be shown."""
    return asked[:MOST] or tuple(name for name in PREFERRED if not why_not(name, classifier))
