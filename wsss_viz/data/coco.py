"""COCO-style semantic masks: a folder of images and one of grey PNGs that hold category numbers.

| place | what |
|---|---|
| `SPLIT/`, `images/SPLIT/`, `JPEGImages/SPLIT/`, `images/` or `JPEGImages/` | the images, the first of these there is |
| `masks/`, `SegmentationClass/`, `annotations/`, each with `SPLIT/` in it or without | the masks, the first there is |
| `cls_labels.npy` | labels by vectors of 80 (`label_vectors`); without it those of the mask |
| `classes.txt` | another class list; the masks then hold its lines |

A mask has its image's name, or its number alone (`000000000009.png` for `COCO_train2014_000000000009.jpg`). It holds
COCO's ids 1 to 90, or 1 to 80 without the gaps, 0 being the background and 255 ignore; or one of these from 0, 255
being the background or what is not labelled. Which of the four is seen from the numbers: 12, 26, 29, 30, 45, 66, 68, 69
and 71 are no ids, 81 and more are no places in a list of 80; and from whether 0 or 255 is in nearly every mask. Where
the first masks do not tell, it must be said: `coco:PATH:SPLIT@ids`, `@contiguous`, `@zero` or `@zero-ids`.
"""

from __future__ import annotations

import functools
from pathlib import Path

from wsss_viz.data import label_vectors
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.file_set import FileSet
from wsss_viz.data.findings import Note
from wsss_viz.data.readings import readings
from wsss_viz.data.source_files import files_in, masks_in
from wsss_viz.data.split_lists import is_split_name
from wsss_viz.errors import InputError

__all__ = ["CocoFolder"]


class CocoFolder(FileSet):
    """One split of a folder of COCO-style images and masks, its Samples read when asked for.

    Attributes:
        classes: COCO's 80, or those of classes.txt.
        names: the samples' names, sorted.

    Args:
        path: the folder.
        split: for example train2014.
        numbering: one of `numbering.NUMBERINGS`, None: as the masks tell.
        turned: masks of images that EXIF turns are in the pixels of the file, where both ways fit.

    Raises:
        InputError: no such folder, no images, no masks that belong to them; reading a sample raises it for broken
            files, masks of another size, numbers that are none, and where the numbering cannot be told.
    """

    def __init__(self, path: Path | str, split: str, numbering: str | None = None, *, turned: bool = False) -> None:
        super().__init__(path, numbering, turned)
        self.split, self.said, self.labels_from = split, f"coco:{self.path}:{split}", label_vectors.NAME
        if not self.path.is_dir():
            raise InputError(f"{self.path}: no such folder; give the one that holds {split[:40]} or images")
        if not is_split_name(split):
            raise InputError(f"{split[:40]!r} is no split; write coco:PATH:SPLIT, for example coco:{path}:val2014")
        self.files = self._find_images()
        self.names = [file.stem for file in self.files]
        if len(set(self.names)) < len(self.names):
            raise InputError(f"{self.files[0].parent}: two images share a name; keep one format of each")
        self._masks = self._find_masks()
        self._candidates = readings(self.listed, COCO_CLASSES)
        self.classes = self._candidates[0].names

    def _find_images(self) -> list[Path]:
        split = self.split
        folders = (split, f"images/{split}", f"JPEGImages/{split}", "images", "JPEGImages")
        for folder in folders:
            files = files_in(self.path / folder)
            # Both splits in one folder tell themselves apart by their names.
            files = [file for file in files if f"_{split}_" in file.name] or files
            if files:
                return files
        raise InputError(f"{self.path}: no images of {split!r} in {', '.join(folders)}; put them into one of these")

    def _find_masks(self) -> dict[str, Path]:
        """Masks by sample name."""
        folders = [f"{kind}{ending}" for kind in ("masks", "SegmentationClass", "annotations")
                  for ending in (f"/{self.split}", "")]  # fmt: skip
        for folder in folders:
            in_folder = masks_in(self.path / folder)
            pairs = {name: in_folder.get(name) or in_folder.get(_number(name)) for name in self.names}
            masks = {name: file for name, file in pairs.items() if file is not None}
            if masks:
                pictures = {*self.names, *(_number(name) for name in self.names)}
                # A folder of several splits' masks tells nothing.
                strangers = [name for name in in_folder if name not in pictures and folder.endswith(self.split)]
                self.notes += [("", Note("mask-orphan", name)) for name in strangers]
                return masks
        raise InputError(
            f"{self.path}: no mask of an image of {self.split!r} in {', '.join(folders)}; put them there as NAME.png"
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
