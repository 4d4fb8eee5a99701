"""COCO-style semantic masks: a folder of images and one of grey PNGs that hold category numbers.

| place | what |
|---|---|
| `SPLIT/`, `images/SPLIT/`, `JPEGImages/SPLIT/`, `images/` or `JPEGImages/` | the images, the first of these there is |
| `masks/`, `SegmentationClass/`, `annotations/`, each with `SPLIT/` in it or without | the masks, the first there is |
| `cls_labels.npy` | labels by vectors of 80 (`label_vectors`); without it those of the mask |
| `classes.txt` | another class list; the masks then hold its lines |

A mask has its image's name, or its number alone (`000000000009.png` for `COCO_train2014_000000000009.jpg`). It holds
COCO's ids 1 to 90, or 1 to 80 without the gaps; 0 is the background and 255 ignore. Which of the two is seen from the
numbers themselves: 12, 26, 29, 30, 45, 66, 68, 69 and 71 are no ids, 81 and more are no places in a list of 80. Where
the first masks do not tell, it must be said: `coco:PATH:SPLIT@ids` or `@contiguous`.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data import label_vectors
from wsss_viz.data.class_sets import labels_of_mask, mask_of_set, read_class_list
from wsss_viz.data.coco_classes import COCO_CATEGORIES, COCO_CLASSES
from wsss_viz.data.folder import pictures_in
from wsss_viz.data.images import read_image, read_mask
from wsss_viz.data.sample import IGNORE, Mask, Sample
from wsss_viz.data.split_lists import is_split_name
from wsss_viz.data.voc import mask_of_size
from wsss_viz.errors import InputError

NUMBERINGS = ("ids", "contiguous")
LOOKED_AT = 500
"""Masks that are looked at, at most, to find the numbering."""

_LAST_ID = max(COCO_CATEGORIES)
_TELLS_CONTIGUOUS = set(range(1, len(COCO_CLASSES) + 1)) - set(COCO_CATEGORIES)
_SAME_IN_BOTH = {number for place, number in enumerate(COCO_CATEGORIES, 1) if place == number}


class CocoFolder:
    """One split of a folder of COCO-style images and masks, its Samples read when asked for.

    Attributes:
        classes: COCO's 80, or those of classes.txt.
        names: the samples' names, sorted.

    Args:
        path: the folder.
        split: for example train2014.
        numbering: "ids" or "contiguous"; None: found in the masks.

    Raises:
        InputError: no such folder, no images, no masks that belong to them; reading a sample raises it for broken
            files, masks of another size, numbers that are none, and where the numbering cannot be told.
    """

    def __init__(self, path: Path | str, split: str, numbering: str | None = None) -> None:
        self.path, self.split, self._numbering = Path(path), split, numbering
        if not self.path.is_dir():
            raise InputError(f"{self.path}: no such folder; give the one that holds {split[:40]} or images")
        if not is_split_name(split) or numbering not in (None, *NUMBERINGS):
            raise InputError(f"{split[:40]!r} is no split; write coco:PATH:SPLIT, for example coco:{path}:val2014")
        self.files = self._find_images()
        self.names = [file.stem for file in self.files]
        if len(set(self.names)) < len(self.names):
            raise InputError(f"{self.files[0].parent}: two images share a name; keep one format of each")
        self._masks = self._find_masks()
        file = self.path / "classes.txt"
        self.classes = read_class_list(file) if file.exists() else COCO_CLASSES

    def _find_images(self) -> list[Path]:
        split = self.split
        places = (split, f"images/{split}", f"JPEGImages/{split}", "images", "JPEGImages")
        for place in places:
            found = pictures_in(self.path / place)
            # Both splits in one folder tell themselves apart by their names.
            found = [file for file in found if f"_{split}_" in file.name] or found
            if found:
                return sorted(found, key=lambda file: file.name)
        raise InputError(f"{self.path}: no images of {split!r} in {', '.join(places)}; put them into one of these")

    def _find_masks(self) -> dict[str, Path]:
        """Masks by sample name."""
        places = [f"{kind}{ending}" for kind in ("masks", "SegmentationClass", "annotations")
                  for ending in (f"/{self.split}", "")]  # fmt: skip
        for place in places:
            folder = self.path / place
            found = {file.stem: file for file in folder.glob("*.png")} if folder.is_dir() else {}
            pairs = {name: found.get(name) or found.get(_number(name)) for name in self.names}
            masks = {name: file for name, file in pairs.items() if file is not None}
            if masks:
                return masks
        raise InputError(
            f"{self.path}: no mask of an image of {self.split!r} in {', '.join(places)}; put them there as NAME.png"
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:
        name = self.names[index]
        image = read_image(self.files[index])
        mask = self._read_mask(self._masks[name], image.shape[:2]) if name in self._masks else None
        labels = self._labels_of(name)
        if labels is None and mask is not None:
            labels = labels_of_mask(mask, self.classes)
        return Sample(image=image, classes=self.classes, labels=labels, name=name, mask=mask)

    def _read_mask(self, file: Path, size: tuple[int, ...]) -> Mask:
        on_disk = mask_of_size(file, size)
        if self.classes != COCO_CLASSES:
            return mask_of_set(file, on_disk, self.classes)
        numbers = set(np.unique(on_disk).tolist()) - {0, IGNORE}
        kind = "contiguous" if numbers <= _SAME_IN_BOTH else self.numbering
        unknown = sorted(numbers - (set(COCO_CATEGORIES) if kind == "ids" else set(range(1, len(COCO_CLASSES) + 1))))
        if unknown:
            what = f"COCO's ids are 1 to {_LAST_ID} with gaps" if kind == "ids" else "numbers without gaps are 1 to 80"
            raise InputError(f"{file}: index {unknown[0]}; {what}, besides 0 and {IGNORE}; things only, no stuff")
        mask: Mask = _places(kind)[on_disk]
        return mask

    @functools.cached_property
    def numbering(self) -> str:
        """Which of the two, as the first mask that tells has it. Raises InputError where none does."""
        if self._numbering is not None:
            return self._numbering
        for file in [self._masks[name] for name in self.names if name in self._masks][:LOOKED_AT]:
            numbers = set(np.unique(read_mask(file)).tolist())
            if numbers & _TELLS_CONTIGUOUS:
                return "contiguous"
            if any(len(COCO_CLASSES) < number <= _LAST_ID for number in numbers):
                return "ids"
        endings = " or ".join(f"@{name}" for name in NUMBERINGS)
        raise InputError(
            f"{self.path}: the masks do not tell whether they hold COCO's ids or contiguous numbers; say which: "
            f"coco:{self.path}:{self.split}{endings}"
        )

    def _labels_of(self, name: str) -> tuple[str, ...] | None:
        vectors = self._labels_of_vectors
        for key in (name, _number(name), _number(name).lstrip("0")):
            if key in vectors:
                return vectors[key]
        return None

    @functools.cached_property
    def _labels_of_vectors(self) -> dict[str, tuple[str, ...]]:
        file = self.path / label_vectors.NAME
        return label_vectors.read_label_vectors(file, self.classes) if file.exists() else {}


def _number(name: str) -> str:
    """The number at the end of COCO's names: `COCO_val2014_000000000042` and `000000000042` alike."""
    return name.rpartition("_")[2]


@functools.cache
def _places(numbering: str) -> NDArray[np.uint8]:
    """(256,) uint8: the place among the 80 classes + 1 of each number; 0 and 255 stay."""
    places = np.arange(256, dtype=np.uint8)
    if numbering == "ids":
        for place, number in enumerate(COCO_CATEGORIES, 1):
            places[number] = place
    places.setflags(write=False)
    return places
