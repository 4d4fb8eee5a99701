"""Where a map says that an object is: its boxes at every threshold, and its highest point.

Sources: `docs/sources.md#boxes`, `docs/sources.md#pointing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.evaluation.counts import THRESHOLDS
from wsss_viz.traces.regions import regions_of

__all__ = ["OVERLAPS", "REMNANT", "TOLERANCE", "Located", "box_ious", "box_scores", "locate", "pointing_scores"]

OVERLAPS = (0.3, 0.5, 0.7)
"""The IoU of boxes from which on one is right: MaxBoxAccV2's."""
TOLERANCE = 15
"""Pixels by which a point may miss: the pointing game's."""
REMNANT = 0.1
"""A region of the ground truth smaller than this share of its class's largest is what an occluder left, no object."""


@dataclass(frozen=True, eq=False)
class Located:
    """What the maps of one image locate; K classes with pixels in its mask, T thresholds.

    Attributes:
        classes: (K,) indices into the sample's classes.
        largest: (K, T, 3) whether the box of the largest region overlaps a box of the class by each of `OVERLAPS`.
        any: (K, T, 3) whether that of any region does.
        pointed: (K,) whether the highest point is on the class, or within `TOLERANCE` of it.
    """

    classes: NDArray[np.int64]
    largest: NDArray[np.bool_]
    any: NDArray[np.bool_]
    pointed: NDArray[np.bool_]


def box_ious(boxes: NDArray, others: NDArray) -> NDArray[np.float64]:
    """(N, M) the IoU of boxes (N, 4) with others (M, 4): top, left, bottom, right, the last two not included.

    >>> box_ious(np.array([[0, 0, 2, 3]]), np.array([[0, 1, 2, 4], [5, 5, 6, 6]])).tolist()
    [[0.5, 0.0]]
    """
    one, other = boxes[:, None].astype(np.float64), others[None].astype(np.float64)
    sides = (np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])).clip(min=0)
    shared = sides.prod(axis=-1)
    return shared / ((one[..., 2:] - one[..., :2]).prod(-1) + (other[..., 2:] - other[..., :2]).prod(-1) - shared)


def locate(
    values: NDArray, sample: Sample, classes: Sequence[str], thresholds: NDArray[np.float64] = THRESHOLDS
) -> Located:
    """What the maps of one image locate of the classes that have pixels in its mask.

    A class without a map, and a map without a positive value, miss. Boxes are those around the regions above a
    threshold; the class's own are around the regions of its mask, all but the remnants (`REMNANT`).

    Args:
        values: (C', H, W), the maps of `classes`, in the image's resolution and divided by their maxima.
        sample: with a mask.

    Raises:
        ValueError: the sample has no mask, or the maps are of another size.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> values = np.zeros((1, 2, 3), np.float32)
        >>> values[0, :, 2] = 1, 0.4  # of blue, which is the two columns at the right
        >>> located = locate(values, flag(), ["blue"], np.array([0.25, 0.75]))
        >>> located.classes.tolist(), located.largest[1].tolist(), located.pointed.tolist()
        ([0, 2], [[True, True, False], [False, False, False]], [False, True])
    """
    if sample.mask is None or values.shape[1:] != sample.size:
        raise ValueError(f"`values` wants maps of {sample.size}, as the mask, got {values.shape[1:]}")
    present = np.array([n - 1 for n in np.unique(sample.mask).tolist() if 0 < n < IGNORE], dtype=np.int64)
    right = np.zeros((2, len(present), len(thresholds), len(OVERLAPS)), dtype=bool)
    pointed = np.zeros(len(present), dtype=bool)
    for row, index in enumerate(present):
        if sample.classes[index] not in classes:
            continue
        truth, values_of = sample.mask == index + 1, values[classes.index(sample.classes[index])]
        regions = regions_of(truth)
        boxes = regions.boxes[regions.areas >= REMNANT * regions.areas[0]]
        for t, threshold in enumerate(thresholds):
            guesses = regions_of(values_of > threshold).boxes
            if not len(guesses):
                break
            overlaps = box_ious(guesses, boxes).max(axis=1)
            right[0, row, t], right[1, row, t] = overlaps[0] >= OVERLAPS, overlaps.max() >= OVERLAPS
        pointed[row] = values_of.max() > 0 and _near(truth, values_of)
    return Located(present, right[0], right[1], pointed)


def _near(truth: NDArray[np.bool_], values: NDArray) -> bool:
    """Whether a pixel of the class is within `TOLERANCE` of the first highest one."""
    y, x = np.unravel_index(int(values.argmax()), values.shape)
    rows, columns = np.nonzero(truth)
    return bool(((rows - y) ** 2 + (columns - x) ** 2 <= TOLERANCE**2).any())


def box_scores(images: Sequence[Located], thresholds: NDArray[np.float64] = THRESHOLDS) -> dict[str, Any]:
    """MaxBoxAcc at each of `OVERLAPS` and MaxBoxAccV2, in percent of the classes in the images.

    MaxBoxAcc(d) = max over t of the share of (image, class) whose largest region's box has an IoU of at least d;
    MaxBoxAccV2 = the mean over d of the same with the best of all regions' boxes.

    Examples:
        >>> right = np.array([[[True, True, False]], [[True, False, False]]])
        >>> images = [Located(np.array([0, 1]), right, right, np.array([True, False]))]
        >>> scores = box_scores(images, np.array([0.3]))
        >>> scores["max_box_acc"], scores["max_box_acc_v2"]
        ({'0.3': 100.0, '0.5': 50.0, '0.7': 0.0}, 50.0)
    """
    largest, best = (np.concatenate([getattr(image, name) for image in images]) for name in ("largest", "any"))
    accuracy = largest.mean(axis=0) * 100
    at = accuracy.argmax(axis=0)
    return {
        "max_box_acc": {f"{d:g}": float(accuracy[t, i]) for i, (d, t) in enumerate(zip(OVERLAPS, at, strict=True))},
        "thresholds": {f"{d:g}": float(thresholds[t]) for d, t in zip(OVERLAPS, at, strict=True)},
        "max_box_acc_v2": float(best.mean(axis=0).max(axis=0).mean() * 100),
        "objects": len(largest),
    }


def pointing_scores(images: Sequence[Located], classes: Sequence[str]) -> dict[str, Any]:
    """The pointing game: hits / (hits + misses) of each class, in percent, and the mean over the classes there are.

    Examples:
        >>> none = np.zeros((2, 1, 3), bool)
        >>> images = [Located(np.array([0, 1]), none, none, np.array([True, False]))]
        >>> pointing_scores(images, ["cat", "dog", "cow"])
        {'accuracy': 50.0, 'per_class': {'cat': 100.0, 'dog': 0.0}, 'objects': 2}
    """
    index = np.concatenate([image.classes for image in images])
    hits = np.concatenate([image.pointed for image in images])
    there = np.unique(index)
    per_class = {classes[c]: float(hits[index == c].mean() * 100) for c in there.tolist()}
    return {"accuracy": float(np.mean(list(per_class.values()))), "per_class": per_class, "objects": len(hits)}
