"""Methods over a data set: run, counted, scored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.findings import Noticed, in_one_line
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.data.subset import Subset, names_of
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import THRESHOLDS, Counts, count
from wsss_viz.evaluation.measures import measured, measures_of
from wsss_viz.evaluation.refined import count_refined, levels_of
from wsss_viz.evaluation.scores import Scores, image_ious, summarise
from wsss_viz.evaluation.stored_maps import NO_MASK, known_centres
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.ranks import ALONE, Ranks
from wsss_viz.methods.reading import read_all
from wsss_viz.methods.views import MULTI_SCALE, Views
from wsss_viz.traces.centres import FIELD
from wsss_viz.traces.map_folder import MapFolder
from wsss_viz.traces.step import last_step
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.refinement.refiners import Refiner

__all__ = [
    "Counted",
    "Progress",
    "as_json",
    "check_scorable",
    "classes_of",
    "count_run",
    "count_sample",
    "count_shared",
    "evaluate",
    "image_rows",
    "quiet",
]

Progress = Callable[[Iterable[Sample], str], Iterable[Sample]]


class Counted(NamedTuple):
    """What was counted over a data set, in the order of its samples.

    Attributes:
        counts: one per sample that has a mask and could be read.
        seconds: they took together.
        sources: each such sample's data string, its name where it has none.
        noticed: what was noticed about all of them, and what could not be read.
    """

    counts: list[Counts]
    seconds: float
    sources: list[str]
    noticed: Noticed


def quiet(samples: Iterable[Sample], title: str) -> Iterable[Sample]:
    """Shows nothing.

    Examples:
        >>> list(quiet(["a sample", "another"], "reading"))
        ['a sample', 'another']
    """
    return samples


def classes_of(samples: Sequence[Sample]) -> tuple[str, ...]:
    """The classes of a data set, of its first sample where it does not say.

    >>> from wsss_viz.data.sources import open
    >>> "dog" in classes_of(open("scenes:val"))
    True
    """
    classes: tuple[str, ...] | None = getattr(samples, "classes", None)
    return samples[0].classes if classes is None else classes


def count_sample(
    run: Runner,
    classes: Sequence[str],
    views: Views,
    sample: Sample,
    align: str = FIELD,
    refiner: Refiner | None = None,
    measures: Sequence[str] = (),
) -> tuple[Counts, float]:
    """The Counts of one sample under a bound method whose maps are of `classes`, and the seconds it took.

    With `measures` also what these need (`measures.measured`).

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> counts, seconds = count_sample(bind("cam", colour_network()), COLOURS, SINGLE, flag())
        >>> counts.intersection[30].tolist(), counts.target.tolist()  # all is right at the threshold 0.3
        ([0, 2, 0, 4], [0, 2, 0, 4])
    """
    if sample.mask is None:
        raise InputError(f"{sample.name} {NO_MASK}")
    start = time.perf_counter()
    step = last_step(run(sample, views))
    seconds = time.perf_counter() - start
    known_centres(step.centres, align, sample.name)
    wanted = [
        i for i, name in enumerate(classes) if name in (sample.classes if sample.labels is None else sample.labels)
    ]
    names = [classes[i] for i in wanted]
    if refiner is not None:
        maps = step.image_maps(sample.size, wanted, align)
        return measured(lambda sample: count_refined(maps, sample, names, refiner), sample, measures), seconds
    values = step.image_values(sample.size, "relu_max", wanted, align)
    counted = measured(lambda sample: count(values, sample, names, by="raw"), sample, measures, lambda: (values, names))
    return counted, seconds


def count_run(
    run: Runner, classes: Sequence[str], samples: Iterable[Sample], views: Views = MULTI_SCALE
) -> tuple[list[Counts], float]:
    """One Counts per sample under a bound method whose maps are of `classes`, and the seconds they took together.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> (counts,), seconds = count_run(bind("cam", colour_network()), COLOURS, [flag()])
        >>> counts.target.tolist(), seconds > 0
        ([0, 2, 0, 4], True)
    """
    pairs = [count_sample(run, classes, views, sample) for sample in samples]
    return [counts for counts, _ in pairs], sum(seconds for _, seconds in pairs)


def count_shared(
    work: Callable[[Sample], tuple[Counts, float]],
    samples: Sequence[Sample],
    title: str,
    ranks: Ranks = ALONE,
    progress: Progress = quiet,
    *,
    strict: bool = False,
    maps: MapFolder | None = None,
) -> Counted | None:
    """What `work` counts, each rank its share of the samples, each of which is read once.

    A sample that cannot be read is noted and left out, unless `strict`; one without a mask is noted and left out.

    Args:
        work: of one sample: its Counts and the seconds they took.
        maps: that `work` reads: what it cannot read of them is noted and left out likewise.

    Returns:
        On rank 0; None on the others.

    Raises:
        InputError: an empty data set, none of it with a mask, or whatever `work` raises on one of the ranks.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import flag
        >>> counted = count_shared(lambda sample: (count_mask(sample.mask, sample), 0.5), [flag(), flag()], "counting")
        >>> len(counted.counts), counted.seconds, counted.sources
        (2, 1.0, ['flag', 'flag'])
    """
    if not len(samples):
        raise InputError("the data set is empty: nothing to evaluate")
    mine = Subset(samples, range(len(samples))[ranks.rank :: ranks.count])

    def counted() -> tuple[dict[int, tuple[Counts, float, str]], Noticed]:
        results: dict[int, tuple[Counts, float, str]] = {}
        noticed = Noticed()
        for at, sample in read_all(mine, ranks, lambda items: progress(items, title), noticed, strict=strict):
            if sample.mask is None:
                continue
            try:
                results[ranks.rank + at * ranks.count] = (*work(sample), sample.source or sample.name)
            except InputError as error:
                if strict or maps is None:
                    raise
                noticed.failed(sample.name, str(error), "maps-unreadable")
        noticed.notes += [] if maps is None else maps.notes
        return results, noticed

    parts = ranks.all_gather(ranks.run_on_all(counted))
    if ranks.rank != 0:
        return None
    merged: dict[int, tuple[Counts, float, str]] = {}
    noticed = Noticed(samples.set_notes() if isinstance(samples, DataSet) else ())
    for results, seen in parts:
        merged |= results
        noticed.add(seen)
    order = [merged[index] for index in sorted(merged)]
    if not order:
        messages = [message for _, message in noticed.unreadable]
        raise InputError(messages[0] if messages else f"{names_of(samples)[0]} {NO_MASK}")
    return Counted([c for c, _, _ in order], sum(s for _, s, _ in order), [source for _, _, source in order], noticed)


def check_scorable(counted: Counted, data: str) -> None:
    """Raises InputError where no class has a pixel in any mask: there is no mIoU of the background alone.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> import dataclasses
        >>> from wsss_viz.models.colour_network import flag
        >>> check_scorable(Counted([count_mask(flag().mask, flag())], 0.0, ["flag"], Noticed()), "flag")
        >>> empty = dataclasses.replace(flag(), mask=0 * flag().mask)
        >>> check_scorable(Counted([count_mask(empty.mask, empty)], 0.0, ["flag"], Noticed()), "flag")
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: no class has a pixel in 1 mask, so there is no mIoU: see `data check flag`
    """
    if sum(int(counts.target[1:].sum()) for counts in counted.counts):
        return
    said = in_one_line(counted.noticed.findings(), data) or f"see `data check {data}`"
    raise InputError(f"no class has a pixel in {quantity(len(counted.counts), 'mask')}, so there is no mIoU: {said}")


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
    strict: bool = False,
    align: str = FIELD,
    refiner: Refiner | None = None,
    measures: Sequence[str] = (),
) -> tuple[dict[str, dict[str, Any]], list[list[str]], Noticed]:
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
        align: how maps are laid over images: one of `traces.centres.ALIGNMENTS`.
        refiner: that the maps go through first; a CRF's background is chosen as thresholds are.
        measures: beside mIoU, of `measures.MEASURES`.

    Returns:
        By method the fields of `Scores` and `seconds_per_image`; `image_rows`; and what was noticed. On rank 0;
        nothing on the others.

    Raises:
        InputError: an empty data set, or one without a mask or without a pixel of a class.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> results, rows, noticed = evaluate({"cam": bind("cam", colour_network())}, COLOURS, [flag()], views=SINGLE)
        >>> results["cam"]["best_miou"], results["cam"]["part_recall"], rows
        (100.0, {'discriminative': 100.0, 'non_discriminative': 100.0}, [['flag', 'red', 'blue']])
    """
    results: dict[str, dict[str, Any]] = {}
    rows: list[list[str]] = []
    noticed = Noticed()
    for name, run in runs.items():
        work = partial(count_sample, run, classes, views, align=align, refiner=refiner)
        at, levels = threshold, levels_of(refiner, threshold)
        if tune_on is not None and len(levels) > 1:
            tuned = count_shared(work, tune_on, f"{name}, choosing its threshold", ranks, progress, strict=strict)
            best = summarise(tuned.counts, classes_of(tune_on), None, levels).best_threshold if tuned else None
            at = ranks.all_gather(best)[0]
        if refiner is not None and refiner.finishes and at is not None:
            levels, work = np.array([at]), partial(work, refiner=refiner.at(at))
        counted = count_shared(partial(work, measures=measures), samples, name, ranks, progress, strict=strict)
        if counted is not None:
            names, noticed = classes_of(samples), counted.noticed
            check_scorable(counted, getattr(samples, "name", "DATA"))
            scores = summarise(counted.counts, names, at, levels)
            each = counted.counts if each_image else ()
            results[name] = as_json(scores, counted.seconds / len(counted.counts), each, levels)
            results[name] |= measures_of(counted.counts, names, measures, scores.threshold, levels)
            rows = image_rows(counted, names)
    return results, rows, noticed


def as_json(
    scores: Scores,
    seconds_per_image: float | None,
    counts: Sequence[Counts] = (),
    levels: NDArray[np.float64] = THRESHOLDS,
) -> dict[str, Any]:
    """One method's row of `evaluate --json`; with `per_image` where the images' counts are given.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> counts = [count_mask(flag().mask, flag(), steps=len(THRESHOLDS))]
        >>> row = as_json(summarise(counts, COLOURS), 0.12345, counts)
        >>> row["miou"], row["seconds_per_image"], row["per_image"]
        (100.0, 0.1235, [[100.0, 100.0]])
    """
    rounded = None if seconds_per_image is None else round(seconds_per_image, 4)
    each = {"per_image": image_ious(counts, scores.threshold, levels)} if counts else {}
    return {**scores.as_dict(), "seconds_per_image": rounded, **each}


def image_rows(counted: Counted, classes: Sequence[str]) -> list[list[str]]:
    """What `per_image` is of: for each sample its source and those of its classes that have pixels in it.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> image_rows(Counted([count_mask(flag().mask, flag())], 0.0, ["flag"], Noticed()), COLOURS)
        [['flag', 'red', 'blue']]
    """
    inside = (np.flatnonzero(counts.target[1:]) for counts in counted.counts)
    return [[source, *(classes[int(c)] for c in row)] for source, row in zip(counted.sources, inside, strict=True)]
