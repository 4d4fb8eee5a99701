"""Counts of maps that go through a refiner before they are masks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import THRESHOLDS, Counts, count, count_mask, labelled
from wsss_viz.traces.step import last_step

if TYPE_CHECKING:
    from wsss_viz.refinement.refiners import Refiner

__all__ = ["count_refined", "levels_of"]


def levels_of(refiner: Refiner | None, threshold: float | None = None) -> NDArray[np.float64]:
    """The background's scores at which `count_refined` counts: a CRF's are its own, else `THRESHOLDS`.

    Raises:
        InputError: a threshold is given for a CRF.

    >>> from wsss_viz.refinement import refiner
    >>> levels_of(None).shape, levels_of(refiner("pamr")).shape, levels_of(refiner("crf:psa@8")).tolist()
    ((100,), (100,), [8.0])
    """
    if refiner is None or not refiner.finishes:
        return THRESHOLDS
    if threshold is not None:
        raise InputError(f"a CRF's masks have no threshold: give its background's score as --refine {refiner.name}@...")
    return np.array(refiner.backgrounds, dtype=np.float64)


def count_refined(maps: NDArray[np.float32], sample: Sample, classes: Sequence[str], refiner: Refiner) -> Counts:
    """`count` of the maps after the refiner, at each of `levels_of`.

    Args:
        maps: (K, H, W), of `classes`, raw, in the image's resolution.

    >>> from wsss_viz.models.colour_network import COLOURS, flag
    >>> from wsss_viz.refinement import refiner
    >>> maps = np.zeros((3, 2, 3), np.float32)
    >>> maps[0, :, 0], maps[2, :, 1] = 1, 1  # red, and half of blue: its colour brings the other half
    >>> count_refined(maps, flag(), COLOURS, refiner("crf:irn@0.3")).intersection.tolist()
    [[0, 2, 0, 4]]
    """
    known = labelled(sample, classes)
    names, rows = [classes[i] for i in known], maps[known]
    if not refiner.finishes:
        return count(last_step(refiner.steps(sample.image, rows)).maps, sample, names)
    each = [count_mask(mask, sample, names) for mask in refiner.masks(sample.image, rows)]
    stacked: dict[str, Any] = {
        field: np.concatenate([getattr(counts, field) for counts in each])
        for field in ("intersection", "predicted", "part_intersection")
    }
    return dataclasses.replace(each[0], **stacked)
