"""How much of a map lies on the neighbour: the stored leakage in one sentence, as a chart and as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsss_viz.app.language import tr
from wsss_viz.app.services.ranking import short_name
from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Plot
from wsss_viz.figures.results import style_of, width_of
from wsss_viz.methods.catalogue import title

METHOD, RECALL = "cs-ae", 0.7
"""Whose leak the sentence is about, and at which recall."""
HEIGHT = 340


def finding(report: Mapping[str, Any], method: str = METHOD, recall: float = RECALL) -> str:
    """The leak of a method beside the reference's and CAM's, at that recall or the nearest measured; "" without one."""
    if method not in report["methods"]:
        return ""
    nearest = min(range(len(report["recalls"])), key=lambda i: abs(report["recalls"][i] - recall))
    row, base = report["methods"][method][nearest], report["methods"][report["reference"]][nearest]
    if row["leak"] is None or base["leak"] is None or row["more"] is None:
        return ""
    low, high = row["more_interval"]
    sentence = tr(
        "At {value:.0f} % recall, {leak:.1f} % of what {short_name} claims lies on the neighbour, "
        "{leak_2:.1f} % with {named}: ",
        value=100 * report["recalls"][nearest],
        leak=row["leak"],
        short_name=short_name(method),
        leak_2=base["leak"],
        named=named(report["reference"]),
    )
    if low is not None and high is not None and high < 0:
        sentence += tr("{more:.1f} points less ({high:.1f} to {low:.1f}).", more=-row["more"], high=-high, low=-low)
    elif low is not None and high is not None and low > 0:
        sentence += tr("{more:.1f} points more ({low:.1f} to {high:.1f}).", more=row["more"], low=low, high=high)
    else:
        sentence += tr("no clear difference.")
    cam = report["methods"].get("cam")
    if cam is not None and cam[nearest]["leak"] is not None and method != "cam":
        sentence += tr(" CAM, which erases nothing: {leak:.1f} %.", leak=cam[nearest]["leak"])
    return sentence


def named(row: str) -> str:
    """A row within a sentence: a control without that word."""
    return tr(short_name(row).removeprefix("control: "))


def rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per method, the least leak at the highest recall first: the leak at each recall, in percent."""
    last = len(report["recalls"]) - 1

    def leak(name: str) -> float:
        value = report["methods"][name][last]["leak"]
        return float("inf") if value is None else value

    return [
        {
            "method": title(name),
            **{
                f"at {100 * recall:.0f} %": row["leak"]
                for recall, row in zip(report["recalls"], report["methods"][name], strict=True)
            },
        }
        for name in sorted(report["methods"], key=leak)
    ]


def leakage_chart(report: Mapping[str, Any]) -> Chart:
    """A line per method over the recall, with the intervals over images."""
    marks: list[Mark] = []
    for name, by_recall in report["methods"].items():
        pairs = zip(report["recalls"], by_recall, strict=True)
        at = [(100 * recall, row) for recall, row in pairs if row["leak"] is not None]
        style, reference = style_of(name), name == report["reference"]
        low, high = ([row["interval"][end] for _, row in at] for end in (0, 1))
        marks.append(
            Line(
                [recall for recall, _ in at], [row["leak"] for _, row in at], title(name), style.colour,
                width=2.2 if reference else width_of(name), dash="dash" if reference else style.dash,
                symbol="circle", size=6.0, low=low, high=high, hover=tr("{name}: {y:.1f} % at {x:.0f} % recall"
),
            )
        )  # fmt: skip
    x = Axis(tr("recall of the class's own objects, percent"), step=10)
    y = Axis(tr("on another object, percent"), from_zero=True)
    return Chart((Plot(tuple(marks), x, y),), HEIGHT, margin=(8, 8, 8, 40))
