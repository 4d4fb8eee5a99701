"""Charts on a page: the description of `figures.chart` drawn by plotly in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from wsss_viz.app.language import tr
from wsss_viz.figures.chart import (
    ACCENT,
    Axis,
    Band,
    Bars,
    Cells,
    Chart,
    Frames,
    Hover,
    Line,
    Mark,
    Note,
    Plot,
    Points,
    Rule,
    Values,
)

_FRAME_KEYS = Path(__file__).with_name("frame_keys.js")
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
FAINT = "rgba(128,128,128,0.28)"
TRANSPARENT = "rgba(0,0,0,0)"
LEGENDS: dict[str, dict[str, Any]] = {
    "top": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
    "bottom": {"orientation": "h", "x": 0, "xanchor": "left", "yanchor": "top"},
    "inside": {"yanchor": "middle", "bgcolor": TRANSPARENT},
}
_FIELD = re.compile(r"\{(x|y|low|high)(:[^}]*)?\}")
_ENDS = {"low": "customdata[0]", "high": "customdata[1]"}
_GREY = "#868d93"
"""Of intervals whose points have several colours."""
_HANDLE = {"bgcolor": "#98a2a9", "bordercolor": "#98a2a9", "activebgcolor": ACCENT}
"""Of a slider: seen, and not glaring, on light and on dark."""


def show(chart: Chart | Any, key: str, alt: str, clicked: Callable[[float], None] | None = None) -> None:
    """Draws a chart on the page.

    Args:
        chart: a `Chart`, or what `plotly_figure` made of one.
        alt: what it shows, in one line.
        clicked: called with the x of a point that is clicked.
    """
    figure = plotly_figure(chart, clickable=clicked is not None) if isinstance(chart, Chart) else chart

    def selected() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and clicked is not None:
            clicked(float(points[0]["x"]))

    on_select: Literal["ignore"] | Callable[[], None] = "ignore" if clicked is None else selected
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt, on_select=on_select, selection_mode="points")
    if figure.frames:
        css, js = ":host { display: none; }", _FRAME_KEYS.read_text(encoding="utf-8")
        component = st.components.v2.component("wsss_viz_frame_keys", html="<i></i>", css=css, js=js)
        component(key=f"{key}_keys", data={"chart": key}, height="content")


def graph_objects() -> Any:
    """plotly's, once pandas is there whole: of each value it asks whether that is of pandas, which fails while another
    thread imports pandas.

    >>> graph_objects().Figure().data
    ()
    """
    import_module("pandas")
    from plotly import graph_objects as go

    return go


def plotly_figure(chart: Chart, clickable: bool = False) -> Any:
    """The chart as a plotly figure.

    >>> from wsss_viz.figures.chart import Chart, Line, Plot
    >>> figure = plotly_figure(Chart((Plot((Line([0, 1], [2, 3], "CAM", hover="{name}: {y:.1f}"),)),)))
    >>> figure.data[0].name, figure.data[0].hovertemplate
    ('CAM', 'CAM: %{y:.1f}<extra></extra>')
    """
    go = graph_objects()
    listed: set[str] = set()
    data = [trace for n, panel in enumerate(chart.panels) for mark in panel.marks for trace in traces(mark, n, listed)]
    layout: dict[str, Any] = {
        "height": chart.height,
        "margin": dict(zip("lrtb", chart.margin, strict=True)),
        "showlegend": bool(chart.legend),
        "hovermode": chart.follows,
        "dragmode": False,
        "barmode": "overlay" if chart.stacked else "group",
        "bargap": 0.25,
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "annotations": [],
        "shapes": [],
    }
    if clickable:
        layout["clickmode"] = "event+select"
    if chart.legend:
        layout["legend"] = dict(LEGENDS[chart.legend])
        if chart.legend == "inside":
            layout["legend"] |= dict(zip("xy", chart.legend_at, strict=True))
        elif chart.legend == "bottom":  # below the last row's ticks and names
            last = [panel.x for panel in chart.panels if panel.row == len(chart.rows) - 1]
            below = 58 if any(x.title for x in last) else 4 if all(x.hidden for x in last) else 33
            layout["legend"]["y"] = -below / (chart.height - chart.margin[2] - chart.margin[3])
    for number, panel in enumerate(chart.panels):
        _lay_out(layout, chart, panel, number)
    figure: dict[str, Any] = {"data": data, "layout": layout}
    if chart.frames is not None:
        _animate(figure, chart.frames)
    return go.Figure(figure)


@singledispatch
def traces(mark: Mark, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    """What plotly draws of a mark in a panel; marks that are shapes or texts of the layout give nothing."""
    return iter(())


@traces.register
def _(mark: Line, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    line: dict[str, Any] = {"color": colour(mark.colour), "width": mark.width, "dash": mark.dash}
    if mark.stepped:
        line["shape"] = "hv"
    trace = {
        **_trace(mark, panel, listed), "type": "scatter", "x": _plain(mark.x), "y": _plain(mark.y), "line": line,
        "mode": "lines+markers" if mark.symbol else "lines", "opacity": mark.opacity,
    }  # fmt: skip
    if mark.symbol:
        size = mark.size if isinstance(mark.size, float | int) else list(mark.size)
        trace |= {"marker": {"color": colour(mark.colour), "symbol": mark.symbol, "size": size}, **_UNFADED}
    if mark.low is not None and mark.high is not None:
        trace |= {"error_y": _error(mark.y, mark.low, mark.high), "customdata": _ends(mark.low, mark.high)}
    yield trace


@traces.register
def _(mark: Points, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    marker = {
        "color": _colours(mark.colour),
        "symbol": mark.symbol if isinstance(mark.symbol, str) else list(mark.symbol),
        "size": mark.size if isinstance(mark.size, float | int) else list(mark.size),
        "opacity": mark.opacity,
        "line": {"color": "white", "width": mark.edge},
    }
    trace = {
        **_trace(mark, panel, listed), **_UNFADED, "type": "scatter", "x": _plain(mark.x), "y": _plain(mark.y),
        "mode": "markers+text" if mark.text else "markers", "marker": marker,
    }  # fmt: skip
    if mark.text:
        at = "bottom center" if mark.text_at == "below" else "top right"
        trace |= {"text": list(mark.text), "textposition": at, "textfont": {"size": 12}}
    if mark.low is not None and mark.high is not None:
        values = mark.x if mark.across else mark.y
        error = _error(values, mark.low, mark.high)
        # plotly gives all intervals one colour: of points of several, a grey that is read on light and on dark.
        trace["error_x" if mark.across else "error_y"] = (
            error if isinstance(mark.colour, str) else {**error, "color": _GREY}
        )
        trace["customdata"] = _ends(mark.low, mark.high)
    yield trace


@traces.register
def _(mark: Band, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    x, low, high = (np.asarray(each) for each in (mark.x, mark.low, mark.high))
    trace = {
        "type": "scatter", "x": np.concatenate([x, x[::-1]]), "y": np.concatenate([high, low[::-1]]),
        "mode": "lines", "fill": "toself", "line": {"width": 0}, "fillcolor": colour(mark.colour, mark.opacity),
        "hoverinfo": "skip", "name": mark.name, "legendgroup": mark.name, **_axes(panel),
        "showlegend": bool(mark.name) and mark.name not in listed,
    }  # fmt: skip
    listed.add(mark.name)
    yield trace


@traces.register
def _(mark: Bars, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    at, values = _plain(mark.at), _plain(mark.values)
    trace = {
        **_trace(mark, panel, listed), "type": "bar", "x": values if mark.across else at,
        "y": at if mark.across else values, "orientation": "h" if mark.across else "v",
        "marker": {"color": _colours(mark.colour), "opacity": mark.opacity},
    }  # fmt: skip
    if mark.base is not None:
        trace["base"] = _plain(mark.base)
    if mark.width is not None:
        trace["width"] = _plain(mark.width)
    if mark.text:
        anchor = "middle" if mark.base is not None else "start"
        trace |= {"text": list(mark.text), "textposition": "outside" if mark.outside else "inside", "textangle": 0}
        trace |= {"insidetextanchor": anchor, "cliponaxis": False}
    if mark.low is not None and mark.high is not None:
        trace["error_x" if mark.across else "error_y"] = _error(mark.values, mark.low, mark.high)
        trace["customdata"] = _ends(mark.low, mark.high)
    yield trace


@traces.register
def _(mark: Cells, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    yield {
        "type": "heatmap", "z": mark.values, "zmin": 0, "zmax": mark.most, "showscale": False, "hoverinfo": "skip",
        "colorscale": [[0, TRANSPARENT], [1, colour(mark.colour)]], "texttemplate": f"%{{z:{mark.form}}}",
        **_axes(panel),
    }  # fmt: skip


def colour(value: Any, opacity: float = 1.0) -> str:
    """A colour for CSS.

    >>> colour("#ff8000"), colour((1.0, 0.5, 0.0), 0.2)
    ('#ff8000', 'rgba(255,128,0,0.2)')
    """
    if isinstance(value, str):
        if opacity == 1:
            return value
        value = tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))
    channels = ",".join(str(round(255 * channel)) for channel in value[:3])
    return f"rgba({channels},{opacity * (value[3] if len(value) > 3 else 1):g})"


_UNFADED: dict[str, Any] = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
"""A clicked point does not fade the others."""


def _colours(value: Any) -> Any:
    one = isinstance(value, str) or (len(value) and isinstance(value[0], float))
    return colour(value) if one else [colour(each) for each in value]


def _axes(panel: int) -> dict[str, str]:
    number = str(panel + 1) if panel else ""
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def _trace(mark: Line | Points | Bars, panel: int, listed: set[str]) -> dict[str, Any]:
    """Legend and hover: what stands under one name in the legend is listed once, and switched together."""
    entry = tr(mark.group or mark.name)
    first = bool(mark.listed and entry and entry not in listed)
    if first:
        listed.add(entry)
    trace: dict[str, Any] = {"name": entry, "showlegend": first, **_axes(panel), **_hover(mark.hover, tr(mark.name))}
    if entry:
        trace |= {"legendgroup": entry, "legendrank": 2000 if getattr(mark, "last", False) else 1000}
    return trace


def _hover(hover: Hover, name: str) -> dict[str, Any]:
    if not hover:
        return {"hoverinfo": "skip"}
    if not isinstance(hover, str):
        return {"hovertext": list(hover), "hoverinfo": "text"}
    fields = _FIELD.sub(lambda m: f"%{{{_ENDS.get(m[1], m[1])}{m[2] or ''}}}", hover.replace("{name}", name))
    return {"hovertemplate": f"{fields}<extra></extra>"}


def _plain(values: Values) -> Any:
    """Arrays in single precision, half the size on the way to the browser; names as a list."""
    array = np.asarray(values)
    return array.astype(np.float32) if array.dtype.kind == "f" and array.ndim else list(values)


def _numbers(values: Values) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _error(values: Values, low: Values, high: Values) -> dict[str, Any]:
    middle, bottom, top = (_numbers(each) for each in (values, low, high))
    ends = {"array": np.nan_to_num(top - middle), "arrayminus": np.nan_to_num(middle - bottom)}
    return {"type": "data", "symmetric": False, "thickness": 1.3, "width": 3, **ends}


def _ends(low: Values, high: Values) -> Any:
    return np.stack([_numbers(low), _numbers(high)], axis=1)


def _lay_out(layout: dict[str, Any], chart: Chart, panel: Plot, number: int) -> None:
    names = _axes(number)
    x, y = _domains(chart, panel)
    for axis, letter, domain, other in ((panel.x, "x", x, "y"), (panel.y, "y", y, "x")):
        key = names[f"{letter}axis"]
        layout[f"{letter}axis{key[1:]}"] = {
            **axis_layout(axis),
            "showgrid": letter == "y" and not axis.hidden,
            "domain": domain,
            "anchor": names[f"{other}axis"],
        }
    if panel.title:
        title: dict[str, Any] = {"text": tr(panel.title), "showarrow": False, "xref": "paper", "yref": "paper"}
        title |= {"x": sum(x) / 2, "y": y[1], "xanchor": "center", "yanchor": "bottom", "font": {"size": 13}}
        if panel.colour is not None:
            title |= {"text": f"<b>{tr(panel.title)}</b>", "font": {"size": 14, "color": colour(panel.colour)}}
        layout["annotations"].append(title)
    for mark in panel.marks:
        if isinstance(mark, Rule):
            _rule(layout, mark, names["xaxis"], names["yaxis"])
        elif isinstance(mark, Note):
            note = _note(mark, names["xaxis"], names["yaxis"])
            if panel.x.log:  # the one place where plotly wants the exponent
                note["x"] = float(np.log10(float(mark.x)))
            layout["annotations"].append(note)


def _domains(chart: Chart, panel: Plot) -> tuple[list[float], list[float]]:
    """Where a panel's axes stand, from 0 to 1, x from the left and y from the bottom."""
    ends = []
    for sizes, gap, first, span in (
        (chart.columns, chart.gap[0], panel.column, panel.span),
        (chart.rows, chart.gap[1], panel.row, 1),
    ):
        room = (1 - gap * (len(sizes) - 1)) / sum(sizes)
        start = room * sum(sizes[:first]) + gap * first
        ends.append([start, min(1.0, start + room * sum(sizes[first : first + span]) + gap * (span - 1))])
    x, (top, bottom) = ends
    return x, [max(0.0, 1 - bottom), 1 - top]


def axis_layout(axis: Axis) -> dict[str, Any]:
    """An axis in plotly's terms."""
    layout: dict[str, Any] = {
        "title": {"text": tr(axis.title), "standoff": 6}, "gridcolor": FAINT, "zeroline": False,
        "fixedrange": True, "automargin": True, "tickfont": {"size": 11},
    }  # fmt: skip
    ends: list[float | None] = [axis.low, axis.high]
    if axis.log:
        layout["type"] = "log"
        ends = [None if end is None else float(np.log10(end)) for end in ends]
    if axis.reversed:
        layout["autorange"] = "reversed"
    if any(end is not None for end in ends):
        layout["range"] = ends[::-1] if axis.reversed else ends
        layout.pop("autorange", None)
    elif axis.from_zero:
        layout["rangemode"] = "tozero"
    if len(axis.ticks):
        layout |= {
            "tickmode": "array",
            "tickvals": list(axis.ticks),
            "ticktext": [*map(tr, axis.labels)] or None,
        }
    elif axis.step:
        layout["dtick"] = axis.step
    if axis.categories:
        layout |= {"type": "category", "categoryorder": "array", "categoryarray": list(axis.categories)}
        layout |= {"tickmode": "array", "tickvals": list(axis.categories), "ticktext": [*map(tr, axis.categories)]}
    if axis.hidden:
        layout |= {"showticklabels": False, "automargin": False}
    if axis.form:
        layout["tickformat"] = axis.form
    return layout


def _rule(layout: dict[str, Any], mark: Rule, x: str, y: str) -> None:
    line = {"color": colour(mark.colour), "width": mark.width, "dash": mark.dash}
    if mark.x is not None:
        position = {"xref": x, "yref": f"{y} domain", "x0": mark.x, "x1": mark.x, "y0": 0, "y1": 1}
    else:
        position = {"xref": f"{x} domain", "yref": y, "x0": 0, "x1": 1, "y0": mark.y, "y1": mark.y}
    layout["shapes"].append({"type": "line", "line": line, **position})
    if mark.text:
        text = {"text": mark.text, "showarrow": False, "x": 1, "xanchor": "right", "y": mark.y, "yanchor": "bottom"}
        layout["annotations"].append({**text, "xref": f"{x} domain", "yref": y, "font": {"size": 11}})


def _note(mark: Note, x: str, y: str) -> dict[str, Any]:
    across = {"left": "right", "right": "left", "right above": "left"}.get(mark.side, "center")
    along = {"above": "bottom", "right above": "bottom", "below": "top"}.get(mark.side, "middle")
    note: dict[str, Any] = {
        "x": mark.x, "y": mark.y, "xref": x, "yref": y, "text": f"<b>{mark.text}</b>" if mark.bold else mark.text,
        "showarrow": False, "xanchor": across, "yanchor": along, "textangle": mark.angle,
        "font": {"size": mark.size, "color": colour(mark.colour)},
        "xshift": {"left": -6, "right": 6}.get(mark.side, 0),
    }  # fmt: skip
    return {**note, "bgcolor": "rgba(128,128,128,0.18)", "borderpad": 8} if mark.boxed else note


def _animate(figure: dict[str, Any], frames: Frames) -> None:
    """The slider with its places, and Play and Pause; the browser moves what they change without asking the server."""

    def drawn(marks: Sequence[tuple[int, Line | Points | Bars]]) -> list[dict[str, Any]]:
        return [trace for panel, mark in marks for trace in traces(mark, panel, set())]

    still = len(figure["data"])
    figure["data"] += [{**trace, "showlegend": False} for trace in drawn(frames.marks[frames.start])]
    moving = list(range(still, len(figure["data"])))
    figure["frames"] = [
        {"name": str(k), "data": [{**trace, "showlegend": False} for trace in drawn(marks)], "traces": moving}
        for k, marks in enumerate(frames.marks)
    ]
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    playing = {"fromcurrent": True, "frame": {"duration": frames.pause, "redraw": False}, "transition": {"duration": 0}}
    height = figure["layout"]["height"]
    inside = height - figure["layout"]["margin"]["t"] - figure["layout"]["margin"]["b"]
    figure["layout"]["sliders"] = [{
        "active": frames.start, "x": 0.24, "len": 0.76, "y": 1 + 120 / inside, "yanchor": "top",
        "pad": {"t": 0, "b": 0}, "ticklen": 3, "font": {"size": 10}, **_HANDLE,
        "currentvalue": {"prefix": frames.prefix, "font": {"size": 15}, "xanchor": "left"},
        "steps": [
            {"label": name, "method": "animate", "args": [[str(k)], at_once]} for k, name in enumerate(frames.names)
        ],
    }]  # fmt: skip
    figure["layout"]["updatemenus"] = [{
        "type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "y": 1 + 104 / inside, "yanchor": "top",
        "buttons": [
            {"label": "Play", "method": "animate", "args": [None, playing]},
            {"label": "Pause", "method": "animate", "args": [[None], at_once]},
        ],
        "showactive": False, "bgcolor": "rgba(128,128,128,0.15)", "pad": {"t": 0},
    }]  # fmt: skip
