"""A chart described once: plots, each of marks on axes, side by side.

Drawn by `figures.drawing` for paper and by `app.widgets.chart` for a page.

Needs neither matplotlib nor plotly. Widths and sizes are pixels of a page; on paper a pixel is `POINTS_PER_PIXEL`.

>>> line = Line([0, 1, 2], [0.1, 0.4, 0.9], "CAM", hover="{name}: {y:.1f}")
>>> chart = Chart((Plot((line, Rule(y=0.5)), x=Axis("step"), y=Axis("recall", 0, 1)),))
>>> [mark.name for panel in chart.panels for mark in panel.marks if isinstance(mark, Line)]
['CAM']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = [
    "ACCENT",
    "GREY",
    "POINTS_PER_PIXEL",
    "SERIES",
    "Axis",
    "Band",
    "Bars",
    "Cells",
    "Chart",
    "Colour",
    "Frames",
    "Hover",
    "Line",
    "Mark",
    "Note",
    "Plot",
    "Points",
    "Rule",
    "Values",
]

Values = Sequence[Any] | NDArray[Any]
Colour = str | tuple[float, ...]
"""#rrggbb, or shares of red, green and blue, and of opacity."""
Hover = str | Sequence[str]
"""A format with the fields `name`, `x`, `y`, `low` and `high`, or a text per point; "": nothing is told."""

ACCENT = "#2a9088"
SERIES = (ACCENT, "#bc8400", "#7847f7", "#46698d", "#b83806", "#825d4c")
"""Of lines that are neither methods nor classes. Any two differ by CIEDE2000 >= 13 to normal sight and to dichromats;
each has a contrast of 3:1 with the page, light and dark (`docs/sources.md#colours`)."""
GREY = "#808890"
POINTS_PER_PIXEL = 0.6


@dataclass(frozen=True, eq=False)
class Line:
    """Points joined by a line, with an interval at each where `low` and `high` are given.

    Attributes:
        x, y: positions; numbers, or names of the axis's `categories`. NaN leaves a gap.
        name: in the legend, where `listed`; marks of one name are listed once.
        group: what it is listed under in place of its name.
        dash: "solid", "dash", "longdash", "dot" or "dashdot".
        symbol: at each point, by its name in `figures.drawing.MARKERS`; "": none.
        size: of the symbols, one or one per point.
        low, high: ends of the interval at each point.
        stepped: a histogram's outline rather than a slanted line.
        last: listed after all marks that are not.
    """

    x: Values
    y: Values
    name: str = ""
    colour: Colour = ACCENT
    width: float = 2.4
    dash: str = "solid"
    opacity: float = 1.0
    symbol: str = ""
    size: float | Sequence[float] = 7.0
    low: Values | None = None
    high: Values | None = None
    hover: Hover = ""
    listed: bool = True
    group: str = ""
    stepped: bool = False
    last: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """Symbols alone; attributes as of `Line`.

    Attributes:
        colour, size, symbol: one, or one per point.
        edge: of a white rim, in pixels.
        across: whether the interval lies along x.
        text: at each point; `text_at` "above right", "below" or "left" of it.
    """

    x: Values
    y: Values
    name: str = ""
    colour: Colour | Sequence[Colour] = ACCENT
    size: float | Values = 9.0
    symbol: str | Sequence[str] = "circle"
    opacity: float = 1.0
    edge: float = 0.0
    low: Values | None = None
    high: Values | None = None
    across: bool = False
    text: Sequence[str] = ()
    text_at: str = "above right"
    hover: Hover = ""
    listed: bool = True
    group: str = ""
    last: bool = False


@dataclass(frozen=True, eq=False)
class Band:
    """The area between `low` and `high` over x."""

    x: Values
    low: Values
    high: Values
    colour: Colour = ACCENT
    opacity: float = 0.14
    name: str = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars at positions or categories.

    Attributes:
        at: along the axis they stand on.
        values: their lengths, from `base` on.
        colour: one, or one per bar.
        across: whether they lie, their values along x.
        width: of a bar in units of its axis; one or one per bar; None: the space they have.
        low, high: ends of an interval at each bar's end.
        text: on each bar.
        outside: whether the text stands beyond the bar's end rather than in it.
    """

    at: Values
    values: Values
    name: str = ""
    colour: Colour | Sequence[Colour] = ACCENT
    opacity: float = 1.0
    base: Values | None = None
    across: bool = False
    width: Values | None = None
    low: Values | None = None
    high: Values | None = None
    text: Sequence[str] = ()
    outside: bool = False
    hover: Hover = ""
    listed: bool = True
    group: str = ""


@dataclass(frozen=True, eq=False)
class Cells:
    """A small table of numbers as a heat map: `values` (rows, columns) from 0 to `most`, each with its text."""

    values: NDArray[Any]
    most: float
    colour: Colour = ACCENT
    form: str = ".2f"


@dataclass(frozen=True)
class Rule:
    """A straight line through the whole panel, upright at `x` or level at `y`, with `text` over its end."""

    x: float | None = None
    y: float | None = None
    colour: Colour = GREY
    width: float = 1.5
    dash: str = "dot"
    text: str = ""
    on_paper: bool = True


@dataclass(frozen=True)
class Note:
    """A text at a point of the axes.

    Attributes:
        side: which side of the point the text stands at: "left", "right", "above", "right above", "below", or
            "middle" on it.
        boxed: on a ground of its own.
        angle: in degrees, clockwise.
    """

    x: float | str
    y: float
    text: str
    colour: Colour = GREY
    size: float = 11.0
    side: str = "middle"
    bold: bool = False
    boxed: bool = False
    angle: float = 0.0
    on_paper: bool = True


Mark = Line | Points | Band | Bars | Cells | Rule | Note


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis.

    Attributes:
        low, high: its ends; None: those of what is drawn.
        ticks, labels: where it is labelled, and by what; empty: round numbers.
        step: between ticks; 0: as fits.
        categories: names in order from the origin, in place of numbers; labelled by `labels` where there are any.
        form: of the tick labels, such as ".0%".
        log: in powers of ten; `low` and `high` are still values.
        reversed: from the greatest to the least.
        from_zero: begins at 0 where `low` and `high` are not given.
        hidden: no ticks and no title.
    """

    title: str = ""
    low: float | None = None
    high: float | None = None
    ticks: Values = ()
    labels: Sequence[str] = ()
    step: float = 0.0
    categories: Sequence[str] = ()
    form: str = ""
    log: bool = False
    reversed: bool = False
    from_zero: bool = False
    hidden: bool = False


@dataclass(frozen=True, eq=False)
class Plot:
    """A panel of a chart: marks on one pair of axes, drawn in order.

    Attributes:
        row, column, span: its place in the chart's grid, and how many columns it takes.
        colour: of the title.
    """

    marks: tuple[Mark, ...]
    x: Axis = Axis()
    y: Axis = Axis()
    title: str = ""
    colour: Colour | None = None
    row: int = 0
    column: int = 0
    span: int = 1


@dataclass(frozen=True, eq=False)
class Frames:
    """What a slider under the reader's hand changes.

    Attributes:
        names: of the slider's places.
        start: the index it stands at first, which paper shows.
        prefix: before the name.
        marks: for each frame what is drawn over the panels: pairs of a panel's index and a mark, in the same order in
            every frame.
        pause: between frames that play, in milliseconds.
    """

    names: tuple[str, ...]
    start: int
    prefix: str
    marks: tuple[tuple[tuple[int, Line | Points | Bars], ...], ...]
    pause: int = 120


@dataclass(frozen=True, eq=False)
class Chart:
    """One chart.

    Attributes:
        height: on a page, in pixels.
        rows, columns: relative heights and widths of the grid that the panels stand in.
        legend: "top", "bottom", "inside" or "between" (at `legend_at`, shares of the chart; "between" is a line of its
            own between two rows) or "": none.
        gap: between columns and between rows, shares of the chart.
        margin: left, right, top and bottom in pixels; 0 at the left: as the labels need.
        follows: "x" where the hover of all marks at one x is told together.
        stacked: bars of one place lie on each other rather than side by side.
    """

    panels: tuple[Plot, ...]
    height: int = 320
    rows: tuple[float, ...] = (1.0,)
    columns: tuple[float, ...] = (1.0,)
    gap: tuple[float, float] = (0.1, 0.1)
    margin: tuple[int, int, int, int] = (50, 8, 8, 40)
    legend: str = "top"
    legend_at: tuple[float, float] = (0.0, 0.0)
    follows: str = "closest"
    stacked: bool = False
    frames: Frames | None = None
