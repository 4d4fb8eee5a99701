"""PASCAL VOC's class names and its colours."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE
from wsss_viz.errors import InputError

VOC_CLASSES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
"""The 20 classes of PASCAL VOC; the index in a VOC mask is the place here + 1."""


@functools.cache
def voc_palette() -> NDArray[np.uint8]:
    """(256, 3) uint8 RGB, VOC's colour map (`VOClabelcolormap` of its development kit), read-only.

    The bits of an index i are dealt to the three channels in turn, the lowest to the highest bit of red:
    bit 7 - j of channel c is bit 3 j + c of i, for j = 0, 1, 2. Index 0 is black, 255 a cream.

    >>> voc_palette()[[0, 1, 255]].tolist()
    [[0, 0, 0], [128, 0, 0], [224, 224, 192]]
    """
    index = np.arange(256)
    palette = np.zeros((256, 3), dtype=np.uint8)
    for channel in range(3):
        for j in range(3):
            palette[:, channel] |= ((index >> (3 * j + channel) & 1) << (7 - j)).astype(np.uint8)
    palette.setflags(write=False)
    return palette


@functools.cache
def part_palette() -> NDArray[np.uint8]:
    """(256, 3) uint8 RGB of part masks: black, 1 (discriminative) red, 2 (not) blue, the rest VOC's ignore colour.

    >>> part_palette()[1].tolist()
    [220, 50, 47]
    """
    palette = np.repeat(voc_palette()[IGNORE][None], 256, axis=0)
    palette[:3] = (0, 0, 0), (220, 50, 47), (38, 110, 210)
    palette.setflags(write=False)
    return palette


def class_colour(name: str) -> tuple[int, int, int]:
    """(R, G, B), 0 to 255: VOC's colour of the class `name`. Raises InputError for a name that is not VOC's.

    >>> class_colour("cow")
    (64, 128, 0)
    """
    if name not in VOC_CLASSES:
        raise InputError(f"no class {name!r} in PASCAL VOC; it has {', '.join(VOC_CLASSES)}")
    red, green, blue = voc_palette()[VOC_CLASSES.index(name) + 1].tolist()
    return red, green, blue
