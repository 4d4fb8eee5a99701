"""From raw class maps to something that can be compared, thresholded and drawn. Never implicit: always by name.

Sources: `docs/sources.md#irn`, `docs/sources.md#seam`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["EPSILON", "NORMALISATIONS", "normalise"]

NORMALISATIONS = ("raw", "relu_max", "shared", "minmax")
EPSILON = 1e-5


def normalise(maps: NDArray, by: str, highest: float | None = None) -> NDArray[np.float32]:
    """Class maps under the normalisation `by`.

    | name | value | source |
    |---|---|---|
    | `raw` | A | |
    | `relu_max` | ReLU(A) / (max_u ReLU(A) + 1e-5), each map by its own maximum | PSA, IRN (the field's) |
    | `shared` | ReLU(A) / (max over all the maps + 1e-5): one scale, so that maps stay comparable | our own |
    | `minmax` | (A - min) / (max - min + 1e-5), each map by its own range | SEAM, WSOL evaluation |

    Args:
        maps: (..., h, w), raw and signed.
        by: one of `NORMALISATIONS`.
        highest: of `shared`, the highest value of all the maps that share the scale; None: of these maps.

    Returns:
        (..., h, w) float32; in [0, 1) for all but `raw`.

    Raises:
        ValueError: `by` is not a normalisation.

    >>> normalise(np.array([[[-1.0, 2.0], [4.0, 0.0]]]), "relu_max").round(2).tolist()
    [[[0.0, 0.5], [1.0, 0.0]]]
    """
    maps = np.asarray(maps, dtype=np.float32)
    if by == "raw":
        return maps
    if by == "minmax":
        low = maps.min(axis=(-2, -1), keepdims=True)
        high = maps.max(axis=(-2, -1), keepdims=True)
        return (maps - low) / (high - low + EPSILON)
    positive = np.maximum(maps, 0)
    if by == "relu_max":
        return positive / (positive.max(axis=(-2, -1), keepdims=True) + EPSILON)
    if by == "shared":
        return positive / np.float32(max(positive.max() if highest is None else highest, 0) + EPSILON)
    raise ValueError(f"`by` is one of {', '.join(NORMALISATIONS)}, got {by!r}")
