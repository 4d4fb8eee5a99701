"""What a spec's figure is drawn from: samples and traces, from the showcase where it has them, else computed.

Maps are brought to half precision, as the showcase keeps them, so that a figure is the same from either source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.evaluation.seeds import pseudo_mask
from wsss_viz.figures.spec import FINAL, PHOTOGRAPHS_CLASSIFIER, SCENES_CLASSIFIER, FigureSpec, Row
from wsss_viz.interrupts import may_go_on
from wsss_viz.methods.catalogue import METHODS, why_not_registered
from wsss_viz.models.manifest import read_manifest
from wsss_viz.showcase import read_showcase
from wsss_viz.showcase.photographs import few_classes, read_photographs, with_classes
from wsss_viz.traces import CellCentres, Step, Trace
from wsss_viz.traces.centres import CENTRES, FIELD
from wsss_viz.traces.layout_maps import image_maps, image_values

__all__ = [
    "FINE_SIDE",
    "FigureRow",
    "TraceOf",
    "class_map",
    "class_scores",
    "collect_rows",
    "compute_trace",
    "seed_mask",
    "seen_image",
]

FINE_SIDE = 512
TraceOf = Callable[[FigureSpec, str, str], Trace]
"""The trace of a method on a data string, under a spec's classifier and views."""


@dataclass(frozen=True, eq=False)
class FigureRow:
    """One row of a figure: its image, the same drawn finer for the eye, the class, and the traces by method.

    `step` is the one a grid shows, `spec.FINAL` the last.
    """

    sample: Sample
    fine: Sample
    name: str
    traces: dict[str, Trace]
    step: int = FINAL


def compute_trace(spec: FigureSpec, method: str, source: str) -> Trace:
    """From the showcase, else computed, on the CPU: so that a spec gives the same figure wherever it is drawn.

    Raises:
        InputError: the method's network or the classifier is missing, or the data string is wrong.

    Examples:
        >>> spec = FigureSpec("grid", ("cam",), (Row("scenes:test:17", "dog"),))
        >>> compute_trace(spec, "cam", "scenes:test:17").target_names
        ('dog',)
    """
    name, changes, said = spec.classifier_of(source), spec.settings.get(method, {}), spec.network_input
    stored = None if changes or said else _stored(name, method, source, spec.views)
    if stored is not None and (spec.align == FIELD or stored.steps[-1].centres is not None):
        return stored
    from wsss_viz.methods.binding import bind
    from wsss_viz.methods.few_rows import run_with_few_rows
    from wsss_viz.methods.paired_networks import load_paired
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models.loading import load
    from wsss_viz.models.renaming import for_data_set

    sample, views = _sample(source), PRESETS[spec.views]
    classifier = load(name, "cpu", mean=said.mean, std=said.std, short_side=said.short_side, stride=said.stride)
    if name == PHOTOGRAPHS_CLASSIFIER and source.startswith("photos:"):
        few = with_classes(sample, few_classes(classifier, sample))
        return Trace.collect(run_with_few_rows(method, classifier, few, views, **changes), method, few.classes)
    looking = for_data_set(classifier, sample.classes)
    run = bind(method, looking, load_paired([method], name, "cpu"), **changes)
    return Trace.collect(run(sample, views), method, looking.classes)


def _stored(classifier: str, method: str, source: str, views: str) -> Trace | None:
    """The trace of the showcase; None where it has none of this classifier, method, image and views."""
    try:
        if classifier == SCENES_CLASSIFIER:
            showcase = read_showcase()
            return showcase.trace(method, source) if showcase.has(method, source, views) else None
        if classifier == PHOTOGRAPHS_CLASSIFIER and source.startswith("photos:"):
            photographs = read_photographs()
            return photographs.trace(method, _sample(source)) if photographs.has(method, source, views) else None
    except InputError:
        pass  # computed instead
    return None


def collect_rows(spec: FigureSpec, trace_of: TraceOf = compute_trace) -> tuple[FigureRow, ...]:
    """The rows of the figure.

    Raises:
        InputError: a data string that is not one sample, a class that is not there, a method without its network.

    Examples:
        >>> spec = FigureSpec("grid", ("image",), (Row("scenes:test:17", "dog"),))
        >>> (row,) = collect_rows(spec)
        >>> row.sample.size, row.fine.size, row.name
        ((128, 128), (512, 512), 'dog')
    """
    entries = read_manifest()
    for row in spec.rows:
        name = spec.classifier_of(row.image)
        wanted = [column for column in spec.columns_of(row) if column in METHODS] if name in entries else []
        reason = next(filter(None, (why_not_registered(method, name) for method in wanted)), "")
        if reason:
            raise InputError(reason)
    rows = []
    for row in spec.rows:
        may_go_on()
        rows.append(_figure_row(spec, row, trace_of))
    return tuple(rows)


def _figure_row(spec: FigureSpec, row: Row, trace_of: TraceOf) -> FigureRow:
    sample = _sample(row.image)
    selected = [name for name in spec.columns_of(row) if name in METHODS]
    traces = {method: trace_of(spec, method, row.image) for method in selected}
    classes = next(iter(traces.values())).classes if traces else sample.classes
    name = row.name or next((label for label in sample.labels or () if label in classes), classes[0])
    if name not in classes:
        raise InputError(f"`class` {name!r} is not one of {', '.join(classes[:20])}")
    return FigureRow(sample, _fine(row.image, sample), name, traces, row.step)


def _sample(source: str) -> Sample:
    samples = open_data(source)
    if len(samples) != 1:
        raise InputError(
            f"`image` is one sample, such as scenes:test:129; {source!r} has {len(samples)}: add its number"
        )
    return samples[0]


def _fine(source: str, sample: Sample) -> Sample:
    """A drawn scene with more pixels, for the eye alone; any other image as it is."""
    kind, _, rest = source.partition(":")
    if kind != "scenes" or "@" in rest:
        return sample
    split, _, index = rest.partition(":")
    return _sample(f"scenes:{split}@{FINE_SIDE}x{FINE_SIDE}:{index}")


def class_map(entry: FigureRow, method: str, step: int, frames: str, align: str = FIELD) -> NDArray[np.float32]:
    """(H, W) the class's map after a step (`frames` "map"), or what the step alone sees ("look"), raw and signed.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> row = FigureRow(flag(), flag(), "red", {"cam": trace})
        >>> class_map(row, "cam", 0, "map").tolist()
        [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    trace = entry.traces[method]
    at_step, index = trace.steps[step], trace.classes.index(entry.name)
    plane, grids = at_step.maps[index], at_step.grids
    if frames == "look":
        if "looks" in at_step.arrays and index in at_step.targets:
            plane = at_step.arrays["looks"][at_step.targets.index(index)]
        elif "current" in at_step.arrays:
            plane = at_step.arrays["current"][index]
        grids = grids and replace(grids, unions=())
    rows = grids and grids.rows([index])
    return image_maps(_half(plane)[None], entry.sample.size, None, rows, _aligned(at_step, align))[0]


def seed_mask(entry: FigureRow, method: str, step: int, spec: FigureSpec) -> NDArray[np.unsignedinteger]:
    """(H, W) the pseudo mask after a step, at the spec's threshold: class index + 1, 0 background.

    The labels of the image and the row's class compete, as everywhere in the field; without labels the class alone.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> spec = FigureSpec("grid", ("cam",), (Row("flag", "red"),))
        >>> seed_mask(FigureRow(flag(), flag(), "red", {"cam": trace}), "cam", 0, spec).tolist()
        [[1, 3, 3], [1, 3, 3]]
    """
    trace = entry.traces[method]
    competing = [i for i, name in enumerate(trace.classes) if name in (*(entry.sample.labels or ()), entry.name)]
    by = "relu_max" if spec.normalisation == "raw" else spec.normalisation
    at_step = trace.steps[step]
    centres = _aligned(at_step, spec.align)
    values = image_values(_half(at_step.maps), entry.sample.size, by, competing, at_step.grids, centres)
    mask = pseudo_mask(values, range(len(competing)), entry.sample.size, spec.threshold, "raw")
    return np.array([0, *(index + 1 for index in competing)], dtype=np.uint16)[mask]


def _half(maps: NDArray) -> NDArray[np.float32]:
    """In half precision, as stored traces have it, so that a stored figure and a computed one are the same."""
    return maps.astype(np.float16).astype(np.float32)


def _aligned(step: Step, align: str) -> CellCentres | None:
    """What the step's maps are laid over the image by. Raises InputError where that is not known."""
    if align == CENTRES and step.centres is None:
        raise InputError("where the cells of these maps lie is not known: leave `align` out")
    return step.aligned(align)


def seen_image(entry: FigureRow, method: str, step: int) -> NDArray[np.uint8]:
    """(H, W, 3) what the classifier looked at in this step; the image itself where the method says nothing.

    Examples:
        >>> from wsss_viz.methods import ae
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(ae(colour_network(), flag(), ["blue"]), "ae", COLOURS, flag())
        >>> seen_image(FigureRow(flag(), flag(), "blue", {"ae": trace}), "ae", 1)[0].tolist()  # blue is erased
        [[255, 0, 0], [0, 0, 0], [0, 0, 0]]
    """
    trace = entry.traces[method]
    at_step, index = trace.steps[step], trace.classes.index(entry.name)
    images = at_step.arrays.get("all_images")
    if images is not None and index in at_step.targets:
        return np.asarray(images[min(at_step.targets.index(index), len(images) - 1)])
    return entry.fine.image if at_step.image is None else at_step.image


def class_scores(entry: FigureRow, method: str, step: int) -> NDArray[np.float32]:
    """(C,) the logits of the image the class was looked for in at this step, to three decimals.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> class_scores(FigureRow(flag(), flag(), "red", {"cam": trace}), "cam", 0)
        array([0.333, 0.   , 0.667], dtype=float32)
    """
    trace = entry.traces[method]
    at_step, index = trace.steps[step], trace.classes.index(entry.name)
    scores = at_step.scores
    if "all_scores" in at_step.arrays and index in at_step.targets:
        several = at_step.arrays["all_scores"]
        scores = several[min(at_step.targets.index(index), len(several) - 1)]
    return np.round(scores, 3)
