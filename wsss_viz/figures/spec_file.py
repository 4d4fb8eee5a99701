"""Specs in JSON: read strictly, written so that they read the same again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.figures.columns import MAPS
from wsss_viz.figures.spec import (
    CORNERS,
    DISPLAYS,
    FINAL,
    FORMAT,
    FRAMES,
    KINDS,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_STEPS,
    VIEWS,
    WIDTHS,
    Box,
    FigureSpec,
    Row,
    brief,
)
from wsss_viz.models.network_input import UNCHANGED, NetworkInput
from wsss_viz.traces.centres import ALIGNMENTS, FIELD
from wsss_viz.traces.normalisation import NORMALISATIONS
from wsss_viz.traces.overlay import COLOUR_MAPS

__all__ = ["Reader", "read_spec", "spec_bytes"]

INPUT = ("mean", "std", "short_side", "stride")
"""What `input` may say."""
MOST_CLASSES = 6


def read_spec(text: str | bytes, name: str = "the spec") -> FigureSpec:
    """The spec that a JSON text describes.

    Args:
        name: of the file, for messages.

    Raises:
        InputError: not JSON, another format, a key that is unknown, missing or doubled, a value out of its range.

    Examples:
        >>> read_spec('{"format": 1, "kind": "plane", "columns": ["tanh"], "width": "single"}').columns
        ('tanh',)
        >>> read_spec('{"format": 1, "kind": "plane", "columns": ["tanh"], "dpi": 7}', "plane.json")
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: plane.json: `dpi` is a whole number from 72 to 1200, got 7
    """
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise InputError(f"{name}: nested too deeply for a spec") from None
    except ValueError as error:
        reason = error if isinstance(error, InputError) else f"it is not JSON ({error})"
        raise InputError(f"{name}: {reason}") from None
    try:
        return _spec(content)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def spec_bytes(spec: FigureSpec) -> bytes:
    """The spec as JSON, as `read_spec` reads it: every key, of `LATER` those that say something.

    Examples:
        >>> spec = FigureSpec("plane", ("tanh",), width="single")
        >>> read_spec(spec_bytes(spec)) == spec
        True
    """
    content: dict[str, Any] = {"format": FORMAT}
    for entry in fields(spec):
        value = getattr(spec, entry.name)
        if entry.name == "rows":
            value = [_row_content(row) for row in value]
        if entry.name == "columns":
            value = [{"column": name, "title": spec.titles[name]} if name in spec.titles else name for name in value]
        if entry.name == "networks":
            value = {role: list(files) for role, files in value.items()}
        if entry.name == "titles":
            continue
        if entry.name == "network_input":
            value = _input_content(value)
        if entry.name not in LATER or value != LATER[entry.name]:
            content["input" if entry.name == "network_input" else entry.name] = (
                list(value) if isinstance(value, tuple) else value
            )
    return (json.dumps(content, indent=2) + "\n").encode()


LATER: dict[str, Any] = {
    "settings": {}, "align": FIELD, "network_input": {}, "maps": {}, "networks": {}, "class_names": (), "names": {},
    "companions": "",
}  # fmt: skip
"""Keys that are written only where they are not this, so that the specs of before keep their bytes."""


def _input_content(said: NetworkInput) -> dict[str, Any]:
    """What was said of the input, as JSON has it."""
    content = {name: getattr(said, name) for name in INPUT if getattr(said, name) is not None}
    if content.get("short_side") == UNCHANGED:
        content["short_side"] = None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in content.items()}


def _row_content(row: Row) -> dict[str, Any]:
    """Its own columns and its step only where it has them."""
    content: dict[str, Any] = {"image": row.image, "class": list(row.classes) if row.also else row.name}
    if row.step != FINAL:
        content["step"] = row.step
    for name in ("columns", "title", "crop", "inset", "views", "show", "threshold", "settings"):
        value = getattr(row, name)
        if value or (name == "threshold" and value is not None):
            content[name] = list(value) if isinstance(value, tuple) else value
    return content if row.corner == CORNERS[0] else {**content, "corner": row.corner}


def _spec(content: Any) -> FigureSpec:
    if not isinstance(content, dict):
        raise InputError('a spec is a JSON object, such as {"format": 1, "kind": "grid", ...}')
    _keys(content, ("format", *_READERS), ("format", "kind", "columns"))
    if content["format"] != FORMAT or isinstance(content["format"], bool):
        raise InputError(f"`format` is {FORMAT} here, got {brief(content['format'])}: write the spec for this version")
    values = {key: _READERS[key](key, value) for key, value in content.items() if key != "format"}
    if "input" in values:
        values["network_input"] = values.pop("input")
    columns: list[_Column] = values["columns"]
    values["columns"] = tuple(name for name, _, _ in columns)
    values["titles"] = {name: title for name, title, _ in columns if title}
    folders = dict(values.get("maps", {}))
    for name, _, folder in columns:
        plain = name.removeprefix(MAPS)
        if folder and folders.setdefault(plain, folder) != folder:
            raise InputError(f"two folders of maps are called {brief(plain)}: give one another `title`")
    values["maps"] = folders
    return FigureSpec(**values)


_Column = tuple[str, str, str]
"""As `FigureSpec` has it, its title, and of maps said in place the folder."""


def _column(key: str, value: Any) -> _Column:
    if not isinstance(value, dict):
        return _text(key, value), "", ""
    _keys(value, ("column", "maps", "title"), ())
    title = _text("title", value["title"]) if "title" in value else ""
    if ("maps" in value) == ("column" in value):
        raise InputError(
            f'`{key}` are texts, or objects such as {{"maps": "out/ours", "title": "Ours"}}, got {brief(value)}'
        )
    if "column" in value:
        return _text("column", value["column"]), title, ""
    folder = _text("maps", value["maps"])
    name = title or Path(folder).name
    return f"{MAPS}{name}", "", folder


def _keys(content: Mapping[str, Any], known: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    unknown = [key for key in content if key not in known]
    if unknown:
        raise InputError(f"unknown key {brief(unknown[0])}: the keys are {', '.join(known)}")
    missing = [key for key in wanted if key not in content]
    if missing:
        raise InputError(f"the key `{missing[0]}` is missing")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [key for key, _ in pairs]
        doubled = next(key for key in names if names.count(key) > 1)
        raise InputError(f"the key {brief(doubled)} stands there twice")
    return content


def _no_constant(text: str) -> None:
    raise InputError(f"{text} is not a value of a spec")


Reader = Callable[[str, Any], Any]


def _choice(options: tuple[str, ...]) -> Reader:
    def read(key: str, value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise InputError(f"`{key}` is one of {', '.join(options)}, got {brief(value)}")
        return value

    return read


def _whole(low: int, high: int) -> Reader:
    def read(key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise InputError(f"`{key}` is a whole number from {low} to {high}, got {brief(value)}")
        return value

    return read


def _list(item: Reader, most: int, least: int = 0) -> Reader:
    def read(key: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise InputError(f"`{key}` is a list of {least} to {most}, got {brief(value)}")
        return tuple(item(key, entry) for entry in value)

    return read


def _yes_or_no(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"`{key}` is true or false, got {brief(value)}")
    return value


def _share(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and 0 <= value <= 1):
        raise InputError(f"`{key}` is a number from 0 to 1, got {brief(value)}")
    return float(value)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 1000:
        raise InputError(f"`{key}` is a text of 1 to 1000 characters, got {brief(value)}")
    return value


def _settings(key: str, value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(changes, dict) for changes in value.values()):
        raise InputError(f'`{key}` are objects by method, such as {{"rib": {{"margin": 25}}}}, got {brief(value)}')
    return value


def _input(key: str, value: Any) -> NetworkInput:
    if not isinstance(value, dict):
        raise InputError(f'`{key}` is an object such as {{"mean": [0.5, 0.5, 0.5], "stride": 16}}, got {brief(value)}')
    _keys(value, INPUT, ())
    said: dict[str, Any] = {name: tuple(part) if isinstance(part, list) else part for name, part in value.items()}
    if "short_side" in said and said["short_side"] is None:
        said["short_side"] = UNCHANGED
    try:
        return NetworkInput(**said)
    except InputError as error:
        raise InputError(f"`{key}`: {error}") from None


def _row(key: str, value: Any) -> Row:
    if not isinstance(value, dict):
        raise InputError(f'`{key}` are objects such as {{"image": "scenes:test:129"}}, got {brief(value)}')
    _keys(value, ("image", "class", *_ROW), ("image",))
    named = value.get("class", "")
    several = isinstance(named, list)
    names = _list(_text, MOST_CLASSES, 1)("class", named) if several else (named and _text("class", named),)
    if len(set(names)) < len(names):
        raise InputError(f"`class` names a class twice: {brief(named)}")
    parts = {name: read(name, value[name]) for name, read in _ROW.items() if name in value}
    return Row(_text("image", value["image"]), names[0], also=names[1:], **parts)


def _box(key: str, value: Any) -> Box:
    sides = _list(_share, 4, 4)(key, value)
    if sides[2] - sides[0] < 0.01 or sides[3] - sides[1] < 0.01:
        raise InputError(f"`{key}` is [left, top, right, bottom] as shares of the image, got {brief(value)}")
    return sides[0], sides[1], sides[2], sides[3]


def _texts(key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InputError(f'`{key}` is an object of texts, such as {{"NAME": "TEXT"}}, got {brief(value)}')
    return {_text(key, name): _text(key, text) for name, text in value.items()}


def _networks(key: str, value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise InputError(f'`{key}` are checkpoints by role, such as {{"cgnet": "14net_er.pth"}}, got {brief(value)}')
    lists = {role: files if isinstance(files, list) else [files] for role, files in value.items()}
    return {role: _list(_text, MOST_STEPS, 1)(key, files) for role, files in lists.items()}


def _class_names(key: str, value: Any) -> tuple[str, ...] | str:
    return _text(key, value) if isinstance(value, str) else _list(_text, 10_000, 1)(key, value)


_ROW: dict[str, Reader] = {
    "step": _whole(FINAL, 999),
    "columns": _list(_text, MOST_COLUMNS),
    "title": _text,
    "crop": _box,
    "inset": _box,
    "corner": _choice(CORNERS),
    "views": _choice(VIEWS),
    "show": _choice(DISPLAYS),
    "threshold": _share,
    "settings": _settings,
}
"""What a row may say beside its image and its class."""
_READERS: dict[str, Reader] = {
    "kind": _choice(KINDS),
    "columns": _list(_column, MOST_COLUMNS, 1),
    "rows": _list(_row, MOST_ROWS),
    "steps": _list(_whole(0, 999), MOST_STEPS),
    "frames": _choice(FRAMES),
    "show": _choice(DISPLAYS),
    "threshold": _share,
    "classifier": _text,
    "views": _choice(VIEWS),
    "settings": _settings,
    "normalisation": _choice(NORMALISATIONS),
    "colours": _choice(COLOUR_MAPS),
    "opacity": _share,
    "width": _choice(tuple(WIDTHS)),
    "dpi": _whole(72, 1200),
    "labels": _yes_or_no,
    "letters": _yes_or_no,
    "colour_bar": _yes_or_no,
    "contours": _yes_or_no,
    "align": _choice(ALIGNMENTS),
    "input": _input,
    "maps": _texts,
    "networks": _networks,
    "class_names": _class_names,
    "names": _texts,
    "companions": _text,
}
