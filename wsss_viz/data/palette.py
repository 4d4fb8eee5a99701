"""PASCAL VOC's class names and its colours, and colours for the classes of any list."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence

import numpy as np
import PIL.Image as Pillow
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE, Mask
from wsss_viz.errors import InputError

__all__ = [
    "CLASS_COLOURS",
    "VOC_CLASSES",
    "check_palette",
    "class_colour",
    "colour_in",
    "painted",
    "palette_png",
    "part_palette",
    "voc_palette",
]

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

CLASS_COLOURS: tuple[tuple[int, int, int], ...] = (
    (106, 42, 212),
    (255, 234, 106),
    (170, 0, 0),
    (191, 212, 255),
    (0, 42, 64),
    (191, 106, 42),
    (149, 85, 255),
    (191, 149, 255),
    (234, 149, 0),
    (0, 0, 149),
    (128, 255, 191),
    (128, 149, 149),
    (64, 21, 0),
    (191, 170, 128),
    (42, 128, 149),
    (42, 85, 106),
    (149, 128, 106),
    (106, 85, 64),
    (106, 106, 106),
    (64, 64, 64),
    (191, 191, 191),
)
"""Colours by the class's place in its list.

Any two of the 21, and each of them and black or white, differ by CIEDE2000 >= 12.8 to normal sight and to protan,
deutan and tritan dichromats (simulated at severity 1, `docs/sources.md#colours`); the first eight by >= 13. Our
own: chosen by maximising that least difference over a grid of sRGB.
"""

_OF_VOC = (2, 18, 13, 4, 0, 14, 20, 12, 5, 16, 8, 9, 6, 11, 7, 19, 17, 10, 1, 15)
"""The places in `CLASS_COLOURS` of VOC's classes: of all ways to give each one the way that is nearest to VOC's colour
map, by the sum of CIEDE2000."""


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


def check_palette(highest: int) -> None:
    """Whether a PNG with a palette has room for classes of these numbers.

    Raises:
        InputError: it has none.

    >>> check_palette(254)
    """
    if highest >= IGNORE:
        text = f"a PNG with a palette holds the numbers 1 to {IGNORE - 1}, not {highest}"
        raise InputError(f"too many classes for masks: {text}; keep the maps, or take fewer classes")


def palette_png(mask: NDArray[np.integer], palette: NDArray[np.uint8] | None = None) -> bytes:
    """A mask as PNG with a palette, as VOC's are.

    Args:
        mask: (H, W) 0 to 255, which is ignored; `check_palette` has the largest number of a class.
        palette: (256, 3) uint8 RGB; default VOC's.

    >>> palette_png(np.array([[0, 15]]))[1:4]
    b'PNG'
    """
    image = Pillow.fromarray(mask.astype(np.uint8))
    image.putpalette((voc_palette() if palette is None else palette).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


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


def class_colour(which: int | str) -> tuple[int, int, int]:
    """(R, G, B), 0 to 255: of the class at a place of its list, from 0 (`CLASS_COLOURS`, then again), or of a VOC name.

    VOC's own colour map, which is that of files (`voc_palette`), has colours that look alike to dichromats.

    Raises:
        InputError: a name that is not VOC's.

    >>> class_colour("cow"), class_colour(0)
    ((149, 128, 106), (106, 42, 212))
    """
    if isinstance(which, int):
        return CLASS_COLOURS[which % len(CLASS_COLOURS)]
    if which not in VOC_CLASSES:
        raise InputError(f"no class {which!r} in PASCAL VOC; it has {', '.join(VOC_CLASSES)}")
    return CLASS_COLOURS[_OF_VOC[VOC_CLASSES.index(which)]]


def colour_in(classes: Sequence[str], name: str) -> tuple[int, int, int]:
    """(R, G, B) of a class on screen and in figures: by its name in a set of VOC's names, else by its place.

    >>> colour_in(("dog", "cow"), "cow"), colour_in(("lung", "heart"), "heart")
    ((149, 128, 106), (255, 234, 106))
    """
    if set(classes) <= set(VOC_CLASSES):
        return class_colour(name)
    return class_colour(tuple(classes).index(name))


def painted(mask: Mask, classes: Sequence[str]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: a Sample's mask in its classes' colours (`colour_in`), the rest in VOC's.

    >>> painted(np.array([[0, 2, 255]], np.uint8), ("lung", "heart")).tolist()
    [[[0, 0, 0], [255, 234, 106], [224, 224, 192]]]
    """
    palette = voc_palette().copy()
    palette[1 : len(classes) + 1] = [colour_in(classes, name) for name in classes]
    return palette[mask]
