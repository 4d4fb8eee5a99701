"""Methods over a data set: run, counted, scored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wsss_viz.data.sample import Sample
from wsss_viz.data.subset import Chosen
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import THRESHOLDS, Counts, count, count_mask
from wsss_viz.evaluation.scores import Scores, image_ious, summarise
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.ranks import ALONE, Ranks
from wsss_viz.methods.views import MULTI_SCALE, Views
from wsss_viz.traces.map_folder import MapFolder
from wsss_viz.traces.step import last_step

Progress = Callable[[Iterable[Sample], str], Iterable[Sample]]


class Counted(NamedTuple):
    """What was counted over a data set, in the order of its samples.

    Attributes:
        counts: one a sample.
        seconds: they took together.
        sources: each sample's data string, its name where it has none.
    """

    counts: list[Counts]
    seconds: float
    sources: list[str]


def quiet(samples: Iterable[Sample], title: str) -> Iterable[Sample]:
    """Shows nothing."""
    return samples


def count_run(
    run: Runner, classes: Sequence[str], samples: Iterable[Sample], views: Views = MULTI_SCALE
) -> tuple[list[Counts], float]:
    """One Counts a sample under a bound method whose maps are of `classes`, and the seconds they took together."""
    counts: list[Counts] = []
    seconds = 0.0
    for sample in samples:
        if sample.mask is None:
            raise InputError(f"{sample.name} has no mask: `evaluate` wants one that has (scenes:test, voc:...)")
        start = time.perf_counter()
        step = last_step(run(sample, views))
        seconds += time.perf_counter() - start
        counts.append(count(step.maps, sample, classes))
    return counts, seconds


def count_stored(folder: Path, samples: Iterable[Sample]) -> list[Counts]:
    """One Counts a sample from the maps in `folder`: ours, IRN's, PSA's, heat maps, or finished pseudo masks."""
    counts: list[Counts] = []
    maps: MapFolder | None = None
    for sample in samples:
        if sample.mask is None:
            raise InputError(f"{sample.name} has no mask: `evaluate` wants one that has (scenes:test, voc:...)")
        if maps is None:
            maps = MapFolder(folder, sample.classes)
        if maps.format == "mask":
            counts.append(count_mask(maps.read_mask(sample.name, sample.size), sample, maps.classes, len(THRESHOLDS)))
        else:
            stored = maps.read(sample.name, sample.size)
            counts.append(count(stored.maps, sample, stored.keys))
    return counts


def count_shared(
    work: Callable[[Iterable[Sample]], tuple[list[Counts], float]],
    samples: Sequence[Sample],
    title: str,
    ranks: Ranks = ALONE,
    progress: Progress = quiet,
) -> Counted | None:
    """What `work` counts, each rank its share of the samples, each of which is read once.

    Returns:
        On rank 0; None on the others.

    Raises:
        InputError: an empty data set, or whatever `work` raises on one of the ranks.
    """
    if not len(samples):
        raise InputError("the data set is empty: nothing to evaluate")
    mine = Chosen(samples, range(len(samples))[ranks.rank :: ranks.count])
    sources: list[str] = []

    def noted() -> Iterator[Sample]:
        for sample in ranks.watched(progress(mine, title)):
            sources.append(sample.source or sample.name)
            yield sample

    def counted() -> Counted:
        return Counted(*work(noted()), sources)

    parts = ranks.all_gather(ranks.run_on_all(counted))
    if ranks.rank != 0:
        return None
    order = [(parts[i % ranks.count], i // ranks.count) for i in range(len(samples))]
    seconds = sum(part.seconds for part in parts)
    return Counted([part.counts[at] for part, at in order], seconds, [part.sources[at] for part, at in order])


def evaluate(
    runs: Mapping[str, Runner],
    classes: Sequence[str],
    samples: Sequence[Sample],
    *,
    tune_on: Sequence[Sample] | None = None,
    threshold: float | None = None,
    views: Views = MULTI_SCALE,
    each_image: bool = False,
    ranks: Ranks = ALONE,
    progress: Progress = quiet,
) -> tuple[dict[str, dict[str, Any]], list[list[str]]]:
    """The scores of several methods under the same inference, and what they are of.

    Args:
        runs: bound methods (`methods.bind`) by the names of their rows.
        classes: of their maps.
        samples: held-out, with masks.
        tune_on: samples on which each method's threshold is chosen; None: the best on `samples` themselves, which is
            what the field reports and an oracle (`docs/sources.md#thresholds`).
        threshold: of all methods, in place of one chosen on samples.
        views: of every method.
        each_image: whether `per_image` is wanted, the IoUs of each sample's own classes (`scores.image_ious`).
        ranks: this process among the others, each of which takes its share of the samples.
        progress: wraps the samples while they are gone through.

    Returns:
        By method the fields of `Scores` and `seconds_per_image`; and `image_rows`. On rank 0; nothing on the others.

    Raises:
        InputError: an empty data set, or a sample without a mask.
    """
    results: dict[str, dict[str, Any]] = {}
    rows: list[list[str]] = []
    for name, run in runs.items():
        work = partial(count_run, run, classes, views=views)
        at = threshold
        if tune_on is not None:
            tuned = count_shared(work, tune_on, f"{name}, choosing its threshold", ranks, progress)
            at = summarise(tuned.counts, tune_on[0].classes).best_threshold if tuned else None
        counted = count_shared(work, samples, name, ranks, progress)
        if counted is not None:
            scores = summarise(counted.counts, samples[0].classes, at)
            results[name] = as_json(scores, counted.seconds / len(samples), counted.counts if each_image else ())
            rows = image_rows(counted, samples[0].classes)
    return results, rows


def as_json(scores: Scores, seconds_per_image: float | None, counts: Sequence[Counts] = ()) -> dict[str, Any]:
    """One method's row of `evaluate --json`; with `per_image` where the images' counts are given."""
    rounded = None if seconds_per_image is None else round(seconds_per_image, 4)
    each = {"per_image": image_ious(counts, scores.threshold)} if counts else {}
    return {**scores.as_dict(), "seconds_per_image": rounded, **each}


def image_rows(counted: Counted, classes: Sequence[str]) -> list[list[str]]:
    """What `per_image` is of: for each sample its source and those of its classes that have pixels in it."""
    there = (np.flatnonzero(counts.there[1:]) for counts in counted.counts)
    return [[source, *(classes[int(c)] for c in inside)] for source, inside in zip(counted.sources, there, strict=True)]
