"""Methods over a data set: run, counted, scored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wsss_viz import methods
from wsss_viz.data.sample import BACKGROUND, IGNORE, Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import Counts, count
from wsss_viz.evaluation.scores import Scores, image_ious, summarise
from wsss_viz.methods.registry import Runner
from wsss_viz.methods.views import MULTI_SCALE, Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step
from wsss_viz.traces.storage import read_maps

Progress = Callable[[Iterable[Sample], str], Iterable[Sample]]


def quiet(samples: Iterable[Sample], title: str) -> Iterable[Sample]:
    """Shows nothing."""
    return samples


def last_step(steps: Iterator[Step]) -> Step:
    """Runs a method to its end and keeps its last step alone. Raises ValueError where there is none."""
    step = None
    for step in steps:  # noqa: B007 - the last one is wanted
        pass
    if step is None:
        raise ValueError("the method yielded no step")
    return step


def count_run(
    run: Runner, classes: Sequence[str], samples: Iterable[Sample], views: Views = MULTI_SCALE
) -> tuple[list[Counts], float]:
    """One Counts a sample under a bound method whose maps are of `classes`, and the seconds an image it took."""
    counts: list[Counts] = []
    seconds = 0.0
    for sample in samples:
        if sample.mask is None:
            raise InputError(f"{sample.name} has no mask: `evaluate` wants one that has (scenes:test, voc:...)")
        start = time.perf_counter()
        step = last_step(run(sample, views))
        seconds += time.perf_counter() - start
        counts.append(count(step.maps, sample, classes))
    if not counts:
        raise InputError("the data set is empty: nothing to evaluate")
    return counts, seconds / len(counts)


def count_method(
    name: str, classifier: Classifier, samples: Iterable[Sample], views: Views = MULTI_SCALE
) -> tuple[list[Counts], float]:
    """The same for a method that needs nothing but the classifier, by its name."""
    return count_run(methods.bind(name, classifier), classifier.classes, samples, views)


def count_stored(folder: Path, samples: Iterable[Sample]) -> list[Counts]:
    """One Counts a sample from the maps that `python -m wsss_viz maps` wrote into `folder`."""
    counts = []
    for sample in samples:
        stored = read_maps(folder / f"{sample.name}.npz")
        counts.append(count(stored.maps, sample, stored.keys))
    if not counts:
        raise InputError("the data set is empty: nothing to evaluate")
    return counts


def evaluate(
    runs: Mapping[str, Runner],
    classes: Sequence[str],
    samples: Sequence[Sample],
    *,
    tune_on: Sequence[Sample] | None = None,
    views: Views = MULTI_SCALE,
    each_image: bool = False,
    progress: Progress = quiet,
) -> dict[str, dict[str, Any]]:
    """The scores of several methods under the same inference.

    Args:
        runs: bound methods (`methods.bind`) by the names of their rows.
        classes: of their maps.
        samples: held-out, with masks.
        tune_on: samples on which each method's threshold is chosen; None: the best on `samples` themselves, which is
            what the field reports and an oracle (`methods.md` 0.6).
        views: of every method.
        each_image: whether `per_image` is wanted, the IoUs of each sample's own classes (`scores.image_ious`).
        progress: wraps the samples while they are gone through.

    Returns:
        By method: the fields of `Scores`, and `seconds_per_image`.

    Raises:
        InputError: an empty data set, or a sample without a mask.
    """
    results = {}
    for name, run in runs.items():
        threshold = None
        if tune_on is not None:
            tuned, _ = count_run(run, classes, progress(tune_on, f"{name}, choosing its threshold"), views)
            threshold = summarise(tuned, tune_on[0].classes).best_threshold
        counts, seconds = count_run(run, classes, progress(samples, name), views)
        results[name] = as_json(summarise(counts, samples[0].classes, threshold), seconds, counts if each_image else ())
    return results


def as_json(scores: Scores, seconds_per_image: float | None, counts: Sequence[Counts] = ()) -> dict[str, Any]:
    """One method's row of `evaluate --json`; with `per_image` where the images' counts are given."""
    rounded = None if seconds_per_image is None else round(seconds_per_image, 4)
    each = {"per_image": image_ious(counts, scores.threshold)} if counts else {}
    return {**scores.as_dict(), "seconds_per_image": rounded, **each}


def image_rows(samples: Iterable[Sample]) -> list[list[str]]:
    """What `per_image` is of: for each sample its data string (its name where it has none) and the classes in it."""
    rows = []
    for sample in samples:
        there = np.unique(sample.mask) if sample.mask is not None else np.array([], dtype=np.int64)
        names = [sample.classes[c - 1] for c in there if c not in (BACKGROUND, IGNORE)]
        rows.append([sample.source or sample.name, *names])
    return rows
