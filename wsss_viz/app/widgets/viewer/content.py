"""What the viewer shows: panels of steps over one image. No Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from numpy.typing import NDArray

from wsss_viz.app.encoded import Ground
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import ACTIVATION
from wsss_viz.traces import CellCentres, Step, Trace
from wsss_viz.traces.layout_maps import MapGrids

MOST_PANELS = 6
STALE = "Of another image; it is computed again."


@dataclass(frozen=True, eq=False)
class PanelStep:
    """What one panel shows at one k.

    Attributes:
        maps: (C, h, w), raw and signed; None where the panel has no maps.
        scores: (C,) logits, or None.
        image: (H', W', 3) uint8 in place of the content's image (what an erasing classifier saw), or None.
        region: (h', w') boolean or in [0, 1]: outlined where it is over one half (what was erased or pooled), or None.
        note: one short line, beside the panel's title ("stopped: margin").
        centres: where the cells of `maps` lie, in pixels of the sample's image; None where unknown.
        grids: what `maps` are made of, as `Step.grids`.
        rows: the indices of the classes that `maps` are of; None: all C. The others' are 0.
        mask: (H, W) a finished pseudo mask, class index + 1 and 0 the background, in place of the threshold's.
        name: "epoch 3"; "": "k = 3".
    """

    maps: NDArray | None = None
    scores: NDArray | None = None
    image: NDArray | None = None
    region: NDArray | None = None
    note: str = ""
    centres: CellCentres | None = None
    grids: MapGrids | None = None
    rows: tuple[int, ...] | None = None
    mask: NDArray | None = None
    name: str = ""

    @classmethod
    def of(cls, step: Step, *, image: bool = False, note: str = "") -> Self:
        """The step's maps and scores, and its own image where `image`."""
        return cls(step.maps, step.scores, step.image if image else None, None, note, step.centres, step.grids)


@dataclass(frozen=True, eq=False)
class Panel:
    """One of the viewer's panels.

    Attributes:
        title: what it is.
        steps: in the order of k; a panel with fewer than the others keeps its last. Empty: the image alone, or the
            reason in `missing`.
        note: one short line under the title, for all steps.
        colour: of its mark, for CSS, or "".
        truth: it shows the ground truth with its parts, whatever the others show.
        missing: why there is nothing to show; the panel is greyed.
        focus: the class whose map it shows; "" follows the viewer's class.
        always: "map", "mask" or "image", whatever the others show; "" follows the viewer. A panel that is to show its
            map is not in the table.
        image: the digest of the image that it is of; "": of whatever it stands beside.
        unit: of its maps' values, as `Method.unit`; scales are shared among panels of one unit.
    """

    title: str
    steps: tuple[PanelStep, ...] = ()
    note: str = ""
    colour: str = ""
    truth: bool = False
    missing: str = ""
    focus: str = ""
    always: str = ""
    image: str = ""
    unit: str = ACTIVATION

    @classmethod
    def of(
        cls,
        trace: Trace,
        title: str,
        note: str = "",
        colour: str = "",
        show: Callable[[Step], PanelStep] = PanelStep.of,
        always: str = "",
    ) -> Self:
        """A panel with one step for each of the trace's.

        Args:
            show: from a step to what the panel shows of it.
        """
        return cls(title, tuple(show(step) for step in trace), note, colour, always=always)


def of_image(image: str, panels: Iterable[Panel]) -> tuple[Panel, ...]:
    """The panels of one image: each has its digest, which those keep that have one."""
    return tuple(replace(panel, image=panel.image or image) for panel in panels)


@dataclass(frozen=True, eq=False)
class Content:
    """What one viewer shows.

    Attributes:
        sample: what was classified; its masks are what pseudo masks are measured against, at its size.
        panels: 1 to 6.
        classes: the C classes of the panels' maps and scores.
        visible: the classes that compete in the pseudo mask, beside the one whose map is looked at: the labels.
        ground: the same scene with more pixels, for the eye alone; None: the sample.
        sigmoids: whether the sigmoid of a logit is a probability: not of a network that was trained with a softmax.
        image: the digest of what the page is of; a panel of another image is greyed and shows none of it. "": unknown.
    """

    sample: Sample
    panels: tuple[Panel, ...]
    classes: Sequence[str]
    visible: Sequence[str]
    ground: Ground | None = None
    sigmoids: bool = True
    image: str = ""

    def __post_init__(self) -> None:
        if self.image:
            panels = tuple(
                panel if panel.image in ("", self.image) else Panel(panel.title, missing=STALE, colour=panel.colour)
                for panel in self.panels
            )
            object.__setattr__(self, "panels", panels)
        if not 1 <= len(self.panels) <= MOST_PANELS:
            raise ValueError(f"`panels` is 1 to {MOST_PANELS} panels, got {len(self.panels)}")
        unknown = [name for name in self.visible if name not in self.classes]
        if unknown or not self.visible:
            raise ValueError(f"`visible` is one or more of the classes, got {', '.join(unknown) or 'none'}")
        for panel in self.panels:
            for step in panel.steps:
                count = len(self.classes if step.rows is None else step.rows)
                if step.maps is not None and (step.maps.ndim != 3 or len(step.maps) != count):
                    raise ValueError(f"the maps of {panel.title} want ({count}, h, w): {step.maps.shape}")
