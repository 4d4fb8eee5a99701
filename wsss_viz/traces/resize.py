"""Maps brought to the size of an image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.traces.centres import CellCentres

__all__ = ["WHOLE", "upsample"]

WHOLE = (1.0, 1.0)


def upsample(
    maps: NDArray, size: tuple[int, int], centres: CellCentres | None = None, covered: tuple[float, float] = WHOLE
) -> NDArray[np.float32]:
    """(C, h, w) to (C, H, W) float32, linear along each side.

    With `centres` between the centres of the cells' receptive fields, the outermost values held beyond the outermost
    centres: every value stands where it was seen. Without, as the field does: bilinear over the whole image (torch's
    `align_corners=False`), as if the cells divided it evenly. Pillow's triangle filter is that interpolation wherever
    it enlarges (the tests hold it against torch's), and needs no torch on a page that only draws what was computed
    before.

    Where the image is smaller than what the cells cover, `covered` (y, x) is its share of them: enlarging by the stride
    and cutting, in one go (`layout_maps`).

    >>> upsample(np.array([[[0.0, 1.0]]]), (2, 4))[0].tolist()
    [[0.0, 0.25, 0.75, 1.0], [0.0, 0.25, 0.75, 1.0]]
    >>> upsample(np.array([[[0.0, 1.0]]]), (1, 4), CellCentres((0.0, 0.0), (2.0, 2.0)))[0].tolist()
    [[0.0, 0.5, 1.0, 1.0]]
    """
    height, width = size
    planes = np.asarray(maps, dtype=np.float32)
    if centres is not None:
        wide = _along(planes, width, centres.origin[1], centres.stride[1])
        return np.ascontiguousarray(
            _along(wide.swapaxes(1, 2), height, centres.origin[0], centres.stride[0]).swapaxes(1, 2)
        )
    out = np.empty((len(planes), height, width), dtype=np.float32)
    box = (0.0, 0.0, planes.shape[2] * covered[1], planes.shape[1] * covered[0])
    for plane, target in zip(planes, out, strict=True):
        target[:] = np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR, box))
    return out


def _along(planes: NDArray[np.float32], size: int, origin: float, stride: float) -> NDArray[np.float32]:
    """(..., n) to (..., size): pixel x lies between the cells on both sides of (x - origin) / stride."""
    cells = planes.shape[-1]
    positions = np.clip((np.arange(size) - origin) / stride, 0, cells - 1)
    first = np.minimum(positions.astype(np.int64), max(cells - 2, 0))
    share = (positions - first).astype(np.float32)
    following = np.minimum(first + 1, cells - 1)
    mixed: NDArray[np.float32] = planes[..., first] * (1 - share) + planes[..., following] * share
    return mixed
