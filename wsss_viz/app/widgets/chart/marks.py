"""What plotly draws of a chart's marks, and its colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import singledispatch
from typing import Any

import numpy as np
from streamlit.elements.lib.streamlit_plotly_theme import GRAY_90

from wsss_viz.app.language import tr
from wsss_viz.figures.chart import Band, Bars, Cells, Hover, Line, Mark, Points, Values
from wsss_viz.figures.inks import ink

TEXT = GRAY_90
"""Stands for the theme's text: the browser puts the colour that is read on light, or on dark, in its place."""
TRANSPARENT = "rgba(0,0,0,0)"
_FIELD = re.compile(r"\{(x|y|low|high)(:[^}]*)?\}")
_ENDS = {"low": "customdata[0]", "high": "customdata[1]"}
_TEXT_AT = {"above right": "top right", "below": "bottom center", "left": "middle left"}
_GREY = "#868d93"
"""Of intervals whose points have several colours."""


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
        trace |= {
            "text": list(mark.text),
            "textposition": _TEXT_AT[mark.text_at],
            "textfont": {"size": 12, "color": TEXT},
        }
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
        "hoverinfo": "skip", "name": mark.name, "legendgroup": mark.name, **axes_of(panel),
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
        font = "outsidetextfont" if mark.outside else "insidetextfont"
        trace[font] = {"color": TEXT if mark.outside else _inks(mark.colour)}
    if mark.low is not None and mark.high is not None:
        trace["error_x" if mark.across else "error_y"] = _error(mark.values, mark.low, mark.high)
        trace["customdata"] = _ends(mark.low, mark.high)
    yield trace


@traces.register
def _(mark: Cells, panel: int, listed: set[str]) -> Iterator[dict[str, Any]]:
    yield {
        "type": "heatmap", "z": mark.values, "zmin": 0, "zmax": mark.most, "showscale": False, "hoverinfo": "skip",
        "colorscale": [[0, TRANSPARENT], [1, colour(mark.colour)]], "texttemplate": f"%{{z:{mark.form}}}",
        **axes_of(panel),
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
    return colour(value) if _single(value) else [colour(each) for each in value]


def _single(value: Any) -> bool:
    return isinstance(value, str) or bool(len(value) and isinstance(value[0], float))


def _inks(value: Any) -> Any:
    """Of the text on bars of such colours."""
    return ink(value) if _single(value) else [ink(each) for each in value]


def axes_of(panel: int) -> dict[str, str]:
    """plotly's names of a panel's axes.

    >>> axes_of(0), axes_of(2)
    ({'xaxis': 'x', 'yaxis': 'y'}, {'xaxis': 'x3', 'yaxis': 'y3'})
    """
    number = str(panel + 1) if panel else ""
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def _trace(mark: Line | Points | Bars, panel: int, listed: set[str]) -> dict[str, Any]:
    """Legend and hover: what stands under one name in the legend is listed once, and switched together."""
    entry = tr(mark.group or mark.name)
    first = bool(mark.listed and entry and entry not in listed)
    if first:
        listed.add(entry)
    trace: dict[str, Any] = {"name": entry, "showlegend": first, **axes_of(panel), **_hover(mark.hover, tr(mark.name))}
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
