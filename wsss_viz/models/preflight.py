"""Preflight: what a checkpoint holds, before any of its numbers becomes a network. Torch is for our own files alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wsss_viz.models.architectures import Recognised, architecture, architectures
from wsss_viz.models.architectures.recognition import recognise
from wsss_viz.models.class_lists import ClassList, classes_of, names_beside
from wsss_viz.models.network_input import NOTHING, NetworkInput, read_sidecar, source_of
from wsss_viz.models.reading import TensorFile, read_tensors
from wsss_viz.models.reading.bounds import FORMATS, NATIVE_KEY
from wsss_viz.models.report import Report
from wsss_viz.wording import quantity

__all__ = ["DILATED_NOTE", "part_of", "preflight", "report_on", "with_input"]

DILATED_NOTE = (
    "stride {} is assumed: weights do not tell a network with dilated stages from one without; say --stride {}, or "
    'write "stride" into a .json beside it, where it was trained so'
)


def part_of(path: Path) -> tuple[Path, str]:
    """A file, and the part of it that `FILE#part` asks for; "" for the whole.

    Examples:
        >>> part_of(Path("nowhere/best.pth#state_dict_ema"))[1]
        'state_dict_ema'
    """
    name, separator, part = path.name.rpartition("#")
    if not separator or path.is_file() or not name:
        return path, ""
    return path.with_name(name), part


def preflight(
    path: Path | str,
    classes: Sequence[str] | None = None,
    *,
    legacy: bool = True,
    given: NetworkInput = NOTHING,
) -> Report:
    """The report on a file; safetensors are not read beyond their header, the rest in a process of its own.

    Args:
        path: of the file; `FILE#part` for one of several networks in it.
        classes: names of the head's rows; default those beside the file (`NAME.json`, `NAME.classes.txt`), else by
            their number.
        legacy: whether pickles from before torch 1.6 are read.
        given: what is known of the network's input.

    Raises:
        InputError: the file is missing, of no known format, damaged, or made to do harm. What is merely of another
            network is in the report's `problems`.

    Examples:
        >>> import tempfile, torch
        >>> from safetensors.torch import save_file
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "w.safetensors"
        >>> save_file({"fc.weight": torch.ones(2, 3)}, path)
        >>> preflight(path).architecture
        'unknown'
        >>> folder.cleanup()
    """
    path, part = part_of(Path(path))
    file = read_tensors(path, numbers=False, legacy=legacy)
    return report_on(file, path, classes, given, part)[0]


def report_on(
    file: TensorFile, path: Path, classes: Sequence[str] | None = None, given: NetworkInput = NOTHING, part: str = ""
) -> tuple[Report, Recognised | None]:
    """The report on a file that was read, and the network that was recognised in it.

    Raises:
        InputError: `classes` are not as many as the head has rows, the stride is none that the network can have, or
            what lies beside the file is wrong.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> path = checkpoints_folder() / "scenes-classifier.safetensors"
        >>> report, network = report_on(read_tensors(path, numbers=False), path, given=NetworkInput(short_side=96))
        >>> report.preprocessing["short_side"], network is None
        (96, True)
    """
    sidecar = read_sidecar(path)
    if NATIVE_KEY in file.metadata:
        from wsss_viz.models.checkpoint import native_report

        return with_input(native_report(file), given, sidecar), None
    others = [*file.others, *(f"an object of {name}, left out" for name in file.objects)]
    basis = Report(
        file.name,
        file.bytes,
        FORMATS[file.format],
        file.digest,
        tensors=len(file.tensors),
        dtypes=tuple(sorted({info.dtype for info in file.tensors.values() if info.is_float})),
        others=tuple(others),
    )
    network = recognise(file.tensors, file.mappings, part)
    if network is None:
        first = ", ".join(list(file.tensors)[:3])
        known = ", ".join(a.title for a in architectures() if a.anchors)
        problem = f"its tensors ({first}, ...) are of no network that is known here: {known}, and this project's own"
        return replace(basis, wrapper=part, problems=(problem,)), None
    names = classes or sidecar.classes or names_beside(path)
    head, problems = _classes(network, names, file.name)
    report = replace(
        basis,
        **_of_network(network, head),
        others=(*(f"another network: {path.name}#{address}" for address in network.networks), *others),
        problems=(*network.problems, *_gaps(network), *problems),
    )
    return with_input(report, given, sidecar), network


def with_input(report: Report, given: NetworkInput, sidecar: NetworkInput = NOTHING) -> Report:
    """The report with what is said of the network's input, and where it is from.

    Raises:
        InputError: the network cannot have the stride.

    Examples:
        >>> report = Report("x", 1, "safetensors", input_from="assumed")
        >>> with_input(report, NetworkInput(std=(0.5, 0.5, 0.5))).input_from
        'assumed+given'
    """
    said = given.over(sidecar)
    known = architecture(report.layout)
    if said.stride is not None and known is not None:
        known.check_stride(said.stride)
    preprocessing = dict(report.preprocessing or {})
    preprocessing |= {name: getattr(said, name) for name in ("mean", "std") if getattr(said, name)}
    if said.short_side is not None:
        preprocessing["short_side"] = said.short_side or None
    changes: dict[str, Any] = {
        "preprocessing": preprocessing or None,
        "input_from": source_of(given, sidecar, report.input_from),
    }
    if said.stride is not None:
        changes |= {"stride": said.stride, "stride_from": "given" if given.stride else "sidecar"}
    elif report.stride_from == "assumed" and known is not None and len(known.strides) > 1:
        others = " or ".join(str(stride) for stride in known.strides if stride != report.stride)
        changes["notes"] = (*report.notes, DILATED_NOTE.format(report.stride, others))
    return replace(report, **changes)


def _classes(network: Recognised, given: Sequence[str] | None, name: str) -> tuple[ClassList | None, tuple[str, ...]]:
    """The classes of the head, and what is wrong with it."""
    if not network.rows:
        return None, ()
    if given is None and network.architecture == "resnet38d" and network.rows == 200:
        problem = (
            "its head has 200 rows: SC-CAM's sub-categories, which are no classes; give a file with fc8_20, or the "
            "names of 200 classes (--class-names)"
        )
        return None, (problem,)
    return classes_of(network.rows, given, name), ()


def _gaps(network: Recognised) -> tuple[str, ...]:
    """Problems of names that are missing or have no place."""
    lines = []
    if network.missing and not (network.head == "" and len(network.missing) == 1):
        lines.append(
            f"{len(network.missing)} of the network's tensors are missing, first {network.missing[0]}: the file is of "
            "another network, or was cut"
        )
    if network.unexpected:
        known, count = architecture(network.architecture), len(network.unexpected)
        lines.append(
            f"{quantity(count, 'tensor')} {'has' if count == 1 else 'have'} no place in "
            f"{known.title if known else 'it'}, first "
            f"{network.unexpected[0]}: maps without them would be another network's; save the classifier alone"
        )
    return tuple(lines)


def _of_network(network: Recognised, head: ClassList | None) -> dict[str, Any]:
    known = architecture(network.architecture)
    assert known is not None
    return {
        "layout": known.name,
        "wrapper": network.prefix.rstrip("."),
        "architecture": known.title,
        "matched": network.matched,
        "expected": len(network.shapes),
        "aliases": sum(len(names) - 1 for names in network.sources.values()),
        "missing": network.missing,
        "unexpected": network.unexpected,
        "unused": network.unused,
        "parameters": network.parameters,
        "classes": head.names if head else (),
        "classes_from": head.source if head else "",
        "background": head.background if head else False,
        "maps_are": known.maps_are,
        "stride": known.stride,
        "stride_from": "assumed" if len(known.strides) > 1 and known.input_source == "assumed" else known.input_source,
        "preprocessing": {"mean": known.mean, "std": known.std, "short_side": known.short_side},
        "input_from": known.input_source,
        "notes": network.notes,
    }
