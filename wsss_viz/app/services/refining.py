"""Methods' maps through a refiner, as jobs: its iterations are Steps to go through, and end when they are cancelled.

A refined trace is of the classes that compete alone. Its last Step is whole; those before are as large as they are
shown, with their masks at the size of the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app import caching, methods
from wsss_viz.app.services import checkpoints
from wsss_viz.app.services.jobs.manager import Request, Snapshot
from wsss_viz.app.services.results import MethodResults, advance
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Panel, PanelStep
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.counts import count, count_mask
from wsss_viz.evaluation.scores import image_ious
from wsss_viz.evaluation.stored_maps import FINISHED
from wsss_viz.refinement.settings import REFINERS, SHIPPED_WALK, PamrSettings, WalkSettings, named
from wsss_viz.traces import Step, Trace, upsample
from wsss_viz.traces.pseudo_masks import numbered

SIDE = 64
"""Cells of the longer side of a refined map as it is shown; its mask is the image's size."""
MASK = "pseudo_mask"
"""In a refined Step's arrays where the refiner gives the background a score: (H, W) uint8, the class's row + 1."""
ONLY_SCENES = "The walk's network was trained on drawn scenes: choose one of these, or another refiner."
NOTHING = "There are no maps to refine: finished masks, maps of other classes, or a method that was stopped."


def offered(state: ViewState) -> tuple[str, ...]:
    """The refiners for what the view looks at, and the one that it names."""
    fitting = (*REFINERS, SHIPPED_WALK) if state.is_scene else tuple(REFINERS)
    return tuple(dict.fromkeys((*fitting, *([named(state.refine)[0]] if state.refine else []))))


def pixel_at(x: float, y: float, size: tuple[int, int]) -> tuple[int, int]:
    """The row and column of the pixel at a point, shares of width and height.

    >>> pixel_at(0.5, 0.25, (128, 96)), pixel_at(1.0, 1.0, (128, 96))
    ((32, 48), (127, 95))
    """
    return min(int(y * size[0]), size[0] - 1), min(int(x * size[1]), size[1] - 1)


def akin_to_pixel(sample: Sample, refine: str, row: int, column: int) -> NDArray[np.float32]:
    """(H, W): how much of what stands at a pixel the walk `refine` takes to each other one."""
    from wsss_viz.refinement import akin_to, read_affinity

    name, settings = named(refine)
    assert isinstance(settings, WalkSettings)
    return akin_to(sample.image, read_affinity(name.partition(":")[2]), settings, row, column)


def panel_names(names: Sequence[str], refine: str, most: int) -> tuple[str, ...]:
    """What stands side by side: each method before its refined maps, or these alone where there is no room for both."""
    if not refine:
        return tuple(names)
    refined = [methods.refined_name(name, refine) for name in names]
    if 2 * len(names) > most:
        return tuple(refined)
    return tuple(name for pair in zip(names, refined, strict=True) for name in pair)


def with_refined(results: MethodResults, sample: Sample, state: ViewState, classes: Sequence[str]) -> MethodResults:
    """The methods with their refined maps, those that are not there by one job after the other.

    Args:
        sample: at the size at which it is refined.
        classes: that compete.

    Raises:
        InputError: too many computations are waiting.
    """
    traces, missing, stopped = dict(results.traces), dict(results.missing), dict(results.stopped)
    going, known = results.going, {}
    for name, trace in results.traces.items():
        key = methods.refined_name(name, state.refine)
        here = tuple(one for one in classes if one in trace.classes)
        if going and going[0] == name:
            missing[key] = "Computed next."
            continue
        if not sample.source.startswith("scenes:") and named(state.refine)[0] == SHIPPED_WALK:
            missing[key] = ONLY_SCENES
            continue
        if not here or name in stopped or trace.steps[-1].stop == FINISHED:
            missing[key] = NOTHING
            continue
        known[key] = here
        request = _request(sample, trace, here, state)

        def put(snapshot: Snapshot, key: str = key, here: tuple[str, ...] = here) -> None:
            traces[key] = Trace(snapshot.steps, key, here)

        going = advance(key, request, going, missing, stopped, put)
    for name in results.missing.keys() - results.traces.keys():
        missing[methods.refined_name(name, state.refine)] = results.missing[name]
    return MethodResults(traces, missing, going, stopped, known, results.image)


def _request(sample: Sample, trace: Trace, names: Sequence[str], state: ViewState) -> Request:
    """The job; its key is all that the result depends on."""
    rows = [trace.classes.index(name) for name in names]
    maps = trace.steps[-1].image_maps(sample.size, rows, state.align)
    refine = state.refine
    return Request(
        ("refined", refine, caching.digest(maps, sample.image), checkpoints.device_label()),
        lambda: refining(sample.image, maps, refine),
        named(refine)[1].iterations + 1,
        checkpoints.device_label(),
        caching.is_private(sample),
    )


def refining(image: NDArray[np.uint8], maps: NDArray[np.float32], refine: str) -> Iterator[Step]:
    """The refiner's Steps, as they are kept."""
    from wsss_viz.models.device import find_device
    from wsss_viz.refinement import refiner

    for step in refiner(refine, find_device(checkpoints.wanted_device())).steps(image, maps):
        yield stored_step(step)


def stored_step(step: Step) -> Step:
    """A refiner's Step as it is kept: with its mask, and but for the last as small as it is shown."""
    arrays = {}
    if "background" in step.arrays:
        ground = step.arrays["background"][None]
        arrays[MASK] = np.concatenate([ground, step.maps]).argmax(axis=0).astype(np.uint8)
    scores = np.full(len(step.maps), np.nan, np.float32)
    return replace(step, maps=step.maps if step.stop else _reduced(step.maps), scores=scores, arrays=arrays)


def _reduced(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """The maps at no more than `SIDE` cells."""
    height, width = maps.shape[1:]
    scale = min(1.0, SIDE / max(height, width))
    return maps if scale == 1 else upsample(maps, (max(1, round(height * scale)), max(1, round(width * scale))))


def widened(trace: Trace, classes: Sequence[str]) -> Trace:
    """The trace with a map of each of `classes`, 0 for those that it has none of; masks are of these."""
    if trace.classes == tuple(classes):
        return trace
    rows = [list(classes).index(name) for name in trace.classes]

    def wide(step: Step) -> Step:
        maps = np.zeros((len(classes), *step.maps.shape[1:]), np.float32)
        maps[rows] = step.maps
        arrays = {MASK: numbered(step.arrays[MASK], rows)} if MASK in step.arrays else {}
        scores = np.full(len(classes), np.nan, np.float32)
        return replace(step, maps=maps, scores=scores, targets=tuple(rows), arrays=arrays)

    return Trace(tuple(wide(step) for step in trace), trace.method, tuple(classes))


def refined_panel(name: str, results: MethodResults, classes: Sequence[str]) -> Panel:
    """The panel of a method's refined maps in a viewer of `classes`."""
    title, colour = methods.title_of(name), methods.colour_of(name)
    if name not in results.traces:
        return Panel(title, missing=results.missing[name], colour=colour)
    trace = results.traces[name]
    settings = named(methods.refiner_of(name))[1]
    ground = "" if isinstance(settings, PamrSettings) else f", background {settings.background:g}"
    widen = partial(panel_step, names=trace.classes, classes=classes)
    panel = Panel.of(trace, title, f"the refiner's iterations{ground}", colour, widen)
    return replace(panel, unit=methods.unit_of(name))


def panel_step(step: Step, names: Sequence[str], classes: Sequence[str]) -> PanelStep:
    """A kept Step of the classes `names` in a viewer of `classes`."""
    rows = tuple(list(classes).index(one) for one in names)
    mask = numbered(step.arrays[MASK], rows) if MASK in step.arrays else None
    return PanelStep(_reduced(step.maps), rows=rows, mask=mask)


def ious(trace: Trace, sample: Sample, threshold: float) -> dict[str, float]:
    """By class that is in the mask what `evaluate` counts of the last Step, in percent to one decimal.

    Args:
        trace: refined, of the sample's labels.
        threshold: of `THRESHOLDS`, of maps whose background has no score of its own.
    """
    last = trace.steps[-1]
    if MASK in last.arrays:
        counts = count_mask(last.arrays[MASK], sample, trace.classes)
        values = image_ious([counts], 0.0, np.zeros(1))
    else:
        counts = count(last.maps, sample, trace.classes)
        values = image_ious([counts], threshold)
    return dict(zip((sample.classes[i] for i in np.flatnonzero(counts.target[1:])), values[0], strict=True))
