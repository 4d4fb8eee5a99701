"""What one image adds to a data set's scores, at every threshold at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE, Sample
from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.pseudo_masks import argmax_with_value

if TYPE_CHECKING:
    from wsss_viz.evaluation.located import Located

__all__ = ["PARTS", "THRESHOLDS", "Counts", "count", "count_mask", "count_values", "labelled"]

THRESHOLDS: NDArray[np.float64] = np.arange(100) / 100
"""Background thresholds 0.00 to 0.99 (SEAM sweeps 0.00 to 0.59, RIB 0.20 to 0.49: `docs/sources.md#thresholds`)."""

PARTS = (DISCRIMINATIVE, NON_DISCRIMINATIVE)


@dataclass(frozen=True, eq=False)
class Counts:
    """Pixel counts of one image or, added up, of many; T thresholds, C + 1 classes with the background first.

    Attributes:
        intersection: (T, C + 1) pixels of the class that are predicted as it (TP).
        predicted: (T, C + 1) pixels predicted as the class (P).
        target: (C + 1,) pixels of the class (T).
        part_intersection: (T, 2) pixels of the discriminative and the other parts predicted as their class.
        part_target: (2,) pixels of the parts.
        band, located: of one image, what `measures` add: the Counts near boundaries alone, and what its maps locate;
            not added up.
    """

    intersection: NDArray[np.int64]
    predicted: NDArray[np.int64]
    target: NDArray[np.int64]
    part_intersection: NDArray[np.int64]
    part_target: NDArray[np.int64]
    band: Counts | None = None
    located: Located | None = None

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.intersection + other.intersection,
            self.predicted + other.predicted,
            self.target + other.target,
            self.part_intersection + other.part_intersection,
            self.part_target + other.part_target,
        )


def count(
    maps: NDArray,
    sample: Sample,
    classes: Sequence[str],
    thresholds: NDArray[np.float64] = THRESHOLDS,
    by: str = "relu_max",
    centres: CellCentres | None = None,
) -> Counts:
    """Counts the pseudo masks of one image at all thresholds, from one pass over its pixels.

    Args:
        maps: (C', h, w), the maps of `classes`, raw and signed, or already enlarged and normalised (`by` "raw").
        sample: with a mask; its labels say which maps take part (all of the mask's classes where it has none).
        classes: the names of the maps. Labels the classifier lacks stay in the ground truth and are missed.
        thresholds: ascending; a pixel is foreground where its best normalised map is above the threshold.
        centres: of the maps' cells, which they are laid over the image by; None: as the field does (`upsample`).

    Returns:
        Counts over the sample's own classes.

    Raises:
        ValueError: the sample has no mask.

    Examples:
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> maps = np.zeros((3, 2, 3))
        >>> maps[0, :, 0], maps[2, :, 1:] = 1, (1, 0.5)  # red, and blue with its last column weaker
        >>> counts = count(maps, flag(), COLOURS, np.array([0.25, 0.75]))
        >>> counts.intersection.tolist()  # of background, red, green, blue, at both thresholds
        [[0, 2, 0, 4], [0, 2, 0, 2]]
        >>> counts.target.tolist(), counts.part_intersection.tolist(), counts.part_target.tolist()
        ([0, 2, 0, 4], [[4, 2], [4, 0]], [4, 2])
    """
    known, names = labelled(sample, classes), sample.classes
    if known:
        best, value = argmax_with_value(maps, known, sample.size, by, centres)
        lookup = np.zeros(len(classes) + 1, dtype=np.int64)
        for index in known:
            lookup[index + 1] = names.index(classes[index]) + 1
        best = lookup[best]
    else:
        best, value = np.zeros(sample.size, dtype=np.int64), np.zeros(sample.size, dtype=np.float32)
    # a pixel is foreground at the first `level` thresholds: those below its value
    level = np.searchsorted(thresholds, value.ravel(), side="left")
    return count_values(best.ravel(), level, sample, len(thresholds))


def labelled(sample: Sample, classes: Sequence[str]) -> list[int]:
    """The indices in `classes` of the sample's labels, of its mask's classes where it has no labels.

    Raises:
        ValueError: the sample has no mask.

    >>> from wsss_viz.models.colour_network import flag
    >>> labelled(flag(), ("blue", "white", "red"))
    [2, 0]
    """
    if sample.mask is None:
        raise ValueError(f"{sample.name} has no mask to count against")
    present = sample.labels
    if present is None:
        present = tuple(sample.classes[i - 1] for i in np.unique(sample.mask) if i not in (0, IGNORE))
    return [classes.index(name) for name in present if name in classes]


def count_mask(mask: NDArray, sample: Sample, classes: Sequence[str] | None = None, steps: int = 1) -> Counts:
    """Counts one finished mask (H, W), class index + 1 and 0 the background, over the sample's own classes.

    All of its classes count, those that are no labels too; 255 counts as background (IRN, `step/eval_sem_seg.py`).

    Args:
        classes: of `mask`, the sample's own by default; what its set lacks counts as background.
        steps: T, the thresholds it stands for, at all of which it is the same.

    Raises:
        ValueError: the sample has no mask, or one of another size.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> counts = count_mask(np.array([[1, 3, 0], [1, 3, 0]], np.uint8), flag())
        >>> counts.intersection[0].tolist(), counts.predicted[0].tolist(), counts.target.tolist()
        ([0, 2, 0, 2], [2, 2, 0, 2], [0, 2, 0, 4])
    """
    if sample.mask is None or sample.mask.shape != mask.shape:
        raise ValueError(f"{sample.name} has no mask of {mask.shape[0]} x {mask.shape[1]} to count against")
    lookup = np.zeros(256, dtype=np.int64)
    for index, name in enumerate(sample.classes if classes is None else classes, 1):
        lookup[index] = sample.classes.index(name) + 1 if name in sample.classes else 0
    best = lookup[mask].ravel()
    return count_values(best, steps * (best > 0), sample, steps)


def count_values(best: NDArray, level: NDArray, sample: Sample, steps: int) -> Counts:
    """The Counts from each pixel's best class and the number of thresholds at which it is foreground.

    Args:
        best: (H W,) index into the sample's classes + 1; 0 background.
        level: (H W,) from 0 to `steps`: the pixel is `best` at so many of the first thresholds.
        sample: with a mask.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> best, level = np.array([1, 1, 3] * 2), np.array([2, 1, 0] * 2)
        >>> count_values(best, level, flag(), 2).predicted.tolist()
        [[2, 4, 0, 0], [4, 2, 0, 0]]
    """
    assert sample.mask is not None
    classes = len(sample.classes) + 1
    truth = sample.mask.ravel().astype(np.int64)
    parts = (np.zeros_like(truth) if sample.parts is None else sample.parts.ravel()).astype(np.int64)
    counted = truth != IGNORE
    best, level, truth, parts = best[counted], level[counted], truth[counted], parts[counted]

    def above(rows: NDArray, width: int, pixels: NDArray) -> NDArray[np.int64]:
        """(T, width): at each threshold the chosen pixels still foreground, by row."""
        table = np.bincount(rows[pixels] * (steps + 1) + level[pixels], minlength=width * (steps + 1))
        table = table.reshape(width, steps + 1)
        return table[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:].T.astype(np.int64)

    everywhere = np.ones_like(best, dtype=bool)
    predicted = above(best, classes, everywhere & (best > 0))
    intersection = above(best, classes, (best == truth) & (best > 0))
    target = np.bincount(truth, minlength=classes).astype(np.int64)
    predicted[:, 0] = truth.size - predicted[:, 1:].sum(axis=1)
    wrong = above(best, classes, (truth == 0) & (best > 0)).sum(axis=1)
    intersection[:, 0] = target[0] - wrong
    in_part = [(parts == part) & (best == truth) & (best > 0) for part in PARTS]
    part_intersection = np.stack([above(best, classes, pixels).sum(axis=1) for pixels in in_part], axis=1)
    part_target = np.array([(parts == part).sum() for part in PARTS], dtype=np.int64)
    return Counts(intersection, predicted, target, part_intersection, part_target)
