"""Traces kept on disk, so that figures, the app and `maps` compute each once.

A trace is kept under a digest of all that it depends on: the image, the method and its settings, the networks' files,
the views, the data that companions are drawn from, the code and torch. A changed colour draws again, a changed network
computes again.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.disk_cache import DiskCache
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.identity import digest_of
from wsss_viz.resources import package_folder
from wsss_viz.traces import Step, Trace
from wsss_viz.traces.trace_file import TraceFile, write_traces

__all__ = ["CACHE", "INPUT", "CachedRun", "array_digest", "read_trace", "run_facts", "trace_key", "write_trace"]

CACHE = DiskCache("traces", ".zip", 2 * 2**30)
INPUT = ("mean", "std", "short_side", "stride")
"""What may be said of a classifier's input."""
_CODE = ("data", "methods", "models", "traces", "refinement")
"""The rooms whose code decides what a map is."""
_NAME = "trace"
_LOG = logging.getLogger("wsss_viz")


def run_facts(
    method: str,
    *,
    classifier: str,
    class_names: Sequence[str] | None,
    networks: Sequence[str],
    network_input: Mapping[str, Any],
    settings: Mapping[str, Any],
    views: str,
    device: str,
    threads: int,
    data: str,
    classes: Sequence[str],
    companions: str,
) -> dict[str, Any]:
    """What the traces of all images of a run depend on, beside the image.

    Args:
        classifier, networks: as `load` takes them.
        network_input: of `INPUT`, what was said.
        settings: those that were changed.
        data: the data string; its kind counts where the images have no classes, and for the photographs.
        classes: of the data set.
        companions: `fingerprints.data_digest` of what RIB's companions are drawn from.

    >>> facts = run_facts(
    ...     "cam", classifier="scenes-classifier", class_names=None, networks=(), network_input={}, settings={},
    ...     views="single", device="cpu", threads=1, data="scenes:test", classes=("dog",), companions="",
    ... )
    >>> facts["base"], facts["device"], "companions" in facts
    ('cam', ['cpu', 1], False)
    """
    facts: dict[str, Any] = {
        "base": method,
        "code": _code(),
        "torch": _torch_version(),
        "classifier": _file_digest(classifier, _stamp(classifier)),
        "class_names": class_names or None,
        "networks": [_file_digest(one, _stamp(one)) for one in networks],
        "input": [network_input.get(name) for name in INPUT],
        "settings": settings,
        "views": views,
        "device": [device, threads],
        "classes": classes,
    }
    if not classes or data.startswith("photos"):
        facts["source"] = data.partition(":")[0]
    return {**facts, "companions": companions} if METHODS[method].companions else facts


def trace_key(facts: Mapping[str, Any], sample: Sample, labels: Sequence[str] | None) -> str:
    """All that one trace depends on.

    Args:
        facts: of `run_facts`.
        labels: the classes that are looked at, in the data set's words; None: not known.

    >>> from wsss_viz.models.colour_network import flag
    >>> trace_key({}, flag(), ("red",)) == trace_key({}, flag(), ("blue",))
    False
    """
    image = {"image": array_digest(sample.image), "mask": None if sample.mask is None else array_digest(sample.mask)}
    return json.dumps({**facts, **image, "labels": labels}, default=list, sort_keys=True)


def read_trace(cache: DiskCache, key: str) -> tuple[Trace, str] | None:
    """The trace of a key, and what its companions were drawn from, or ""; None where it is not there.

    >>> read_trace(DiskCache("examples", ".zip", 10**6), "never written") is None
    True
    """
    file = cache.file(key)
    if file is None:
        return None
    with contextlib.suppress(InputError):
        traces = TraceFile(file)
        return traces.trace(_NAME), str(traces.about.get("companions", ""))
    return None


def write_trace(cache: DiskCache, key: str, trace: Trace, companions: str | None = None) -> None:
    """Keeps a trace, every bit of it; one with an array that changes its shape from step to step is not kept.

    >>> from wsss_viz.methods import cam
    >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
    >>> cache = DiskCache("examples", ".zip", 10**6)
    >>> write_trace(cache, "cam", Trace.collect(cam(colour_network(), flag()), "cam", COLOURS))
    >>> read_trace(cache, "cam")[0].maps.shape
    (3, 2, 3)
    """
    buffer = io.BytesIO()
    with contextlib.suppress(ValueError):
        write_traces(buffer, {_NAME: trace}, {} if companions is None else {"companions": companions}, exact=True)
        cache.write(key, buffer.getvalue())


class CachedRun:
    """A method's run that reads the traces that are there, and keeps those that it computes.

    Args:
        run: the method, bound to its networks; takes a sample and views.
        key: of a sample.
        classes: of the maps, in the data set's words.
        method: its name.
        drawn_from: what its companions are drawn from, in words; None: it has none.
        keeps: whether what is computed is kept: not of a whole data set, which would push everything else out.
        reads: whether what is there is read.

    Attributes:
        read: how many traces were read so far.
    """

    def __init__(
        self,
        run: Callable[..., Iterator[Step]],
        key: Callable[[Sample], str],
        classes: Sequence[str],
        method: str,
        drawn_from: str | None,
        *,
        keeps: bool,
        reads: bool = True,
        cache: DiskCache = CACHE,
    ) -> None:
        self._run, self._key, self._classes, self._method = run, key, tuple(classes), method
        self._drawn_from, self._keeps, self._reads, self._cache = drawn_from, keeps, reads, cache
        self.read = 0

    def __call__(self, sample: Sample, *arguments: Any, **named: Any) -> Iterator[Step]:
        """The Steps, as `run` gives them."""
        key = self._key(sample)
        stored = read_trace(self._cache, key) if self._reads else None
        if stored is not None:
            self.read += 1
            _LOG.info("%s: %s, computed before and read", sample.name, self._method)
            yield from stored[0].steps
            return
        steps = []
        for step in self._run(sample, *arguments, **named):
            if self._keeps:
                steps.append(step)
            yield step
        if self._keeps:
            write_trace(self._cache, key, Trace(tuple(steps), self._method, self._classes), self._drawn_from)


def array_digest(array: NDArray[Any]) -> str:
    """SHA-256 of an array: its shape, type and bytes.

    >>> array_digest(np.zeros((2, 3))) == array_digest(np.zeros((3, 2)))
    False
    """
    values = np.ascontiguousarray(array)
    return hashlib.sha256(repr((values.shape, values.dtype.str)).encode() + values.tobytes()).hexdigest()


def _stamp(name: str) -> int:
    return Path(name).stat().st_mtime_ns if Path(name).is_file() else 0


@lru_cache(maxsize=32)
def _file_digest(name: str, stamp: int) -> str:
    return digest_of(name)


@lru_cache(maxsize=1)
def _torch_version() -> str:
    """Read once: it takes 20 ms, and a figure asks for each of its maps."""
    return version("torch")


@lru_cache(maxsize=1)
def _code() -> str:
    """A digest of the code that maps depend on."""
    digest = hashlib.sha256()
    for room in _CODE:
        for file in sorted((package_folder() / room).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
