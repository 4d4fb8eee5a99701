"""Which methods pages show, and which of them can be shown. Needs no torch."""

from __future__ import annotations

from wsss_viz.methods.catalogue import METHODS, Method
from wsss_viz.methods.catalogue import why_not_registered as why_not

__all__ = ["METHODS", "MOST", "PREFERRED", "Method", "selection", "why_not"]

PREFERRED = tuple(name for name, method in METHODS.items() if method.preferred)
MOST = 5


def selection(asked: tuple[str, ...], classifier: str) -> tuple[str, ...]:
    """At most `MOST` of the methods asked for, else those of `PREFERRED`.

    Where one of these cannot be shown with the classifier, one of its group stands in that can: AE on the frozen
    classifier for the retrained ones, CS-AE on a single image for the trained one.
    """
    if asked:
        return asked[:MOST]
    return tuple(dict.fromkeys(name for name in (_able(one, classifier) for one in PREFERRED) if name))


def _able(name: str, classifier: str) -> str:
    group = METHODS[name].group
    names = (name, *(other for other in METHODS if group and METHODS[other].group == group))
    return next((other for other in names if not why_not(other, classifier)), "")
