"""Class lists of people and of other tools: the names, and the numbers where the file gives them.

| file | form |
|---|---|
| `classes.txt` | a name per line; a first line `background` is the mask's 0, labelme's `__ignore__` is left out |
| | `0: background`, `1: cat` or `1,cat` or `cat,1` (with a heading or without): the numbers are these |
| | CVAT's `labelmap.txt`, `cat:128,0,0::`: names, numbers by line from 0, and the colours of RGB masks |
| | a JSON list of names, of `{"id", "name"}`, or a mapping of numbers to names |
| `classes.json`, `labelmap.txt`, `data.yaml` | the same, where there is no classes.txt; of YAML its `names` |

What a list does not say is decided by `numbering`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wsss_viz.data.files import read_bounded
from wsss_viz.data.sample import IGNORE
from wsss_viz.errors import InputError
from wsss_viz.wording import quantity

__all__ = [
    "BACKGROUNDS",
    "CLASS_FILES",
    "MAX_LIST",
    "MOST_CLASSES",
    "ClassList",
    "Entries",
    "class_file",
    "lines_of",
    "read_class_list",
]

MAX_LIST = 2**26
MOST_CLASSES = IGNORE - 1
CLASS_FILES = ("classes.txt", "classes.json", "labelmap.txt", "data.yaml")

BACKGROUNDS = ("background", "_background_", "__background__", "bg", "_bg_")
"""What lists call the background, in small letters."""
_IGNORE = ("__ignore__", "_ignore_", "ignore", "void", "unlabeled", "unlabelled")
_HEADING_WORDS = {"name", "names", "id", "ids", "class", "classes", "label", "labels", "index", "number", "value",
                  "category", "trainid", "train_id", "class_id", "color", "colour"}  # fmt: skip
_NO_CLASS = ("none", "null", *_IGNORE[1:])
_BARE_BACKGROUNDS = {re.sub("[^a-z]", "", word) for word in BACKGROUNDS}
_BESIDE_A_NAME = re.compile(
    r"[\"'\[{#]|-\s|\d+(\.\d+)?\s*[.)\]:]\s*[^\d\s]|.*[,;:\"']$|.*[\s,;]\d+[\s,;]+\d+[\s,;]+\d+$"
)
"""Quotes, brackets and bullets, a number in a form that is not read, a separator at the end, or a colour."""
_LABELMAP = re.compile(r"([^:]+):(\d{1,3}),(\d{1,3}),(\d{1,3}):.*")
_NUMBER_NAME = re.compile(r"(-?\d{1,5})\s*[:,;=\t]\s*(\S.*)")
_NUMBER_BLANK_NAME = re.compile(r"(-?\d{1,5})\s+(\S.*)")
_NAME_NUMBER = re.compile(r"(\S.*?)\s*[:,;=\t]\s*(-?\d{1,5})")


@dataclass(frozen=True)
class ClassList:
    """What a file says about classes.

    Attributes:
        names: without the background.
        numbers: that the file gives them in masks; None where it gives none.
        background: the number of the background, None where a class has 0.
        colours: (R, G, B) to name, where the file has them; the background's is "".
        source: the file's name and its form, in words.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...] | None = None
    background: int | None = 0
    colours: Mapping[tuple[int, int, int], str] = field(default_factory=dict)
    source: str = ""


def lines_of(file: Path) -> list[tuple[int, str]]:
    """(line number, text) of the lines of a UTF-8 file that are not blank, stripped.

    Examples:
        >>> _ = Path("names.txt").write_text("cat\\n\\n dog \\n")
        >>> lines_of(Path("names.txt"))
        [(1, 'cat'), (3, 'dog')]
    """
    text = _text_of(file)
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def class_file(folder: Path) -> Path | None:
    """The class list of a data folder, the first of `CLASS_FILES` there is.

    >>> _ = Path("classes.txt").write_text("cat")
    >>> class_file(Path("."))
    PosixPath('classes.txt')
    """
    return next((file for name in CLASS_FILES if (file := folder / name).is_file()), None)


def read_class_list(file: Path, most: int = MOST_CLASSES) -> ClassList:
    """A class list in one of the forms above.

    Args:
        most: classes and numbers, at most.

    Raises:
        InputError: no names, one twice, one that is too long or has control characters, more than `most`, a number
            twice or beyond, or a background in the middle of a list without numbers; each with the line to write.

    Examples:
        >>> _ = Path("classes.txt").write_text("background\\ncat\\ndog\\n")
        >>> read_class_list(Path("classes.txt")).names
        ('cat', 'dog')
        >>> _ = Path("classes.txt").write_text("4: cat\\n7: dog\\n")
        >>> read_class_list(Path("classes.txt")).numbers
        (4, 7)
    """
    text = _text_of(file)
    if file.suffix in (".yaml", ".yml"):
        entries, form = _of_yaml(file, text), "its names"
    elif file.suffix == ".json" or re.match(r"\s*[\[{]\s*[\"{\[\]}]", text):
        entries, form = _of_json(file, text), "JSON"
    else:
        lines = [line for _, line in lines_of(file) if not line.startswith("# ")]
        if lines and all(_LABELMAP.fullmatch(line) for line in lines):
            return _of_labelmap(file, lines, most)
        entries, form = _of_lines(file, lines)
    if entries and all(number is not None for number, _ in entries):
        return _numbered(file, [(int(number or 0), name) for number, name in entries], form, most)
    names = [name for _, name in entries]
    _check_first(file, names)
    return _by_lines(file, names, form, most)


def _check_first(file: Path, names: list[str]) -> None:
    """That a list without numbers begins with a class or the background: one line more moves every number."""
    first = names[0].lower() if names else ""
    if len(names) > 1 and first in _HEADING_WORDS:
        raise InputError(
            f"{file}: {names[0]!r} on the first line reads as a heading; take it out, or write NUMBER: NAME "
            "on each line"
        )
    if len(names) > 1 and first in _NO_CLASS and names[1].lower() not in BACKGROUNDS:
        raise InputError(
            f"{file}: {names[0]!r} on the first line may be the background or class 1; write `background` there, "
            "or NUMBER: NAME on each line"
        )
    if len(names) == 1 and "," in names[0]:
        raise InputError(f"{file}: one line with commas; list each class once, one a line")


def _text_of(file: Path) -> str:
    data = read_bounded(file, MAX_LIST)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a text file in UTF-8; save it as one") from error


Entries = list[tuple[int | None, str]]


def _of_lines(file: Path, lines: list[str]) -> tuple[Entries, str]:
    """Names, with numbers where every line (but a heading) has one."""
    headed = len(lines) > 1 and {word.strip().lower() for word in re.split(r"[,;:\t]", lines[0])} <= _HEADING_WORDS
    body = lines[1:] if headed else lines
    for pattern, swapped in ((_NUMBER_NAME, False), (_NAME_NUMBER, True), (_NUMBER_BLANK_NAME, False)):
        matches = [pattern.fullmatch(line) for line in body]
        if body and all(matches):
            pairs = [(m[2], m[1]) if swapped else (m[1], m[2]) for m in matches if m]
            return [(int(number), name) for number, name in pairs], "the numbers in its lines"
        if any(matches) and pattern is not _NUMBER_BLANK_NAME:
            odd = next(line for line, match in zip(body, matches, strict=True) if not match)
            raise InputError(
                f"{file}: some lines have a number and {odd[:40]!r} has none; write NUMBER: NAME on each line"
            )
    # "cat,animal" or "cat" below a heading: the heading stays a name only where nothing separates its words.
    if headed and re.search(r"[,;:\t]", lines[0]):
        raise InputError(f"{file}: a table without numbers below {lines[0][:40]!r}; write NUMBER: NAME on each line")
    return [(None, line) for line in lines], "a name a line"


def _of_json(file: Path, text: str) -> Entries:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{file}: not readable as JSON; write a list of names") from None
    if isinstance(value, dict):
        value = next((value[key] for key in ("categories", "classes", "names", "labels") if key in value), value)
    return _of_value(file, value)


def _of_value(file: Path, value: Any) -> Entries:
    """From a list of names or of {"id", "name"}, or a mapping of numbers to names or of names to numbers."""
    try:
        if isinstance(value, dict):
            if all(str(key).lstrip("-").isdecimal() and isinstance(name, str) for key, name in value.items()):
                return [(int(key), name) for key, name in value.items()]
            return [(int(number), name) for name, number in value.items()]
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return [(int(item["id"]), str(item["name"])) for item in value]
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return [(None, item) for item in value]
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(f"{file}: no class list; write a list of names, or a mapping of numbers to names")


def _of_yaml(file: Path, text: str) -> Entries:
    """`names:` of a data.yaml, in line or as a block: a list, or a mapping of numbers. The rest is not looked at."""
    match = re.search(r"^names\s*:[ \t]*(.*)$", text, re.MULTILINE)
    if match is None:
        raise InputError(f"{file}: no `names` in it; write classes.txt, one name a line")
    inline = re.split(r"(?:^|\s)#", match[1])[0].strip()
    if inline:
        # A list over several lines ends with its bracket.
        rest = text[match.start(1) :]
        closed = re.match(r"[\[{]([^\]}]*)[\]}]", rest, re.DOTALL)
        items = [item.strip() for item in closed[1].replace("\n", " ").split(",")] if closed else [inline]
        items = [item for item in items if item]
        mapped = rest.startswith("{")
    else:
        items = []
        for line in text[match.end() :].lstrip("\n").split("\n"):
            if line.strip() and not re.match(r"\s+\S|-\s", line):
                break
            if line.strip() and not line.strip().startswith("#"):
                items.append(line.split(" #")[0].strip())
        mapped = bool(items) and not items[0].startswith("-")
        items = [item.removeprefix("-").strip() for item in items]
    if not mapped:
        if any(item[:1] in ("'", '"') and (len(item) == 1 or item[-1] != item[0]) for item in items):
            raise InputError(f"{file}: a name in `names` has a comma in it; write classes.txt, one name a line")
        return [(None, item.strip("'\"")) for item in items]
    pairs = [item.partition(":") for item in items]
    if not all(number.strip().isdecimal() for number, _, _ in pairs):
        raise InputError(f"{file}: `names` is neither a list nor a mapping of numbers; write classes.txt")
    return [(int(number), name.strip().strip("'\"")) for number, _, name in pairs]


def _of_labelmap(file: Path, lines: list[str], most: int) -> ClassList:
    """CVAT's: the lines count from 0 with the background, wherever that stands."""
    matches = [match for line in lines if (match := _LABELMAP.fullmatch(line))]
    entries = [(match[1].strip(), tuple(int(match[i]) for i in (2, 3, 4))) for match in matches]
    # CVAT sorts the background to the front; a list without one begins at 1.
    first = next((name for name, _ in entries if name.lower() in BACKGROUNDS), None)
    names = [name for name, _ in entries if name != first]
    colours = {(r, g, b): "" if name == first else name for name, (r, g, b) in entries}
    listed = _by_lines(file, names, "CVAT's label map", most)
    return ClassList(listed.names, colours=colours, source=listed.source)


def _by_lines(file: Path, names: list[str], form: str, most: int) -> ClassList:
    if names and names[0].lower() == "__ignore__":
        if len(names) < 2 or names[1].lower() not in BACKGROUNDS:
            raise InputError(f"{file}: after __ignore__ stands no _background_; put it on the next line")
        del names[0]
    if names and names[0].lower() in BACKGROUNDS:
        del names[0]
    for number, name in enumerate(names, 1):
        if name.lower() in BACKGROUNDS:
            raise InputError(
                f"{file}: {name!r} stands after {quantity(number - 1, 'class')}; put it first, or write "
                "NUMBER: NAME on each line"
            )
    return ClassList(_checked(file, names, most), source=f"{file.name} ({form})")


def _numbered(file: Path, entries: list[tuple[int, str]], form: str, most: int) -> ClassList:
    wanted = [(n, name) for n, name in entries if n >= 0 and not (name.lower() in _IGNORE and n in (0, IGNORE))]
    grounds = [number for number, name in wanted if name.lower() in BACKGROUNDS]
    classes = [(number, name) for number, name in wanted if name.lower() not in BACKGROUNDS]
    numbers = [number for number, _ in wanted]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    beyond = next((number for number in numbers if number > most), None)
    if twice is not None or beyond is not None or len(grounds) > 1:
        wrong = f"the number {twice} stands twice" if twice is not None else f"{beyond} is beyond {most}"
        if IGNORE in (twice, beyond):
            raise InputError(f"{file}: {IGNORE} is 'ignore' in masks and no class's number; leave its lines out")
        raise InputError(f"{file}: {'two backgrounds' if len(grounds) > 1 else wrong}; number each class once")
    taken = {number for number, _ in classes}
    background = grounds[0] if grounds else (None if 0 in taken else 0)
    names = _checked(file, [name for _, name in classes], most)
    return ClassList(names, tuple(number for number, _ in classes), background, source=f"{file.name} ({form})")


def _checked(file: Path, names: list[str], most: int) -> tuple[str, ...]:
    if not names or len(set(names)) < len(names):
        raise InputError(f"{file}: {'a class twice' if names else 'no class'}; list each class once, one a line")
    if len(names) > most:
        limit = f"a mask of 8 bits numbers {most}" if most == MOST_CLASSES else f"{most:,} are read"
        raise InputError(f"{file}: {len(names):,} classes; {limit} at most")
    for name in names:
        if len(name) > 100 or not name.isprintable():
            raise InputError(f"{file}: {name[:40]!r} is no class name; write plain names of at most 100 characters")
        if _BESIDE_A_NAME.match(name) or re.sub("[^a-z]", "", name.lower()) in _BARE_BACKGROUNDS:
            raise InputError(
                f"{file}: {name[:40]!r} is more than a name; write the name alone, or NUMBER: NAME on each line"
            )
    return tuple(names)
