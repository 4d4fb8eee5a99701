"""What the maps say at the settings of a view: values, masks and scores, by the library's definitions. No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.markup import listed, probability
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.seeds import ImageScores, score_image
from wsss_viz.traces import Trace
from wsss_viz.traces.pseudo_masks import mask_of_values

TOP_CLASSES = 2


@dataclass(frozen=True, eq=False)
class ClassScores:
    """One class of the view.

    Attributes:
        name: of the class.
        values: (H, W) float32, its map at the size of the image under the view's normalisation.
        logit, probability: of the whole image, the sigmoid of the logit.
        scores: of its part of the pseudo mask against the ground truth; None where the sample has no mask.
    """

    name: str
    values: NDArray[np.float32]
    logit: float
    probability: float
    scores: ImageScores | None


@dataclass(frozen=True, eq=False)
class ViewScores:
    """What a page shows of one trace.

    Attributes:
        classes: the shown classes, in the data set's order.
        value_range: the values at the two ends of the colour bar.
        mask: (H, W) uint8, the pseudo mask: class index + 1, 0 background.
        mean: the scores averaged over the shown classes that are in the image; None without ground truth.
    """

    classes: tuple[ClassScores, ...]
    value_range: tuple[float, float]
    mask: NDArray[np.unsignedinteger]
    mean: ImageScores | None


def top_classes(trace: Trace, classes: Sequence[str], count: int = TOP_CLASSES) -> tuple[str, ...]:
    """The classes with a probability over one half, at most `count`, or the first one: what is shown without labels."""
    order = np.argsort(trace.scores)[::-1][:count]
    likely = {classes[i] for i in order if trace.scores[i] > 0} or {classes[order[0]]}
    return tuple(name for name in classes if name in likely)


def visible_classes(state: ViewState, sample: Sample, trace: Trace, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes the view asks for, else the sample's labels, else those with the top scores."""
    asked = [name for name in state.classes or sample.labels or () if name in classes]
    return tuple(name for name in classes if name in asked) or top_classes(trace, classes)


def view_scores(
    trace: Trace, sample: Sample, classes: Sequence[str], names: Sequence[str], state: ViewState
) -> ViewScores:
    """Values, pseudo mask and scores of the classes `names`, at the threshold and normalisation of `state`.

    A raw map has no fixed scale to be thresholded on, and one that maps share is for the eye: the mask of both is that
    of `relu_max`.

    Args:
        trace: its final maps are used, (C, h, w).
        classes: the names of the maps, C.
        names: at least one of them.
    """
    indices = [classes.index(name) for name in names]
    step, by = trace.steps[-1], "minmax" if state.normalisation == "minmax" else "relu_max"
    values = step.image_values(sample.size, state.normalisation, indices, state.align)
    masking = values if by == state.normalisation else step.image_values(sample.size, by, indices, state.align)
    mask = mask_of_values(masking, indices, state.threshold)
    scored = []
    for name, index, plane in zip(names, indices, values, strict=True):
        logit = float(trace.scores[index])
        known = sample.mask is not None and name in sample.classes
        scores = score_image(mask == index + 1, sample, name) if known else None
        scored.append(ClassScores(name, plane, logit, probability(logit), scores))
    low, high = (float(values.min()), float(values.max())) if state.normalisation == "raw" else (0.0, 1.0)
    return ViewScores(
        tuple(scored), (low, high), mask, _mean(f.scores for f in scored if f.name in (sample.labels or ()))
    )


def _mean(scores: Iterable[ImageScores | None]) -> ImageScores | None:
    known = [score for score in scores if score is not None]
    if not known:
        return None
    means = []
    for field in fields(ImageScores):
        values = [value for score in known if not math.isnan(value := getattr(score, field.name))]
        means.append(sum(values) / len(values) if values else math.nan)
    return ImageScores(*means)


def sentence(scores: ViewScores, threshold: float) -> str:
    """What the maps cover of the two kinds of parts, in words; empty where there is no ground truth."""
    if scores.mean is None or math.isnan(scores.mean.discriminative + scores.mean.non_discriminative):
        return ""
    names = [f.name for f in scores.classes if f.scores is not None and not math.isnan(f.scores.recall)]
    maps, parts = ("the map of {} covers", "part") if len(names) == 1 else ("the maps of {} cover", "parts")
    first, rest = (
        f"{x * 100:.0f}\N{NO-BREAK SPACE}%" for x in (scores.mean.discriminative, scores.mean.non_discriminative)
    )
    link = "but only" if scores.mean.discriminative - scores.mean.non_discriminative >= 0.2 else "and"
    return (
        f"Above a threshold of {threshold:.2f}, {maps.format(listed(names))} {first} of the discriminative {parts}, "
        f"{link} {rest} of the non-discriminative {parts}."
    )
