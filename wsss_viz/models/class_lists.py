"""The classes of a checkpoint by the rows of its head: VOC's, COCO's, ImageNet's, or a person's own list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wsss_viz.data.class_sets import read_class_list
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.errors import InputError
from wsss_viz.models.imagenet import IMAGENET_COUNT, imagenet_classes
from wsss_viz.models.suffixes import beside
from wsss_viz.wording import quantity

__all__ = ["ClassList", "check_class_names", "classes_of", "names_beside", "read_class_names"]

_MOST_CLASSES = 20_000


@dataclass(frozen=True)
class ClassList:
    """The names of a head's rows.

    Attributes:
        names: of the classes, without a background.
        background: whether the head's first row is the background and is dropped.
        source: where the names are from, in words.
    """

    names: tuple[str, ...]
    background: bool
    source: str


def read_class_names(path: Path) -> tuple[str, ...]:
    """The names in a class list of any of `class_sets`' forms, by their numbers where it has them; no background.

    Raises:
        InputError: what `read_class_list` refuses, and numbers with gaps.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> _ = (Path(folder.name) / "names.txt").write_text("background\\ncat\\ndog\\n")
        >>> read_class_names(Path(folder.name) / "names.txt")
        ('cat', 'dog')
        >>> folder.cleanup()
    """
    listed = read_class_list(path, _MOST_CLASSES)
    if listed.numbers is None:
        return listed.names
    by_number = sorted(zip(listed.numbers, listed.names, strict=True))
    gap = next((n for n, (number, _) in enumerate(by_number, by_number[0][0]) if number != n), None)
    if gap is not None:
        raise InputError(f"{path}: no class has the number {gap}: name each row of the head")
    return tuple(name for _, name in by_number)


def check_class_names(names: object, where: str) -> tuple[str, ...]:
    """The names, where they are plain ones, each once.

    Args:
        where: what holds them, for messages.

    Raises:
        InputError: no name, one twice, or one that is no plain line of at most 100 characters.

    Examples:
        >>> check_class_names(["cat", "dog"], "names.txt")
        ('cat', 'dog')
    """
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{where}: no class: list each class once, one a line")
    wrong = next((name for name in names if not name or len(name) > 100 or not name.isprintable()), None)
    if wrong is not None or len(names) > _MOST_CLASSES:
        cause = f"{wrong[:40]!r} is no class name" if wrong is not None else f"{len(names):,} classes are too many"
        raise InputError(f"{where}: {cause}: write plain names of at most 100 characters, one a line")
    if len(set(names)) < len(names):
        raise InputError(f"{where}: a class twice: list each class once, one a line")
    return tuple(names)


def names_beside(checkpoint: Path) -> tuple[str, ...] | None:
    """The names in `NAME.classes.txt` beside a checkpoint NAME.pth; None where there is no such file.

    Examples:
        >>> names_beside(Path("nowhere/net.pth")) is None
        True
    """
    path = beside(checkpoint, ".classes.txt")
    return read_class_names(path) if path.is_file() else None


def classes_of(rows: int, given: Sequence[str] | None, name: str) -> ClassList:
    """The names of a head of `rows` rows.

    Args:
        given: a person's own list; None: VOC's 20, COCO's 80 in the order of their ids (that the rows are so is not
            verified: `docs/sources.md#coco`), ImageNet's 1000, each of the first two also with a background before
            them, else numbers.
        name: of the file, for messages.

    Raises:
        InputError: the list has another length than the head.

    Examples:
        >>> names = classes_of(21, None, "x.pth")
        >>> names.names[:2], names.background
        (('aeroplane', 'bicycle'), True)
    """
    if given is not None:
        if len(given) not in (rows, rows - 1):
            raise InputError(
                f"{quantity(len(given), 'class name')} for the {quantity(rows, 'row')} of {name}: give one a "
                "row (a background may be left out)"
            )
        return ClassList(tuple(given), len(given) == rows - 1, "the names that were given")
    for names, what in ((VOC_CLASSES, "PASCAL VOC"), (COCO_CLASSES, "COCO")):
        if rows in (len(names), len(names) + 1):
            background = rows == len(names) + 1
            more = f"its {rows} rows, the first a background that is left out" if background else f"its {rows} rows"
            return ClassList(names, background, f"{what}, by {more}")
    if rows == IMAGENET_COUNT:
        return ClassList(imagenet_classes(), False, "ImageNet, by its 1000 rows")
    return ClassList(
        tuple(f"class {i}" for i in range(rows)),
        False,
        f"numbers, for no known data set has {rows}: give --class-names",
    )
