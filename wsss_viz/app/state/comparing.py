"""Which maps are computed for a comparison: the methods, the views they are fused over."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.methods import METHODS
from wsss_viz.app.state.parameters import Parameter, choice, subset

VIEWS = ("single", "mirror", "multi-scale")


@dataclass(frozen=True)
class ComparingState:
    """
    Attributes:
        views: one of `VIEWS`, the names of `methods.views.PRESETS`.
        methods: names of `methods.METHODS`, the methods side by side; empty: the page's own choice.
    """

    views: str = "single"
    methods: tuple[str, ...] = ()


PARAMETERS = (
    Parameter("views", choice(VIEWS)),
    Parameter("methods", subset(tuple(METHODS))),
)
