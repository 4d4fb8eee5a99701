"""Which methods pages show, and which of them can be shown. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence

from wsss_viz.app import workspace
from wsss_viz.app.language import tr
from wsss_viz.app.workspace import MAPS
from wsss_viz.methods.availability import why_not_registered as why_not
from wsss_viz.methods.catalogue import ACTIVATION, METHODS, REFINED_SCORE, Method
from wsss_viz.refinement import settings as refiners

__all__ = [
    "MAPS",
    "METHODS",
    "MOST",
    "OF_MAPS",
    "PREFERRED",
    "Method",
    "colour_of",
    "is_maps",
    "names_in_order",
    "refined_name",
    "refiner_of",
    "selection",
    "title_of",
    "unit_of",
    "why_not",
]

PREFERRED = tuple(name for name, method in METHODS.items() if method.preferred)
MOST = 5
OF_MAPS = ("#ccff33", "#220033", "#22eeff", "#eeccbb", "#003300")
"""Colours of maps by others, in the order in which they were named: told apart from each other and from the methods' by
everybody, as these are; a dot has a rim, which has the contrast."""


def is_maps(name: str) -> bool:
    """Whether it is a workspace's folder of maps, and no method that is run; refined maps are neither."""
    return name.startswith(MAPS) and not refiner_of(name)


def refined_name(name: str, refine: str) -> str:
    """A method, or a folder of maps, with what its maps go through."""
    return f"{name}+{refine}"


def refiner_of(name: str) -> str:
    """The refiner in a name of `refined_name`; "" in others."""
    plain, _, refine = name.rpartition("+")
    return refine if plain and refine.partition("@")[0] in (*refiners.REFINERS, refiners.SHIPPED_WALK) else ""


def title_of(name: str) -> str:
    """A method, a folder of maps, or either of them refined, as pages call it."""
    if refine := refiner_of(name):
        return f"{title_of(name.removesuffix(f'+{refine}'))} + {refiners.title(refine)}"
    return name.removeprefix(MAPS) if is_maps(name) else tr(METHODS[name].title)


def colour_of(name: str) -> str:
    """Its colour, the same on every page, refined or not."""
    if refine := refiner_of(name):
        return colour_of(name.removesuffix(f"+{refine}"))
    if not is_maps(name):
        return METHODS[name].colour
    known = workspace.map_names()
    return OF_MAPS[known.index(name) % len(OF_MAPS)] if name in known else OF_MAPS[-1]


def unit_of(name: str) -> str:
    """What the values of its maps are: scales are shared among methods of one unit."""
    if refiner_of(name):
        return REFINED_SCORE
    return ACTIVATION if is_maps(name) else METHODS[name].unit


def names_in_order(names: Sequence[str]) -> tuple[str, ...]:
    """Of the names those of methods and of maps that this server knows, each once, methods first."""
    return tuple(name for name in (*METHODS, *workspace.map_names()) if name in names)


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
