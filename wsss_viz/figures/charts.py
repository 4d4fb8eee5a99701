"""Score curves and the information plane: lines on axes, and their layout on a journal's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray
from scipy.special import expit

from wsss_viz.data.palette import VOC_CLASSES, class_colour
from wsss_viz.figures.chart import POINTS_PER_PIXEL, Axis, Colour, Line, Mark, Panel, Points, Rule
from wsss_viz.figures.drawing import SYMBOL_POINTS, draw_panel
from wsss_viz.figures.looks import METHODS
from wsss_viz.figures.sheet import Sheet
from wsss_viz.figures.sources import Shown, class_scores
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.information.plane import INPUT, LABEL, Plane, stored_plane

OTHER = "#9aa1a6"
LEGEND_COLUMNS = {"single": 4, "double": 8}
LEGEND_ROW = 0.18
"""Classes per line of the legend, and inches per line."""


def curves(spec: FigureSpec, rows: Sequence[Shown]) -> Figure:
    """A panel for each image and method: the logits of all classes over the steps, the labels' in their colours."""
    pairs = [(shown, method) for shown in rows for method in shown.traces]
    labelled = list(dict.fromkeys(name for row in rows for name in _labels(row)))
    listed = labelled if spec.labels else []
    foot = LEGEND_ROW * -(-len(listed) // LEGEND_COLUMNS[spec.width])
    sheet, places = panels(spec, len(pairs), len(spec.columns), foot=foot)
    colours: dict[str, Any] = {name: _colour(name) for name in labelled}
    for number, ((shown, method), axes) in enumerate(zip(pairs, places, strict=True)):
        trace = shown.traces[method]
        logits = np.array([class_scores(shown, method, k) for k in range(len(trace))], dtype=np.float64)
        panel = scores_panel(logits, trace.classes, [*_labels(shown)], shown.name, colours)
        draw_panel(axes, panel, sheet.points, legend=False)
        named(axes, spec, sheet, number, f"{METHODS[method].title}: {shown.name}", "step k", "logit")
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


def scores_panel(
    logits: NDArray[np.float64],
    classes: Sequence[str],
    labels: Sequence[str],
    focus: str,
    colours: Mapping[str, Colour],
    at: int | None = None,
) -> Panel:
    """The logits of all classes over a method's steps.

    Args:
        logits: (K, C).
        labels: the classes in `colours`; the others are grey.
        focus: the class with the widest line.
        at: the step whose points are larger, with an upright line; None: none.

    >>> panel = scores_panel(np.array([[1.0, 2], [3, 4]]), ("cat", "dog"), ["dog"], "dog", {"dog": "#8a4fbf"}, at=1)
    >>> [(mark.name, mark.group, mark.size) for mark in panel.marks[:2]]
    [('cat', 'others', 2.5), ('dog', '', [9.0, 12.0])]
    """
    marks: list[Mark] = []
    for name in sorted(classes, key=lambda name: (name in labels, name == focus and at is not None)):
        coloured = name in labels
        values = logits[:, classes.index(name)].tolist()
        size = 9.0 if name == focus else 6.0 if coloured else 2.5
        marks.append(
            Line(
                range(len(values)), values, name, colours.get(name, OTHER) if coloured else OTHER,
                width=size / 3, symbol="circle", group="" if coloured else "others",
                size=size if at is None or not coloured else [size + 3.0 * (k == at) for k in range(len(values))],
                hover=[f"{name}: logit {value:.1f}, probability {expit(value):.2f}" for value in values],
            )
        )  # fmt: skip
    if at is not None:
        marks.append(Rule(x=at, on_paper=False))
    return Panel(tuple(marks), Axis("step k", grid=False), Axis("logit"))


def _labels(row: Shown) -> tuple[str, ...]:
    """The classes with a colour of their own."""
    return (*(row.sample.labels or ()), row.name)


def _colour(name: str) -> Colour:
    return tuple(channel / 255 for channel in class_colour(name)) if name in VOC_CLASSES else OTHER


def plane(spec: FigureSpec) -> Figure:
    """A panel for each activation: each layer's way through the information plane, its epochs from dark to bright."""
    sheet, places = panels(spec, len(spec.columns), len(spec.columns), foot=0.36 if spec.colour_bar else 0.0)
    last = 1
    for number, (activation, axes) in enumerate(zip(spec.columns, places, strict=True)):
        stored = stored_plane(activation)
        last = max(last, int(stored.epochs[-1]))
        draw_panel(axes, epochs_panel(stored, spec.colours), sheet.points, legend=False)
        named(axes, spec, sheet, number, activation, "I(X;T), bits", "I(T;Y), bits")
    if spec.colour_bar:
        sheet.colour_bar(spec, (0, round(float(np.log10(1 + last)), 3)), "log10(1 + epoch)")
    return sheet.figure


def epochs_panel(stored: Plane, colours: str) -> Panel:
    """The layers of each epoch in the information plane, joined, the means over the seeds; bright is late."""
    shades = colormaps[colours](np.log1p(stored.epochs) / np.log1p(stored.epochs[-1]))
    marks: list[Mark] = []
    for row, shade in zip(np.round(stored.mean, 4), shades, strict=True):
        colour = tuple(shade.tolist())
        marks.append(Line(row[:, INPUT], row[:, LABEL], colour=colour, width=0.5 / POINTS_PER_PIXEL, opacity=0.6))
        marks.append(Points(row[:, INPUT], row[:, LABEL], colour=colour, size=7**0.5 / SYMBOL_POINTS))
    return Panel(tuple(marks), Axis("I(X;T), bits"), Axis("I(T;Y), bits"))


def panels(spec: FigureSpec, count: int, columns: int, foot: float) -> tuple[Sheet, list[Axes]]:
    """Room for `count` panels, their axes and what stands around them."""
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


def named(axes: Axes, spec: FigureSpec, sheet: Sheet, number: int, title: str, x: str, y: str) -> None:
    """A panel's letter and title, its axes' names, no more lines than needed."""
    letter = f"({chr(97 + number)}) " if spec.letters else ""
    axes.set_title(letter + (title if spec.labels else ""), fontsize=sheet.points, pad=3, loc="left")
    axes.set_xlabel(x, fontsize=sheet.points - 0.5, labelpad=1.5)
    axes.set_ylabel(y, fontsize=sheet.points - 0.5, labelpad=1.5)
    axes.tick_params(labelsize=sheet.points - 1.5, length=2, pad=1.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
