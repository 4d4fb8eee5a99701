"""A method by a few rows of a classifier of a thousand classes: those of one image, and what RIB and CS-AE need beside.

A map is a row times the features, so an image's few classes look the same with few rows as with all, and a trace is
a hundredth in size. Two methods need the shipped photographs' rows besides, which their Steps leave out again: RIB for
its companions (`rib_companions.shipped_companions`), CS-AE for its loss (`cse_single.loss_rows`).

Our own (`docs/sources.md#photographs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wsss_viz.data.photographs import Photographs
from wsss_viz.data.sample import Sample
from wsss_viz.methods.binding import bind
from wsss_viz.methods.views import SINGLE, Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.narrowing import narrow
from wsss_viz.traces.step import Step

__all__ = ["arranged", "first_classes", "run_with_few_rows"]

_CLASS_AXES = {"current": 0, "region": 0, "before": 0, "after": 0, "logits": 1, "all_scores": 1}
"""Which axis of a Step's arrays the classes are, of the methods that need no paired network."""


def run_with_few_rows(
    name: str, classifier: Classifier, sample: Sample, views: Views = SINGLE, **changes: Any
) -> Iterator[Step]:
    """The method's Steps on a sample, with the rows of `sample.classes` of a classifier that has many more.

    Args:
        name: of the method.
        sample: of its classes those it is labelled with are the targets, else the one with the highest logit.
        changes: as `bind` takes them.

    Yields:
        Steps whose `maps` (C, h, w) and `scores` (C,) are those of `sample.classes`, C.

    Raises:
        InputError: a class that the classifier has no row of, or what `bind` raises.

    Examples:
        >>> import dataclasses, wsss_viz
        >>> classifier = wsss_viz.load("imagenet-efficientnet-lite0", device="cpu")
        >>> koala = wsss_viz.data.open("photos:koala")[0]
        >>> few = dataclasses.replace(koala, classes=("koala", "giant panda"), mask=None)
        >>> next(run_with_few_rows("cam", classifier, few)).maps.shape[0]
        2
    """
    asked = len(sample.classes)
    looking = narrow(classifier, (*sample.classes, *Photographs().classes))
    if not sample.labels:
        sample = replace(sample, labels=(_highest(looking, sample),))
    for step in bind(name, looking, **changes)(sample, views):
        yield first_classes(step, asked)


def _highest(looking: Classifier, sample: Sample) -> str:
    with torch.no_grad():
        logits = looking.logits(looking.preprocess(sample.image))[0, : len(sample.classes)]
    return sample.classes[int(logits.argmax())]


def first_classes(step: Step, count: int) -> Step:
    """The Step with the first `count` classes alone; its targets are among them.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> (step,) = cam(colour_network(), flag(), ["red"])
        >>> first_classes(step, 2).scores.round(2), first_classes(step, 2).maps.shape
        (array([0.33, 0.  ], dtype=float32), (2, 2, 3))
    """
    return step if len(step.maps) == count else arranged(step, range(count))


def arranged(step: Step, rows: Sequence[int | None]) -> Step:
    """The Step with its classes in another order and number.

    Args:
        rows: for each class of the new Step the one of `step`; None: it has none, so its map is 0 and its score NaN.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> (step,) = cam(colour_network(), flag(), ["blue"])  # of red, green and blue
        >>> turned = arranged(step, [2, None, 0])
        >>> turned.scores.round(2), turned.targets, turned.maps.shape
        (array([0.67,  nan, 0.33], dtype=float32), (0,), (3, 2, 3))
    """
    index = np.array([0 if row is None else row for row in rows], dtype=np.int64)
    absent = np.array([row is None for row in rows])

    def ordered(values: NDArray, axis: int, fill: float = 0) -> NDArray:
        taken = np.take(values, index, axis)
        taken[(slice(None),) * axis + (absent,)] = fill
        return taken

    arrays = {
        name: ordered(values, _CLASS_AXES[name]) if name in _CLASS_AXES else values
        for name, values in step.arrays.items()
    }
    grids = step.grids
    if grids is not None:
        grids = replace(grids, unions=tuple(tuple(ordered(grid, 0) for grid in union) for union in grids.unions))
    position = {row: at for at, row in enumerate(rows) if row is not None}
    return replace(
        step,
        maps=ordered(step.maps, 0),
        scores=ordered(step.scores, 0, np.nan),
        arrays=arrays,
        grids=grids,
        targets=tuple(position[target] for target in step.targets if target in position),
        sampled=None if step.sampled is None else position.get(step.sampled),
    )
