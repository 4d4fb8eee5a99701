"""A figure's spec: what is shown and how, typed, in JSON, read strictly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import METHODS, check_changes
from wsss_viz.methods.view_set import PRESETS
from wsss_viz.models.manifest import settings_of
from wsss_viz.models.network_input import NOTHING, UNCHANGED, NetworkInput
from wsss_viz.traces.centres import ALIGNMENTS, FIELD
from wsss_viz.traces.normalisation import NORMALISATIONS
from wsss_viz.traces.overlay import COLOUR_MAPS

__all__ = [
    "ACTIVATIONS",
    "CLASSIFIER_PER_IMAGE",
    "COLUMNS",
    "DISPLAYS",
    "FINAL",
    "FORMAT",
    "FRAMES",
    "KINDS",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "MOST_STEPS",
    "PHOTOGRAPHS_CLASSIFIER",
    "PICTURES",
    "RATIOS",
    "SCENES_CLASSIFIER",
    "VIEWS",
    "WIDTHS",
    "WITHOUT_ROWS",
    "FigureSpec",
    "Reader",
    "Row",
    "read_spec",
    "spec_bytes",
]

FORMAT = 1
KINDS = ("grid", "filmstrip", "curves", "plane", "hgr")
WITHOUT_ROWS = ("plane", "hgr")
"""Kinds drawn from stored measurements, not from images."""
WIDTHS = {"single": 3.3, "double": 7.0}
"""Inches: one column of a journal's page, and both."""
VIEWS = tuple(PRESETS)
FRAMES = ("map", "look")
DISPLAYS = ("map", "mask")
FINAL = -1
ACTIVATIONS = ("tanh", "relu", "sigmoid")
RATIOS = ("toy-flatten", "toy-gap", "scenes", "rib-steps")
INPUT = ("mean", "std", "short_side", "stride")
"""What `input` may say."""
PICTURES = ("image", "truth")
COLUMNS = {
    "grid": (*PICTURES, *METHODS),
    "filmstrip": tuple(METHODS),
    "curves": tuple(METHODS),
    "plane": ACTIVATIONS,
    "hgr": RATIOS,
}
"""What a column may be, by kind."""
CLASSIFIER_PER_IMAGE = "each-its-own"
SCENES_CLASSIFIER, PHOTOGRAPHS_CLASSIFIER = "scenes-classifier", "imagenet-efficientnet-lite0"
MOST_ROWS, MOST_COLUMNS, MOST_STEPS = 12, 10, 12


@dataclass(frozen=True)
class Row:
    """One image of a figure.

    Attributes:
        image: a data string of one sample.
        name: the class whose maps are shown, `class` in JSON; "": the image's first label.
        step: of a grid, the k that is shown; `FINAL`, and where a method has fewer: its last.
        columns: of the figure's columns those that this image has; empty: all.
    """

    image: str
    name: str = ""
    step: int = FINAL
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class FigureSpec:
    """One figure.

    Attributes:
        kind: one of `KINDS`. A grid has a row per image and a column per picture or method; a filmstrip has a row
            per image and method and a column per step; curves have a panel for each image and method, with the
            logits of all classes over the steps; a plane is the information plane of stored runs, a column per
            activation; hgr is the stored high gradient ratio, a column per subject: by layer, or of "rib-steps" by
            RIB's step.
        rows: the images; none for a plane or hgr.
        columns: of `COLUMNS[kind]`.
        steps: the k shown in a filmstrip; empty: all, or `pictures.MOST_STEPS` of them evenly spread.
        frames: of a filmstrip: "map", the method's map after step k, or "look", what step k alone sees.
        show: "map", or "mask": the pseudo mask of the image's labels and the row's class at `threshold`.
        threshold: of the pseudo mask, on the normalised maps; a raw map has no scale, so its mask is the one of
            `relu_max`.
        classifier: a name in the register of checkpoints, a checkpoint's path, a torchvision model, or
            `CLASSIFIER_PER_IMAGE`: the drawn scenes' classifier for these, ImageNet's network for any other image.
        views: one of `VIEWS`.
        settings: by method, those that are not the classifier's own or the defaults.
        normalisation: one of `NORMALISATIONS`.
        colours: one of `COLOUR_MAPS`.
        opacity: of a map over its image, 0 to 1.
        width: one of `WIDTHS`.
        dpi: of PNG, and of pictures inside PDF and SVG.
        labels: whether rows and columns are named.
        letters: whether columns (of a grid) or panels have letters.
        colour_bar: whether there is one.
        contours: whether the ground truth of the row's class is outlined.
        align: one of `ALIGNMENTS`: how maps are laid over images, as the field does or by their cells' centres.
        network_input: `input` in JSON: what is said of the classifier's input, `mean`, `std`, `short_side` (null: the
            image's own size) and `stride`, as by the command line's options.
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    steps: tuple[int, ...] = ()
    frames: str = "map"
    show: str = "map"
    threshold: float = 0.3
    classifier: str = SCENES_CLASSIFIER
    views: str = "single"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    normalisation: str = "relu_max"
    colours: str = "inferno"
    opacity: float = 0.7
    width: str = "double"
    dpi: int = 300
    labels: bool = True
    letters: bool = True
    colour_bar: bool = True
    contours: bool = True
    align: str = FIELD
    network_input: NetworkInput = NOTHING

    def __post_init__(self) -> None:
        """Checks what depends on the kind. Raises InputError."""
        unknown = [name for name in self.columns if name not in COLUMNS[self.kind]]
        if unknown:
            raise InputError(
                f"`columns` of a {self.kind} are of {', '.join(COLUMNS[self.kind])}, got {_short(unknown[0])}"
            )
        if self.kind in WITHOUT_ROWS and self.rows:
            raise InputError(f"a figure of the kind {self.kind} has no `rows`: leave them out")
        if self.kind not in WITHOUT_ROWS and not self.rows:
            raise InputError(f"a {self.kind} wants `rows`, at least one image")
        if self.steps and self.kind != "filmstrip":
            raise InputError(f"a {self.kind} has no `steps`: leave them out")
        if self.kind != "grid" and any(row.step != FINAL for row in self.rows):
            raise InputError(f"a row of a {self.kind} has no `step`: leave it out")
        if self.show == "mask" and self.frames == "look":
            raise InputError("`show` mask wants `frames` map")
        idle = [name for name in self.settings if name not in self.methods]
        if idle:
            raise InputError(f"`settings` are of the methods in `columns`, got {_short(idle[0])}")
        check_changes(self.settings, settings_of(self.classifier) if self.settings else {})
        stray = [name for row in self.rows for name in row.columns if name not in self.columns]
        if stray:
            raise InputError(
                f"`columns` of a row are of the figure's {', '.join(self.columns)}, got {_short(stray[0])}"
            )

    def columns_of(self, row: Row) -> tuple[str, ...]:
        """The columns that a row has, in the figure's order."""
        return tuple(name for name in self.columns if not row.columns or name in row.columns)

    def classifier_of(self, image: str) -> str:
        """The classifier that looks at an image, by the image's data string."""
        if self.classifier != CLASSIFIER_PER_IMAGE:
            return self.classifier
        return SCENES_CLASSIFIER if image.startswith("scenes:") else PHOTOGRAPHS_CLASSIFIER

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it needs traces of."""
        return tuple(name for name in self.columns if name in METHODS)


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
        if entry.name == "network_input":
            value = _input_content(value)
        if entry.name not in LATER or value != LATER[entry.name]:
            content["input" if entry.name == "network_input" else entry.name] = (
                list(value) if isinstance(value, tuple) else value
            )
    return (json.dumps(content, indent=2) + "\n").encode()


LATER: dict[str, Any] = {"settings": {}, "align": FIELD, "network_input": {}}
"""Keys that are written only where they are not this, so that the specs of before keep their bytes."""


def _input_content(said: NetworkInput) -> dict[str, Any]:
    """What was said of the input, as JSON has it."""
    content = {name: getattr(said, name) for name in INPUT if getattr(said, name) is not None}
    if content.get("short_side") == UNCHANGED:
        content["short_side"] = None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in content.items()}


def _row_content(row: Row) -> dict[str, Any]:
    """Its own columns and its step only where it has them."""
    content: dict[str, Any] = {"image": row.image, "class": row.name}
    if row.step != FINAL:
        content["step"] = row.step
    return {**content, "columns": list(row.columns)} if row.columns else content


def _spec(content: Any) -> FigureSpec:
    if not isinstance(content, dict):
        raise InputError('a spec is a JSON object, such as {"format": 1, "kind": "grid", ...}')
    _keys(content, ("format", *_READERS), ("format", "kind", "columns"))
    if content["format"] != FORMAT or isinstance(content["format"], bool):
        raise InputError(f"`format` is {FORMAT} here, got {_short(content['format'])}: write the spec for this version")
    values = {key: _READERS[key](key, value) for key, value in content.items() if key != "format"}
    if "input" in values:
        values["network_input"] = values.pop("input")
    return FigureSpec(**values)


def _keys(content: Mapping[str, Any], known: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    unknown = [key for key in content if key not in known]
    if unknown:
        raise InputError(f"unknown key {_short(unknown[0])}: the keys are {', '.join(known)}")
    missing = [key for key in wanted if key not in content]
    if missing:
        raise InputError(f"the key `{missing[0]}` is missing")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [key for key, _ in pairs]
        doubled = next(key for key in names if names.count(key) > 1)
        raise InputError(f"the key {_short(doubled)} stands there twice")
    return content


def _no_constant(text: str) -> None:
    raise InputError(f"{text} is not a value of a spec")


Reader = Callable[[str, Any], Any]


def _choice(options: tuple[str, ...]) -> Reader:
    def read(key: str, value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise InputError(f"`{key}` is one of {', '.join(options)}, got {_short(value)}")
        return value

    return read


def _whole(low: int, high: int) -> Reader:
    def read(key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise InputError(f"`{key}` is a whole number from {low} to {high}, got {_short(value)}")
        return value

    return read


def _list(item: Reader, most: int, least: int = 0) -> Reader:
    def read(key: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise InputError(f"`{key}` is a list of {least} to {most}, got {_short(value)}")
        return tuple(item(key, entry) for entry in value)

    return read


def _yes_or_no(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"`{key}` is true or false, got {_short(value)}")
    return value


def _share(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"`{key}` is a number from 0 to 1, got {_short(value)}")
    return float(value)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 1000:
        raise InputError(f"`{key}` is a text of 1 to 1000 characters, got {_short(value)}")
    return value


def _settings(key: str, value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(changes, dict) for changes in value.values()):
        raise InputError(f'`{key}` are objects by method, such as {{"rib": {{"margin": 25}}}}, got {_short(value)}')
    return value


def _input(key: str, value: Any) -> NetworkInput:
    if not isinstance(value, dict):
        raise InputError(f'`{key}` is an object such as {{"mean": [0.5, 0.5, 0.5], "stride": 16}}, got {_short(value)}')
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
        raise InputError(f'`{key}` are objects such as {{"image": "scenes:test:129"}}, got {_short(value)}')
    _keys(value, ("image", "class", "step", "columns"), ("image",))
    name = value.get("class", "")
    return Row(
        _text("image", value["image"]),
        name if name == "" else _text("class", name),
        _whole(FINAL, 999)("step", value.get("step", FINAL)),
        _list(_text, MOST_COLUMNS)("columns", value.get("columns", [])),
    )


_READERS: dict[str, Reader] = {
    "kind": _choice(KINDS),
    "columns": _list(_text, MOST_COLUMNS, 1),
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
}


def _short(value: Any) -> str:
    """The value as it was given, cut to a length that leaves the message one line."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
