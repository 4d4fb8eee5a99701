"""Whole traces in one file: every Step of several methods on several images, a zip of `.npy` members.

Class maps are kept in half precision, and what lies between 0 and 1 per pixel (erased, pooled) as 255ths: good to look
at, and to within 0.1 % of a map's maximum to measure. A member is read only when its trace is asked for.
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

from wsss_viz.errors import InputError
from wsss_viz.traces.step import Step, Trace

_ABOUT = "about.json"
_OWN = ("maps", "scores", "image", "mask")
_SHARES = ("mask", "erased", "all_masks", "all_erased")
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error, LZMAError, zipfile.BadZipFile)


def write_traces(file: IO[bytes], traces: Mapping[str, Trace], about: Mapping[str, Any]) -> None:
    """Writes traces by name and what is to be known of them; the same content gives the same bytes.

    Raises:
        ValueError: an array changes its shape from step to step.
    """
    notes: dict[str, Any] = {**about, "traces": {}}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        for name, trace in traces.items():
            notes["traces"][name] = _notes(trace)
            for key, rows in _arrays(trace).items():
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, _packed(key, _stacked(name, key, list(rows.values()))))
                _add(archive, f"{name}/{key}.npy", buffer.getvalue())
                notes["traces"][name]["rows"][key] = list(rows)
        _add(archive, _ABOUT, json.dumps(notes).encode())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)  # dated 1980, so that the same traces are the same bytes
    info.compress_type = zipfile.ZIP_LZMA
    archive.writestr(info, content)


def _notes(trace: Trace) -> dict[str, Any]:
    steps = [
        {
            "index": step.index,
            "targets": list(step.targets),
            "loss": step.loss,
            "terms": step.terms,
            "sampled": step.sampled,
            "stop": step.stop,
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


def _arrays(trace: Trace) -> dict[str, dict[int, NDArray]]:
    """Each array of the trace by name: the numbers of the steps that have it, and their values."""
    found: dict[str, dict[int, NDArray]] = {}
    for row, step in enumerate(trace):
        own = {name: getattr(step, name) for name in _OWN}
        for name, values in {**own, **{f"arrays/{key}": value for key, value in step.arrays.items()}}.items():
            if values is not None:
                found.setdefault(name, {})[row] = values
    return found


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
            with zipfile.ZipFile(path) as archive:
                self.about: dict[str, Any] = json.loads(archive.read(_ABOUT))
            self._notes: dict[str, Any] = self.about.pop("traces")
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
            steps = []
            for row, fields in enumerate(notes["steps"]):
                there = {
                    key: _unpacked(key, arrays[key][rows.index(row)])
                    for key, rows in notes["rows"].items()
                    if row in rows
                }
                own: dict[str, Any] = {key: there.pop(key) for key in _OWN if key in there}
                further = {key.partition("/")[2]: value for key, value in there.items()}
                plain = {**fields, "targets": tuple(fields["targets"]), "settings": notes.get("settings", {})}
                steps.append(Step(**plain, **own, arrays=further))
            return Trace(tuple(steps), notes["method"], tuple(notes["classes"]))
        except _UNREADABLE:
            raise InputError(f"{self._path} is damaged at {name}: write it again") from None


def _read(archive: zipfile.ZipFile, name: str) -> NDArray:
    with archive.open(name) as member:
        values: NDArray = np.lib.format.read_array(io.BytesIO(member.read()), allow_pickle=False)
    return values
