"""A chart as a figure of plotly, with its slider, and on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from wsss_viz.app.widgets.chart.layout import lay_out
from wsss_viz.app.widgets.chart.marks import TEXT, TRANSPARENT, traces
from wsss_viz.figures.chart import ACCENT, GREY, Bars, Chart, Frames, Line, Points

_FRAME_KEYS = Path(__file__).with_name("frame_keys.js")
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
LEGENDS: dict[str, dict[str, Any]] = {
    "top": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
    "bottom": {"orientation": "h", "x": 0, "xanchor": "left", "yanchor": "top"},
    "inside": {"yanchor": "middle", "bgcolor": TRANSPARENT},
    "between": {"orientation": "h", "xanchor": "left", "yanchor": "middle"},
}
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
        if chart.legend in ("inside", "between"):
            layout["legend"] |= dict(zip("xy", chart.legend_at, strict=True))
        elif chart.legend == "bottom":  # below the last row's ticks and names
            last = [panel.x for panel in chart.panels if panel.row == len(chart.rows) - 1]
            below = 58 if any(x.title for x in last) else 4 if all(x.hidden for x in last) else 33
            layout["legend"]["y"] = -below / (chart.height - chart.margin[2] - chart.margin[3])
    for number, panel in enumerate(chart.panels):
        lay_out(layout, chart, panel, number)
    figure: dict[str, Any] = {"data": data, "layout": layout}
    if chart.frames is not None:
        _animate(figure, chart.frames)
    return go.Figure(figure)


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
        "showactive": False, "bgcolor": TRANSPARENT, "bordercolor": GREY, "pad": {"t": 0},
        "font": {"color": TEXT, "size": 13},
    }]  # fmt: skip
