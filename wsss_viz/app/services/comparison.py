"""Several methods on one image at the settings of a view: what the viewer shows, by the library. No Streamlit.

Exports are made of this, so that a file holds the numbers that were on the screen.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app import methods
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets.markup import signed
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.seeds import ImageScores, score_image
from wsss_viz.traces import Step, Trace, normalise
from wsss_viz.traces.centres import CENTRES, FIELD
from wsss_viz.traces.pseudo_masks import mask_of_values


@dataclass(frozen=True, eq=False)
class Compared:
    """One method of a comparison.

    Attributes:
        method: its name.
        step: the step that is shown.
        values: (K, H, W) float32, the normalised maps of the competing classes.
        mask: (H, W) uint8, the pseudo mask: class index + 1, 0 background; the refiner's own where it made one.
        scores: by class, of the competing ones: its part of the mask against the ground truth; {} without one.
        ends: (K, 2) float32, the lowest and the highest raw value of each competing class in all methods of its unit at
            all steps: what the colours of raw maps end at.
        align: how the maps are laid over the image, of `ALIGNMENTS`: the view's, but "field" where the centres of the
            cells are not known.
    """

    method: str
    step: Step
    values: NDArray[np.float32]
    mask: NDArray[np.uint8]
    scores: dict[str, ImageScores]
    ends: NDArray[np.float32]
    align: str


def step_at(trace: Trace, k: int) -> Step:
    """The trace's step k; its last for `FINAL` and where it has fewer."""
    return trace.steps[-1 if k == FINAL else min(k, len(trace) - 1)]


def competing(state: ViewState, visible: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
    """The shown classes and the one whose map is looked at, in the order of `classes`."""
    return tuple(name for name in classes if name in visible or name == state.focus)


def compare(
    traces: Mapping[str, Trace], sample: Sample, classes: Sequence[str], names: Sequence[str], state: ViewState
) -> tuple[Compared, ...]:
    """The methods at the state's step, normalisation and threshold.

    `shared` is one scale over all methods of a unit, competing classes and steps: a scale that changed with k would
    hide how maps grow. It is for the eye, and a raw map has no fixed scale to be thresholded on: the mask of both is
    the one of `relu_max`, so that a method whose maps are sums (RIB) leaves no other without any.

    Args:
        traces: by method, their maps (C, h, w).
        classes: the C names of the maps.
        names: the competing classes, at least one.
    """
    indices = [classes.index(name) for name in names]
    steps = [step_at(trace, state.k) for trace in traces.values()]
    units = [methods.unit_of(method) for method in traces]
    alike = {unit: [trace for trace, of in zip(traces.values(), units, strict=True) if of == unit] for unit in units}
    ends = {unit: _ends(of, indices, sample.size, state.align) for unit, of in alike.items()}

    def values_by(by: str) -> NDArray[np.float32]:
        if by == "shared":
            raw = [step.image_maps(sample.size, indices, state.align) for step in steps]
            return np.stack(
                [normalise(maps, by, float(ends[unit].max())) for maps, unit in zip(raw, units, strict=True)]
            )
        return np.stack([step.image_values(sample.size, by, indices, state.align) for step in steps])

    values = values_by(state.normalisation)
    masking = values_by("relu_max") if state.normalisation in ("raw", "shared") else values
    compared = []
    for method, unit, step, plane, maps in zip(traces, units, steps, values, masking, strict=True):
        finished = step.arrays.get("pseudo_mask")
        mask = mask_of_values(maps, indices, state.threshold) if finished is None else finished
        mask = mask.astype(np.uint8)
        scores = {
            name: score_image(mask == index + 1, sample, name)
            for name, index in zip(names, indices, strict=True)
            if sample.mask is not None and name in sample.classes
        }
        align = CENTRES if step.aligned(state.align) else FIELD
        compared.append(Compared(method, step, plane, mask, scores, ends[unit], align))
    return tuple(compared)


def _ends(traces: Iterable[Trace], indices: list[int], size: tuple[int, int], align: str) -> NDArray[np.float32]:
    """(K, 2): the lowest and the highest value of each map at the image's size over all steps."""
    extremes = []
    for step in itertools.chain.from_iterable(traces):
        planes = step.image_maps(size, indices, align)
        extremes.append((planes.min(axis=(1, 2)), planes.max(axis=(1, 2))))
    lows, highs = (np.stack(values) for values in zip(*extremes, strict=True))
    return np.stack([lows.min(axis=0), highs.max(axis=0)], axis=1)


def cell_line(step: Step, row: int, column: int, title: str, classes: Sequence[str], count: int = 5) -> str:
    """The raw maps of the strongest classes at one cell, in words; rows and columns are counted from 1."""
    height, width = step.maps.shape[1:]
    values = step.maps[:, min(row, height - 1), min(column, width - 1)]
    strongest = np.argsort(-values, kind="stable")[:count]
    listed = ", ".join(f"{classes[i]} {signed(float(values[i]))}" for i in strongest)
    return f"The cell in row {row + 1}, column {column + 1} of {title}, {height} x {width} cells, raw: {listed}"
