"""How an image becomes a network's input, as a person says it: by options, or in a JSON file beside a checkpoint.

`NAME.json` beside NAME.pth may hold `mean` and `std` (three numbers each, of RGB on the scale 0 to 1), `short_side`
(pixels, or null for the image's own size), `stride` (pixels per cell of the maps) and `classes` (a list of names).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.files import read_bounded
from wsss_viz.errors import InputError
from wsss_viz.models.class_lists import check_class_names
from wsss_viz.models.suffixes import beside

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Preprocessing

__all__ = ["NOTHING", "STRIDES", "UNCHANGED", "NetworkInput", "read_sidecar", "source_of"]

_FIELDS = ("mean", "std", "short_side", "stride", "classes")
_LARGEST_SIDECAR = 4 * 2**20
STRIDES = (8, 16, 32)
UNCHANGED = 0
"""As a short side: the image at its own size."""


@dataclass(frozen=True)
class NetworkInput:
    """What is said of a network's input; None: nothing.

    Attributes:
        mean, std: three numbers each, RGB on the scale 0 to 1.
        short_side: pixels that the shorter side is brought to; `UNCHANGED`: the image's own size.
        stride: pixels per cell of the maps.
        classes: names of the head's rows.

    Raises:
        InputError: a number that cannot be.

    Examples:
        >>> NetworkInput(mean=(0.5, 0.5, 0.5), stride=16).stride
        16
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    short_side: int | None = None
    stride: int | None = None
    classes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            values = getattr(self, name)
            if values is None:
                continue
            numbers = isinstance(values, Sequence) and not isinstance(values, str) and all(map(_is_number, values))
            if not numbers or len(values) != 3:
                raise InputError(f"{name} is {values!r}: give three finite numbers, of red, green and blue from 0 to 1")
            low = 0 if name == "mean" else 1e-3
            if not all(low <= value <= 1 for value in values):
                raise InputError(
                    f"{name} is {_listed(values)}: on the scale 0 to 1 each lies from {low:g} to 1 (divide "
                    "numbers of 0 "
                    "to 255 by 255)"
                )
            object.__setattr__(self, name, tuple(float(value) for value in values))
        if self.short_side is not None and not (_is_whole(self.short_side) and _fits(self.short_side)):
            raise InputError(
                f"short_side is {self.short_side!r}: give 8 to 8192 pixels, or none for the image's own size"
            )
        if self.stride is not None and not (_is_whole(self.stride) and self.stride in STRIDES):
            raise InputError(f"stride is {self.stride!r}: give one of {', '.join(map(str, STRIDES))}")

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self != NetworkInput()

    def over(self, other: NetworkInput) -> NetworkInput:
        """This where it says something, else the other."""
        mine = {name: getattr(self, name) for name in _FIELDS}
        return NetworkInput(**{name: getattr(other, name) if mine[name] is None else mine[name] for name in _FIELDS})

    def applied(self, preprocessing: Preprocessing) -> Preprocessing:
        """The preprocessing with what is said here in place of its own."""
        from dataclasses import replace

        changes: dict[str, Any] = {name: getattr(self, name) for name in ("mean", "std") if getattr(self, name)}
        if self.short_side is not None:
            changes["short_side"] = self.short_side or None
        return replace(preprocessing, **changes)


NOTHING = NetworkInput()
"""Nothing said."""


def source_of(given: NetworkInput, sidecar: NetworkInput, default: str) -> str:
    """Where mean, std and side are from, joined by "+" where they are from several: "given+assumed".

    Examples:
        >>> source_of(NetworkInput(mean=(0.5, 0.5, 0.5)), NOTHING, "assumed")
        'given+assumed'
    """
    parts = []
    for name in ("mean", "std", "short_side"):
        said = "given" if getattr(given, name) is not None else "sidecar"
        parts.append(said if getattr(given.over(sidecar), name) is not None else default)
    # a short side that nobody names is the image's own size, which is no claim about the training
    parts = parts[:2] if parts[2] == default else parts
    return "+".join(dict.fromkeys(parts))


def read_sidecar(checkpoint: Path) -> NetworkInput:
    """What `NAME.json` beside a checkpoint says; nothing where there is no such file, or one of another purpose.

    Raises:
        InputError: it is no JSON object, or has a field that is unknown or cannot be.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> _ = (Path(folder.name) / "net.json").write_text('{"mean": [0.5, 0.5, 0.5], "stride": 16}')
        >>> read_sidecar(Path(folder.name) / "net.pth.tar").mean
        (0.5, 0.5, 0.5)
        >>> folder.cleanup()
    """
    path = beside(checkpoint, ".json")
    if path == checkpoint or not path.is_file():
        return NetworkInput()
    try:
        fields = json.loads(read_bounded(path, _LARGEST_SIDECAR))
    except (ValueError, RecursionError):
        raise InputError(f"{path.name}, which describes {checkpoint.name}, is no JSON: mend it, or rename it") from None
    if not isinstance(fields, dict) or not set(fields) & set(_FIELDS):
        return NetworkInput()
    unknown = sorted(set(fields) - set(_FIELDS))
    if unknown:
        raise InputError(f"{path.name} has the field {unknown[0][:40]!r}: it may have {', '.join(_FIELDS)}")
    if "short_side" in fields and fields["short_side"] is None:
        fields["short_side"] = UNCHANGED
    try:
        if fields.get("classes") is not None:
            fields["classes"] = check_class_names(fields["classes"], path.name)
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
        return NetworkInput(**values)
    except InputError as error:
        raise InputError(f"{path.name}: {str(error).removeprefix(f'{path.name}: ')}") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fits(side: int) -> bool:
    return side == UNCHANGED or 8 <= side <= 8192


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
