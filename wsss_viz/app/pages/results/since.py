"""And since: what was published on PASCAL VOC 2012 from 2021 on, by kind of supervision, with where each was read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import show
from wsss_viz.evaluation.published.since import NOT_READ, SUPERVISIONS, Since, published_since
from wsss_viz.figures.chart import SERIES, Axis, Chart, Mark, Plot, Points

SYMBOLS = ("circle", "square", "diamond", "cross")
SHIFT = 0.17
"""Years between the columns of two kinds, so that they do not lie on each other."""
NAMED = ("CS-AE (OC-CSE)", "RIB")
"""The lecture's two, which stand at one place and are named in the chart together."""


def rows(published: tuple[Since, ...]) -> list[dict[str, Any]]:
    """The table, the newest first, in its order within a year."""
    return [
        {
            "year": one.year,
            "venue": one.venue,
            "method": one.method,
            "supervision": SUPERVISIONS[one.supervision],
            "VOC val": one.val,
            "VOC test": one.test,
            "COCO val": one.coco,
            "network": one.network,
            "read in": one.read_in,
        }
        for one in sorted(published, key=lambda one: -one.year)
    ]


def timeline(published: tuple[Since, ...], height: int = 360) -> Chart:
    """mIoU on VOC's val set by year, a symbol and a colour per kind of supervision, and the best so far of each."""
    marks: list[Mark] = []
    for number, (kind, name) in enumerate(SUPERVISIONS.items()):
        of_kind = [one for one in published if one.supervision == kind and one.val is not None]
        at = [one.year + SHIFT * (number - 1.5) for one in of_kind]
        texts = [f"{one.method}, {one.venue} {one.year}: {one.val:.1f}" for one in of_kind]
        labels = ["RIB, CS-AE" if one.method == "RIB" else one.method * (one.val == _best(of_kind)) for one in of_kind]
        values = [one.val for one in of_kind]
        marks.append(
            Points(at, values, name, SERIES[number], symbol=SYMBOLS[number], opacity=0.85, hover=texts, text=labels)
        )
    years = sorted({one.year for one in published if one.val is not None})
    x = Axis(low=years[0] - 0.5, high=years[-1] + 0.8, ticks=years, labels=[str(year) for year in years])
    return Chart((Plot(tuple(marks), x, Axis("mIoU on VOC 2012 val, percent", low=60, high=88)),), height)


def _best(published: list[Since]) -> float:
    return max(one.val for one in published if one.val is not None)


def said(published: tuple[Since, ...]) -> str:
    """The highest of each kind, in a sentence."""
    best = []
    for kind, name in SUPERVISIONS.items():
        of_kind = [one for one in published if one.supervision == kind and one.val is not None]
        top = max(of_kind, key=lambda one: one.val or 0)
        best.append(f"{name} {top.val:.1f} ({top.method}, {top.year})")
    return "The highest that was read: " + ", ".join(best) + "."


def since() -> None:
    """The timeline, and all numbers with their sources."""
    everything = published_since()
    st.header("And since", anchor=False)
    chart = timeline(everything)
    show(chart, "since", f"published mIoU on VOC 2012 val by year and supervision. {said(everything)}")
    st.caption(
        f"{said(everything)} Other networks, other pretraining, other test-time protocols: the years differ in more "
        "than the method. As published, and read in the source of each row; papers were not read again. Not entered, "
        f"because no source with numbers was at hand: {', '.join(NOT_READ)}, and more."
    )
    st.dataframe(rows(everything), hide_index=True, width="stretch", height=420, placeholder="–")
    chart_exports.buttons("published-since-2021", rows(everything), {"measured": "as published"}, chart)
