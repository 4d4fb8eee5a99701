"""What is stepped through on the page Erasing, and with what settings."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import Parameter, choice, share, whole
from wsss_viz.methods.catalogue import METHODS

MODES = (*(name for name, method in METHODS.items() if method.group), "cs-ae-epochs", "experiment", "by-hand")
MASK_KINDS = ("hard", "soft", "graded")
ERASED = ("class", "all")
ERASURES = ("class", "agnostic", "random")
SOURCES = ("scene", "own")
LARGEST_STEPS = 40


@dataclass(frozen=True)
class ErasingState:
    """
    Attributes:
        mode: one of `MODES`.
        source: one of `SOURCES`, whose image it is: the view's example, or one's own, on every page that takes it.
        steps: K, how often it is erased or tuned; 0: as the method has it.
        mask: one of `MASK_KINDS`, how AE erases.
        erase_at: the normalised activation above which AE erases, of a soft mask its middle.
        erased: one of `ERASED`: from each class's image its own map, or from one image the maps of all labels.
        stop_below: the probability of the class below which AE ends.
        stop_area: the share of the image that may be erased before AE ends.
        erasure: one of `ERASURES`, what the erasing experiment erases.
    """

    mode: str = "ae"
    source: str = "scene"
    steps: int = 0
    mask: str = "hard"
    erase_at: float = 0.5
    erased: str = "class"
    stop_below: float = 0.0
    stop_area: float = 1.0
    erasure: str = "class"


PARAMETERS = (
    Parameter("mode", choice(MODES)),
    Parameter("source", choice(SOURCES)),
    Parameter("steps", whole(0, LARGEST_STEPS)),
    Parameter("mask", choice(MASK_KINDS)),
    Parameter("erase-at", share()),
    Parameter("erased", choice(ERASED)),
    Parameter("stop-below", share()),
    Parameter("stop-area", share()),
    Parameter("erasure", choice(ERASURES)),
)
