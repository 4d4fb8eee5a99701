"""Where a mask lies: its shares on the labelled objects, and inside the maps of other classes. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample

__all__ = ["map_shares", "object_shares"]


def object_shares(mask: NDArray, sample: Sample) -> dict[str, float]:
    """The share of the mask's weight on each class's object and on the background, by name; {} without a pixel mask.

    Pixels marked `ignore` do not count. A mask that is 0 everywhere has shares of 0.

    Args:
        mask: (h, w), 0 and above; brought to the sample's size, bilinear, where it has another.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> shares = object_shares(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]), flag())
        >>> shares
        {'red': 0.5, 'blue': 0.5}
    """
    if sample.mask is None:
        return {}
    resized = np.asarray(mask) if mask.shape == sample.size else upsample(np.asarray(mask)[None], sample.size)[0]
    weights = np.where(sample.mask == IGNORE, 0, resized.astype(np.float64))
    whole = float(weights.sum()) or 1.0
    names = ("background", *sample.classes)
    present = [int(value) for value in np.unique(sample.mask) if value != IGNORE]
    return {names[value]: float(weights[sample.mask == value].sum()) / whole for value in present}


def map_shares(mask: NDArray, maps: NDArray, indices: Sequence[int]) -> NDArray[np.float64]:
    """sum_u m(u) M_j(u) / sum_u m(u) for each class j: how much of the mask lies inside that class's map.

    M_j is the class's map divided by its own maximum (`relu_max`). A mask that is 0 everywhere has shares of 0.

    Args:
        mask: (H, W), 0 and above.
        maps: (C, h, w), raw and signed.
        indices: the classes j.

    Examples:
        >>> mask = np.array([[1.0, 1.0, 0.0]])
        >>> maps = np.array([[[2.0, 4.0, 4.0]], [[0.0, 0.0, 1.0]]])
        >>> map_shares(mask, maps, [0, 1]).round(2).tolist()  # (2/4 + 4/4) / 2, and nothing
        [0.75, 0.0]
    """
    weights = np.asarray(mask, dtype=np.float64)
    others = normalise(upsample(np.asarray(maps)[list(indices)], (weights.shape[0], weights.shape[1])), "relu_max")
    return np.asarray((others * weights).sum(axis=(1, 2)) / (float(weights.sum()) or 1.0))
