"""The preflight report: what a checkpoint holds, before any of its numbers becomes a network. Needs no torch itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError
from wsss_viz.models.class_lists import ClassList, classes_of, names_beside
from wsss_viz.models.imagenet import IMAGENET_MEAN, IMAGENET_STD
from wsss_viz.models.layouts import Recognised, recognise
from wsss_viz.models.layouts.recognition import KNOWN, common_prefix
from wsss_viz.models.layouts.result import INPUTS, STRIDES, TITLES
from wsss_viz.models.reading import TensorFile, TensorInfo, open_tensors
from wsss_viz.models.reading.bounds import FORMATS

OWN_KEY = "wsss_viz"
"""Under which this project's own checkpoints describe themselves in safetensors' metadata."""
_LISTED = 5


@dataclass(frozen=True)
class Report:
    """A checkpoint before it is loaded.

    Attributes:
        file: its name.
        bytes: its size.
        format: in words.
        wrapper: what the tensors were wrapped in ("state_dict", "module."); "" for nothing.
        layout: of `layouts.result.TITLES`, "wsss_viz" for this project's own; "" for none that is known.
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
        stride: pixels a cell of the maps.
        preprocessing: mean and std of x / 255, RGB.
        problems: why it cannot be loaded, one line each, with the remedy; empty: it can.
        notes: what is worth knowing, one line each.
    """

    file: str
    bytes: int
    format: str
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
    stride: int = 0
    preprocessing: dict[str, Any] | None = None
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
            "network": self.architecture + (f", stride {self.stride}" if self.stride else ""),
            "tensors": keys if self.layout else f"{self.tensors} names, of no known network",
            "parameters": f"{self._count()}, {', '.join(self.dtypes)}" if self.parameters else "",
            "classes": f"{len(self.classes)}: {_some(self.classes)} ({self.classes_from})" if self.classes else "",
            "input": self._input(),
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
        return f"RGB / 255, minus {_numbers(mean)}, divided by {_numbers(std)}{resized}"

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


def _some(names: Sequence[str]) -> str:
    more = f", ... ({len(names) - _LISTED} more)" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _numbers(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"


def preflight(path: Path | str, classes: Sequence[str] | None = None, *, legacy: bool = True) -> Report:
    """The report of a file; safetensors are not read beyond their header, the rest in a process of its own.

    Args:
        classes: names of the head's rows; default those in `NAME.classes.txt` beside the file, else by their number.
        legacy: whether pickles from before torch 1.6 are read.

    Raises:
        InputError: the file is missing, of no known format, damaged, or made to do harm. What is merely of another
            network is in the report's `problems`.
    """
    path = Path(path)
    with open_tensors(path, numbers=False, legacy=legacy) as file:
        if OWN_KEY in file.metadata:
            from wsss_viz.models.checkpoint import own_report

            return own_report(path)
        return report_on(file, classes or names_beside(path))[0]


def report_on(
    file: TensorFile, classes: Sequence[str] | None = None
) -> tuple[Report, Recognised | None, dict[str, str]]:
    """The report of an opened file, what was recognised in it, and the file's names by those without their prefix.

    Raises:
        InputError: `classes` are not as many as the head has rows.
    """
    prefix = common_prefix(file.tensors)
    names = {key.removeprefix(prefix): key for key in file.tensors}
    tensors = {short: file.tensors[key] for short, key in names.items()}
    basis = Report(
        file.name,
        file.bytes,
        FORMATS[file.format],
        ".".join(part for part in (file.wrapper, prefix.rstrip(".")) if part),
        tensors=len(tensors),
        dtypes=_dtypes(tensors),
    )
    found = recognise(tensors)
    if found is None:
        first = ", ".join(list(tensors)[:3])
        problem = f"its tensors ({first}, ...) are of no network that is known here: {KNOWN}, and this project's own"
        return _with(basis, problems=(problem,)), None, names
    known, problems = _classes(found, classes, file.name)
    return _with(basis, **_of_network(found, known), problems=(*_gaps(found), *found.problems, *problems)), found, names


def _with(basis: Report, **fields: Any) -> Report:
    return Report(**{**{name: getattr(basis, name) for name in basis.__dataclass_fields__}, **fields})


def _dtypes(tensors: dict[str, TensorInfo]) -> tuple[str, ...]:
    return tuple(sorted({info.dtype for info in tensors.values() if info.is_float}))


def _classes(found: Recognised, given: Sequence[str] | None, name: str) -> tuple[ClassList | None, tuple[str, ...]]:
    """The classes of the head, and what is wrong with it."""
    if not found.rows:
        return None, ()
    if given is None and found.layout == "resnet38d" and found.rows == 200:
        problem = (
            "its head has 200 rows: SC-CAM's sub-categories, which are no classes; give a file with fc8_20, or the "
            "names of 200 classes (--class-names)"
        )
        return None, (problem,)
    return classes_of(found.rows, given, name), ()


def _gaps(found: Recognised) -> tuple[str, ...]:
    """Problems of names that are missing or have no place."""
    lines = []
    if found.missing and not (found.head == "" and len(found.missing) == 1):
        lines.append(
            f"{len(found.missing)} of the network's tensors are missing, first {found.missing[0]}: the file is of "
            "another network, or was cut"
        )
    if found.unexpected:
        lines.append(
            f"{len(found.unexpected)} tensors have no place in {TITLES[found.layout]}, first {found.unexpected[0]}: "
            "maps without them would be another network's; save the classifier alone"
        )
    return tuple(lines)


def _of_network(found: Recognised, known: ClassList | None) -> dict[str, Any]:
    aliases = sum(len(names) - 1 for names in found.sources.values())
    return {
        "layout": found.layout,
        "architecture": TITLES[found.layout],
        "matched": found.matched,
        "expected": len(found.shapes),
        "aliases": aliases,
        "missing": found.missing,
        "unexpected": found.unexpected,
        "unused": found.unused,
        "parameters": found.parameters,
        "classes": known.names if known else (),
        "classes_from": known.source if known else "",
        "background": known.background if known else False,
        "stride": STRIDES[found.layout],
        "preprocessing": INPUTS.get(found.layout, {"mean": IMAGENET_MEAN, "std": IMAGENET_STD, "short_side": None}),
        "notes": found.notes,
    }


def refuse(report: Report) -> None:
    """Raises InputError with the report's first problem where it has one."""
    if report.problems:
        more = f" (and {len(report.problems) - 1} more: inspect it)" if len(report.problems) > 1 else ""
        raise InputError(f"{report.file}: {report.problems[0]}{more}")
