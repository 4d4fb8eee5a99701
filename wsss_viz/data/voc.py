"""Reading PASCAL VOC's folder layout, VOC's own and what `voc_writer` writes.

| file | what |
|---|---|
| `ImageSets/Segmentation/SPLIT.txt` | the names of the split, one a line |
| `JPEGImages/NAME.jpg` or `.png` | the image |
| `SegmentationClass/NAME.png` | class mask: 0 background, 1..20 VOC's classes, 255 ignore |
| `SegmentationParts/NAME.png` | part mask: 1 discriminative, 2 not, 255 ignore (ours) |
| `Annotations/NAME.xml` | the objects, from which the labels are taken |
| `ImageSets/Main/CLASS_SPLIT.txt` | labels where there is no XML: a name and 1, 0 (difficult only) or -1 a line |
| `classes.txt` | the class set, one of VOC's names a line; all 20 without it (ours) |

On disk a mask has VOC's own indices always; in a Sample it has those of the class set. Classes that are not in
the set become background and are no labels. What is missing of masks and labels is None in the Sample.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.files import read_bounded
from wsss_viz.data.images import read_image, read_mask
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import IGNORE, PART_NAMES, Mask, Sample
from wsss_viz.errors import InputError

MAX_XML = 2**20
MAX_LIST = 2**26

_SPLIT_NAME = re.compile(r"\w[\w.-]*")
_FORBIDDEN_IN_NAMES = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


def is_split_name(text: str) -> bool:
    """Whether `text` can name a split: letters, digits, `_`, `-` and `.`, the first one no dot or dash."""
    return _SPLIT_NAME.fullmatch(text) is not None


def is_sample_name(text: str) -> bool:
    """Whether `text` can be a file's name in a folder on any system, and nothing but a name."""
    return bool(text.strip(". ")) and len(text) <= 200 and _FORBIDDEN_IN_NAMES.search(text) is None


class VocFolder:
    """One split of a folder in VOC's layout, its Samples read when asked for.

    Attributes:
        classes: the names in `classes.txt`, else VOC's 20.
        names: the samples' names, in the split's order.

    Raises:
        InputError: the folder or the split is missing, a list is malformed; reading a sample raises it for missing or
            broken files, for masks of another size or with other indices, and for classes that are not VOC's.
    """

    def __init__(self, path: Path | str, split: str) -> None:
        self.path, self.split = Path(path), split
        self.names = _split_names(self.path, split)
        self.classes = read_classes(self.path)
        self._indices = _class_set_indices(self.classes)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        name = self.names[index]
        image = self._read_image(name)
        mask = self._read_class_mask(name, image.shape[:2])
        return Sample(
            image=image,
            classes=self.classes,
            labels=self._read_labels(name, mask),
            name=name,
            mask=mask,
            parts=self._read_parts(name, image.shape[:2]),
        )

    def _read_image(self, name: str) -> NDArray[np.uint8]:
        for suffix in (".jpg", ".png"):
            file = self.path / "JPEGImages" / f"{name}{suffix}"
            if file.exists():
                return read_image(file)
        raise InputError(
            f"{self.path / 'JPEGImages' / name}.jpg (or .png) is missing, though {self.split}.txt names it; "
            "add the image or take the line out"
        )

    def _read_class_mask(self, name: str, size: tuple[int, ...]) -> Mask | None:
        file = self.path / "SegmentationClass" / f"{name}.png"
        if not file.exists():
            return None
        indices = _mask_of_size(file, size)
        unknown = np.setdiff1d(indices, [*range(len(VOC_CLASSES) + 1), IGNORE])
        if unknown.size:
            raise InputError(f"{file}: index {unknown[0]}; a VOC mask holds 0 to {len(VOC_CLASSES)} and {IGNORE}")
        mask: Mask = self._indices[indices]
        return mask

    def _read_parts(self, name: str, size: tuple[int, ...]) -> Mask | None:
        file = self.path / "SegmentationParts" / f"{name}.png"
        if not file.exists():
            return None
        parts = _mask_of_size(file, size)
        unknown = np.setdiff1d(parts, [0, *PART_NAMES, IGNORE])
        if unknown.size:
            raise InputError(f"{file}: index {unknown[0]}; a part mask holds 0, 1, 2 and {IGNORE}")
        return parts

    def _read_labels(self, name: str, mask: Mask | None) -> tuple[str, ...] | None:
        """From the XML, else from the class lists, else from the mask; in the class set's order."""
        file = self.path / "Annotations" / f"{name}.xml"
        present: set[str] | None
        if file.exists():
            present = _object_names(file)
        elif name in self._labels_of_lists:
            present = self._labels_of_lists[name]
        elif mask is not None:
            present = {self.classes[index - 1] for index in np.unique(mask).tolist() if index not in (0, IGNORE)}
        else:
            return None
        return tuple(label for label in self.classes if label in present)

    @functools.cached_property
    def _labels_of_lists(self) -> dict[str, set[str]]:
        """Labels by sample name from `ImageSets/Main/CLASS_SPLIT.txt`; empty unless every class has its list."""
        files = {label: self.path / "ImageSets" / "Main" / f"{label}_{self.split}.txt" for label in self.classes}
        if not all(file.exists() for file in files.values()):
            return {}
        labels: dict[str, set[str]] = {}
        for label, file in files.items():
            for number, line in _lines(file):
                fields = line.split()
                if len(fields) != 2 or fields[1] not in ("1", "0", "-1"):
                    raise InputError(f"{file}, line {number}: {line[:40]!r}; a line is a name and 1, 0 or -1")
                present = labels.setdefault(fields[0], set())
                if fields[1] != "-1":
                    present.add(label)
        return labels


def read_classes(path: Path) -> tuple[str, ...]:
    """The class set of a folder in VOC's layout: `classes.txt`, else VOC's 20. Raises InputError for other names."""
    file = path / "classes.txt"
    if not file.exists():
        return VOC_CLASSES
    classes = tuple(line for _, line in _lines(file))
    for name in classes:
        if name not in VOC_CLASSES:
            raise InputError(f"{file}: {name[:40]!r} is no class of PASCAL VOC; its masks can hold VOC's classes only")
    if not classes or len(set(classes)) < len(classes):
        raise InputError(f"{file}: {'a class twice' if classes else 'no class'}; list each class once, one a line")
    return classes


def _split_names(path: Path, split: str) -> list[str]:
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; give the one that holds JPEGImages and ImageSets")
    if not is_split_name(split):
        raise InputError(f"{split[:40]!r} is no name of a split; write voc:PATH:SPLIT, for example voc:{path}:train")
    lists = path / "ImageSets" / "Segmentation"
    file = lists / f"{split}.txt"
    if not file.exists():
        known = ", ".join(sorted(other.stem for other in lists.glob("*.txt"))) or "none"
        raise InputError(f"{path}: no split {split!r} in ImageSets/Segmentation (there: {known}); name one of them")
    names: dict[str, int] = {}
    for number, name in _lines(file):
        if not is_sample_name(name):
            raise InputError(f"{file}, line {number}: {name[:40]!r} is no name; write names without a path")
        if name in names:
            raise InputError(f"{file}, line {number}: {name[:40]!r} stands on line {names[name]} already; list it once")
        names[name] = number
    if not names:
        raise InputError(f"{file}: lists no names; write one a line")
    return list(names)


def _lines(file: Path) -> list[tuple[int, str]]:
    """(line number, text) of the lines of a UTF-8 file that are not blank, stripped."""
    try:
        text = read_bounded(file, MAX_LIST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a text file in UTF-8; save it as one") from error
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _class_set_indices(classes: tuple[str, ...]) -> NDArray[np.uint8]:
    """(256,) uint8: the index in the class set of each index of VOC's; what is in neither is background."""
    indices = np.zeros(256, dtype=np.uint8)
    indices[IGNORE] = IGNORE
    for place, name in enumerate(classes, 1):
        indices[VOC_CLASSES.index(name) + 1] = place
    return indices


def _mask_of_size(file: Path, size: tuple[int, ...]) -> Mask:
    mask = read_mask(file)
    if mask.shape != size:
        (height, width), (rows, columns) = size, mask.shape
        raise InputError(f"{file}: {columns} x {rows} pixels, the image has {width} x {height}; they must be equal")
    return mask


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Refuses document types, and with them entities: no annotation needs one, every XML bomb does."""

    def doctype(self, name: str, public: str | None, system: str | None) -> Any:
        raise ElementTree.ParseError("it declares a document type")


def _object_names(file: Path) -> set[str]:
    """The names of the objects in one of VOC's annotations, the parts of persons left out."""
    data = read_bounded(file, MAX_XML)
    try:
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=_WithoutDoctype()))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{file}: cannot be read as an annotation ({error}); write it again or remove it") from error
    names = {(element.findtext("name") or "").strip() for element in root.findall("object")}
    for name in sorted(names):
        if name not in VOC_CLASSES:
            raise InputError(f"{file}: an object {name[:40]!r}, no class of PASCAL VOC; rename it or take it out")
    return names
