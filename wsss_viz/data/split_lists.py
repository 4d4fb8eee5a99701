"""Lists of the images of a split, as VOC and the field write them.

A line is a name (`2007_000032`), or, as in PSA's and DeepLab's `train_aug.txt`, the path of the image and that of its
mask, both from the data folder on (`/JPEGImages/2007_000032.jpg /SegmentationClassAug/2007_000032.png`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wsss_viz.data.class_sets import lines_of
from wsss_viz.data.images import SUFFIXES
from wsss_viz.errors import InputError

__all__ = ["LIST_FOLDERS", "Entry", "is_sample_name", "is_split_name", "read_split"]

LIST_FOLDERS = ("ImageSets/Segmentation", "ImageSets/SegmentationAug", ".")

_SPLIT_NAME = re.compile(r"\w[\w.-]*")
_FORBIDDEN_IN_NAMES = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')


@dataclass(frozen=True)
class Entry:
    """One line: the sample's name, and where the line says so, its files relative to the data folder."""

    name: str
    image: str | None = None
    mask: str | None = None


def is_split_name(text: str) -> bool:
    """Whether `text` can name a split: letters, digits, `_`, `-` and `.`, the first one no dot or dash.

    >>> is_split_name("train_aug"), is_split_name("../train")
    (True, False)
    """
    return _SPLIT_NAME.fullmatch(text) is not None


def is_sample_name(text: str) -> bool:
    """Whether `text` can be a file's name in a folder on any system, and nothing but a name.

    >>> is_sample_name("2007_000032"), is_sample_name("a/b")
    (True, False)
    """
    return bool(text.strip(". ")) and len(text) <= 200 and _FORBIDDEN_IN_NAMES.search(text) is None


def read_split(path: Path, split: str) -> list[Entry]:
    """The entries of `SPLIT.txt`, which lies in ImageSets/Segmentation, ImageSets/SegmentationAug or the folder itself.

    Raises:
        InputError: no such folder or list, no names in it, one twice, or one that leads out of the folder.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "train.txt").write_text("2007_000032")
    >>> read_split(folder, "train")
    [Entry(name='2007_000032', image=None, mask=None)]
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; give the one that holds JPEGImages and ImageSets")
    if not is_split_name(split):
        raise InputError(f"{split[:40]!r} is no name of a split; write voc:PATH:SPLIT, for example voc:{path}:train")
    file = next((file for folder in LIST_FOLDERS if (file := path / folder / f"{split}.txt").exists()), None)
    if file is None:
        known = sorted({other.stem for folder in LIST_FOLDERS[:2] for other in (path / folder).glob("*.txt")})
        below = [] if known else sorted(path.glob("*/ImageSets"))
        if below:
            raise InputError(f"{path}: no ImageSets in it; it lies in {below[-1].parent}: give that folder")
        raise InputError(
            f"{path}: no split {split!r} in ImageSets/Segmentation (there: {', '.join(known) or 'none'}); name one of "
            f"them, or put {split}.txt there"
        )
    entries: dict[str, int] = {}
    listed = []
    for number, line in lines_of(file):
        entry = _entry(line)
        if entry is None:
            raise InputError(
                f"{file}, line {number}: {line[:40]!r} is no name; write names, or image and mask from the folder on"
            )
        if entry.name in entries:
            raise InputError(
                f"{file}, line {number}: {entry.name[:40]!r} stands on line {entries[entry.name]} already; list it once"
            )
        entries[entry.name] = number
        listed.append(entry)
    if not listed:
        raise InputError(f"{file}: lists no names; write one a line")
    return listed


def _entry(line: str) -> Entry | None:
    if is_sample_name(line):
        return Entry(line)
    fields = line.split()
    if "/" not in line or not 1 <= len(fields) <= 2 or not all(_is_inside(field) for field in fields):
        return None
    image, mask = fields[0].lstrip("/"), fields[1].lstrip("/") if len(fields) == 2 else None
    name = PurePosixPath(image).stem
    return Entry(name, image, mask) if is_sample_name(name) else None


def _is_inside(field: str) -> bool:
    """Whether the text is the path of an image in the folder: no `..`, no drive, no control characters."""
    parts = field.lstrip("/").split("/")
    return all(is_sample_name(part) for part in parts) and field.lower().endswith(SUFFIXES)
