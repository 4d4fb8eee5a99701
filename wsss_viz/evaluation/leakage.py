"""How much of a class's map lies on another labelled object, at matched recall.

For the class-specific half of CS-AE's loss (`docs/sources.md#oc-cse`): where objects of different classes touch, a map
that grows should not grow onto the neighbour. Each class is thresholded by itself, without an argmax between classes,
for that would hide the leak. Two methods are compared at the same recall of the classes' own objects: whoever claims
more leaks more, whatever it claims. Our own measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.evaluation.counts import THRESHOLDS
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample

__all__ = ["Leak", "count_leak"]


@dataclass(frozen=True, eq=False)
class Leak:
    """Pixel counts of one image or, added up, of many, at T thresholds.

    Attributes:
        predicted: (T,) pixels above the threshold, over the labelled classes.
        intersection: (T,) of these, on an object of the class.
        other: (T,) of these, on an object of another labelled class.
        target: pixels of the labelled classes' objects.
    """

    predicted: NDArray[np.int64]
    intersection: NDArray[np.int64]
    other: NDArray[np.int64]
    target: int

    def __add__(self, more: Leak) -> Leak:
        return Leak(
            self.predicted + more.predicted,
            self.intersection + more.intersection,
            self.other + more.other,
            self.target + more.target,
        )

    def at_recall(self, recall: float) -> float:
        """The share of what is predicted, in percent, on another labelled object at `recall`.

        Linear between thresholds; NaN where no threshold reaches that recall.

        Args:
            recall: 0 to 1.
        """
        reached = self.intersection / max(self.target, 1)
        share = np.divide(self.other, self.predicted, out=np.zeros(len(self.other)), where=self.predicted > 0) * 100
        if not reached.min() <= recall <= reached.max():
            return float("nan")
        # recall falls as the threshold rises; np.interp wants it ascending
        return float(np.interp(recall, reached[::-1], share[::-1]))


def count_leak(
    maps: NDArray, sample: Sample, classes: Sequence[str], thresholds: NDArray[np.float64] = THRESHOLDS
) -> Leak:
    """Counts one image.

    Args:
        maps: (C, h, w) of `classes`, raw and signed; those of the labels are enlarged and divided by their maximum.
        sample: with a mask and labels.
        thresholds: ascending.

    Raises:
        ValueError: the sample has no mask or no labels.

    >>> from wsss_viz.data.sources import sample
    >>> scene = sample("scenes:test:129")
    >>> maps = np.stack([scene.class_mask(name) for name in scene.classes]).astype(np.float32)
    >>> count_leak(maps, scene, scene.classes).at_recall(1.0)
    0.0
    """
    if sample.mask is None or sample.labels is None:
        raise ValueError(f"{sample.name} has no mask or no labels to count against")
    known = [name for name in sample.labels if name in classes]
    values = normalise(upsample(np.asarray(maps)[[classes.index(name) for name in known]], sample.size), "relu_max")
    inside = {name: sample.class_mask(name) for name in known}
    counted = sample.mask != IGNORE
    objects = np.zeros(sample.size, dtype=bool)
    for region in inside.values():
        objects |= region
    totals = np.zeros((3, len(thresholds)), dtype=np.int64)
    for name, value in zip(known, values, strict=True):
        regions = (counted, inside[name] & counted, objects & ~inside[name] & counted)
        for row, region in enumerate(regions):
            # a pixel is above the first `level` thresholds
            level = np.searchsorted(thresholds, value[region], side="left")
            above = np.bincount(level, minlength=len(thresholds) + 1)[::-1].cumsum()[::-1]
            totals[row] += above[1:]
    target = sum(int((region & counted).sum()) for region in inside.values())
    return Leak(totals[0], totals[1], totals[2], target)
