"""Which maps are computed for a comparison: the methods, the views they are fused over, what they are refined by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wsss_viz.app.methods import names_in_order
from wsss_viz.app.state.parameters import Notation, Parameter, choice
from wsss_viz.errors import InputError
from wsss_viz.refinement.settings import REFINERS, SHIPPED_WALK, named

VIEWS = ("single", "mirror", "multi-scale")


@dataclass(frozen=True)
class ComparingState:
    """
    Attributes:
        views: one of `VIEWS`, the names of `methods.views.PRESETS`.
        methods: names of `methods.METHODS`, and `maps:NAME` of a workspace's folders of maps, side by side; empty: the
            page's own choice.
        refine: what the maps of each method go through, as `--refine` has it; "": nothing.
    """

    views: str = "single"
    methods: tuple[str, ...] = ()
    refine: str = ""


def read_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Methods and maps in order; ValueError for others."""
    ordered = names_in_order(names)
    if len(ordered) < len(set(names)):
        raise ValueError("a list of methods, or of maps:NAME of a workspace that this server was started with")
    return ordered


def read_refine(text: str) -> str:
    """A refiner's text, by its full name; ValueError for others.

    >>> read_refine("crf@0.3"), read_refine("pamr"), read_refine("")
    ('crf:irn@0.3', 'pamr', '')
    """
    if not text:
        return ""
    try:
        name = named(text)[0]
    except InputError:
        name = ""
    if name not in (*REFINERS, SHIPPED_WALK):  # no files of the server by an address
        raise ValueError(f"one of {', '.join((*REFINERS, SHIPPED_WALK))}, alone or with @ and the background's score")
    return "".join((name, *text.rpartition("@")[1:])) if "@" in text else name


_METHODS = Notation(
    lambda text: read_methods(() if text == "none" else text.split(",")), lambda names: ",".join(names) or "none"
)

PARAMETERS = (
    Parameter("views", choice(VIEWS)),
    Parameter("methods", _METHODS),
    Parameter("refine", Notation(read_refine)),
)
