"""The charts of an evaluation's report: a method has its colour and line style, a control is grey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Plot, Points, Rule
from wsss_viz.methods.catalogue import METHODS, title

__all__ = [
    "CONTROLS",
    "HEIGHT",
    "LineStyle",
    "class_chart",
    "curve_chart",
    "gain_chart",
    "part_chart",
    "style_of",
    "width_of",
    "worst_first",
]

HEIGHT = 430
CONTROLS = "controls, further seeds"
"""What the legend calls the rows that are no method of the app."""
_GREY = "#868d93"
_PARTS = (
    ("non_discriminative", "non-discriminative part", "#266ed2"),
    ("discriminative", "discriminative part", "#dc322f"),
)


class LineStyle(NamedTuple):
    """A row's colour, dash and symbol."""

    colour: str
    dash: str
    symbol: str = "circle"


def style_of(name: str) -> LineStyle:
    """A method's own; that of a further seed is the method's, dotted; a control's is grey.

    >>> style_of("rib").symbol, style_of("RIB, seed 1").dash
    ('star', 'dot')
    """
    if name in METHODS:
        return LineStyle(METHODS[name].colour, METHODS[name].dash, METHODS[name].marker)
    method = next((method for method in METHODS.values() if name.startswith(f"{method.title}, seed")), None)
    return LineStyle(method.colour if method else _GREY, "dot")


def width_of(name: str) -> float:
    """The width of a row's line: what is no method of the app is thin.

    >>> width_of("cam") > width_of("control")
    True
    """
    return 2.8 if name in METHODS else 1.4


def _listed(name: str) -> dict[str, Any]:
    """A method stands in the legend by itself, the other rows under one name at the end."""
    return {"name": title(name)} if name in METHODS else {"name": title(name), "group": CONTROLS, "last": True}


def curve_chart(report: Mapping[str, Any]) -> Chart:
    """A line per method; at its threshold a mark with the interval over images.

    >>> from wsss_viz.evaluation.stored_results import stored_reports
    >>> report = stored_reports()["scenes-test"]
    >>> len(curve_chart(report).panels[0].marks) == 2 * len(report["methods"])
    True
    """
    marks: list[Mark] = []
    for name, scores in report["methods"].items():
        thresholds, values = zip(*scores["curve"], strict=True)
        style, listed = style_of(name), _listed(name)
        hover = "{name}: {y:.1f} at {x:.2f}"
        marks.append(
            Line(thresholds, values, colour=style.colour, dash=style.dash, width=width_of(name), hover=hover, **listed)
        )
        low, high = scores["interval"]["miou"]
        hover, size = "{name}: {y:.1f} ({low:.1f} to {high:.1f}) at {x:.2f}", 9.0 if name in METHODS else 6.0
        at, best = [scores["threshold"]], [scores["miou"]]
        ends: dict[str, Any] = {"low": [low], "high": [high], "hover": hover}
        marks.append(Points(at, best, colour=style.colour, size=size, symbol=style.symbol, **ends, **listed))
    return _chart(marks, Axis("threshold", 0, 1, step=0.2), Axis("mIoU, percent", from_zero=True))


def gain_chart(report: Mapping[str, Any]) -> Chart:
    """A row per method, the best on top: its mIoU with the interval; a line where CAM stands.

    >>> from wsss_viz.evaluation.stored_results import stored_reports
    >>> gain_chart(stored_reports()["scenes-test"]).panels[0].y.categories[-1]
    'RIB'
    """
    order = sorted(report["methods"], key=lambda name: report["methods"][name]["miou"])
    names = [title(name) for name in order]
    values = [report["methods"][name]["miou"] for name in order]
    low, high = zip(*(report["methods"][name]["interval"]["miou"] for name in order), strict=True)
    colours = [style_of(name).colour for name in order]
    marks: list[Mark] = [
        Points(
            values, names, "mIoU", colours, 10.0, low=low, high=high, across=True, listed=False, hover="{y}: {x:.1f}"
        )
    ]
    if "cam" in report["methods"]:
        marks.append(Rule(x=report["methods"]["cam"]["miou"], text="CAM"))
    axes = Axis("mIoU, percent"), Axis(categories=names)
    return _chart(marks, *axes, height=106 + 26 * len(order), top=24)


def part_chart(report: Mapping[str, Any]) -> Chart:
    """A row per method, on top the one with the top recall of the non-discriminative part: both recalls.

    >>> from wsss_viz.evaluation.stored_results import stored_reports
    >>> report = stored_reports()["scenes-test"]
    >>> [mark.name for mark in part_chart(report).panels[0].marks]
    ['non-discriminative part', 'discriminative part']
    """

    def rest(name: str) -> float:
        recall = report["methods"][name]["part_recall"]["non_discriminative"]
        return -1.0 if recall is None else float(recall)

    order = sorted(report["methods"], key=rest)
    names = [title(name) for name in order]
    marks: list[Mark] = []
    for part, label, colour in _PARTS:
        recalls = [report["methods"][name]["part_recall"][part] for name in order]
        low, high = zip(*(report["methods"][name]["interval"][part] for name in order), strict=True)
        hover = f"{{y}}, {label}: {{x:.1f}}"
        marks.append(Points(recalls, names, label, colour, 10.0, low=low, high=high, across=True, hover=hover))
    return _chart(marks, Axis("recall, percent", 0, 102, step=20), Axis(categories=names))


def worst_first(report: Mapping[str, Any]) -> list[str]:
    """The classes and the background by their mean IoU over the methods, the worst first.

    >>> from wsss_viz.evaluation.stored_results import stored_reports
    >>> report = stored_reports()["scenes-test"]
    >>> worst_first(report)[-1]
    'background'
    """
    methods = list(report["methods"].values())

    def mean(name: str) -> float:
        values = [scores["per_class"][name] for scores in methods if scores["per_class"].get(name) is not None]
        return sum(values) / len(values) if values else float("inf")

    return sorted(methods[0]["per_class"], key=mean)


def class_chart(report: Mapping[str, Any]) -> Chart:
    """A row per class, the worst on top; a mark per method.

    >>> from wsss_viz.evaluation.stored_results import stored_reports
    >>> report = stored_reports()["scenes-test"]
    >>> class_chart(report).panels[0].y.categories[0]  # at the bottom
    'background'
    """
    order = worst_first(report)
    marks: list[Mark] = []
    for name, scores in report["methods"].items():
        values = [scores["per_class"].get(label) for label in order]
        method = name in METHODS
        colour, symbol = (METHODS[name].colour, METHODS[name].marker) if method else (_GREY, "line-ns-open")
        size, hover = 10.0 if method else 6.0, "{name}, {y}: {x:.1f}"
        marks.append(Points(values, order, colour=colour, size=size, symbol=symbol, hover=hover, **_listed(name)))
    axes = Axis("IoU, percent", from_zero=True), Axis(categories=order[::-1])
    return _chart(marks, *axes, height=90 + 30 * len(order))


def _chart(marks: list[Mark], x: Axis, y: Axis, height: int = HEIGHT, top: int = 8) -> Chart:
    return Chart((Plot(tuple(marks), x, y),), height, margin=(8, 8, top, 40))
