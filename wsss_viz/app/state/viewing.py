"""How maps are shown, wherever the viewer stands: the step, the threshold, the layout, the colours."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import (
    FINAL,
    Notation,
    Parameter,
    choice,
    is_index,
    share,
    step,
    subset,
    write_numbers,
)
from wsss_viz.traces.centres import ALIGNMENTS, FIELD
from wsss_viz.traces.normalisation import NORMALISATIONS
from wsss_viz.traces.overlay import COLOUR_MAPS

LAYOUTS = ("grid", "wipe", "blink", "difference")
DISPLAYS = ("map", "mask", "image")
OUTLINES = ("truth", "parts", "mask")
LARGEST_K = 999
LARGEST_PANEL = 5


@dataclass(frozen=True)
class ViewingState:
    """
    Attributes:
        threshold: t in [0, 1], the normalised activation from which a pixel counts as object.
        opacity: of the map over the image, in [0, 1].
        colours: one of `COLOUR_MAPS`.
        normalisation: one of `NORMALISATIONS`.
        k: the step that is shown, or `FINAL`: each method's last.
        layout: one of `LAYOUTS`.
        show: one of `DISPLAYS`, what lies over the image.
        outlines: of `OUTLINES`, the contours that are drawn.
        align: one of `ALIGNMENTS`: how maps are laid over the image, by their cells' centres or as the field does.
        pair: the two panels that are wiped, blinked or subtracted, counted from 0; empty: the first two with maps.
    """

    threshold: float = 0.3
    opacity: float = 0.6
    colours: str = "inferno"
    normalisation: str = "relu_max"
    k: int = FINAL
    layout: str = "grid"
    show: str = "map"
    outlines: tuple[str, ...] = ("truth",)
    pair: tuple[int, ...] = ()
    align: str = FIELD


def _read_pair(text: str) -> tuple[int, ...]:
    numbers = text.split("-") if text else []
    if numbers and (len(numbers) != 2 or not all(is_index(number, LARGEST_PANEL + 1) for number in numbers)):
        raise ValueError(f"two panels from 0 to {LARGEST_PANEL}, such as 2-3")
    return tuple(int(number) for number in numbers)


PARAMETERS = (
    Parameter("threshold", share()),
    Parameter("opacity", share()),
    Parameter("colours", choice(COLOUR_MAPS)),
    Parameter("normalisation", choice(NORMALISATIONS)),
    Parameter("align", choice(ALIGNMENTS)),
    Parameter("k", step(LARGEST_K)),
    Parameter("layout", choice(LAYOUTS)),
    Parameter("show", choice(DISPLAYS)),
    Parameter("outlines", subset(OUTLINES)),
    Parameter("pair", Notation(_read_pair, write_numbers)),
)
