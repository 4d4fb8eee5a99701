"""Data strings: one line of text that names a data set, or one sample of it.

| data string | what |
|---|---|
| `scenes:SPLIT` | the drawn scenes, 128 x 128; SPLIT is train, val or test |
| `scenes:SPLIT@HxW` | the same, drawn H pixels high and W wide |
| `photos` | the shipped photographs, under ImageNet's names; `photos:val` and `photos:test` are halves of them |
| `photos:NAME` | one of them by its name (`photos:dog`) |
| `photos@voc` | those of them that PASCAL VOC has a class for, under its name; with `:val` and `:test` too |
| `voc:PATH:SPLIT` | a folder in PASCAL VOC's layout |
| `coco:PATH:SPLIT` | COCO-style images and semantic masks |
| `folder:PATH` | a folder of pictures, with masks and labels where it has them |
| any of the last three and `@FORM` | how masks are read where they do not tell: `numbering.NUMBERINGS`, `turned` |
| any of them and `:INDEX` | the sample of that index, from 0 |
| one of files and `:NAME` | the sample of that name (`voc:VOC2012:val:2007_000033`); digits only with a 0 before them |

Strings are read from the right, so a PATH may hold colons (`voc:C:\\data\\VOC2012:train:17`); `~` is the home folder.
An ending `:17` is an index, unless a folder stands before it (`voc:PATH:2012`) or has it in its name (`folder:run:3`).
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, overload

from wsss_viz.data.files import explained
from wsss_viz.data.findings import Note
from wsss_viz.data.folder import PictureFolder
from wsss_viz.data.numbering import NUMBERINGS, ClassNumbering, default_numbering
from wsss_viz.data.sample import Sample
from wsss_viz.data.split_lists import is_split_name
from wsss_viz.data.voc import VocFolder
from wsss_viz.errors import InputError
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.data.coco import CocoFolder

__all__ = ["FORMS", "TURNED", "DataSet", "Source", "absolute", "is_data_string", "open", "sample"]

FORMS = (
    "scenes:SPLIT, scenes:SPLIT@HxW, photos, voc:PATH:SPLIT, coco:PATH:SPLIT or folder:PATH, each with :INDEX (those "
    "of files also with :NAME) for one sample"
)

TURNED = "turned"
"""What says behind an @ that masks lie in the pixels of files that EXIF turns."""

_INDEXED = re.compile(r"(.+):([0-9]{1,9})", re.DOTALL)
_PHOTO_KINDS = ("photos", "photos@voc")
_PHOTOS = re.compile(r"photos(@voc)?(?::(val|test))?(?::([0-9]{1,9}|[a-z_]{1,40}))?")
_SCENES = re.compile(r"([^:@]*)(?:@([0-9]{1,5})x([0-9]{1,5}))?")


class Source(Protocol):
    """What a data set reads its samples from, by an index from 0. One with `names` tells them without reading any."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Sample: ...


@dataclass(frozen=True, eq=False)
class DataSet(Sequence[Sample]):
    """A lazy sequence of Samples, each of which knows the data string it came from.

    A slice is a DataSet again and reads nothing; its samples keep the data strings of the whole set.

    Attributes:
        name: the data string of the whole set, without an index.
        classes: the class names, () where there are none.
        source: what the samples are read from.
        indices: which of the source's samples are here, in order.
    """

    name: str
    classes: tuple[str, ...]
    source: Source
    indices: Sequence[int]

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> DataSet: ...
    def __getitem__(self, index: int | slice) -> Sample | DataSet:
        if isinstance(index, slice):
            return dataclasses.replace(self, indices=self.indices[index])
        return self._read(self.indices[index])

    def at(self, indices: Sequence[int]) -> DataSet:
        """The samples at these indices of this set, in their order; reads nothing."""
        return dataclasses.replace(self, indices=[self.indices[index] for index in indices])

    def __iter__(self) -> Iterator[Sample]:
        # Sequence's own iteration would take an IndexError from inside a source for the end.
        return map(self._read, self.indices)

    def sample_names(self) -> list[str]:
        """The names of the samples, read from nothing where the source lists them."""
        names: Sequence[str] | None = getattr(self.source, "names", None)
        return [sample.name for sample in self] if names is None else [names[position] for position in self.indices]

    @property
    def numbering(self) -> ClassNumbering:
        """How its masks on disk number the classes, and where names and numbers come from."""
        numbering: ClassNumbering | None = getattr(self.source, "numbering", None)
        return default_numbering(self.classes) if numbering is None else numbering

    def set_notes(self) -> list[tuple[str, Note]]:
        """(sample's name or "", what was noticed) about the whole set, before a sample is read."""
        notes = list(getattr(self.source, "notes", ()))
        return (
            [*notes, ("", Note("numbering-inferred", f"from {self.numbering.inferred}"))]
            if self.numbering.inferred
            else notes
        )

    def _read(self, position: int) -> Sample:
        name = f"{self.name}:{position}"
        with explained(name):
            return dataclasses.replace(self.source[position], source=name)


def open(source: str) -> DataSet:
    """The data set that a data string names, or the set of the one sample it names with an index.

    Nothing is read or drawn yet but lists of names.

    Raises:
        InputError: an unknown form, split, size or folder, or an index outside the set; in one line.

    Examples:
        >>> scenes = open("scenes:test")
        >>> len(scenes), scenes[17].labels, open("scenes:test:17")[0].labels
        (1000, ('dog',), ('dog',))
    """
    kind, colon, rest = source.partition(":")
    if kind in _PHOTO_KINDS:
        return _open_photos(source)
    if not colon or kind not in _OPENERS or not rest or "\0" in rest:
        raise InputError(f"unknown data string {_short(source)}; write {FORMS}")
    with explained(_short(source)):
        return _OPENERS[kind](source, rest)


def is_data_string(text: str) -> bool:
    """Whether a text begins as a data string does, and not as a path.

    >>> is_data_string("scenes:test:17"), is_data_string("photos"), is_data_string("photo.jpg")
    (True, True, False)
    """
    kind, colon, _ = text.partition(":")
    return kind in _PHOTO_KINDS or (bool(colon) and kind in _OPENERS)


def absolute(data: str, base: Path) -> str:
    """The data string with its path from the root of the disk; of no other kind anything is changed.

    >>> absolute("folder:pictures:3", Path("/data")), absolute("scenes:test", Path("/data"))
    ('folder:/data/pictures:3', 'scenes:test')
    """
    kind, colon, rest = data.partition(":")
    if kind not in ("voc", "coco", "folder") or not rest or rest.startswith("~"):
        return data
    return f"{kind}{colon}{base / rest}"


def sample(source: str) -> Sample:
    """The one sample that a data string with an index names, for example `scenes:test:17`.

    Raises:
        InputError: as `open`, and for a data string without an index.

    Examples:
        >>> sample("scenes:test:17")
        Sample('scenes:test:17', size=(128, 128), labels=('dog',), mask=True, parts=True)
    """
    data_set = open(source)
    if data_set.name == source:
        raise InputError(f"{_short(source)} names a data set; add the index of a sample, for example {source[:80]}:0")
    return data_set[0]


def _open_scenes(source: str, rest: str) -> DataSet:
    # Drawing is imported when something is drawn.
    from wsss_viz.data.scenes import CLASSES, SPLITS, Scenes

    rest, index = _split_index(rest)
    match = _SCENES.fullmatch(rest)
    if match is None or match[1] not in SPLITS:
        raise InputError(
            f"unknown data string {_short(source)}; the scenes are scenes:SPLIT or scenes:SPLIT@HxW "
            f"with SPLIT one of {', '.join(SPLITS)}"
        )
    split, height, width = match.groups()
    scenes = Scenes(split) if height is None else Scenes(split, size=(int(height), int(width)))
    return _data_set(f"scenes:{rest}", CLASSES, scenes, index if index is None else int(index))


def _open_photos(source: str) -> DataSet:
    from wsss_viz.data.photographs import Photographs

    match = _PHOTOS.fullmatch(source)
    if match is None:
        raise InputError(
            f"unknown data string {_short(source)}; the photographs are photos, photos:val or photos:test (photos@voc "
            "under VOC's names), with :INDEX or :NAME for one of them"
        )
    at_voc, split, index = match.groups()
    photographs = Photographs(split, by="voc" if at_voc else "imagenet")
    name = f"photos{at_voc or ''}" + (f":{split}" if split else "")
    if index is not None and not index.isdigit():
        if index not in photographs.names:
            raise InputError(f"{name} has no photograph {index!r}: give one of {', '.join(photographs.names)}")
        index = str(photographs.names.index(index))
    return _data_set(name, photographs.classes, photographs, None if index is None else int(index))


def _open_voc(source: str, rest: str) -> DataSet:
    return _open_split("voc", "VOC2012:train", VocFolder, source, rest)


def _open_coco(source: str, rest: str) -> DataSet:
    # Imported when it is asked for: few have COCO.
    from wsss_viz.data.coco import CocoFolder

    return _open_split("coco", "COCO:val2014", CocoFolder, source, rest)


def _open_split(kind: str, example: str, opened: type[VocFolder | CocoFolder], source: str, rest: str) -> DataSet:
    whole, path, split, index = _path_and_split(rest)
    split, numbering, turned = _forms(split)
    if not path or not is_split_name(split):
        raise InputError(f"{_short(source)} names no split; write {kind}:PATH:SPLIT, for example {kind}:{example}")
    folder = opened(_path(path), split, numbering, turned=turned)
    return _data_set(f"{kind}:{whole}", folder.classes, folder, index)


def _forms(text: str) -> tuple[str, str | None, bool]:
    """What stands before the @s, the numbering and whether masks are turned that they say."""
    numbering, turned = None, False
    bare, *forms = text.split("@")
    for form in forms:
        if form == TURNED:
            turned = True
        elif form in NUMBERINGS and numbering in (None, form):
            numbering = form
        else:
            known = ", ".join(f"@{name}" for name in (*NUMBERINGS, TURNED))
            raise InputError(f"@{form[:40]} says nothing about masks here; behind a data string may stand {known}")
    return bare, numbering, turned


def _path_and_split(rest: str) -> tuple[str, str, str, _Position]:
    """What stands before an index or a sample's name, its path and split, and the index or the name."""
    whole: str = rest
    index: _Position = None
    path, _, split = whole.rpartition(":")
    if split.isdecimal() and ":" in path and not _path(path).is_dir():
        whole, index = _split_index(rest)
        path, _, split = whole.rpartition(":")
    elif ":" in path and not _path(path).is_dir() and _path(path.rpartition(":")[0]).is_dir():
        whole, index = path, split
        path, _, split = whole.rpartition(":")
    return whole, path, split, index


def _open_folder(source: str, rest: str) -> DataSet:
    path, index = _split_index(rest)
    if index is not None and _path(rest).is_dir():
        path, index = rest, None
    before, colon, name = rest.rpartition(":")
    if index is None and colon and not _path(rest).is_dir() and _path(before.partition("@")[0]).is_dir():
        path, index = before, name
    bare, numbering, turned = path, None, False
    # A folder may have an @ in its name.
    if not _path(path).is_dir():
        stem, at, forms = path.partition("@")
        while at and not _path(stem).is_dir() and "@" in forms:
            more, at, forms = forms.partition("@")
            stem = f"{stem}@{more}"
        if at:
            bare = stem
            _, numbering, turned = _forms(f"@{forms}")
    folder = PictureFolder(_path(bare), numbering, turned=turned)
    return _data_set(f"folder:{path}", folder.classes, folder, index)


_OPENERS = {"scenes": _open_scenes, "voc": _open_voc, "coco": _open_coco, "folder": _open_folder}


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # "~name" without such a user
        return Path(text)


_Position = int | str | None
"""Which sample of a set: by its index or its name; None: all."""


def _split_index(text: str) -> tuple[str, _Position]:
    match = _INDEXED.fullmatch(text)
    if match is None:
        return text, None
    return match[1], match[2] if match[2] != "0" and match[2].startswith("0") else int(match[2])


def _data_set(name: str, classes: tuple[str, ...], source: Source, index: _Position) -> DataSet:
    if index is None:
        return DataSet(name, classes, source, range(len(source)))
    if isinstance(index, str):
        index = _named(name, list(getattr(source, "names", ())), index)
    if index >= len(source):
        raise InputError(
            f"{_short(name)} has {quantity(len(source), 'sample')}, none with index {index}; 0 is the first"
        )
    return DataSet(name, classes, source, range(index, index + 1))


def _named(data: str, names: Sequence[str], wanted: str) -> int:
    """The index of a sample by its name; digits that are no name are an index."""
    if wanted in names:
        return names.index(wanted)
    if wanted.isdecimal():
        return int(wanted)
    near = difflib.get_close_matches(wanted, names, 1)
    hint = f": did you mean {near[0]!r}?" if near else f"; the first is {names[0]!r}" if names else ""
    raise InputError(f"{_short(data)} has no sample called {_short(wanted)}{hint}")


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
