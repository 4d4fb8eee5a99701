"""A folder of a person's own pictures as a data set.

| file | what |
|---|---|
| pictures | directly in the folder, else in `images/` |
| `masks/NAME.png` | palette or 8-bit grey PNG: 0 background, the classes from 1 on, 255 ignore |
| `labels.txt` or `labels.csv` | a picture and its classes a line (`_read_labels`) |
| `classes.txt` | the class names, one a line |

All but the pictures is optional. Without `classes.txt` the classes are VOC's where the labels are, or where there are
masks and no labels; else they are the names in the labels, sorted.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from wsss_viz.data.class_sets import labels_of_mask, lines_of, mask_of_set, read_class_list
from wsss_viz.data.files import explained
from wsss_viz.data.images import SUFFIXES, read_image
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Mask, Sample
from wsss_viz.data.voc import mask_of_size
from wsss_viz.errors import InputError

LABEL_FILES = ("labels.txt", "labels.csv")
_HEADINGS = ("name", "file", "filename", "image", "picture")


class PictureFolder:
    """The PNG, JPEG and WebP files of a folder, sorted by name, read when asked for.

    Folders inside, hidden files and files of other kinds are passed over. What is not known of a picture (labels, mask)
    is None in its Sample; where there are masks but no labels, those of the mask are taken. A picture's name is its
    file's without the suffix, or with it where two files would share the name; its mask is called the same.

    Attributes:
        classes: see above; () where nothing tells.
        names: of the pictures.

    Raises:
        InputError: no such folder, a file in its place, no picture in it, masks or labels of which none or one belongs
            to no picture, a class that is not in classes.txt; reading a picture raises what `read_image` does, and it
            for masks of another size or with numbers beyond the classes.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.files = sorted(_pictures(self.path), key=lambda file: file.name)
        stems = Counter(file.stem for file in self.files)
        self.names = [file.stem if stems[file.stem] == 1 else file.name for file in self.files]
        masks = self.path / "masks"
        self._masks = {file.stem: file for file in masks.glob("*.png")} if masks.is_dir() else {}
        if self._masks and not self._masks.keys() & set(self.names):
            raise InputError(f"{masks}: no mask has the name of a picture; call them as {self.names[0][:60]}.png")
        self._labels = _read_labels(self.path, {f.name: n for f, n in zip(self.files, self.names, strict=True)})
        self.classes = self._class_set()

    def _class_set(self) -> tuple[str, ...]:
        file = self.path / "classes.txt"
        found = {label for labels in self._labels.values() for label in labels}
        if file.exists():
            classes = read_class_list(file)
            unknown = sorted(found - set(classes))
            if unknown:
                raise InputError(f"{self.path}: the label {unknown[0][:40]!r} is not in classes.txt; add it there")
            return classes
        if found <= set(VOC_CLASSES) and (found or self._masks):
            return VOC_CLASSES
        if found and self._masks:
            raise InputError(f"{self.path}: masks of classes that are not VOC's need classes.txt, one name a line")
        return tuple(sorted(found))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:
        name = self.names[index]
        image = read_image(self.files[index])
        mask: Mask | None = None
        if name in self._masks:
            file = self._masks[name]
            mask = mask_of_set(file, mask_of_size(file, image.shape[:2]), self.classes)
        known = self._labels.get(name)
        if known is not None:
            known = tuple(label for label in self.classes if label in known)
        elif mask is not None:
            known = labels_of_mask(mask, self.classes)
        return Sample(image=image, classes=self.classes, labels=known, name=name, mask=mask)


def _read_labels(path: Path, pictures: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """The labels in `labels.txt` or `labels.csv`, by sample name; {} where there is neither.

    A line is a picture's file or name and its classes, separated by commas (with quotes as CSV has them), or in
    labels.txt by blanks where there is no comma. A first line that begins with "name", "file" or "image" is a heading.

    Args:
        pictures: sample names by file name.

    Raises:
        InputError: both files, a line about no picture, or two about one.
    """
    files = [file for name in LABEL_FILES if (file := path / name).is_file()]
    if len(files) > 1:
        raise InputError(f"{path}: both {' and '.join(LABEL_FILES)}; keep one of them")
    labels: dict[str, tuple[str, ...]] = {}
    names = set(pictures.values())
    for file in files:
        for place, (number, line) in enumerate(lines_of(file)):
            first, *rest = _fields(line, commas_only=file.suffix == ".csv")
            if place == 0 and first.lower() in _HEADINGS and first not in names:
                continue
            name = pictures.get(first, first)
            if name not in names:
                raise InputError(
                    f"{file}, line {number}: no picture {first[:40]!r}; correct the name or remove the line"
                )
            if name in labels:
                raise InputError(f"{file}, line {number}: {first[:40]!r} stands above already; list each picture once")
            labels[name] = tuple(dict.fromkeys(rest))
    return labels


def _fields(line: str, *, commas_only: bool) -> Sequence[str]:
    fields = next(csv.reader([line])) if commas_only or "," in line else line.split()
    stripped = [field.strip() for field in fields]
    return [stripped[0], *(field for field in stripped[1:] if field)]


def _pictures(path: Path) -> list[Path]:
    with explained(path):
        if not path.exists():
            raise InputError(f"{path}: no such folder; check the path")
        if not path.is_dir():
            raise InputError(f"{path}: a file, not a folder; give the folder that it lies in")
        for folder in (path, path / "images"):
            found = pictures_in(folder)
            if found:
                return found
    raise InputError(f"{path}: no picture in this folder; put files ending in {', '.join(SUFFIXES)} into it")


def pictures_in(folder: Path) -> list[Path]:
    """The files directly in a folder whose suffix is an image's, hidden ones left out; [] where there is no folder."""
    if not folder.is_dir():
        return []
    return [
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
    ]
