"""Maps brought to the size of an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["upsample"]


def upsample(maps: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """(C, h, w) to (C, H, W) float32, bilinear between cell centres (torch's `align_corners=False`).

    Pillow's triangle filter is that interpolation wherever it enlarges (the tests hold it against torch's), and needs
    no torch on a page that only draws what was computed before.

    >>> upsample(np.array([[[0.0, 1.0]]]), (2, 4))[0].tolist()
    [[0.0, 0.25, 0.75, 1.0], [0.0, 0.25, 0.75, 1.0]]
    """
    height, width = size
    out = np.empty((len(maps), height, width), dtype=np.float32)
    for plane, target in zip(np.asarray(maps, dtype=np.float32), out, strict=True):
        target[:] = np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR))
    return out
