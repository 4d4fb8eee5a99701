"""What a spec's figure is drawn from: samples and traces, and what is made of them on the image's pixels.

Maps are brought to half precision, as the showcase keeps them, so that a figure is the same from either source.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.palette import colour_in
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.figures.columns import column
from wsss_viz.figures.refining import CACHE, refined_maps
from wsss_viz.figures.spec import FINAL, FigureSpec, Row
from wsss_viz.figures.tracing import TraceOf, Tracer
from wsss_viz.interrupts import may_go_on
from wsss_viz.traces import CellCentres, Step, Trace
from wsss_viz.traces.centres import CENTRES, FIELD
from wsss_viz.traces.layout_maps import image_maps, image_values
from wsss_viz.traces.pseudo_masks import mask_of_values, numbered

__all__ = [
    "FINE_SIDE",
    "FigureRow",
    "class_map",
    "class_scores",
    "collect_rows",
    "refined_mask",
    "refined_row",
    "seed_mask",
    "seen_image",
]

FINE_SIDE = 512


@dataclass(frozen=True, eq=False)
class FigureRow:
    """One row of a figure.

    Attributes:
        sample: its image.
        fine: the same drawn with more pixels, for the eye.
        name: the class, the first where there are several.
        traces: by what columns are of (`Column.base`).
        step: the one a grid shows, `spec.FINAL` the last.
        row: what the spec says of it.
        on_disk: whether what is computed of it may be kept on disk.
    """

    sample: Sample
    fine: Sample
    name: str
    traces: dict[str, Trace]
    step: int = FINAL
    row: Row = field(default_factory=lambda: Row(""))
    on_disk: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All classes that are drawn."""
        return (self.name, *self.row.also)

    def competing(self, trace: Trace) -> list[int]:
        """The classes of its pseudo masks, as indices of the trace's: the labels of the image and the row's."""
        wanted = (*(self.sample.labels or ()), *self.names)
        return [i for i, name in enumerate(trace.classes) if name in wanted]

    def colour(self, name: str) -> tuple[int, int, int]:
        """Of a class, the same in every column."""
        lists = [self.sample.classes, *(trace.classes for trace in self.traces.values())]
        return colour_in(next(names for names in lists if name in names), name)


def collect_rows(spec: FigureSpec, trace_of: TraceOf | None = None) -> tuple[FigureRow, ...]:
    """The rows of the figure.

    Args:
        trace_of: gives the traces; None: a `Tracer`, which checks every name before it computes anything.

    Raises:
        InputError: a data string that is not one sample, a class that is not there, a method without its network.

    Examples:
        >>> spec = FigureSpec("grid", ("image",), (Row("scenes:test:17", "dog"),))
        >>> (row,) = collect_rows(spec)
        >>> row.sample.size, row.fine.size, row.name
        ((128, 128), (512, 512), 'dog')
    """
    tracer = trace_of if isinstance(trace_of, Tracer) else Tracer()
    if trace_of is None or isinstance(trace_of, Tracer):
        tracer.prepare(spec)
    else:
        tracer.check_registered(spec)
    rows = []
    for row in spec.rows:
        may_go_on()
        rows.append(_figure_row(spec, row, trace_of or tracer, tracer))
    tracer.describe([(entry.row.image, entry.name, entry.traces) for entry in rows])
    return tuple(rows)


def _figure_row(spec: FigureSpec, row: Row, trace_of: TraceOf, tracer: Tracer) -> FigureRow:
    sample = tracer.sample(row.image)
    columns = [column(name) for name in spec.columns_of(row)]
    bases = dict.fromkeys(one.base for one in columns if not one.is_picture)
    traces = {base: trace_of(spec.of(row), base, row.image) for base in bases}
    classes = next(iter(traces.values())).classes if traces else sample.classes
    first = next((label for label in sample.labels or () if label in classes), "")
    if not first and classes:  # no labels: the class with the top score, which the methods worked on
        targeted = [trace for trace in traces.values() if trace.steps[-1].targets]
        first = classes[targeted[0].class_index() if targeted else 0]
    for name in row.classes:
        if name not in classes:
            raise InputError(f"`class` {name!r} is not one of {', '.join(classes[:20])}")
    fine = _fine(row.image, sample)
    return FigureRow(sample, fine, row.name or first, traces, row.step, row, tracer.cache is not None)


def _fine(source: str, sample: Sample) -> Sample:
    """A drawn scene with more pixels, for the eye alone; any other image as it is."""
    kind, _, rest = source.partition(":")
    if kind != "scenes" or "@" in rest:
        return sample
    split, _, index = rest.partition(":")
    return open_data(f"scenes:{split}@{FINE_SIDE}x{FINE_SIDE}:{index}")[0]


def class_map(
    entry: FigureRow, method: str, step: int, frames: str, align: str = FIELD, name: str = ""
) -> NDArray[np.float32]:
    """(H, W) a class's map after a step (`frames` "map"), or what the step alone sees ("look"), raw and signed.

    Args:
        name: of the class; "": the row's first.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> row = FigureRow(flag(), flag(), "red", {"cam": trace})
        >>> class_map(row, "cam", 0, "map").tolist()
        [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    trace = entry.traces[method]
    at_step, index = trace.steps[step], trace.classes.index(name or entry.name)
    plane, grids = at_step.maps[index], at_step.grids
    if frames == "look":
        if "looks" in at_step.arrays and index in at_step.targets:
            plane = at_step.arrays["looks"][at_step.targets.index(index)]
        elif "current" in at_step.arrays:
            plane = at_step.arrays["current"][index]
        grids = grids and replace(grids, unions=())
    rows = grids and grids.rows([index])
    return image_maps(_half(plane)[None], entry.sample.size, None, rows, _aligned(at_step, align))[0]


def seed_mask(
    entry: FigureRow, method: str, step: int, spec: FigureSpec, threshold: float | None = None
) -> NDArray[np.unsignedinteger]:
    """(H, W) the pseudo mask after a step: class index + 1, 0 background.

    The labels of the image and the row's classes compete, as everywhere in the field; without labels these alone.

    Args:
        threshold: None: the spec's.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> spec = FigureSpec("grid", ("cam",), (Row("flag", "red"),))
        >>> seed_mask(FigureRow(flag(), flag(), "red", {"cam": trace}), "cam", 0, spec).tolist()
        [[1, 3, 3], [1, 3, 3]]
    """
    trace = entry.traces[method]
    competing = entry.competing(trace)
    by = "relu_max" if spec.normalisation == "raw" else spec.normalisation
    at_step = trace.steps[step]
    centres = _aligned(at_step, spec.align)
    grids = at_step.grids and at_step.grids.rows(competing)
    values = image_values(_half(at_step.maps[competing]), entry.sample.size, by, None, grids, centres)
    level = spec.threshold if threshold is None else threshold
    return mask_of_values(values, competing, level)


def refined_row(entry: FigureRow, base: str, step: int, spec: FigureSpec, text: str) -> NDArray[np.float32]:
    """(1 + K, H, W) the background's score and the refined maps of the classes that compete, as `maps --refine`.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> entry = FigureRow(flag(), flag(), "blue", {"cam": trace})
        >>> spec = FigureSpec("grid", ("cam",), (Row("scenes:test:17", "dog"),))
        >>> refined_row(entry, "cam", -1, spec, "pamr@0.3").shape  # red and blue compete
        (3, 2, 3)
    """
    trace = entry.traces[base]
    at_step = trace.steps[step]
    _aligned(at_step, spec.align)
    maps = at_step.image_maps(entry.sample.size, entry.competing(trace), spec.align)
    return refined_maps(entry.sample.image, maps, text, CACHE if entry.on_disk else None)


def refined_mask(
    entry: FigureRow, base: str, refined: NDArray[np.float32], threshold: float | None = None
) -> NDArray[np.unsignedinteger]:
    """(H, W) the mask of `refined_row`: the argmax over it; class index + 1, 0 background.

    Args:
        threshold: the background's score in place of the refiner's own.

    Examples:
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> refined = np.zeros((3, 2, 3), np.float32)
        >>> refined[0], refined[2, 0] = 0.5, 0.9  # blue, the second of red and blue, above
        >>> refined_mask(FigureRow(flag(), flag(), "blue", {"cam": trace}), "cam", refined).tolist()
        [[3, 3, 3], [0, 0, 0]]
    """
    if threshold is not None:
        refined = np.concatenate([np.full_like(refined[:1], threshold), refined[1:]])
    return numbered(refined.argmax(axis=0), entry.competing(entry.traces[base]))


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
