"""Which maps are computed for a comparison: the methods, the views they are fused over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wsss_viz.app.methods import names_in_order
from wsss_viz.app.state.parameters import Notation, Parameter, choice

VIEWS = ("single", "mirror", "multi-scale")


@dataclass(frozen=True)
class ComparingState:
    """
    Attributes:
        views: one of `VIEWS`, the names of `methods.views.PRESETS`.
        methods: names of `methods.METHODS`, and `maps:NAME` of a workspace's folders of maps, side by side; empty: the
            page's own choice.
    """

    views: str = "single"
    methods: tuple[str, ...] = ()


def read_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Methods and maps in order; ValueError for others."""
    ordered = names_in_order(names)
    if len(ordered) < len(set(names)):
        raise ValueError("a list of methods, or of maps:NAME of a workspace that this server was started with")
    return ordered


_METHODS = Notation(
    lambda text: read_methods(() if text == "none" else text.split(",")), lambda names: ",".join(names) or "none"
)

PARAMETERS = (
    Parameter("views", choice(VIEWS)),
    Parameter("methods", _METHODS),
)
