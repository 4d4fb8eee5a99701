"""The report on a checkpoint: what it holds, and whether a network can be made of it. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError

__all__ = ["Report", "refuse"]

_LISTED = 5


@dataclass(frozen=True)
class Report:
    """A checkpoint before it is loaded.

    Attributes:
        file: its name.
        bytes: its size.
        format: in words.
        digest: SHA-256 of the bytes that were read; "" where only a header was.
        wrapper: what the tensors were wrapped in ("state_dict", "module."); "" for nothing.
        layout: the architecture's name in the registry; "" for none that is known.
        architecture: in words; "unknown" for none.
        tensors: how many names there are in the file.
        matched, expected: tensors of the network that are there, and all of them.
        aliases: names of the file beyond one for each tensor of the network.
        missing, unexpected: names.
        unused: names that are known and not needed, and what they are.
        parameters: numbers in the network.
        dtypes: kinds of numbers.
        classes: in the order of the maps.
        classes_from: where their names are from.
        background: whether the head's first row is a background that is left out.
        maps_are: which maps are looked at, where they are not the head's.
        stride: pixels per cell of the maps.
        stride_from: where it is from, as `input_from`.
        preprocessing: mean and std of x / 255, RGB, and the side that the shorter one is brought to.
        input_from: where mean, std and side are from: "given", "sidecar" (NAME.json beside the file), "checkpoint"
            (its own header), "weights" (what came with torchvision's), "published" (the code of its architecture),
            "assumed".
        others: what else is in the file: other networks as `FILE#...` names them, an optimizer, ...
        problems: why it cannot be loaded, one line each, with the remedy; empty: it can.
        notes: what is worth knowing, one line each.
    """

    file: str
    bytes: int
    format: str
    digest: str = ""
    wrapper: str = ""
    layout: str = ""
    architecture: str = "unknown"
    tensors: int = 0
    matched: int = 0
    expected: int = 0
    aliases: int = 0
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    unused: dict[str, str] | None = None
    parameters: int = 0
    dtypes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    classes_from: str = ""
    background: bool = False
    maps_are: str = ""
    stride: int = 0
    stride_from: str = ""
    preprocessing: dict[str, Any] | None = None
    input_from: str = ""
    others: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether nothing speaks against loading it."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "ready": self.ready}

    def rows(self) -> dict[str, str]:
        """What a person reads, by what it is."""
        keys = f"{self.matched} of {self.expected} matched"
        keys += f", {len(self.missing)} missing, {len(self.unexpected)} unexpected"
        keys += f", {self.aliases} further names of the same" if self.aliases else ""
        rows = {
            "file": f"{self.file}, {readable_bytes(self.bytes)}",
            "format": self.format + (f", in `{self.wrapper}`" if self.wrapper else ""),
            "network": self.architecture + self._stride(),
            "tensors": keys if self.layout else f"{self.tensors} names, of no known network",
            "parameters": f"{self._count()}, {', '.join(self.dtypes)}" if self.parameters else "",
            "classes": f"{len(self.classes)}: {_some(self.classes)} ({self.classes_from})" if self.classes else "",
            "maps": self.maps_are,
            "input": self._input(),
            "also there": _some(self.others),
            "missing": _some(self.missing),
            "unexpected": _some(self.unexpected),
            "not used": _some([f"{name} ({what})" for name, what in self._grouped().items()]),
        }
        return {name: value for name, value in rows.items() if value}

    def _count(self) -> str:
        return f"{self.parameters / 1e6:.1f} million" if self.parameters >= 1e5 else f"{self.parameters:,}"

    def _input(self) -> str:
        if self.preprocessing is None:
            return ""
        mean, std, side = (self.preprocessing[part] for part in ("mean", "std", "short_side"))
        resized = f", the shorter side brought to {side} pixels" if side else ""
        return f"RGB / 255, minus {_numbers(mean)}, divided by {_numbers(std)}{resized} ({_origin(self.input_from)})"

    def _stride(self) -> str:
        assumed = " (assumed)" if self.stride_from == "assumed" else ""
        return f", stride {self.stride}{assumed}" if self.stride else ""

    def _grouped(self) -> dict[str, str]:
        """`unused` with one entry for each thing they are."""
        by_what: dict[str, list[str]] = {}
        for name, what in (self.unused or {}).items():
            by_what.setdefault(what, []).append(name)
        return {(names[0] if len(names) == 1 else f"{len(names)} names"): what for what, names in by_what.items()}

    def lines(self) -> list[str]:
        """The report as text, one fact a line."""
        rows = [f"{name:<11} {value}" for name, value in self.rows().items()]
        notes = [f"{'note':<11} {note}" for note in self.notes]
        return [*rows, *notes, *(f"{'problem':<11} {problem}" for problem in self.problems)]


_ORIGINS = {
    "given": "as given",
    "sidecar": "by the .json beside it",
    "checkpoint": "by its own header",
    "weights": "by the weights' own transforms",
    "published": "as its published code has it",
    "assumed": "assumed: ImageNet's; say what it was trained with by --mean, --std, --input-size or a .json beside it",
}


def _origin(source: str) -> str:
    return " and ".join(_ORIGINS.get(part, part) for part in source.split("+"))


def _some(names: Sequence[str]) -> str:
    more = f", ... ({len(names) - _LISTED} more)" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _numbers(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"


def refuse(report: Report) -> None:
    """Raises InputError with the report's first problem where it has one.

    Examples:
        >>> refuse(Report("x.pth", 10, "safetensors"))
    """
    if report.problems:
        more = f" (and {len(report.problems) - 1} more: inspect it)" if len(report.problems) > 1 else ""
        raise InputError(f"{report.file}: {report.problems[0]}{more}")
