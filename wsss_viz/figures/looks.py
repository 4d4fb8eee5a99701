"""How the methods are named and coloured, the same on every page and in every figure. Needs no torch.

Names, titles and roles are those of `wsss_viz.methods.registry`, which needs torch; the tests hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MethodLook:
    """One method on pages and in figures.

    Attributes:
        title: short, for panels and pills.
        colour: for CSS and plots; the same on every page, apart by hue and by lightness.
        dash: line style in plots, after plotly.
        role: of the trained networks it looks with, or None where the ordinary classifier does.
        train: the command that makes them.
        column: shorter still, above a narrow picture; "": the title.
    """

    title: str
    colour: str
    dash: str = "solid"
    role: str | None = None
    train: str = ""
    column: str = ""


METHODS = {
    "cam": MethodLook("CAM", "#6c757d"),
    "ae": MethodLook("AE, frozen classifier", "#d08700", "dash", column="AE (frozen)"),
    "ae-rounds": MethodLook("AE, retrained", "#b5550b", "dashdot", "ae", "train ae", "AE (retrained)"),
    "gain": MethodLook("GAIN", "#8a4fbf", "dot", "gain", "train gain"),
    "cs-ae": MethodLook("CS-AE", "#1f77c4", "solid", "cgnet", "train cse"),
    "cs-ae-single": MethodLook("CS-AE, single image", "#5aa9dd", "dash", column="CS-AE (single)"),
    "rib": MethodLook("RIB", "#0b7a5e", "solid"),
    "rib-bce": MethodLook("RIB's tuning with BCE", "#7dae3c", "dash", column="RIB (BCE)"),
}
"""By name, in the registry's order."""


def title(name: str) -> str:
    """The method's title; what is no method, such as a control in a report, is called by its own name."""
    return METHODS[name].title if name in METHODS else name
