"""From class maps to seeds, from seeds to a pseudo mask, and how good that is on one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE, Sample
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample


def strongest(
    maps: NDArray, labels: Sequence[int], size: tuple[int, int], by: str = "relu_max"
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """At each pixel the labelled class whose normalised map is highest, and that value.

    Args:
        maps: (C, h, w), raw and signed.
        labels: indices of the classes of the image, at least one; the maps of the others are dropped (the field's
            oracle, `methods.md` 0.4).
        size: (H, W).
        by: a normalisation; the maps are enlarged first, then normalised, as in IRN's `high_res`.

    Returns:
        (H, W) int64 class index + 1, and (H, W) float32.
    """
    index = np.array(sorted(set(labels)), dtype=np.int64)
    values = normalise(upsample(np.asarray(maps)[index], size), by)
    best = values.argmax(axis=0)
    return index[best] + 1, np.take_along_axis(values, best[None], axis=0)[0]


def pseudo_mask(
    maps: NDArray, labels: Sequence[int], size: tuple[int, int], threshold: float, by: str = "relu_max"
) -> NDArray[np.unsignedinteger]:
    """The argmax over the background, whose score is the constant `threshold`, and the labelled classes.

    A pixel whose best map equals the threshold is background. Source: `methods.md`, section 1 (IRN,
    `step/eval_cam.py`).

    Returns:
        (H, W) class index + 1, 0 background; uint8, or uint16 where there are more than 254 classes.
    """
    kind = np.uint8 if len(maps) < IGNORE else np.uint16
    if not labels:
        return np.zeros(size, dtype=kind)
    best, value = strongest(maps, labels, size, by)
    return np.where(value > threshold, best, 0).astype(kind)


def class_seeds(maps: NDArray, size: tuple[int, int], threshold: float, by: str = "relu_max") -> NDArray[np.bool_]:
    """(C, H, W) bool: where each class's normalised map is above the threshold, each class by itself."""
    return normalise(upsample(maps, size), by) > threshold


@dataclass(frozen=True)
class ImageScores:
    """How a seed of one class fits one image; each a share from 0 to 1, NaN where nothing is there to be counted.

    Attributes:
        iou, precision, recall: TP / (P + T - TP), TP / P, TP / T over the pixels that are not `ignore`.
        discriminative, non_discriminative: recall of the class's own part pixels.
    """

    iou: float
    precision: float
    recall: float
    discriminative: float
    non_discriminative: float


def score_image(seed: NDArray[np.bool_], sample: Sample, name: str) -> ImageScores:
    """The seed (H, W) of the class `name` against the sample's masks. Raises ValueError where it has no mask."""
    truth = sample.class_mask(name)
    counted = np.ones_like(truth) if sample.mask is None else sample.mask != IGNORE
    seed = seed & counted
    hits, claimed, there = int((seed & truth).sum()), int(seed.sum()), int(truth.sum())

    def part_recall(part: int) -> float:
        if sample.parts is None:
            return float("nan")
        region = truth & (sample.parts == part)
        return _share(int((seed & region).sum()), int(region.sum()))

    return ImageScores(
        _share(hits, claimed + there - hits),
        _share(hits, claimed),
        _share(hits, there),
        part_recall(DISCRIMINATIVE),
        part_recall(NON_DISCRIMINATIVE),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
