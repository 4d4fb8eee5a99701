"""The connected regions of a mask, and the boxes around them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Regions", "regions_of"]


class Regions(NamedTuple):
    """The N regions of a mask, the largest first; of the same size, the one that begins first in reading order.

    Attributes:
        labels: (H, W) int, the region's place + 1; 0 outside.
        areas: (N,) pixels.
        boxes: (N, 4) top, left, bottom, right in pixels, the last two not included.
    """

    labels: NDArray[np.int64]
    areas: NDArray[np.int64]
    boxes: NDArray[np.int64]


def regions_of(mask: NDArray[np.bool_]) -> Regions:
    """The regions of a mask (H, W): pixels that touch by a side or a corner, as the contours of OpenCV have them.

    >>> mask = np.array([[1, 0, 0, 1], [0, 0, 0, 1]], bool)
    >>> regions = regions_of(mask)
    >>> regions.labels.tolist(), regions.areas.tolist(), regions.boxes.tolist()
    ([[2, 0, 0, 1], [0, 0, 0, 1]], [2, 1], [[0, 3, 2, 4], [0, 0, 1, 1]])
    """
    from scipy.ndimage import find_objects, label  # type: ignore[attr-defined]  # a part of a second to import

    labels, count = label(mask, structure=np.ones((3, 3), int))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-areas, kind="stable")
    rank = np.zeros(count + 1, dtype=np.int64)
    rank[order + 1] = np.arange(1, count + 1)
    slices = [pair for pair in find_objects(labels) if pair is not None]
    boxes = np.array([(y.start, x.start, y.stop, x.stop) for y, x in slices], dtype=np.int64).reshape(-1, 4)
    return Regions(rank[labels], areas[order], boxes[order])
