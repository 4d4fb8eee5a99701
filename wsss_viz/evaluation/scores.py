"""A data set's scores from its counts, with intervals over images. All percentages, 0 to 100."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import PART_NAMES
from wsss_viz.evaluation.counts import PARTS, THRESHOLDS, Counts
from wsss_viz.evaluation.resampling import percentile_interval, resampling_weights

__all__ = ["Scores", "bootstrap", "image_ious", "summarise"]


@dataclass(frozen=True)
class Scores:
    """Scores of one method on one data set, at one threshold; sources in `docs/sources.md#scores`.

    The confusion counts are added up over the data set, not averaged over images (IRN, OC-CSE).

    Attributes:
        threshold: the background threshold the scores below were taken at.
        miou: mean over the background and the classes of TP / (P + T - TP).
        best_threshold: where the curve is highest on this very data set: what the field reports, an oracle.
        best_miou: the curve there.
        curve: (threshold, mIoU), all thresholds.
        per_class: IoU of the background and of each class.
        precision, recall: TP / P and TP / T, means over the classes without the background.
        fp, fn: (P - TP) / (P + T - TP) and (T - TP) / (P + T - TP), means with the background (SEAM).
        part_recall: share of each part's pixels predicted as the class they belong to.
        interval: 95 % bootstrap interval over images of `miou` and the part recalls, by name.
    """

    threshold: float
    miou: float
    best_threshold: float
    best_miou: float
    curve: tuple[tuple[float, float], ...]
    per_class: dict[str, float]
    precision: float
    recall: float
    fp: float
    fn: float
    part_recall: dict[str, float]
    interval: dict[str, tuple[float, float]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what is not a number is null."""
        plain = {key: getattr(self, key) for key in self.__dataclass_fields__}
        cleaned: dict[str, Any] = _without_nan(plain)
        return cleaned


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def _mean(values: NDArray, axis: int = -1) -> NDArray:
    """The mean over what is defined: a class that is neither there nor predicted has no IoU."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values, axis=axis)


def _ratio(part: NDArray, whole: NDArray) -> NDArray:
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0) * 100


def _union(counts: Counts) -> NDArray:
    return counts.predicted + counts.target - counts.intersection


def _ious(part: NDArray, union: NDArray, nowhere: bool) -> NDArray:
    """In percent; of a class that is neither there nor predicted NaN, or 0 where `nowhere`."""
    ratios = _ratio(part, union)
    return np.nan_to_num(ratios) if nowhere else ratios


def summarise(
    images: Sequence[Counts],
    classes: Sequence[str],
    threshold: float | None = None,
    thresholds: NDArray[np.float64] = THRESHOLDS,
    seed: int = 0,
    nowhere: bool = False,
) -> Scores:
    """The scores of a data set from its images' counts.

    Args:
        images: one Counts per image, at least one.
        classes: C names, without the background.
        threshold: one of `thresholds`, chosen on other data; None: the best on this data.
        seed: of the bootstrap.
        nowhere: whether a class without a pixel, neither true nor predicted, counts as an IoU of 0 (OC-CSE, SEAM:
            `evaluation.protocols`), in place of not at all.

    Raises:
        ValueError: no images, or a threshold that was not counted.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> mask = flag().mask * (np.arange(3) < 2)  # red, and half of blue
        >>> scores = summarise([count_mask(mask.astype(np.uint8), flag())], COLOURS, thresholds=np.array([0.5]))
        >>> round(scores.miou, 2), scores.per_class["blue"], scores.recall  # background 0, red 100, blue 50
        (50.0, 50.0, 75.0)
    """
    if not images:
        raise ValueError("`images` is empty: nothing to score")
    total = functools.reduce(operator.add, images)
    curve = _mean(_ious(total.intersection, _union(total), nowhere))
    best = int(np.nanargmax(curve))
    at = best if threshold is None else int(np.argmin(np.abs(thresholds - threshold)))
    if threshold is not None and abs(thresholds[at] - threshold) > 1e-9:
        raise ValueError(f"`threshold` {threshold} was not counted: give one of {thresholds[0]} to {thresholds[-1]}")
    intersection, predicted, target, union = (
        total.intersection[at],
        total.predicted[at],
        total.target,
        _union(total)[at],
    )
    iou = _ious(intersection, union, nowhere)
    names = ("background", *classes)
    parts = _ratio(total.part_intersection[at], total.part_target)
    return Scores(
        threshold=float(thresholds[at]),
        miou=float(curve[at]),
        best_threshold=float(thresholds[best]),
        best_miou=float(curve[best]),
        curve=tuple((float(t), float(v)) for t, v in zip(thresholds, curve, strict=True)),
        per_class=dict(zip(names, (float(v) for v in iou), strict=True)),
        precision=float(_mean(_ratio(intersection, predicted)[1:])),
        recall=float(_mean(_ratio(intersection, target)[1:])),
        fp=float(_mean(_ious(predicted - intersection, union, nowhere))),
        fn=float(_mean(_ious(target - intersection, union, nowhere))),
        part_recall={PART_NAMES[part]: float(value) for part, value in zip(PARTS, parts, strict=True)},
        interval=bootstrap(images, at, seed=seed, nowhere=nowhere),
    )


def image_ious(
    images: Sequence[Counts], threshold: float, thresholds: NDArray[np.float64] = THRESHOLDS
) -> list[list[float]]:
    """For each image the IoU of each class that is in it, in the classes' order, in percent to one decimal.

    Args:
        threshold: one of `thresholds`.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import flag
        >>> mask = flag().mask * (np.arange(3) < 2)  # red, and half of blue
        >>> image_ious([count_mask(mask.astype(np.uint8), flag())], 0.5, np.array([0.5]))
        [[100.0, 50.0]]
    """
    at = int(np.argmin(np.abs(thresholds - threshold)))
    ious = []
    for image in images:
        iou = _ratio(image.intersection[at], _union(image)[at])
        ious.append([round(float(iou[c]), 1) for c in np.flatnonzero(image.target[1:]) + 1])
    return ious


def bootstrap(
    images: Sequence[Counts],
    at: int,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    nowhere: bool = False,
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals over images, at the threshold number `at`, of the mIoU and the part recalls.

    A draw's mIoU is that of its images, as `miou` is that of all: a class without a pixel in them, neither true nor
    predicted, has no IoU there and is left out of that draw's mean, or counts as 0 where `nowhere`.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import flag
        >>> images = [count_mask(flag().mask, flag()), count_mask(0 * flag().mask, flag())]  # all right, all background
        >>> bounds = bootstrap(images, 0, draws=100)
        >>> bounds["miou"], bounds["discriminative"]
        ((0.0, 100.0), (0.0, 100.0))
    """
    fields = ("intersection", "predicted", "part_intersection")
    stacks = {name: np.stack([getattr(image, name)[at] for image in images]) for name in fields}
    stacks |= {name: np.stack([getattr(image, name) for image in images]) for name in ("target", "part_target")}
    weights = resampling_weights(len(images), draws, seed)
    sums = {name: weights @ stack for name, stack in stacks.items()}
    union = sums["predicted"] + sums["target"] - sums["intersection"]
    miou = _mean(_ious(sums["intersection"], union, nowhere))
    parts = _ratio(sums["part_intersection"], sums["part_target"])
    series = {"miou": miou} | {PART_NAMES[part]: parts[:, i] for i, part in enumerate(PARTS)}
    bounds = {}
    for name, values in series.items():
        low, high = percentile_interval(values, level)
        bounds[name] = (float(low), float(high))
    return bounds
