"""From class maps to a pseudo mask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE
from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample

__all__ = ["argmax_with_value", "mask_of_values", "numbered", "pseudo_mask"]


def argmax_with_value(
    maps: NDArray,
    labels: Sequence[int],
    size: tuple[int, int],
    by: str = "relu_max",
    centres: CellCentres | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """At each pixel the labelled class whose normalised map is highest, and that value.

    Args:
        maps: (C, h, w), raw and signed.
        labels: indices of the classes of the image, at least one; the maps of the others are dropped (the field's
            oracle, `docs/sources.md#image-labels`).
        size: (H, W).
        by: a normalisation; the maps are enlarged first, then normalised, as in IRN's `high_res`.
        centres: of the maps' cells, which they are laid over the image by; None: as the field does (`upsample`).

    Returns:
        (H, W) int64 class index + 1, and (H, W) float32.

    >>> maps = np.array([[[4.0, 1.0]], [[0.0, 2.0]], [[9.0, 9.0]]])
    >>> index, value = argmax_with_value(maps, [0, 1], (1, 2))
    >>> index.tolist(), value.round(2).tolist()
    ([[1, 2]], [[1.0, 1.0]])
    """
    index = np.array(sorted(set(labels)), dtype=np.int64)
    values = normalise(upsample(np.asarray(maps)[index], size, centres), by)
    best = values.argmax(axis=0)
    return index[best] + 1, np.take_along_axis(values, best[None], axis=0)[0]


def pseudo_mask(
    maps: NDArray,
    labels: Sequence[int],
    size: tuple[int, int],
    threshold: float,
    by: str = "relu_max",
    centres: CellCentres | None = None,
) -> NDArray[np.unsignedinteger]:
    """The argmax over the background, whose score is the constant `threshold`, and the labelled classes.

    A pixel whose best map equals the threshold is background. Source: IRN,
    `step/eval_cam.py` (`docs/sources.md#irn`).

    Returns:
        (H, W) class index + 1, 0 background; uint8, or uint16 where there are more than 254 classes.

    >>> maps = np.array([[[4.0, 1.0, 0.0]], [[0.0, 0.5, 2.0]]])
    >>> pseudo_mask(maps, [0, 1], (1, 3), threshold=0.3).tolist()
    [[1, 0, 2]]
    """
    kind = np.uint8 if len(maps) < IGNORE else np.uint16
    if not labels:
        return np.zeros(size, dtype=kind)
    best, value = argmax_with_value(maps, labels, size, by, centres)
    return np.where(value > np.float64(threshold), best, 0).astype(kind)


def mask_of_values(values: NDArray, indices: Sequence[int], threshold: float) -> NDArray[np.unsignedinteger]:
    """`pseudo_mask` of some of the classes' maps, already enlarged and normalised, numbered as all the classes are.

    Args:
        values: (K, H, W), of the classes `indices`.
        indices: K, of which class each is.

    Returns:
        (H, W) class index + 1, 0 background; uint8, or uint16 where an index needs it.

    >>> mask_of_values(np.array([[[0.9, 0.1, 0.3]], [[0.2, 0.1, 0.4]]]), [2, 7], 0.3).tolist()
    [[3, 0, 8]]
    """
    rows = pseudo_mask(values, range(len(indices)), (values.shape[1], values.shape[2]), threshold, "raw")
    return numbered(rows, indices)


def numbered(mask: NDArray[np.integer], indices: Sequence[int]) -> NDArray[np.unsignedinteger]:
    """A mask of some of the classes, numbered as all the classes are.

    Args:
        mask: (H, W) number among `indices` + 1, 0 background.
        indices: of which class each is; -1: background.

    Returns:
        (H, W) class index + 1, 0 background; uint8, or uint16 where an index needs it.

    >>> numbered(np.array([[0, 1, 2]]), [4, -1]).tolist()
    [[0, 5, 0]]
    """
    kind = np.uint8 if max(indices, default=0) + 1 < IGNORE else np.uint16
    return np.array([0, *(index + 1 for index in indices)], dtype=kind)[mask]
