"""Reading PASCAL VOC's folder layout, VOC's own, its augmented list, and what `voc_writer` writes.

| file | what |
|---|---|
| `ImageSets/Segmentation/SPLIT.txt` | the names of the split, or image and mask, one a line (`split_lists`) |
| `JPEGImages/NAME.jpg` or `.png` | the image |
| `SegmentationClass/NAME.png` | class mask: 0 background, 1..20 VOC's classes, 255 ignore |
| `SegmentationClassAug/NAME.png` | SBD's (`docs/sources.md#voc`), where the one above is missing |
| `SegmentationParts/NAME.png` | part mask: 1 discriminative, 2 not, 255 ignore (ours) |
| `cls_labels.npy` | labels as PSA and IRN ship them (`label_vectors`) |
| `Annotations/NAME.xml` | the objects, from which labels are taken else |
| `ImageSets/Main/CLASS_SPLIT.txt` | labels where there is neither: a name and 1, 0 (difficult only) or -1 a line |
| `classes.txt` | the class set, one name a line; VOC's 20 without it (ours) |

On disk a mask of VOC's classes has VOC's own numbers always, one of other classes the lines of `classes.txt`
(`class_sets`); in a Sample it has those of the class set. VOC's classes that are not in the set become background and
are no labels. What is missing of masks and labels is None in the Sample.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data import label_vectors
from wsss_viz.data.annotations import object_names
from wsss_viz.data.class_sets import labels_of_mask, lines_of, mask_of_set, read_class_list
from wsss_viz.data.images import read_image, read_mask
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import IGNORE, PART_NAMES, Mask, Sample
from wsss_viz.data.split_lists import Entry, is_sample_name, is_split_name, read_split
from wsss_viz.errors import InputError

__all__ = ["VocFolder", "is_sample_name", "is_split_name", "mask_of_size", "read_classes"]

MASK_FOLDERS = ("SegmentationClass", "SegmentationClassAug")


class VocFolder:
    """One split of a folder in VOC's layout, its Samples read when asked for.

    Attributes:
        classes: the names in `classes.txt`, else VOC's 20.
        names: the samples' names, in the split's order.

    Raises:
        InputError: the folder or the split is missing, a list is malformed; reading a sample raises it for missing or
            broken files, for masks of another size or with other indices, and for classes that are not in the set.
    """

    def __init__(self, path: Path | str, split: str) -> None:
        self.path, self.split = Path(path), split
        self._entries = read_split(self.path, split)
        self.names = [entry.name for entry in self._entries]
        self.classes = read_classes(self.path)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        entry = self._entries[index]
        image = self._read_image(entry)
        mask = self._read_class_mask(entry, image.shape[:2])
        return Sample(
            image=image,
            classes=self.classes,
            labels=self._read_labels(entry.name, mask),
            name=entry.name,
            mask=mask,
            parts=self._read_parts(entry.name, image.shape[:2]),
        )

    def _read_image(self, entry: Entry) -> NDArray[np.uint8]:
        wanted = [entry.image] if entry.image else [f"JPEGImages/{entry.name}{suffix}" for suffix in (".jpg", ".png")]
        for file in wanted:
            if (self.path / file).exists():
                return read_image(self.path / file)
        raise InputError(
            f"{self.path / wanted[0]}{'' if entry.image else ' (or .png)'} is missing, though {self.split}.txt names "
            "it; add the image or take the line out"
        )

    def _read_class_mask(self, entry: Entry, size: tuple[int, ...]) -> Mask | None:
        wanted = [entry.mask] if entry.mask else [f"{folder}/{entry.name}.png" for folder in MASK_FOLDERS]
        for name in wanted:
            file = self.path / name
            if file.exists():
                return mask_of_set(file, mask_of_size(file, size), self.classes)
        if entry.mask:
            raise InputError(
                f"{self.path / entry.mask} is missing, though {self.split}.txt names it; add the mask, or take its "
                "path out of the line"
            )
        return None

    def _read_parts(self, name: str, size: tuple[int, ...]) -> Mask | None:
        file = self.path / "SegmentationParts" / f"{name}.png"
        if not file.exists():
            return None
        parts = mask_of_size(file, size)
        unknown = np.setdiff1d(parts, [0, *PART_NAMES, IGNORE])
        if unknown.size:
            raise InputError(f"{file}: index {unknown[0]}; a part mask holds 0, 1, 2 and {IGNORE}")
        return parts

    def _read_labels(self, name: str, mask: Mask | None) -> tuple[str, ...] | None:
        """From the vectors, else the XML, else the class lists, else the mask; in the class set's order."""
        file = self.path / "Annotations" / f"{name}.xml"
        present: set[str]
        if name in self._labels_of_vectors:
            return self._labels_of_vectors[name]
        if file.exists():
            present = object_names(file, VOC_CLASSES if set(self.classes) <= set(VOC_CLASSES) else self.classes)
        elif name in self._labels_of_lists:
            present = self._labels_of_lists[name]
        elif mask is not None:
            return labels_of_mask(mask, self.classes)
        else:
            return None
        return tuple(label for label in self.classes if label in present)

    @functools.cached_property
    def _labels_of_vectors(self) -> dict[str, tuple[str, ...]]:
        file = self.path / label_vectors.NAME
        return label_vectors.read_label_vectors(file, self.classes) if file.exists() else {}

    @functools.cached_property
    def _labels_of_lists(self) -> dict[str, set[str]]:
        """Labels by sample name from `ImageSets/Main/CLASS_SPLIT.txt`; empty unless every class has its list."""
        files = {label: self.path / "ImageSets" / "Main" / f"{label}_{self.split}.txt" for label in self.classes}
        if not all(file.exists() for file in files.values()):
            return {}
        labels: dict[str, set[str]] = {}
        for label, file in files.items():
            for number, line in lines_of(file):
                fields = line.split()
                if len(fields) != 2 or fields[1] not in ("1", "0", "-1"):
                    raise InputError(f"{file}, line {number}: {line[:40]!r}; a line is a name and 1, 0 or -1")
                present = labels.setdefault(fields[0], set())
                if fields[1] != "-1":
                    present.add(label)
        return labels


def read_classes(path: Path) -> tuple[str, ...]:
    """The class set of a folder: `classes.txt`, else VOC's 20."""
    file = path / "classes.txt"
    return read_class_list(file) if file.exists() else VOC_CLASSES


def mask_of_size(file: Path, size: tuple[int, ...]) -> Mask:
    """The numbers in a mask's file. Raises InputError where its size is not the image's (H, W)."""
    mask = read_mask(file)
    if mask.shape != size:
        (height, width), (rows, columns) = size, mask.shape
        raise InputError(f"{file}: {columns} x {rows} pixels, the image has {width} x {height}; they must be equal")
    return mask
