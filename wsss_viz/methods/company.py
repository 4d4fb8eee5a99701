"""What is to be said where RIB had fewer companions than its settings ask for. Needs no torch."""

from __future__ import annotations

from wsss_viz.traces.step import Step

__all__ = ["missing_companions"]


def missing_companions(step: Step) -> str:
    """How many of RIB's companions were there, and what is done then, in a line; "" where none is missing.

    The official code ends there: its loader gives no batch that is not full (`docs/sources.md#rib`).

    Examples:
        >>> import numpy as np
        >>> maps, scores = np.zeros((1, 2, 3), np.float32), np.zeros(1, np.float32)
        >>> missing_companions(Step(0, maps, scores, terms={"companions": 0.0}, settings={"companions": 20}))
        'no companions: the logits of this image alone are raised'
    """
    wanted, there = step.settings.get("companions", 0), step.terms.get("companions")
    if there is None or there >= wanted:
        return ""
    if not there:
        return "no companions: the logits of this image alone are raised"
    return f"{there:.0f} of {wanted} companions: these alone steady it"
