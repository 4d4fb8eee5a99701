"""From class maps to seeds, and how good a seed is on one image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE, Sample
from wsss_viz.traces.pseudo_masks import argmax_with_value, pseudo_mask

__all__ = ["ImageScores", "argmax_with_value", "pseudo_mask", "score_image"]


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
    """The seed (H, W) of the class `name` against the sample's masks. Raises ValueError where it has no mask.

    >>> from wsss_viz.data.sources import sample
    >>> cow = sample("scenes:test:129")
    >>> score_image(cow.class_mask("cow"), cow, "cow")
    ImageScores(iou=1.0, precision=1.0, recall=1.0, discriminative=1.0, non_discriminative=1.0)
    """
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
