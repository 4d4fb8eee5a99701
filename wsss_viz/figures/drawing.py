"""Charts on paper: the description of `figures.chart` drawn by matplotlib."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import NDArray

from wsss_viz.figures.chart import (
    POINTS_PER_PIXEL,
    Axis,
    Band,
    Bars,
    Cells,
    Chart,
    Line,
    Mark,
    Note,
    Plot,
    Points,
    Rule,
    Values,
)
from wsss_viz.figures.inks import ink
from wsss_viz.figures.writing import written

__all__ = [
    "DASHES",
    "HTML_BREAK",
    "INCHES",
    "MARKERS",
    "POINTS",
    "SYMBOL_POINTS",
    "chart_figure",
    "chart_svg",
    "draw",
    "draw_panel",
    "plain",
]

DASHES: dict[str, Any] = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}
MARKERS = {
    "": "", "circle": "o", "square": "s", "diamond": "D", "cross": "P", "x": "X", "triangle-up": "^",
    "triangle-down": "v", "star": "*", "pentagon": "p", "hexagon": "h", "line-ns-open": "|", "circle-open": "o",
    "diamond-open": "D", "diamond-tall": "d",
}  # fmt: skip
SYMBOL_POINTS = 0.4
"""Points of a symbol on paper per pixel of a page, where charts are larger."""
INCHES = 3.4
POINTS = 8.0
_TEXT_AT = {
    "above right": ((3, 3), "left", "bottom"),
    "below": ((0, -3), "center", "top"),
    "left": ((-4, 0), "right", "center"),
}
"""Where the text of `Points` stands: how far from the point in points, and which of its ends is there."""
HTML_BREAK = re.compile(r"<br\s*/?>")


def chart_svg(chart: Chart, **settings: Any) -> bytes:
    """The chart as SVG; the same chart gives the same bytes. Settings as of `writing.written`.

    >>> chart_svg(Chart((Plot((Line([0, 1], [0, 1]),)),)))[:5]
    b'<?xml'
    """
    return written(lambda: chart_figure(chart), **settings)


def chart_figure(chart: Chart) -> Figure:
    """The chart as a figure for a paper, `Chart.frames` as they start.

    Examples:
        >>> chart = Chart((Plot((Line([0, 1, 2], [3, 1, 2], "loss"),), title="A training"),))
        >>> [axes.get_title() for axes in chart_figure(chart).axes]
        ['A training']
    """
    count = len(chart.columns)
    figure = Figure(figsize=(INCHES * max(1.35, count), 2.7 * len(chart.rows)), layout="constrained")
    grid = figure.add_gridspec(len(chart.rows), count, height_ratios=chart.rows, width_ratios=chart.columns)
    for index, panel in enumerate(chart.panels):
        axes = figure.add_subplot(grid[panel.row, panel.column : panel.column + panel.span])
        draw_panel(axes, _framed(chart, index), legend=bool(chart.legend))
    return figure


def _framed(chart: Chart, index: int) -> Plot:
    """A panel with what the first frame draws over it."""
    panel = chart.panels[index]
    if chart.frames is None:
        return panel
    over = tuple(mark for at, mark in chart.frames.marks[chart.frames.start] if at == index)
    return Plot((*panel.marks, *over), panel.x, panel.y, panel.title, panel.colour, panel.row, panel.column, panel.span)


def draw_panel(axes: Axes, panel: Plot, points: float = POINTS, legend: bool = True, title: bool = True) -> None:
    """The panel's marks on axes, and the axes' own names, ticks and ends.

    Examples:
        >>> axes = Figure().subplots()
        >>> draw_panel(axes, Plot((Line([0, 1], [3, 1], "loss"),), x=Axis("epoch"), title="A training"))
        >>> axes.get_title(), axes.get_xlabel(), [text.get_text() for text in axes.get_legend().get_texts()]
        ('A training', 'epoch', ['loss'])
    """
    _categories(axes, panel)
    for mark in panel.marks:
        draw(mark, axes)
    for axis, name in ((panel.x, "x"), (panel.y, "y")):
        _axis(axes, axis, name, points)
    if title and panel.title:
        drawn = axes.set_title(plain(panel.title), fontsize=points + 1)
        if panel.colour is not None:
            drawn.set_color(panel.colour)  # type: ignore[arg-type]
    axes.tick_params(labelsize=points - 1)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    if legend and labels:
        first = {label: handle for handle, label in zip(handles[::-1], labels[::-1], strict=True)}
        names = list(dict.fromkeys(labels))
        axes.legend([first[name] for name in names], names, fontsize=points - 2, frameon=False)


@singledispatch
def draw(mark: Mark, axes: Axes) -> None:
    """One mark on axes.

    Examples:
        >>> axes = Figure().subplots()
        >>> draw(Line([0, 1, 2], [3, 1, 2], "loss"), axes)
        >>> axes.lines[0].get_ydata().tolist()
        [3, 1, 2]
    """
    raise TypeError(f"no mark of a chart: {type(mark).__name__}")


@draw.register
def _(mark: Line, axes: Axes) -> None:
    single = np.ndim(mark.size) == 0
    settings: dict[str, Any] = {
        "color": mark.colour,
        "linewidth": _points_of(mark.width),
        "linestyle": DASHES[mark.dash],
        "marker": MARKERS[mark.symbol],
        "markersize": _points_of(float(mark.size if single else min(mark.size)), SYMBOL_POINTS),  # type: ignore[arg-type]
        "label": _label(mark),
    }
    if mark.opacity < 1:
        settings["alpha"] = mark.opacity
    x, y = np.asarray(mark.x), np.asarray(mark.y)
    if mark.low is not None and mark.high is not None:
        ends = _reach(mark.y, mark.low, mark.high)
        axes.errorbar(x, y, ends, elinewidth=0.7, **settings)
    elif mark.stepped:
        axes.step(x, y, where="post", **settings)
    else:
        axes.plot(x, y, **settings)


@draw.register
def _(mark: Points, axes: Axes) -> None:
    x, y = np.asarray(mark.x), np.asarray(mark.y)
    sizes = np.asarray(mark.size, dtype=float) * SYMBOL_POINTS
    several = isinstance(mark.symbol, str)
    markers = [mark.symbol] * len(x) if isinstance(mark.symbol, str) else list(mark.symbol)
    settings: dict[str, Any] = {"alpha": mark.opacity} if mark.opacity < 1 else {}
    if mark.edge:
        settings |= {"edgecolors": "white", "linewidths": _points_of(mark.edge) / 2}
    groups = [(mark.symbol, slice(None))] if several else [(s, slice(i, i + 1)) for i, s in enumerate(markers)]
    for number, (symbol, part) in enumerate(groups):
        colours = mark.colour
        if not isinstance(colours, str) and colours and not isinstance(colours[0], float | int):
            colours = list(colours)[part]  # type: ignore[assignment]
        area = np.round((sizes if sizes.ndim == 0 else sizes[part]) ** 2, 6)
        axes.scatter(
            x[part], y[part], color=colours, s=area, zorder=3, marker=MARKERS[str(symbol)],
            label=_label(mark) if not number else None, **settings,
        )  # fmt: skip
    if mark.low is not None and mark.high is not None:
        ends = _reach(mark.x if mark.across else mark.y, mark.low, mark.high)
        along, up = (ends, None) if mark.across else (None, ends)
        axes.errorbar(x, y, up, along, fmt="none", ecolor=_first(mark.colour), elinewidth=0.7)
    for at, height, text in zip(x, y, mark.text, strict=False):
        away, side, level = _TEXT_AT[mark.text_at]
        axes.annotate(
            plain(text), (at, height), away, textcoords="offset points", fontsize=POINTS - 1, ha=side, va=level
        )


@draw.register
def _(mark: Band, axes: Axes) -> None:
    axes.fill_between(
        np.asarray(mark.x), np.asarray(mark.low), np.asarray(mark.high), color=mark.colour, alpha=mark.opacity,
        linewidth=0, label=mark.name or None,
    )  # fmt: skip


@draw.register
def _(mark: Bars, axes: Axes) -> None:
    colour = mark.colour if isinstance(mark.colour, str) else list(mark.colour)
    values, base = np.asarray(mark.values, dtype=float), np.zeros(len(mark.values))
    if mark.base is not None:
        base = np.asarray(mark.base, dtype=float)
    width = 0.8 if mark.width is None else np.asarray(mark.width, dtype=float)
    ends = None if mark.low is None or mark.high is None else _reach(mark.values, mark.low, mark.high)
    settings: dict[str, Any] = {
        "color": colour, "alpha": mark.opacity if mark.opacity < 1 else None, "label": _label(mark),
        "error_kw": {"elinewidth": 1},
    }  # fmt: skip
    if mark.across:
        axes.barh(mark.at, values, width, left=base, xerr=ends, **settings)
    else:
        axes.bar(mark.at, values, width, bottom=base, yerr=ends, **settings)
    inks = _inks(mark)
    for at, length, start, text, written_in in zip(mark.at, values, base, mark.text, inks, strict=False):
        inside: dict[str, Any] = {"ha": "left", "va": "center"} if mark.across else {"ha": "center", "va": "bottom"}
        where = start + length if mark.outside else start if mark.across else start + length
        position = (where, at) if mark.across else (at, where)
        shift = (2, 0) if mark.across else (0, 1)
        axes.annotate(
            plain(text), position, shift, textcoords="offset points", fontsize=POINTS,
            color=written_in, **inside,
        )  # fmt: skip


@draw.register
def _(mark: Cells, axes: Axes) -> None:
    colours = LinearSegmentedColormap.from_list("cells", ["white", to_rgb(mark.colour)])  # type: ignore[arg-type]
    axes.imshow(mark.values, cmap=colours, vmin=0, vmax=mark.most)
    for (row, column), value in np.ndenumerate(mark.values):
        axes.text(column, row, f"{value:{mark.form}}", ha="center", va="center", size=13)


@draw.register
def _(mark: Rule, axes: Axes) -> None:
    if not mark.on_paper:
        return
    settings: dict[str, Any] = {
        "color": mark.colour, "linestyle": DASHES[mark.dash], "linewidth": _points_of(mark.width, 0.5),
    }  # fmt: skip
    if mark.x is not None:
        axes.axvline(mark.x, **settings)
        end, away, across, where = (mark.x, 1.0), (0, 2), "center", ("data", "axes fraction")
    elif mark.y is not None:
        axes.axhline(mark.y, **settings)
        end, away, across, where = (1.0, mark.y), (-2, 2), "right", ("axes fraction", "data")
    if mark.text:
        axes.annotate(
            plain(mark.text), end, away, xycoords=where, ha=across, textcoords="offset points", fontsize=POINTS - 2
        )


@draw.register
def _(mark: Note, axes: Axes) -> None:
    if not mark.on_paper:
        return
    sides = {
        "left": ("right", "center"), "right": ("left", "center"), "above": ("center", "bottom"),
        "below": ("center", "top"), "middle": ("center", "center"), "right above": ("left", "bottom"),
    }  # fmt: skip
    across, along = sides[mark.side]
    axes.annotate(
        plain(mark.text), (mark.x, mark.y), (0, 3 if "above" in mark.side else 0), textcoords="offset points",
        ha=across, va=along, fontsize=_points_of(mark.size), color=mark.colour, rotation=-mark.angle,
        weight="bold" if mark.bold else "normal",
    )  # fmt: skip


def _points_of(pixels: float, share: float = POINTS_PER_PIXEL) -> float:
    """Points on paper for pixels of a page."""
    return round(pixels * share, 6)


def plain(text: str) -> str:
    """A page's text for matplotlib: no marks of HTML, a dollar as a dollar.

    Examples:
        >>> plain("<b>I(X;T)</b><br>5 $")
        'I(X;T)\\n5 \\\\$'
    """
    return re.sub(r"</?(b|sub|i)>", "", HTML_BREAK.sub("\n", text)).replace("$", r"\$")


def _label(mark: Line | Points | Bars) -> str | None:
    return (mark.group or mark.name or None) if mark.listed else None


def _first(colour: Any) -> Any:
    return colour if isinstance(colour, str) or isinstance(colour[0], float | int) else colour[0]


def _inks(mark: Bars) -> list[str]:
    """The colour of each text: on a bar that lies, one that is read on the bar's, and otherwise black."""
    if not mark.across or mark.outside:
        return ["black"] * len(mark.values)
    colours = mark.colour
    one = isinstance(colours, str) or not colours or isinstance(colours[0], float | int)
    every: Any = [colours] * len(mark.values) if one else colours
    return [ink(colour) for colour in every]


def _reach(values: Values, low: Values, high: Values) -> NDArray[np.float64]:
    """(2, n) how far an interval reaches below and above each value; 0 where it has no end."""
    middle, bottom, top = (np.array([np.nan if v is None else v for v in each], float) for each in (values, low, high))
    return np.nan_to_num(np.stack([middle - bottom, top - middle])).clip(min=0)


def _categories(axes: Axes, panel: Plot) -> None:
    for axis, each in ((panel.x, axes.xaxis), (panel.y, axes.yaxis)):
        if axis.categories:
            each.update_units(list(axis.categories))  # type: ignore[no-untyped-call]


def _axis(axes: Axes, axis: Axis, name: str, points: float) -> None:
    each = axes.xaxis if name == "x" else axes.yaxis
    if axis.log:
        getattr(axes, f"set_{name}scale")("log")
    if len(axis.ticks):
        labels = [plain(label) for label in axis.labels] or None
        getattr(axes, f"set_{name}ticks")(np.asarray(axis.ticks), labels)
        getattr(axes, f"set_{name}ticks")([], minor=True)
    elif axis.step:
        each.set_major_locator(MultipleLocator(axis.step))
    if axis.form:
        each.set_major_formatter(FuncFormatter(lambda value, _: f"{value:{axis.form}}"))
    if axis.low is not None or axis.high is not None:
        limits = {"x": ("left", "right"), "y": ("bottom", "top")}[name]
        getattr(axes, f"set_{name}lim")(**{limits[0]: axis.low, limits[1]: axis.high})
    elif axis.from_zero:
        getattr(axes, f"set_{name}lim")(**{"left" if name == "x" else "bottom": 0})
    if axis.reversed:
        getattr(axes, f"invert_{name}axis")()
    if axis.hidden:
        getattr(axes, f"set_{name}ticks")([])
    if axis.title:
        getattr(axes, f"set_{name}label")(plain(axis.title), fontsize=points)
