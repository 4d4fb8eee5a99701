"""What a Trace looks like: one class's overlay, a figure of its steps, and the few lines that a notebook shows."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from wsss_viz.data.png import picture_row
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces.normalisation import NORMALISATIONS
from wsss_viz.traces.overlay import COLOUR_MAPS, NOWHERE_POSITIVE, OPACITY, Overlay, map_over
from wsss_viz.traces.step import Step, Trace
from wsss_viz.wording import quantity

__all__ = ["MOST_STEPS", "TraceFigure", "class_overlay", "plot_trace", "trace_html"]

MOST_STEPS = 6
_INCHES = 1.9


class TraceFigure(Figure):
    """A matplotlib figure that a notebook shows also where pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def class_overlay(
    trace: Trace,
    index: int,
    step: int = -1,
    opacity: float = OPACITY,
    normalisation: str = "relu_max",
    colours: str = COLOUR_MAPS[0],
) -> Overlay:
    """`Trace.overlay` for the class of that index.

    >>> import wsss_viz
    >>> trace = wsss_viz.cam("scenes:test:17", "scenes-classifier")
    >>> class_overlay(trace, trace.class_index("sofa"))
    Overlay('cam, sofa', size=(128, 128))
    """
    sample = _sample(trace)
    if not -len(trace) <= step < len(trace):
        raise InputError(
            f"the trace has {quantity(len(trace), 'step')}, none at {step}: give 0 to {len(trace) - 1}, or -1"
        )
    if not 0 <= opacity <= 1:
        raise InputError(f"the opacity is from 0 to 1, got {opacity}")
    for name, value, known in (("normalisation", normalisation, NORMALISATIONS), ("colours", colours, COLOUR_MAPS)):
        if value not in known:
            raise InputError(f"`{name}` is one of {', '.join(known)}, got {value!r}")
    at = trace.steps[step]
    values = at.image_values(sample.size, normalisation, [index])[0]
    ends = (float(values.min()), float(values.max())) if normalisation == "raw" else (0.0, 1.0)
    title = [trace.method, trace.class_name(index)] + ([f"k = {at.index}"] if len(trace) > 1 else [])
    if not (at.maps[index] > 0).any():
        title.append(NOWHERE_POSITIVE)
    return Overlay(map_over(sample.image, values, ends, colours, opacity), ", ".join(part for part in title if part))


def plot_trace(trace: Trace, indices: Sequence[int]) -> Figure:
    """`Trace.plot` for the classes of these indices.

    >>> import wsss_viz
    >>> trace = wsss_viz.cam("scenes:test:17", "scenes-classifier")
    >>> [axes.get_title() for axes in plot_trace(trace, [2]).axes][0]
    'bus'
    """
    sample = _sample(trace)
    positions = sorted({round(k) for k in np.linspace(0, len(trace) - 1, min(len(trace), MOST_STEPS))})
    columns, rows = 1 + len(positions), len(indices)
    side = _INCHES * sample.size[0] / sample.size[1]
    figure = TraceFigure(figsize=(_INCHES * columns, (side + 0.3) * rows), layout="constrained", dpi=100)
    grid = figure.subplots(rows, columns, squeeze=False)
    for line, index in zip(grid, indices, strict=True):
        line[0].imshow(sample.image)
        line[0].set_title(trace.class_name(index), fontsize=8)
        for axes, position in zip(line[1:], positions, strict=True):
            axes.imshow(class_overlay(trace, index, position).pixels)
            axes.set_title(_caption(trace, trace.steps[position], index), fontsize=8)
    for axes in grid.flat:
        axes.set_axis_off()
    return figure


def trace_html(trace: Trace) -> str:
    """The trace in a line, and where its sample is known its image and the targets' overlays, as HTML with PNGs in it.

    >>> import wsss_viz
    >>> trace_html(wsss_viz.cam("scenes:test:17", "scenes-classifier")).count("data:image/png;base64,")
    2
    """
    pictures = []
    if trace.sample is not None:
        pictures.append((trace.sample.image, trace.sample.name))
        targets = trace.steps[-1].targets or (trace.class_index(),)
        for index in targets[:3]:
            caption = f"{trace.class_name(index)}, {_caption(trace, trace.steps[-1], index)}"
            pictures.append((class_overlay(trace, index).pixels, caption))
    return picture_row(repr(trace), pictures)


def _caption(trace: Trace, step: Step, index: int) -> str:
    prefix = f"k = {step.index}, " if len(trace) > 1 else ""
    empty = "" if (step.maps[index] > 0).any() else f", {NOWHERE_POSITIVE}"
    return f"{prefix}logit {step.logit(index):+.1f}{empty}"


def _sample(trace: Trace) -> Sample:
    if trace.sample is None:
        raise InputError("the trace does not hold its image: collect it with `Trace.collect(..., sample=sample)`")
    return trace.sample
