"""The showcase computed: every method that can be run, on every scene that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from wsss_viz.data.files import whole_file
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.evaluation.erasing_experiment import experiment
from wsss_viz.methods import METHODS, bind
from wsss_viz.methods.availability import available
from wsss_viz.methods.paired_networks import load_paired
from wsss_viz.methods.views import PRESETS
from wsss_viz.models.loading import load
from wsss_viz.models.manifest import read_manifest, trained_names
from wsss_viz.showcase.reading import FORMAT
from wsss_viz.showcase.scenes import SHOWCASE_SCENES, VIEWS, trace_name
from wsss_viz.traces import Trace
from wsss_viz.traces.trace_file import write_traces
from wsss_viz.version import __version__

__all__ = ["CLASSIFIER", "EXPERIMENT_DATA", "LARGEST_BYTES", "Progress", "build_showcase", "digests"]

CLASSIFIER = "scenes-classifier"
EXPERIMENT_DATA = "scenes:val"
LARGEST_BYTES = 5_000_000
Progress = Callable[[Iterable[Any], str], Iterable[Any]]


def build_showcase(
    path: Path,
    *,
    scenes: Sequence[str] = SHOWCASE_SCENES,
    experiment_count: int = 100,
    device: str = "cpu",
    progress: Progress = lambda items, title: items,
) -> tuple[str, ...]:
    """Computes the traces and writes them to `path`, whole or not at all.

    Args:
        scenes: data strings of one scene each.
        experiment_count: images of `EXPERIMENT_DATA` the erasing experiment is averaged over; 0 leaves it out.

    Returns:
        The methods that were run: those whose networks are in the register.

    Raises:
        InputError: a checkpoint or a scene is missing, or the file would exceed `LARGEST_BYTES`.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.traces.trace_file import TraceFile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "traces.zip"
        ...     methods = build_showcase(path, scenes=[], experiment_count=0)
        ...     methods[:3], len(TraceFile(path).about["checkpoints"]), list(TraceFile(path))
        (('cam', 'ae', 'ae-rounds'), 5, [])
    """
    classifier = load(CLASSIFIER, device)
    methods = available(CLASSIFIER)
    traces = {}
    for method in progress(methods, "methods"):
        run = bind(method, classifier, load_paired([method], CLASSIFIER, device))
        for source in scenes:
            (sample,) = open_data(source)
            steps = run(sample, PRESETS[VIEWS])
            traces[trace_name(method, source)] = Trace.collect(steps, method, classifier.classes)
    averages: dict[str, Any] = {}
    if experiment_count:
        samples = [open_data(EXPERIMENT_DATA)[i] for i in range(experiment_count)]
        averages = {"data": EXPERIMENT_DATA, **experiment(classifier, samples, progress=progress)}
    about = {
        "format": FORMAT,
        "version": __version__,
        "checkpoints": digests(methods),
        "experiment": averages,
    }
    with whole_file(path) as file:
        write_traces(file, traces, about)
        if file.tell() > LARGEST_BYTES:
            raise InputError(
                f"the showcase would have {file.tell()} bytes, more than the {LARGEST_BYTES} that are shipped: "
                "give fewer scenes"
            )
    return methods


def digests(methods: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of every checkpoint the methods use.

    Examples:
        >>> list(digests(["cam", "cs-ae"]))
        ['scenes-classifier', 'scenes-cgnet']
        >>> {len(digest) for digest in digests(["cam"]).values()}
        {64}
    """
    entries = read_manifest()
    names = [
        CLASSIFIER,
        *(name for m in methods if (role := METHODS[m].role) for name in trained_names(role, CLASSIFIER)),
    ]
    return {name: entries[name].sha256 for name in dict.fromkeys(names)}
