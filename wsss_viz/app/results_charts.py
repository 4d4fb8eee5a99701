"""The charts of the page Results, in plotly: a method has its colour and line style, a control is grey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsss_viz.figures.looks import METHODS, title

HEIGHT = 340
_GREYS = ("#8d969d", "#5f686f", "#b3babf", "#767f86")
_PARTS = (("discriminative", "discriminative part", "#dc322f"), ("non_discriminative", "rest", "#266ed2"))
_MARKS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "pentagon", "hexagon")


def _line(report: Mapping[str, Any], name: str) -> dict[str, Any]:
    look = METHODS.get(name)
    if look:
        return {"color": look.colour, "dash": look.dash, "width": 2.2}
    others = [other for other in report["methods"] if other not in METHODS]
    return {"color": _GREYS[others.index(name) % len(_GREYS)], "dash": "dot", "width": 1.6}


def curve_figure(report: Mapping[str, Any]) -> Any:
    """A line a method; at its threshold a mark with the interval over images."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for name, scores in report["methods"].items():
        thresholds, values = zip(*scores["curve"], strict=True)
        line = _line(report, name)
        figure.add_scatter(x=thresholds, y=values, name=title(name), mode="lines", line=line, legendgroup=name)
        low, high = scores["interval"]["miou"]
        figure.add_scatter(
            x=[scores["threshold"]],
            y=[scores["miou"]],
            mode="markers",
            marker={"size": 9, "color": line["color"]},
            error_y={"array": [high - scores["miou"]], "arrayminus": [scores["miou"] - low], "thickness": 1.4},
            legendgroup=name,
            showlegend=False,
            hovertemplate=f"{title(name)}: %{{y:.1f}} ({low:.1f} to {high:.1f}) at %{{x:.2f}}<extra></extra>",
        )
    _lay_out(figure, "mIoU, percent", "threshold")
    figure.update_xaxes(range=[0, 1], dtick=0.2)
    return figure


def part_figure(report: Mapping[str, Any]) -> Any:
    """Two bars a method with their intervals."""
    from plotly import graph_objects as go

    figure = go.Figure()
    names = [title(name) for name in report["methods"]]
    for part, label, colour in _PARTS:
        recalls = [scores["part_recall"][part] for scores in report["methods"].values()]
        ends = [scores["interval"][part] for scores in report["methods"].values()]
        up = [None if r is None or high is None else high - r for r, (_, high) in zip(recalls, ends, strict=True)]
        down = [None if r is None or low is None else r - low for r, (low, _) in zip(recalls, ends, strict=True)]
        errors = {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.2}
        figure.add_bar(x=names, y=recalls, name=label, marker_color=colour, error_y=errors)
    _lay_out(figure, "recall, percent", "")
    figure.update_yaxes(range=[0, 102])
    return figure


def worst_first(report: Mapping[str, Any]) -> list[str]:
    """The classes and the background by their mean IoU over the methods, the worst first."""
    methods = list(report["methods"].values())

    def mean(name: str) -> float:
        values = [scores["per_class"][name] for scores in methods if scores["per_class"].get(name) is not None]
        return sum(values) / len(values) if values else float("inf")

    return sorted(methods[0]["per_class"], key=mean)


def class_figure(report: Mapping[str, Any]) -> Any:
    """A row a class, the worst on top; a mark a method."""
    from plotly import graph_objects as go

    figure = go.Figure()
    order = worst_first(report)
    for number, (name, scores) in enumerate(report["methods"].items()):
        figure.add_scatter(
            x=[scores["per_class"].get(label) for label in order],
            y=order,
            name=title(name),
            mode="markers",
            marker={"size": 10, "color": _line(report, name)["color"], "symbol": _MARKS[number % len(_MARKS)]},
            hovertemplate=f"{title(name)}, %{{y}}: %{{x:.1f}}<extra></extra>",
        )
    _lay_out(figure, "", "IoU, percent")
    figure.update_layout(height=90 + 30 * len(order))
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], rangemode="normal")
    figure.update_xaxes(rangemode="tozero")
    return figure


def _lay_out(figure: Any, y: str, x: str) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 46, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(title=x, fixedrange=True)
    figure.update_yaxes(title=y, fixedrange=True, rangemode="tozero")
