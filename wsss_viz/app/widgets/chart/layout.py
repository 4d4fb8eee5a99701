"""A chart's panels in plotly's terms: axes, titles, rules and notes."""

from __future__ import annotations

from typing import Any

import numpy as np

from wsss_viz.app.language import tr
from wsss_viz.app.widgets.chart.marks import TEXT, axes_of, colour
from wsss_viz.figures.chart import GREY, Axis, Chart, Note, Plot, Rule

__all__ = ["FAINT", "STANDOFF", "axis_layout", "lay_out"]

FAINT = "rgba(128,128,128,0.28)"
STANDOFF = {"x": 6, "y": 14}
"""Pixels between the numbers of an axis and its title, whose letters reach 4 of them below the line they stand on."""


def lay_out(layout: dict[str, Any], chart: Chart, panel: Plot, number: int) -> None:
    """Adds the axes, title, rules and notes of a chart's panel to plotly's layout."""
    names = axes_of(number)
    x, y = _domains(chart, panel)
    for axis, letter, domain, other in ((panel.x, "x", x, "y"), (panel.y, "y", y, "x")):
        key = names[f"{letter}axis"]
        layout[f"{letter}axis{key[1:]}"] = {
            **axis_layout(axis, letter),
            "showgrid": letter == "y" and not axis.hidden,
            "domain": domain,
            "anchor": names[f"{other}axis"],
        }
    if panel.title:
        title: dict[str, Any] = {"text": tr(panel.title), "showarrow": False, "xref": "paper", "yref": "paper"}
        title |= {"x": sum(x) / 2, "y": y[1], "xanchor": "center", "yanchor": "bottom", "font": {"size": 13}}
        if panel.colour is not None:  # beside the words, which are read in the text's colour
            square = f'<span style="color:{colour(panel.colour)}">\N{BLACK SQUARE}</span>'
            title |= {"text": f"{square} <b>{tr(panel.title)}</b>", "font": {"size": 14}}
        title["font"]["color"] = TEXT
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


def axis_layout(axis: Axis, letter: str) -> dict[str, Any]:
    """An axis in plotly's terms; `letter` "x" or "y"."""
    layout: dict[str, Any] = {
        "title": {"text": tr(axis.title), "standoff": STANDOFF[letter]}, "gridcolor": FAINT, "zeroline": False,
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
        layout |= {
            "tickmode": "array",
            "tickvals": list(axis.categories),
            "ticktext": [*map(tr, axis.labels or axis.categories)],
        }
    if axis.hidden:
        layout |= {"showticklabels": False, "automargin": False}
    if axis.form:
        layout["tickformat"] = axis.form
    return layout


def _rule(layout: dict[str, Any], mark: Rule, x: str, y: str) -> None:
    line = {"color": colour(mark.colour), "width": mark.width, "dash": mark.dash}
    if mark.x is not None:
        position = {"xref": x, "yref": f"{y} domain", "x0": mark.x, "x1": mark.x, "y0": 0, "y1": 1}
        end = {"x": mark.x, "y": 1, "xanchor": "center"}
    else:
        position = {"xref": f"{x} domain", "yref": y, "x0": 0, "x1": 1, "y0": mark.y, "y1": mark.y}
        end = {"x": 1, "y": mark.y, "xanchor": "right"}
    layout["shapes"].append({"type": "line", "line": line, **position})
    if mark.text:
        text = {"text": mark.text, "showarrow": False, "yanchor": "bottom", "font": {"size": 11, "color": TEXT}}
        layout["annotations"].append({**text, **end, "xref": position["xref"], "yref": position["yref"]})


def _note(mark: Note, x: str, y: str) -> dict[str, Any]:
    across = {"left": "right", "right": "left", "right above": "left"}.get(mark.side, "center")
    along = {"above": "bottom", "right above": "bottom", "below": "top"}.get(mark.side, "middle")
    note: dict[str, Any] = {
        "x": mark.x, "y": mark.y, "xref": x, "yref": y, "text": f"<b>{mark.text}</b>" if mark.bold else mark.text,
        "showarrow": False, "xanchor": across, "yanchor": along, "textangle": mark.angle,
        "font": {"size": mark.size, "color": TEXT if mark.colour == GREY else colour(mark.colour)},
        "xshift": {"left": -6, "right": 6}.get(mark.side, 0),
    }  # fmt: skip
    return {**note, "bgcolor": "rgba(128,128,128,0.18)", "borderpad": 8} if mark.boxed else note
