"""The methods as pages name and colour them, and which of them can be shown. Needs no torch.

Names, titles and roles are those of `wsss_viz.methods.registry`, which needs torch; the tests hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.models.manifest import trained_names


@dataclass(frozen=True)
class MethodLook:
    """One method on pages and in figures.

    Attributes:
        title: short, for panels and pills.
        colour: for CSS and plots; the same on every page, apart by hue and by lightness.
        dash: line style in plots, after plotly.
        role: of the trained networks it looks with, or None where the ordinary classifier does.
        train: the command that makes them.
    """

    title: str
    colour: str
    dash: str = "solid"
    role: str | None = None
    train: str = ""


METHODS = {
    "cam": MethodLook("CAM", "#6c757d"),
    "ae": MethodLook("AE, frozen classifier", "#d08700", "dash"),
    "ae-rounds": MethodLook("AE, retrained", "#b5550b", "dashdot", "ae", "train ae"),
    "gain": MethodLook("GAIN", "#8a4fbf", "dot", "gain", "train gain"),
    "cs-ae": MethodLook("CS-AE", "#1f77c4", "solid", "cgnet", "train cse"),
    "cs-ae-single": MethodLook("CS-AE, single image", "#5aa9dd", "dash"),
    "rib": MethodLook("RIB", "#0b7a5e", "solid"),
    "rib-bce": MethodLook("RIB's tuning with BCE", "#7dae3c", "dash"),
}
"""By name, in the registry's order."""

PREFERRED = ("cam", "ae-rounds", "cs-ae", "rib")
MOST = 5


def why_not(name: str, classifier: str) -> str:
    """Why the method cannot be shown with this classifier, in one line; "" where it can.

    Args:
        classifier: its name in the register of checkpoints.
    """
    look = METHODS[name]
    if look.role is None or trained_names(look.role, classifier):
        return ""
    return f"{look.title} looks with a network of its own, which is not trained yet: python -m wsss_viz {look.train}"


def chosen(asked: tuple[str, ...], classifier: str) -> tuple[str, ...]:
    """At most `MOST` of the methods asked for, else those of `PREFERRED` that can be shown."""
    return asked[:MOST] or tuple(name for name in PREFERRED if not why_not(name, classifier))
