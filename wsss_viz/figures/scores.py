"""The scores of all classes over a method's steps, as a chart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wsss_viz.figures.chart import Axis, Colour, Line, Mark, Plot, Rule

__all__ = ["OTHER", "scores_panel"]

OTHER = "#9aa1a6"
"""Of the classes that no label names."""


def scores_panel(
    logits: NDArray[np.float64],
    classes: Sequence[str],
    labels: Sequence[str],
    focus: str,
    colours: Mapping[str, Colour],
    at: int | None = None,
) -> Plot:
    """The logits of all classes over a method's steps.

    Args:
        logits: (K, C).
        labels: the classes in `colours`; the others are grey.
        focus: the class with the widest line.
        at: the step whose points are larger, with an upright line; None: none.

    >>> panel = scores_panel(np.array([[1.0, 2], [3, 4]]), ("cat", "dog"), ["dog"], "dog", {"dog": "#8a4fbf"}, at=1)
    >>> [(mark.name, mark.group, mark.size) for mark in panel.marks[:2]]
    [('cat', 'others', 2.5), ('dog', '', [9.0, 12.0])]
    """
    marks: list[Mark] = []
    for name in sorted(classes, key=lambda name: (name in labels, name == focus and at is not None)):
        coloured = name in labels
        values = logits[:, classes.index(name)].tolist()
        size = 9.0 if name == focus else 6.0 if coloured else 2.5
        marks.append(
            Line(
                range(len(values)), values, name, colours.get(name, OTHER) if coloured else OTHER,
                width=size / 3, symbol="circle", group="" if coloured else "others",
                size=size if at is None or not coloured else [size + 3.0 * (k == at) for k in range(len(values))],
                hover=[f"{name}: logit {value:.1f}, probability {_sigmoid(value):.2f}" for value in values],
            )
        )  # fmt: skip
    if at is not None:
        marks.append(Rule(x=at, on_paper=False))
    return Plot(tuple(marks), Axis("step k"), Axis("logit"))


def _sigmoid(value: float) -> float:
    """Without scipy, whose import is a sixth of what a figure takes to start."""
    return (1 + math.tanh(value / 2)) / 2
