"""The charts of the page Results, in plotly: a method has its colour and line style, a control is grey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsss_viz.methods.catalogue import METHODS, title

HEIGHT = 430
CONTROLS = "controls, further seeds"
"""What the legend calls the rows that are no method of the app."""
_GREY = "#8d969d"
_PARTS = (("non_discriminative", "rest", "#266ed2"), ("discriminative", "discriminative part", "#dc322f"))
_MARKS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "star", "pentagon", "hexagon")


def line_of(name: str) -> dict[str, Any]:
    """A method's line; that of a further seed is the method's, thin and dotted; a control's is grey."""
    if name in METHODS:
        return {"color": METHODS[name].colour, "dash": METHODS[name].dash, "width": 2.2}
    look = next((look for look in METHODS.values() if name.startswith(f"{look.title}, seed")), None)
    return {"color": look.colour if look else _GREY, "dash": "dot", "width": 1.4}


def _legend(report: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A method stands in the legend by itself, the other rows under one name at the end."""
    if name in METHODS:
        return {"name": title(name), "legendgroup": name, "legendrank": 1000}
    first = next(other for other in report["methods"] if other not in METHODS)
    return {"name": CONTROLS, "legendgroup": CONTROLS, "showlegend": name == first, "legendrank": 1001}


def curve_figure(report: Mapping[str, Any]) -> Any:
    """A line a method; at its threshold a mark with the interval over images."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for name, scores in report["methods"].items():
        thresholds, values = zip(*scores["curve"], strict=True)
        line, legend = line_of(name), _legend(report, name)
        named = f"{title(name)}: %{{y:.1f}} at %{{x:.2f}}<extra></extra>"
        figure.add_scatter(x=thresholds, y=values, mode="lines", line=line, hovertemplate=named, **legend)
        low, high = scores["interval"]["miou"]
        figure.add_scatter(
            x=[scores["threshold"]],
            y=[scores["miou"]],
            mode="markers",
            marker={
                "size": 9 if name in METHODS else 6,
                "color": line["color"],
                "symbol": METHODS[name].marker if name in METHODS else "circle",
            },
            error_y={"array": [high - scores["miou"]], "arrayminus": [scores["miou"] - low], "thickness": 1.4},
            legendgroup=legend["legendgroup"],
            showlegend=False,
            hovertemplate=f"{title(name)}: %{{y:.1f}} ({low:.1f} to {high:.1f}) at %{{x:.2f}}<extra></extra>",
        )
    _lay_out(figure, "mIoU, percent", "threshold")
    figure.update_xaxes(range=[0, 1], dtick=0.2)
    return figure


def part_figure(report: Mapping[str, Any]) -> Any:
    """A row a method, on top the one that recalls most of the rest: its two recalls with their intervals."""
    from plotly import graph_objects as go

    def rest(name: str) -> float:
        recall = report["methods"][name]["part_recall"]["non_discriminative"]
        return -1.0 if recall is None else float(recall)

    figure = go.Figure()
    order = sorted(report["methods"], key=rest)
    names = [title(name) for name in order]
    for part, label, colour in _PARTS:
        recalls = [report["methods"][name]["part_recall"][part] for name in order]
        ends = [report["methods"][name]["interval"][part] for name in order]
        up = [None if r is None or high is None else high - r for r, (_, high) in zip(recalls, ends, strict=True)]
        down = [None if r is None or low is None else r - low for r, (low, _) in zip(recalls, ends, strict=True)]
        figure.add_scatter(
            x=recalls,
            y=names,
            name=label,
            mode="markers",
            marker={"size": 10, "color": colour},
            error_x={"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.4},
            hovertemplate=f"%{{y}}, {label}: %{{x:.1f}}<extra></extra>",
        )
    _lay_out(figure, "", "recall, percent")
    figure.update_yaxes(categoryorder="array", categoryarray=names, rangemode="normal")
    figure.update_xaxes(range=[0, 102], dtick=20)
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
            mode="markers",
            marker={"size": 10, "color": line_of(name)["color"], "symbol": _MARKS[number % len(_MARKS)]}
            if name in METHODS
            else {"size": 6, "color": _GREY, "symbol": "line-ns-open"},
            hovertemplate=f"{title(name)}, %{{y}}: %{{x:.1f}}<extra></extra>",
            **_legend(report, name),
        )
    _lay_out(figure, "", "IoU, percent")
    figure.update_layout(height=90 + 30 * len(order))
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], rangemode="normal")
    figure.update_xaxes(rangemode="tozero")
    return figure


def _lay_out(figure: Any, y: str, x: str) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(title=x, fixedrange=True, automargin=True)
    figure.update_yaxes(title=y, fixedrange=True, rangemode="tozero", automargin=True)
