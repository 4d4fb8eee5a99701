"""Class lists, and how masks on disk number them.

A class set whose names are all VOC's keeps VOC's own numbers on disk, whatever its order (`diningtable` is 11); any
other list numbers its names from 1 by their lines. 0 is the background, 255 ignore.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.files import read_bounded
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import IGNORE, Mask
from wsss_viz.errors import InputError

MAX_LIST = 2**26
MOST_CLASSES = IGNORE - 1
_BACKGROUND = ("background", "_background_", "__background__")


def lines_of(file: Path) -> list[tuple[int, str]]:
    """(line number, text) of the lines of a UTF-8 file that are not blank, stripped."""
    try:
        text = read_bounded(file, MAX_LIST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a text file in UTF-8; save it as one") from error
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def read_class_list(file: Path) -> tuple[str, ...]:
    """The class names of a file, one a line; a first line `background` is the mask's 0 and no class.

    Raises:
        InputError: no names, one twice, one that is too long or has control characters, or more than 254.
    """
    classes = [line for _, line in lines_of(file)]
    if classes and classes[0].lower() in _BACKGROUND:
        del classes[0]
    if not classes or len(set(classes)) < len(classes):
        raise InputError(f"{file}: {'a class twice' if classes else 'no class'}; list each class once, one a line")
    if len(classes) > MOST_CLASSES:
        raise InputError(f"{file}: {len(classes)} classes; a mask of 8 bits numbers {MOST_CLASSES} at most")
    for name in classes:
        if len(name) > 100 or not name.isprintable():
            raise InputError(f"{file}: {name[:40]!r} is no class name; write plain names of at most 100 characters")
    return tuple(classes)


def numbers_on_disk(classes: Sequence[str]) -> tuple[int, ...]:
    """The number that each class has in masks on disk, from 1."""
    if all(name in VOC_CLASSES for name in classes):
        return tuple(VOC_CLASSES.index(name) + 1 for name in classes)
    return tuple(range(1, len(classes) + 1))


def _known_numbers(classes: Sequence[str]) -> NDArray[np.int64]:
    """The numbers that may stand in a mask on disk: background, classes, ignore; all of VOC's for a set of VOC's."""
    count = len(VOC_CLASSES) if all(name in VOC_CLASSES for name in classes) else len(classes)
    return np.array([*range(count + 1), IGNORE])


def _places_in_set(classes: Sequence[str]) -> NDArray[np.uint8]:
    """(256,) uint8: the place in `classes` + 1 of each number on disk; what is not in the set is background."""
    places = np.zeros(256, dtype=np.uint8)
    places[IGNORE] = IGNORE
    for place, number in enumerate(numbers_on_disk(classes), 1):
        places[number] = place
    return places


def mask_of_set(file: Path, on_disk: Mask, classes: Sequence[str]) -> Mask:
    """A mask as it stands on disk, numbered as in a Sample. Raises InputError for a number beyond the list."""
    known = _known_numbers(classes)
    unknown = np.setdiff1d(on_disk, known)
    if unknown.size:
        kind = (
            "a VOC mask" if all(name in VOC_CLASSES for name in classes) else f"a mask of these {len(classes)} classes"
        )
        raise InputError(f"{file}: index {unknown[0]}; {kind} holds 0 to {known[-2]} and {IGNORE}")
    mask: Mask = _places_in_set(classes)[on_disk]
    return mask


def labels_of_mask(mask: Mask, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes in a Sample's mask, in the set's order."""
    return tuple(classes[index - 1] for index in np.unique(mask).tolist() if index not in (0, IGNORE))
