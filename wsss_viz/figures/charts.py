"""Score curves, information planes and gradient ratios: lines on axes, and their layout on a journal's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, FixedLocator, MaxNLocator

from wsss_viz.data.palette import colour_in
from wsss_viz.figures.chart import POINTS_PER_PIXEL, Axis, Line, Mark, Plot, Points
from wsss_viz.figures.drawing import SYMBOL_POINTS, draw_panel
from wsss_viz.figures.ratios import SCENE_NAMES, TOY_NAMES, layers_curve, layers_panel, measured, steps_panel
from wsss_viz.figures.scores import scores_panel
from wsss_viz.figures.sheet import Sheet
from wsss_viz.figures.sources import FigureRow, class_scores
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.information.plane import INPUT, LABEL, Plane, stored_plane
from wsss_viz.methods.catalogue import METHODS

__all__ = ["LEGEND_COLUMNS", "LEGEND_ROW", "TITLES", "curves", "panels", "plane", "ratios"]

PLANE_AXES = ("H(bin(T)), bits", "I(bin(T);Y), bits")
"""Of networks without noise, whose I(X;T) is constant or infinite: what is drawn is of their binned layers."""
TITLES = {
    "toy-flatten": "toy, flatten",
    "toy-gap": "toy, global pooling",
    "scenes": "scenes, by layer",
    "rib-steps": "scenes, by RIB's step",
}
LEGEND_COLUMNS = {"single": 4, "double": 8}
LEGEND_ROW = 0.18
"""Classes per line of the legend, and inches per line."""


def curves(spec: FigureSpec, rows: Sequence[FigureRow]) -> Figure:
    """A panel for each image and method: the logits of all classes over the steps, the labels' in their colours.

    Examples:
        >>> from wsss_viz.figures.spec import Row
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> from wsss_viz.traces import Trace
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> row = FigureRow(flag(), flag(), "red", {"cam": trace})
        >>> figure = curves(FigureSpec("curves", ("cam",), (Row("flag", "red"),)), [row])
        >>> [float(line.get_ydata()[0].round(2)) for line in figure.axes[0].lines]  # the logits, the labels' last
        [0.0, 0.33, 0.67]
    """
    pairs = [(entry, method) for entry in rows for method in entry.traces]
    labelled = list(dict.fromkeys(name for row in rows for name in _labels(row)))
    listed = labelled if spec.labels else []
    foot = LEGEND_ROW * -(-len(listed) // LEGEND_COLUMNS[spec.width])
    sheet, every_axes = panels(spec, len(pairs), len(spec.columns), foot=foot)
    lists = [*(row.sample.classes for row in rows), *(entry.traces[method].classes for entry, method in pairs)]
    by_class = {name: tuple(v / 255 for v in colour_in(classes, name)) for classes in lists for name in classes}
    colours: dict[str, Any] = {name: by_class[name] for name in labelled}
    for number, ((entry, method), axes) in enumerate(zip(pairs, every_axes, strict=True)):
        trace = entry.traces[method]
        logits = np.array([class_scores(entry, method, k) for k in range(len(trace))], dtype=np.float64)
        panel = scores_panel(logits, trace.classes, [*_labels(entry)], entry.name, colours)
        draw_panel(axes, panel, sheet.points, legend=False)
        _named(axes, spec, sheet, number, f"{METHODS[method].title}: {entry.name}", "step k", "logit")
        if abs(np.array(axes.get_ylim())).max() >= 1000:
            axes.yaxis.set_major_formatter(EngFormatter(sep=""))  # as they stand, the axis' name would be cut off
        axes.xaxis.set_major_locator(MaxNLocator(integer=True) if len(trace) > 1 else FixedLocator([0]))
    # Under all panels: within one it would lie on the lines, which may be anywhere.
    lines = [
        Line2D([], [], color=colours[name], label=name, linewidth=1.5, marker="o", markersize=3) for name in listed
    ]
    if lines:
        sheet.figure.legend(
            handles=lines,
            loc="lower center",
            ncols=min(len(lines), LEGEND_COLUMNS[spec.width]),
            fontsize=sheet.points - 1,
            frameon=False,
            borderaxespad=0.1,
            borderpad=0.1,
        )
    return sheet.figure


def _labels(row: FigureRow) -> tuple[str, ...]:
    """The classes with a colour of their own."""
    return (*(row.sample.labels or ()), row.name)


def plane(spec: FigureSpec) -> Figure:
    """A panel for each activation: each layer's way through the information plane, its epochs from dark to bright.

    Examples:
        >>> figure = plane(FigureSpec("plane", ("tanh",), colour_bar=False))
        >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
        ('H(bin(T)), bits', 'I(bin(T);Y), bits')
    """
    sheet, every_axes = panels(spec, len(spec.columns), len(spec.columns), foot=0.36 if spec.colour_bar else 0.0)
    last = 1
    for number, (activation, axes) in enumerate(zip(spec.columns, every_axes, strict=True)):
        stored = stored_plane(activation)
        last = max(last, int(stored.epochs[-1]))
        draw_panel(axes, _epochs_panel(stored, spec.colours), sheet.points, legend=False)
        _named(axes, spec, sheet, number, activation, *PLANE_AXES)
    if spec.colour_bar:
        sheet.colour_bar(spec, (0, round(float(np.log10(1 + last)), 3)), "log10(1 + epoch)")
    return sheet.figure


def _epochs_panel(stored: Plane, colours: str) -> Plot:
    """The layers of each epoch in the information plane, joined, the means over the seeds; bright is late."""
    shades = colormaps[colours](np.log1p(stored.epochs) / np.log1p(stored.epochs[-1]))
    marks: list[Mark] = []
    for row, shade in zip(np.round(stored.mean, 4), shades, strict=True):
        colour = tuple(shade.tolist())
        marks.append(Line(row[:, INPUT], row[:, LABEL], colour=colour, width=0.5 / POINTS_PER_PIXEL, opacity=0.6))
        marks.append(Points(row[:, INPUT], row[:, LABEL], colour=colour, size=7**0.5 / SYMBOL_POINTS))
    return Plot(tuple(marks), Axis(PLANE_AXES[0]), Axis(PLANE_AXES[1]))


def ratios(spec: FigureSpec) -> Figure:
    """A panel per subject. Raises InputError where what is drawn was not measured on the checkpoints that are here.

    Examples:
        >>> figure = ratios(FigureSpec("hgr", ("rib-steps",)))
        >>> figure.axes[0].get_xlabel()
        "RIB's step k"
    """
    across = 1 if spec.width == "single" else min(2, len(spec.columns))
    sheet, every_axes = panels(spec, len(spec.columns), across, foot=0.0)
    for number, (subject, axes) in enumerate(zip(spec.columns, every_axes, strict=True)):
        names = TOY_NAMES if subject.startswith("toy") else SCENE_NAMES
        by_step = subject == "rib-steps"
        panel = steps_panel(measured(subject), names) if by_step else layers_panel(layers_curve(subject), names)
        draw_panel(axes, panel, sheet.points, legend=False)
        x, y = ("RIB's step k", "HGR of the logit") if by_step else ("layer", "HGR")
        _named(axes, spec, sheet, number, TITLES[subject], x, y)
        if spec.labels:
            axes.legend(fontsize=sheet.points - 1.5, framealpha=0.8, edgecolor="none")
    return sheet.figure


def panels(spec: FigureSpec, count: int, columns: int, foot: float) -> tuple[Sheet, list[Axes]]:
    """Room for `count` panels, their axes and what stands around them.

    Examples:
        >>> spec = FigureSpec("plane", ("tanh", "relu"), width="single")
        >>> sheet, axes = panels(spec, count=2, columns=2, foot=0.0)
        >>> len(axes), sheet.width
        (2, 3.3)
    """
    if spec.width == "single":
        columns = 1 if columns > 2 else columns
    rows = -(-count // columns)
    sheet = Sheet(spec, 1)
    width = sheet.width / columns
    height = min(2.4, max(1.5, width * 0.85))
    sheet = Sheet(spec, rows * height + foot)
    before, after, above, below = 0.44, 0.08, 0.22, 0.36
    return sheet, [
        sheet.axes(
            i % columns * width + before,
            i // columns * height + above,
            width - before - after,
            height - above - below,
        )
        for i in range(count)
    ]


def _named(axes: Axes, spec: FigureSpec, sheet: Sheet, number: int, title: str, x: str, y: str) -> None:
    """A panel's letter and title, its axes' names, no more lines than needed."""
    letter = f"({chr(97 + number)}) " if spec.letters else ""
    axes.set_title(letter + (title if spec.labels else ""), fontsize=sheet.points, pad=3, loc="left")
    axes.set_xlabel(x, fontsize=sheet.points - 0.5, labelpad=1.5)
    axes.set_ylabel(y, fontsize=sheet.points - 0.5, labelpad=1.5)
    axes.tick_params(labelsize=sheet.points - 1.5, length=2, pad=1.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
