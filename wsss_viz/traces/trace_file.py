"""Whole traces in one file: every Step of several methods on several images, a zip of `.npy` members.

In files of many traces class maps are stored in half precision, and what lies between 0 and 1 per pixel (erased,
pooled) as 255ths: good to look at, and to within 0.1 % of a map's maximum to measure. A single trace is stored exactly,
with its sample. A member is read only when its trace is asked for.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import check_content
from wsss_viz.data.files import whole_file
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.layout_maps import MapGrids
from wsss_viz.traces.step import Step, Trace

__all__ = ["TraceFile", "add_member", "load_trace", "save_trace", "write_traces"]

_ABOUT = "about.json"
_FIELDS = ("maps", "scores", "image", "mask")
_SAMPLE = ("image", "mask", "parts")
_SHARES = ("mask", "erased", "all_masks", "all_erased")
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error, LZMAError, zipfile.BadZipFile)


def write_traces(
    file: IO[bytes], traces: Mapping[str, Trace], about: Mapping[str, Any], *, exact: bool = False
) -> None:
    """Writes traces by name and what is to be known of them; the same content gives the same bytes.

    Args:
        file: to write to.
        traces: by name.
        about: what can be written as JSON.
        exact: every array as it is, and the samples too; by default rounded, and without samples.

    Raises:
        ValueError: an array changes its shape from step to step.

    >>> step = Step(0, np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32))
    >>> file = io.BytesIO()
    >>> write_traces(file, {"cow": Trace((step,))}, {"version": "1"})
    >>> zipfile.ZipFile(file).namelist()
    ['cow/maps.npy', 'cow/scores.npy', 'about.json']
    """
    notes: dict[str, Any] = {**about, "traces": {}, **({"exact": True} if exact else {})}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if exact else zipfile.ZIP_LZMA) as archive:
        for name, trace in traces.items():
            notes["traces"][name] = _notes(trace)
            for key, rows in _arrays(trace).items():
                values = _stacked(name, key, list(rows.values()))
                _add_array(archive, f"{name}/{key}.npy", values if exact else _packed(key, values))
                notes["traces"][name]["rows"][key] = list(rows)
            if exact and trace.sample is not None:
                notes["traces"][name]["sample"] = _add_sample(archive, name, trace.sample)
        add_member(archive, _ABOUT, json.dumps(notes).encode())


def add_member(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Adds a file to an archive, without a date.

    >>> buffer = io.BytesIO()
    >>> with zipfile.ZipFile(buffer, "w") as archive:
    ...     add_member(archive, "a/b.txt", b"text")
    >>> zipfile.ZipFile(buffer).infolist()[0].date_time
    (1980, 1, 1, 0, 0, 0)
    """
    info = zipfile.ZipInfo(name)  # dated 1980, so that the same traces are the same bytes
    info.compress_type = archive.compression
    archive.writestr(info, content)


def _add_array(archive: zipfile.ZipFile, name: str, values: NDArray) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, values)
    add_member(archive, name, buffer.getvalue())


def _add_sample(archive: zipfile.ZipFile, name: str, sample: Sample) -> dict[str, Any]:
    """Writes the sample's arrays; returns what else there is of it."""
    arrays = {key: getattr(sample, key) for key in _SAMPLE if getattr(sample, key) is not None}
    for key, values in arrays.items():
        _add_array(archive, f"{name}/sample/{key}.npy", values)
    labels = None if sample.labels is None else list(sample.labels)
    texts = {"classes": list(sample.classes), "labels": labels, "name": sample.name, "source": sample.source}
    return {**texts, "arrays": list(arrays)}


def _read_sample(archive: zipfile.ZipFile, name: str, notes: Mapping[str, Any]) -> Sample:
    arrays: dict[str, Any] = {key: _read(archive, f"{name}/sample/{key}.npy") for key in notes["arrays"]}
    labels = None if notes["labels"] is None else tuple(notes["labels"])
    return Sample(classes=tuple(notes["classes"]), labels=labels, name=notes["name"], source=notes["source"], **arrays)


def _notes(trace: Trace) -> dict[str, Any]:
    steps = [
        {
            "index": step.index,
            "targets": list(step.targets),
            "loss": step.loss,
            "terms": step.terms,
            "sampled": step.sampled,
            "stop": step.stop,
            **({} if step.grids is None else {"grids": step.grids.as_arrays()[0]}),
            **({} if step.centres is None else {"centres": [list(step.centres.origin), list(step.centres.stride)]}),
        }
        for step in trace
    ]
    return {
        "method": trace.method,
        "classes": list(trace.classes),
        "settings": dict(trace.settings),
        "steps": steps,
        "rows": {},
    }


def _centres(values: Any) -> CellCentres | None:
    """None of files that were written before centres were known."""
    return None if values is None else CellCentres.of(values)


def _arrays(trace: Trace) -> dict[str, dict[int, NDArray]]:
    """Each array of the trace by name: the numbers of the steps that have it, and their values."""
    by_name: dict[str, dict[int, NDArray]] = {}
    for row, step in enumerate(trace):
        named = {name: getattr(step, name) for name in _FIELDS}
        grids = {} if step.grids is None else step.grids.as_arrays()[1]
        named |= {f"grids/{key}": grid for key, grid in grids.items()}
        for name, values in {**named, **{f"arrays/{key}": value for key, value in step.arrays.items()}}.items():
            if values is not None:
                by_name.setdefault(name, {})[row] = values
    return by_name


def _stacked(trace: str, name: str, rows: list[NDArray]) -> NDArray:
    if len({values.shape for values in rows}) > 1:
        raise ValueError(f"`{name}` of {trace} changes its shape from step to step")
    return np.stack(rows)


def _packed(name: str, values: NDArray) -> NDArray:
    """As it is stored: shares as 255ths, maps in half precision, scores and the like as they are."""
    if values.dtype.kind != "f":
        return values
    if name.rpartition("/")[2] in _SHARES:
        return np.round(values * 255).astype(np.uint8)
    return values.astype(np.float16 if values.ndim > 3 else np.float32)


def _unpacked(name: str, values: NDArray) -> NDArray:
    if name.rpartition("/")[2] in _SHARES:
        return values.astype(np.float32) / 255
    return values.astype(np.float32) if values.dtype.kind == "f" else values


class TraceFile:
    """A file that `write_traces` wrote. Nothing in it is executed; every method may be called from any thread.

    Attributes:
        about: what was written beside the traces.
    """

    def __init__(self, path: Path) -> None:
        """Reads what the file holds, and none of its arrays.

        Raises:
            InputError: it is missing, truncated, or not one of these.
        """
        self._path = path
        try:
            check_content(path)
            with zipfile.ZipFile(path) as archive:
                self.about: dict[str, Any] = json.loads(archive.read(_ABOUT))
            self._notes: dict[str, Any] = self.about.pop("traces")
            self._exact = bool(self.about.pop("exact", False))
        except FileNotFoundError:
            raise InputError(f"no traces at {path}") from None
        except _UNREADABLE:
            raise InputError(f"{path} is not a file of traces, or truncated: write it again") from None

    def __contains__(self, name: str) -> bool:
        return name in self._notes

    def __iter__(self) -> Iterator[str]:
        return iter(self._notes)

    def trace(self, name: str) -> Trace:
        """One trace.

        Raises:
            InputError: there is none of that name, or the file is damaged.
        """
        if name not in self._notes:
            raise InputError(f"{self._path} has no trace {name!r}")
        notes = self._notes[name]
        try:
            with zipfile.ZipFile(self._path) as archive:
                arrays = {key: _read(archive, f"{name}/{key}.npy") for key in notes["rows"]}
                sample = _read_sample(archive, name, notes["sample"]) if "sample" in notes else None
            steps = []
            for row, fields in enumerate(notes["steps"]):
                there = {
                    key: self._values(key, arrays[key][rows.index(row)])
                    for key, rows in notes["rows"].items()
                    if row in rows
                }
                named: dict[str, Any] = {key: there.pop(key) for key in _FIELDS if key in there}
                grids = {key.removeprefix("grids/"): there.pop(key) for key in list(there) if key.startswith("grids/")}
                further = {key.partition("/")[2]: value for key, value in there.items()}
                plain = {**fields, "targets": tuple(fields["targets"]), "settings": notes.get("settings", {})}
                plain |= {"centres": _centres(fields.get("centres")), "grids": MapGrids.of(fields.get("grids"), grids)}
                steps.append(Step(**plain, **named, arrays=further))
            return Trace(tuple(steps), notes["method"], tuple(notes["classes"]), sample)
        except _UNREADABLE:
            raise InputError(f"{self._path} is damaged at {name}: write it again") from None

    def _values(self, key: str, values: NDArray) -> NDArray:
        return values if self._exact else _unpacked(key, values)


_SINGLE = "trace"


def save_trace(path: Path, trace: Trace) -> Path:
    """Writes one trace exactly, whole or not at all, and returns its path; see `Trace.save`.

    >>> import tempfile
    >>> step = Step(0, np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32))
    >>> load_trace(save_trace(Path(tempfile.mkdtemp()) / "cow.trace", Trace((step,), "cam")))
    Trace(method='cam', steps=1, maps=(1, 2, 3))
    """
    with whole_file(path) as file:
        write_traces(file, {_SINGLE: trace}, {}, exact=True)
    return path


def load_trace(path: Path) -> Trace:
    """Reads what `save_trace` wrote; see `Trace.load`.

    >>> load_trace(Path("none.trace"))
    Traceback (most recent call last):
    wsss_viz.errors.InputError: no traces at none.trace
    """
    return TraceFile(path).trace(_SINGLE)


def _read(archive: zipfile.ZipFile, name: str) -> NDArray:
    with archive.open(name) as member:
        values: NDArray = np.lib.format.read_array(io.BytesIO(member.read()), allow_pickle=False)
    return values
