"""The regions that gradients are counted in: discriminative, non-discriminative, irrelevant; or one's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import BACKGROUND, DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.errors import InputError
from wsss_viz.traces import upsample

__all__ = ["CAM_SHARE", "REGIONS", "Masks", "at_size", "box_region", "map_regions", "part_regions"]

REGIONS = ("discriminative", "non_discriminative", "irrelevant")
CAM_SHARE = 0.5

Masks = NDArray[np.bool_]


def part_regions(sample: Sample, name: str, size: tuple[int, int] | None = None) -> Masks:
    """(3, H, W): the class's discriminative part, the rest of it, the background. Other objects belong to none.

    Args:
        name: of a class.
        size: (H, W) of the network's input, where it is not the sample's.

    Raises:
        InputError: the sample has no part masks.

    >>> from wsss_viz import data
    >>> sample = data.open("scenes:test:129")[0]
    >>> name = sample.labels[0]
    >>> from wsss_viz.gradients.regions import part_regions
    >>> part_regions(sample, name, (30, 40)).shape
    (3, 30, 40)
    """
    if sample.mask is None or sample.parts is None:
        raise InputError(
            f"{sample.name} has no part masks; take the drawn scenes, or regions by mask and class map (--regions map)"
        )
    object_mask = sample.class_mask(name)
    parts = [object_mask & (sample.parts == part) for part in (DISCRIMINATIVE, NON_DISCRIMINATIVE)]
    return at_size(np.stack([*parts, sample.mask == BACKGROUND]), size or sample.size)


def map_regions(
    sample: Sample, name: str, cam: NDArray, share: float = CAM_SHARE, size: tuple[int, int] | None = None
) -> Masks:
    """(3, H, W) where parts are not known: ground truth in and out of the map's high values, and the background.

    D = ground truth where CAM >= share * max CAM, ND = the rest of it, Irr = the background. Our own stand-in
    (`docs/sources.md#hgr`); to be reported with the share varied.

    Args:
        cam: (h, w), the class's map, raw.

    Raises:
        InputError: the sample has no mask.

    >>> from wsss_viz import data
    >>> sample = data.open("scenes:test:129")[0]
    >>> name = sample.labels[0]
    >>> import numpy as np
    >>> from wsss_viz.gradients.regions import map_regions
    >>> map_regions(sample, name, np.eye(8)).shape == (3, *sample.size)
    True
    """
    if sample.mask is None:
        raise InputError(f"{sample.name} has no mask; give the region yourself")
    object_mask = sample.class_mask(name)
    values = upsample(cam[None], sample.size)[0]
    high = values >= share * values.max() if values.max() > 0 else np.zeros(object_mask.shape, dtype=bool)
    return at_size(np.stack([object_mask & high, object_mask & ~high, sample.mask == BACKGROUND]), size or sample.size)


def box_region(size: tuple[int, int], box: tuple[float, float, float, float]) -> Masks:
    """(H, W): the rectangle (left, top, right, bottom), shares of the picture from 0 to 1, whole pixels.

    Raises:
        InputError: the shares are not in order, or outside 0 to 1.

    >>> from wsss_viz.gradients.regions import box_region
    >>> box_region((2, 4), (0.0, 0.0, 0.5, 1.0)).tolist()
    [[True, True, False, False], [True, True, False, False]]
    """
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise InputError(f"a region wants 0 <= left < right <= 1 and 0 <= top < bottom <= 1, got {box}")
    height, width = size
    rows = (np.arange(height) + 0.5) / height
    columns = (np.arange(width) + 0.5) / width
    return ((rows > top) & (rows < bottom))[:, None] & ((columns > left) & (columns < right))[None]


def at_size(masks: Masks, size: tuple[int, int]) -> Masks:
    """(R, H, W) masks at another size, each pixel that of the nearest centre.

    >>> import numpy as np
    >>> from wsss_viz.gradients.regions import at_size
    >>> at_size(np.array([[[True, False]]]), (1, 4)).tolist()
    [[[True, True, False, False]]]
    """
    rows, columns = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(int), old - 1)
        for new, old in zip(size, masks.shape[1:], strict=True)
    )
    return masks[:, rows[:, None], columns[None]]
