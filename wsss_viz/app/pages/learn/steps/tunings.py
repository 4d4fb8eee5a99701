"""RIB and its control on one class of one image: what both tunings do, measured where the image has a mask."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn.at_hand import AtHand
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.markup import percent
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.seeds import ImageScores, argmax_with_value, score_image
from wsss_viz.traces import Trace

RUNS = ("rib", "rib-bce")
CLEAR = 0.1
"""The change of a share from which it is called one."""
MARGIN = 25.0
"""m of the runs that are shown, as the manifest has it for the shipped classifier; the tests hold the two together."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """One class of one image, tuned by RIB and by its control.

    Attributes:
        traces: by the names in `RUNS`.
        start: of the class's pseudo mask by the first step's map, the CAM; None where the image has no mask of it.
        end: the same of the last steps' accumulated maps, by the names in `RUNS`; empty there.
        areas: the share of the image that these masks cover: of the start and of both ends.
    """

    sample: Sample
    name: str
    traces: dict[str, Trace]
    start: ImageScores | None
    end: dict[str, ImageScores]
    areas: tuple[float, ...] = ()

    def pooled(self, run: str) -> list[float]:
        """The pooled logit y that the loss sees, one per step: the mean over the gradient's views."""
        trace = self.traces[run]
        index = trace.classes.index(self.name)
        return [float(step.arrays["logits"][:, index].mean()) for step in trace]

    @property
    def margin(self) -> float:
        """m, from where RIB's loss asks for nothing more; infinite where its settings do not clamp the logits."""
        settings = self.traces["rib"].steps[0].settings
        if "margin" not in settings:
            return MARGIN
        return float(settings["margin"]) if settings.get("clamp") and settings["margin"] else math.inf

    @property
    def gain(self) -> float:
        """By how much RIB's IoU ends above the control's."""
        return self.end["rib"].iou - self.end["rib-bce"].iou


def claimed(trace: Trace, k: int, sample: Sample, name: str) -> NDArray[np.bool_]:
    """(H, W) the class's part of the pseudo mask of step k, at the viewer's usual threshold."""
    labels = [trace.classes.index(label) for label in sample.labels or ()]
    step = trace.steps[k]
    values = step.image_values(sample.size, "relu_max", labels, ViewState().align)
    winner, value = argmax_with_value(values, range(len(labels)), sample.size, "raw")
    mask: NDArray[np.bool_] = (winner == labels.index(trace.classes.index(name)) + 1) & (value > ViewState().threshold)
    return mask


def tuned(at: AtHand) -> Tuned:
    """The class of an image by both runs. Raises as `AtHand.trace`."""
    traces = {run: at.trace(run) for run in RUNS}
    masks = [claimed(traces["rib"], 0, at.sample, at.name)]
    masks += [claimed(traces[run], -1, at.sample, at.name) for run in RUNS]
    areas = tuple(float(mask.mean()) for mask in masks)
    if not at.measured:
        return Tuned(at.sample, at.name, traces, None, {}, areas)
    start, *ends = (score_image(mask, at.sample, at.name) for mask in masks)
    return Tuned(at.sample, at.name, traces, start, dict(zip(RUNS, ends, strict=True)), areas)


def claim(runs: Tuned) -> str:
    """What the two tunings do to the body; where no outline says what that is, to the object; else to the map."""
    if runs.start is None:
        start, rib, control = map(percent, runs.areas)
        return tr(
            "Without the sigmoid the map of the {name} covers {rib} of the image, with it {control}; at first {start}",
            name=runs.name,
            rib=rib,
            control=control,
            start=start,
        )
    if math.isnan(runs.start.non_discriminative):
        return _object_claim(runs.name, runs.start.recall, *(runs.end[run].recall for run in RUNS))
    return _body_claim(runs.name, runs.start.non_discriminative, *(runs.end[run].non_discriminative for run in RUNS))


def _body_claim(name: str, before: float, rib: float, control: float) -> str:
    if rib - before < CLEAR:
        return tr(
            "Without the sigmoid the logits rise; the body of the {name} is hardly taken in by the map", name=name
        )
    if rib - control >= CLEAR:
        return tr(
            "Without the sigmoid the map takes in the body of the {name}: {before}, then {rib}",
            name=name,
            before=percent(before),
            rib=percent(rib),
        )
    return tr(
        "The map takes in the body of the {name}, {before}, then {rib}; with the sigmoid as well",
        name=name,
        before=percent(before),
        rib=percent(rib),
    )


def _object_claim(name: str, before: float, rib: float, control: float) -> str:
    if rib - before < CLEAR:
        return tr("Without the sigmoid the logits rise; hardly more of the {name} is taken in by the map", name=name)
    if rib - control >= CLEAR:
        return tr(
            "Without the sigmoid the map takes in more of the {name}: {before}, then {rib}",
            name=name,
            before=percent(before),
            rib=percent(rib),
        )
    return tr(
        "The map takes in more of the {name}, {before}, then {rib}; with the sigmoid as well",
        name=name,
        before=percent(before),
        rib=percent(rib),
    )
