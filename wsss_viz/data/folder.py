"""A folder of a person's own pictures as a data set.

| file | what |
|---|---|
| pictures | directly in the folder, else in `images/` |
| `masks/NAME.png` | palette or grey PNG: 0 background, the classes from 1 on, 255 ignore |
| `labels.txt` or `labels.csv` | a picture and its classes a line (`labels`) |
| `classes.txt` | the class names, one a line, or another tool's list (`class_sets`) |

All but the pictures is optional. Without a class list the classes are VOC's where the labels are (by any of their
names), or where there are masks and no labels; else they are the names in the labels, sorted. How masks number them is
decided in `numbering`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from wsss_viz.data.class_sets import ClassList
from wsss_viz.data.file_set import FileSet
from wsss_viz.data.files import explained
from wsss_viz.data.findings import KINDS, Note
from wsss_viz.data.images import MASK_SUFFIXES, SUFFIXES
from wsss_viz.data.labels import is_value, read_label_table
from wsss_viz.data.numbering import ClassNumbering, by_lines
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.readings import readings
from wsss_viz.data.source_files import files_in, masks_in, other_pictures
from wsss_viz.data.synonyms import nearest, renaming
from wsss_viz.errors import InputError

__all__ = ["PictureFolder"]


class PictureFolder(FileSet):
    """The PNG, JPEG and WebP files of a folder, sorted by name, read when asked for.

    Folders inside, hidden files and files of other kinds are passed over. What is not known of a picture (labels, mask)
    is None in its Sample; where there are masks but no labels, those of the mask are taken. A picture's name is its
    file's without the suffix, or with it where two files would share the name; its mask is called the same.

    Attributes:
        classes: see above; () where nothing tells.
        names: of the pictures.
        notes: (sample's name or "", what was noticed) about the folder.

    Args:
        path: the folder.
        numbering: one of `numbering.NUMBERINGS`, None: as the masks tell.
        turned: masks of images that EXIF turns are in the pixels of the file, where both ways fit.

    Raises:
        InputError: no such folder, a file in its place, no picture in it, masks of which none belongs to a picture, a
            label that is not in classes.txt; reading a picture raises what `read_picture` does, and it for masks of
            another size or with numbers beyond the classes.
    """

    def __init__(self, path: Path | str, numbering: str | None = None, *, turned: bool = False) -> None:
        super().__init__(path, numbering, turned)
        self.said = f"folder:{self.path}"
        self.files = _pictures(self.path)
        stems = Counter(file.stem for file in self.files)
        self.names = [file.stem if stems[file.stem] == 1 else file.name for file in self.files]
        self._masks = masks_in(self.path / "masks")
        if self._masks and not self._masks.keys() & set(self.names):
            raise InputError(
                f"{self.path / 'masks'}: no mask has the name of a picture; call them as {self.names[0][:60]}.png"
            )
        self._table = read_label_table(
            self.path,
            {f.name: n for f, n in zip(self.files, self.names, strict=True)},
            None if self.listed is None else self.listed.names,
        )
        self.labels_from = self._table.source
        self.notes += self._table.notes
        for name in sorted(self._masks.keys() - set(self.names)):
            shared = ", the name of several pictures" if name in stems else ""
            self.notes.append(("", Note("mask-orphan", f"{name}{shared}")))
        self.notes += [("", Note("picture-not-read", file.name)) for file in other_pictures(self.files[0].parent)]
        self.notes += [("", Note("mask-not-read", f.name)) for f in other_pictures(self.path / "masks", MASK_SUFFIXES)]
        self._candidates = self._class_set()
        self.classes = self._candidates[0].names

    def _class_set(self) -> list[ClassNumbering]:
        """The readings of the class list, or of what stands for one; the labels become its names."""
        used = {label: None for labels in self._table.labels.values() for label in labels}
        labels = list(dict.fromkeys((*self._table.classes, *used)))
        as_voc = renaming(labels, VOC_CLASSES, once=False)
        if self.listed is not None:
            self._respell(labels, self.listed)
            return readings(self.listed)
        if len(as_voc) == len(labels) and (labels or self._masks):
            self._rename(as_voc)
            return readings(None)
        if labels and self._masks:
            raise InputError(f"{self.path}: masks of classes that are not VOC's need classes.txt, one name a line")
        source = f"the labels in {self._table.source}" if labels else "there are no labels"
        return [by_lines(tuple(sorted(labels)), source)]

    def _respell(self, labels: list[str], listed: ClassList) -> None:
        named = renaming(labels, listed.names, once=False)
        unknown = sorted(label for label in labels if label not in named and label not in VOC_CLASSES)
        unknown += sorted(label for label in labels if label not in named and label in VOC_CLASSES)
        if unknown and is_value(unknown[0]):
            raise InputError(
                f"{self.path}: the label {unknown[0][:40]!r} is no class's name; {KINDS['label-numbers'][2]}"
            )
        if unknown:
            near = nearest(unknown[0], listed.names)
            raise InputError(
                f"{self.path}: the label {unknown[0][:40]!r} is not in {listed.source.split(' ')[0]}; add it there"
                f"{f', or write {near!r}' if near else ''}"
            )
        self._rename(named)

    def _rename(self, named: dict[str, str]) -> None:
        for name, labels in self._table.labels.items():
            self._table.labels[name] = tuple(dict.fromkeys(named[label] for label in labels))
            self.notes += [(name, Note("label-case", f"{o} as {named[o]}")) for o in labels if named[o] != o]

    def _labels_of(self, name: str) -> tuple[str, ...] | None:
        return self._table.labels.get(name)

    @property
    def labels_in_use(self) -> tuple[str, ...]:
        """The classes that are some picture's label; all of them where the masks tell the labels."""
        used = {label for labels in self._table.labels.values() for label in labels}
        return tuple(name for name in self.classes if name in used) if used else self.classes


def _pictures(path: Path) -> list[Path]:
    with explained(path):
        if not path.exists():
            raise InputError(f"{path}: no such folder; check the path")
        if not path.is_dir():
            raise InputError(f"{path}: a file, not a folder; give the folder that it lies in")
        for folder in (path, path / "images"):
            files = files_in(folder)
            if files:
                return files
    others = [file.name for folder in (path, path / "images") for file in other_pictures(folder)]
    if others:
        raise InputError(f"{path}: {others[0][:60]!r} is of a format that is not read; save pictures as PNG or JPEG")
    raise InputError(f"{path}: no picture in this folder; put files ending in {', '.join(SUFFIXES)} into it")
