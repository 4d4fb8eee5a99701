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
| `classes.txt` | the class set, one name a line, or another tool's list (`class_sets`); VOC's 20 without it |

What the numbers in masks mean is decided in `numbering`; in a Sample they are those of the class set. Where they are
VOC's, VOC's classes that are not in the set become background, which is noted, and are no labels. What is missing of
masks and labels is None in the Sample.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wsss_viz.data import label_vectors
from wsss_viz.data.annotations import object_names
from wsss_viz.data.class_sets import class_file, lines_of, read_class_list
from wsss_viz.data.findings import Note
from wsss_viz.data.images import MASK_SUFFIXES, SUFFIXES, read_mask
from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.readings import decide, readings
from wsss_viz.data.sample import IGNORE, PART_NAMES, Mask, Sample
from wsss_viz.data.source_files import evidence_of, files_in, masks_in, other_pictures, sample_of
from wsss_viz.data.split_lists import Entry, is_sample_name, is_split_name, read_split
from wsss_viz.errors import InputError

__all__ = ["MASK_FOLDERS", "VocFolder", "is_sample_name", "is_split_name", "read_classes", "with_suffix_of"]

MASK_FOLDERS = ("SegmentationClass", "SegmentationClassAug")


class VocFolder:
    """One split of a folder in VOC's layout, its Samples read when asked for.

    Attributes:
        classes: the names in `classes.txt`, else VOC's 20.
        names: the samples' names, in the split's order.

    Args:
        path: the folder that holds JPEGImages and ImageSets.
        split: for example train.
        numbering: one of `numbering.NUMBERINGS`, None: as the masks tell.
        turned: masks of images that EXIF turns are in the pixels of the file, where both ways fit.

    Raises:
        InputError: the folder or the split is missing, a list is malformed; reading a sample raises it for missing or
            broken files, for masks of another size or with other indices, and for classes that are not in the set.
    """

    def __init__(self, path: Path | str, split: str, numbering: str | None = None, *, turned: bool = False) -> None:
        self.path, self.split, self._form, self._turned = Path(path), split, numbering, turned
        self._entries = read_split(self.path, split)
        self.names = [entry.name for entry in self._entries]
        file = class_file(self.path)
        self.listed = None if file is None else read_class_list(file)
        self._candidates = readings(self.listed)
        self.classes = self._candidates[0].names

    def size_in_bytes(self, index: int) -> int:
        """The size of an image's file, -1 where there is none."""
        try:
            return self._image_file(self._entries[index]).stat().st_size
        except (InputError, OSError):
            return -1

    def labels_at(self, index: int) -> tuple[str, ...] | None:
        """The labels of a sample as its annotations say, without reading it; None where only its mask may tell."""
        return self._labels(self.names[index])

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        entry = self._entries[index]
        sample = sample_of(
            entry.name,
            self._image_file(entry),
            self._mask_file(entry),
            self._labels(entry.name),
            self.numbering,
            turned=self._turned,
            labels_from=label_vectors.NAME if entry.name in self._labels_of_vectors else "the annotations",
        )
        parts = self._read_parts(entry.name, sample.size)
        return sample if parts is None else replace(sample, parts=parts)

    @functools.cached_property
    def numbering(self) -> ClassNumbering:
        """The classes' numbers in masks, and where they come from."""

        def masks() -> Iterator[tuple[Path, tuple[str, ...] | None]]:
            for entry in self._entries:
                file = self._mask_file(entry)
                if file is not None:
                    yield file, self._labels(entry.name, without_vectors=len(self.classes) == len(VOC_CLASSES))

        return decide(self._candidates, lambda: evidence_of(masks()), self._form, f"voc:{self.path}:{self.split}")

    @functools.cached_property
    def notes(self) -> list[tuple[str, Note]]:
        """What was noticed about the folder: masks of no image in it, labels of no name of the split."""
        images = {file.stem for file in files_in(self.path / "JPEGImages")}
        masks = masks_in(self.path / MASK_FOLDERS[0])
        unread = other_pictures(self.path / MASK_FOLDERS[0], MASK_SUFFIXES)
        notes = [("", Note("mask-not-read", file.name)) for file in unread if file.stem in self.names]
        return notes + [("", Note("mask-orphan", name)) for name in sorted(set(masks) - images - set(self.names))]

    def _image_file(self, entry: Entry) -> Path:
        if entry.image:
            file = self.path / entry.image
            wanted = entry.image
        else:
            file = with_suffix_of(self.path / "JPEGImages", entry.name, SUFFIXES, ".jpg")
            wanted = f"JPEGImages/{entry.name}.jpg"
        if file.exists():
            return file
        raise InputError(
            f"{self.path / wanted}{'' if entry.image else ' (or .png)'} is missing, though {self.split}.txt names "
            "it; add the image or take the line out"
        )

    def _mask_file(self, entry: Entry) -> Path | None:
        if entry.mask:
            file = self.path / entry.mask
            if file.exists():
                return file
            raise InputError(
                f"{file} is missing, though {self.split}.txt names it; add the mask, or take its path out of the line"
            )
        files = (with_suffix_of(self.path / folder, entry.name, MASK_SUFFIXES, ".png") for folder in MASK_FOLDERS)
        return next((file for file in files if file.exists()), None)

    def _read_parts(self, name: str, size: tuple[int, ...]) -> Mask | None:
        file = self.path / "SegmentationParts" / f"{name}.png"
        if not file.exists():
            return None
        parts = read_mask(file)
        if parts.shape != size:
            raise InputError(f"{file}: {parts.shape[1]} x {parts.shape[0]} pixels; its image has another size")
        unknown = np.setdiff1d(parts, [0, *PART_NAMES, IGNORE])
        if unknown.size:
            raise InputError(f"{file}: index {unknown[0]}; a part mask holds 0, 1, 2 and {IGNORE}")
        return parts

    def _labels(self, name: str, *, without_vectors: bool = False) -> tuple[str, ...] | None:
        """From the vectors, else the XML, else the class lists; None where only a mask may tell."""
        file = self.path / "Annotations" / f"{name}.xml"
        if not without_vectors and name in self._labels_of_vectors:
            return self._labels_of_vectors[name]
        if file.exists():
            present = object_names(file, VOC_CLASSES if set(self.classes) <= set(VOC_CLASSES) else self.classes)
        elif name in self._labels_of_lists:
            present = self._labels_of_lists[name]
        else:
            return None
        return tuple(label for label in self.classes if label in present)

    @functools.cached_property
    def _labels_of_vectors(self) -> dict[str, tuple[str, ...]]:
        file = self.path / label_vectors.NAME
        if not file.exists():
            return {}
        in_vocs_order = [reading.form == "voc" for reading in self._candidates]
        of_voc = self.numbering.form == "voc" if len(self.classes) == len(VOC_CLASSES) else any(in_vocs_order)
        return label_vectors.read_label_vectors(file, self.classes, of_voc=of_voc)

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
    """The class set of a folder: its class list, else VOC's 20.

    Examples:
        >>> len(read_classes(Path("nothing")))  # VOC's
        20
        >>> _ = Path("classes.txt").write_text("cat\\ndog\\n")
        >>> read_classes(Path("."))
        ('cat', 'dog')
    """
    file = class_file(path)
    return VOC_CLASSES if file is None else read_class_list(file).names


def with_suffix_of(folder: Path, name: str, suffixes: Sequence[str], first: str) -> Path:
    """The file of a name with any of the suffixes, in lower or upper case; `name + first` where there is none.

    >>> with_suffix_of(Path("nowhere"), "a", (".png",), ".jpg").name
    'a.jpg'
    """
    for suffix in (first, *(suffix for suffix in suffixes if suffix != first)):
        for spelled in (suffix, suffix.upper()):
            file = folder / f"{name}{spelled}"
            if file.exists():
                return file
    return folder / f"{name}{first}"
