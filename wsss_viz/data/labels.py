"""A person's table of labels: `labels.txt` or `labels.csv`, a picture and its classes a line, or one-hot."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wsss_viz.data.class_sets import BACKGROUNDS, lines_of
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.findings import Note
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.spreadsheets import text_of_cell
from wsss_viz.data.synonyms import spelling
from wsss_viz.errors import InputError

__all__ = ["LABEL_FILES", "LabelTable", "is_value", "read_label_table"]

LABEL_FILES = ("labels.txt", "labels.csv")
_HEADINGS = ("name", "file", "filename", "image", "picture", "img", "id", "image_id")
_SEPARATORS = (",", ";", "\t", "|")


@dataclass
class LabelTable:
    """Labels by sample name, as they are spelled in the file.

    Attributes:
        labels: the classes of each sample that the table names.
        notes: (sample's name, note).
        source: the file and its form, in words; "" where there is none.
        classes: of a one-hot table, its heading; else ().
    """

    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: list[tuple[str, Note]] = field(default_factory=list)
    source: str = ""
    classes: tuple[str, ...] = ()


def read_label_table(path: Path, pictures: dict[str, str], classes: Sequence[str] | None) -> LabelTable:
    """The labels in `labels.txt` or `labels.csv` of a folder; an empty table where there is neither.

    A line is a picture's file or name and its classes, separated by commas (with quotes as CSV has them), semicolons,
    tabs or bars, or in labels.txt by blanks where there is none of these; words that make a known class of two words
    ("potted plant") are put together. A first line that begins with "name", "file" or "image" is a heading; where all
    values below it are 0 and 1, the table is one-hot and its heading names the classes.

    Args:
        pictures: sample names by file name.
        classes: the data set's list, where it has one.

    Raises:
        InputError: both files, a line about no picture, or two about one.

    >>> _ = Path("labels.txt").write_text("a.png potted plant dog")
    >>> read_label_table(Path("."), {"a.png": "a"}, None).labels
    {'a': ('potted plant', 'dog')}
    """
    files = [file for name in LABEL_FILES if (file := path / name).is_file()]
    if len(files) > 1:
        raise InputError(f"{path}: both {' and '.join(LABEL_FILES)}; keep one of them")
    table = LabelTable()
    for file in files:
        _read(file, pictures, classes, table)
    return table


def _read(file: Path, pictures: dict[str, str], classes: Sequence[str] | None, table: LabelTable) -> None:
    names = set(pictures.values())
    lines = lines_of(file)
    rows = [(number, *_fields(line, blanks=file.suffix != ".csv")) for number, line in lines]
    headed = bool(rows) and rows[0][1][0].lower() in _HEADINGS and rows[0][1][0] not in names
    heading = rows.pop(0)[1] if headed else []
    one_hot = len(heading) > 1 and bool(rows) and all(
        len(fields) == len(heading) and set(fields[1:]) <= {"0", "1", "0.0", "1.0"} for _, fields, _ in rows
    )  # fmt: skip
    table.source = f"{file.name}{', one-hot by its heading' if one_hot else ''}"
    table.classes = tuple(heading[1:]) if one_hot else ()
    known = (*(classes or ()), *VOC_CLASSES, *COCO_CLASSES)
    for number, (first, *cells), by_blanks in rows:
        name, values = _name_of(first, pictures), cells
        if file.suffix == ".csv":
            name = plain if (plain := _name_of(text_of_cell(first), pictures)) in names else name
            values = [text_of_cell(value) for value in cells]
        if name not in names:
            hint = "" if values else "; if this is a list of classes, call it classes.txt"
            raise InputError(
                f"{file}, line {number}: no picture {first[:40]!r}; correct the name or remove the line{hint}"
            )
        if name in table.labels:
            raise InputError(f"{file}, line {number}: {first[:40]!r} stands above already; list each picture once")
        if one_hot:
            labels = [label for label, value in zip(heading[1:], values, strict=True) if float(value)]
            note: Note | None = Note("one-hot")
        else:
            labels, note = _labels_of(values, known if by_blanks else ())
        if note is not None:
            table.notes.append((name, note))
        if any(label.lower() in BACKGROUNDS for label in labels):
            table.notes.append((name, Note("label-background")))
        table.labels[name] = tuple(dict.fromkeys(label for label in labels if label))


def is_value(label: str) -> bool:
    """Whether a label is a number, or True or False, as tables have them.

    >>> [is_value(label) for label in ("12", "-1", "0.5", "True", "3D", "dog")]
    [True, True, True, True, False, False]
    """
    return label.lower() in ("true", "false") or label.lstrip("-").replace(".", "", 1).isdecimal()


def _labels_of(values: list[str], known: Sequence[str]) -> tuple[list[str], Note | None]:
    """The labels of a row and what is odd about them; between blanks, `known` says what belongs together."""
    numbers = [value for value in values if is_value(value)]
    if numbers:
        return values, Note("label-numbers", " ".join(numbers[:6]))
    if not known or len(values) < 2:
        return values, None
    joined = _joined(values, known)
    spellings = {spelling(name) for name in known}
    odd = any(spelling(label) not in spellings for label in joined)
    return joined, Note("label-blank", " | ".join(joined)) if odd else None


def _name_of(first: str, pictures: dict[str, str]) -> str:
    """The sample a line is about: its file's name, its own, or a path that ends in either."""
    if first in pictures:
        return pictures[first]
    last = first.replace("\\", "/").rpartition("/")[2]
    return pictures.get(last, first if first in pictures.values() else last)


def _fields(line: str, *, blanks: bool) -> tuple[list[str], bool]:
    """The fields of a line, and whether blanks separate them."""
    separator = next((mark for mark in _SEPARATORS if mark in line), "" if blanks else ",")
    if not separator:
        return line.split(), True
    fields = [field.strip() for field in next(csv.reader([line], delimiter=separator))]
    # "a.jpg cat, dog": the name ends at the blank where that names the file.
    first, blank, rest = fields[0].partition(" ")
    if blank and blanks and "." in first:
        fields = [first, rest.strip(), *fields[1:]]
    if separator == "," and len(fields) == 2 and any(mark in fields[1] for mark in ";|"):
        mark = ";" if ";" in fields[1] else "|"
        fields = [fields[0], *(label.strip() for label in fields[1].split(mark))]
    return [fields[0], *(field for field in fields[1:] if field)], False


def _joined(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """The words, those put together that make a known class of several words."""
    several = {spelling(name): name for name in known if len(name.split()) > 1}
    joined: list[str] = []
    position = 0
    while position < len(words):
        for count in (3, 2):
            group = words[position : position + count]
            if len(group) == count and spelling("".join(group)) in several:
                joined.append(" ".join(group))
                position += count
                break
        else:
            joined.append(words[position])
            position += 1
    return joined
