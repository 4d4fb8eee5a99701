"""Score curves and the information plane: lines on axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, MaxNLocator

from wsss_viz.data.palette import colour_in
from wsss_viz.figures.sheet import Sheet
from wsss_viz.figures.sources import Shown, class_scores
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.information.plane import stored_plane
from wsss_viz.methods.catalogue import METHODS

OTHER = "#9aa1a6"
LEGEND_COLUMNS = {"single": 4, "double": 8}
LEGEND_ROW = 0.18
"""Classes a line of the legend, and inches a line."""


def curves(spec: FigureSpec, rows: Sequence[Shown]) -> Figure:
    """A panel an image and method: the logits of all classes over the steps, the labels' in their colours."""
    pairs = [(shown, method) for shown in rows for method in shown.traces]
    named_ones = _told(rows) if spec.labels else []
    foot = LEGEND_ROW * -(-len(named_ones) // LEGEND_COLUMNS[spec.width])
    sheet, places = panels(spec, len(pairs), len(spec.columns), foot=foot)
    for number, ((shown, method), axes) in enumerate(zip(pairs, places, strict=True)):
        trace = shown.traces[method]
        told = [name for name in trace.classes if name in (*(shown.sample.labels or ()), shown.name)]
        looks = [class_scores(shown, method, k) for k in range(len(trace))]
        for name in sorted(trace.classes, key=lambda name: name in told):
            index = trace.classes.index(name)
            logits = [float(scores[index]) for scores in looks]
            colour = _colour(trace.classes, name) if name in told else OTHER
            width = 1.8 if name == shown.name else 1.2 if name in told else 0.5
            label = name if name in told else None
            axes.plot(logits, color=colour, linewidth=width, marker="o", markersize=2 * width, label=label)
        named(axes, spec, sheet, number, f"{METHODS[method].title}: {shown.name}", "step k", "logit")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True) if len(trace) > 1 else FixedLocator([0]))
    # Under all panels: within one it would lie on the lines, which may be anywhere.
    lists = [*(row.sample.classes for row in rows), *(shown.traces[method].classes for shown, method in pairs)]
    coloured = {name: _colour(classes, name) for classes in lists for name in classes}
    lines = [
        Line2D([], [], color=coloured[name], label=name, linewidth=1.5, marker="o", markersize=3) for name in named_ones
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


def _told(rows: Sequence[Shown]) -> list[str]:
    """The classes with a colour of their own, in the order they are first named."""
    return list(dict.fromkeys(name for row in rows for name in (*(row.sample.labels or ()), row.name)))


def _colour(classes: Sequence[str], name: str) -> Any:
    return np.array(colour_in(classes, name)) / 255


def plane(spec: FigureSpec) -> Figure:
    """A panel an activation: each layer's way through the information plane, its epochs from dark to bright."""
    sheet, places = panels(spec, len(spec.columns), len(spec.columns), foot=0.36 if spec.colour_bar else 0.0)
    last = 1
    for number, (activation, axes) in enumerate(zip(spec.columns, places, strict=True)):
        found = stored_plane(activation)
        last = max(last, int(found.epochs[-1]))
        shades = colormaps[spec.colours](np.log1p(found.epochs) / np.log1p(found.epochs[-1]))
        for row, shade in zip(np.round(found.mean, 4), shades, strict=True):
            axes.plot(row[:, 0], row[:, 1], color=shade, linewidth=0.5, alpha=0.6)
            axes.scatter(row[:, 0], row[:, 1], color=shade, s=7, zorder=3)
        named(axes, spec, sheet, number, activation, "I(X;T), bits", "I(T;Y), bits")
    if spec.colour_bar:
        sheet.colour_bar(spec, (0, round(float(np.log10(1 + last)), 3)), "log10(1 + epoch)")
    return sheet.figure


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
