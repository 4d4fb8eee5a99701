"""What classifiers say of images with true parts erased: means over the photographs and over drawn scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import mark
from wsss_viz.app.pages.learn import examples
from wsss_viz.app.services import traces
from wsss_viz.errors import InputError
from wsss_viz.evaluation.resampling import mean_intervals
from wsss_viz.showcase import REBUILD
from wsss_viz.traces import Trace

Row = dict[str, Any]
ERASED = (mark("nothing"), mark("head"), mark("body"), mark("object"))
"""What the steps erase, by the true outlines: of drawn scenes the discriminative part, the rest, the object. The stored
traces have one more, the head's area elsewhere, which the table has too."""
ELSEWHERE = mark("elsewhere")
SCENE_KINDS = {"nothing": ("class", 1.0), "head": ("discriminative", None), "body": ("non_discriminative", None)}
SCENE_KINDS |= {"object": ("object", None)}
HEAD_ERASED, BODY_ERASED, OBJECT_ERASED = 1, 2, 3
MEASURES = ("logit", "head", "body")


@dataclass(frozen=True, eq=False)
class Answers:
    """What a classifier says with parts erased, over many images.

    Attributes:
        name: of what it was measured on.
        count: how many.
        erased: the E names of what was erased.
        values: (E, 3, 3), of each of `MEASURES` (the logit, the mean of the raw map on the head and on the body) the
            mean over images and its 95 % bootstrap interval.
        change: by how much the body's activation changes once the head is erased: mean, low and high; of photographs
            paired by image.
    """

    name: str
    count: int
    erased: tuple[str, ...]
    values: NDArray[np.float64]
    change: tuple[float, float, float]

    def left(self, k: int) -> float:
        """The share of the whole image's logit that is left by the erasure k; 0 where it is below 0."""
        return max(0.0, float(self.values[k, 0, 0] / self.values[0, 0, 0]))

    @property
    def relative(self) -> tuple[float, float, float]:
        """`change` as a share of the body's activation in the whole image."""
        mean, low, high = (one / float(self.values[0, 2, 0]) for one in self.change)
        return mean, low, high


def over_photographs() -> Answers:
    """The stored answers on all the photographs."""
    return _over_photographs(examples.photograph_stamps(), examples.photographs())


@st.cache_resource(max_entries=2, show_spinner=False)
def _over_photographs(stamps: examples.Stamps, sources: tuple[str, ...]) -> Answers:
    return answers([examples.photograph_lesson("parts", source) for source in sources])


def answers(parts: list[Trace]) -> Answers:
    """The means over photographs of the traces `parts` (`evaluation.part_erasing`)."""
    every = np.array(
        [[[s.scores[s.targets[0]], s.terms["head"], s.terms["body"]] for s in trace] for trace in parts], dtype=float
    )
    change = mean_intervals(every[:, HEAD_ERASED, 2] - every[:, 0, 2])
    names = (*ERASED, ELSEWHERE)[: every.shape[1]]
    return Answers(mark("photographs"), len(parts), names, mean_intervals(every), (change[0], change[1], change[2]))


def over_scenes() -> Answers:
    """The erasing experiment on drawn scenes. Raises InputError where it was not computed."""
    stored = traces.showcase()
    if stored is None or not stored.experiment:
        raise InputError(traces.showcase_note() or f"The showcase has no erasing experiment: {REBUILD}")
    return scene_answers(stored.experiment)


def scene_answers(experiment: dict[str, Any]) -> Answers:
    """The experiment's averages (`evaluation.erasing_experiment`) as `Answers`. Only the means of its images are
    stored, so the change's interval is that of the body's activation with the head erased."""
    rows = [row(experiment["rows"], *SCENE_KINDS[name]) for name in ERASED]
    keys = ("score", "discriminative_absolute", "non_discriminative_absolute")
    values = np.array([[[one[key], *one["interval"][key]] for key in keys] for one in rows], dtype=float)
    before, after = float(values[0, 2, 0]), values[HEAD_ERASED, 2]
    change = (float(after[0]) - before, float(after[1]) - before, float(after[2]) - before)
    return Answers(mark("drawn scenes"), int(experiment["images"]), ERASED, values, change)


def row(rows: list[Row], kind: str, threshold: float | None) -> Row:
    """The averages of one kind of erasure at one threshold."""
    return next(r for r in rows if r["kind"] == kind and r["threshold"] == threshold)
