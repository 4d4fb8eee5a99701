"""What was published on PASCAL VOC 2012 from 2021 on, by kind of supervision, with where each was read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from wsss_viz.app.pages.results.sections import NOTHING
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import show
from wsss_viz.evaluation.published.since import NOT_READ, SUPERVISIONS, Since, published_since
from wsss_viz.figures.chart import SERIES, Axis, Chart, Mark, Plot, Points

FORMATS = {name: st.column_config.NumberColumn(format="%.1f") for name in ("VOC val", "VOC test", "COCO val")}
SYMBOLS = ("circle", "square", "diamond", "cross")
SHIFT = 0.17
"""Years between the columns of two kinds, so that they do not lie on each other."""
NAMED = ("RIB", "CS-AE (OC-CSE)")
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
        best, names = _best(of_kind), ",<br>".join(_short(method) for method in NAMED)
        for named in (False, True):
            ones = [one for one in of_kind if (one.method in NAMED) == named]
            if not ones:
                continue
            at = [one.year + _beside(published, one) for one in ones]
            texts = [f"{one.method}, {one.venue} {one.year}: {one.val:.1f}" for one in ones]
            labels = [_short(one.method) * (one.val == best) for one in ones]
            of: dict[str, Any] = {"text": [names, *labels[1:]], "text_at": "left"} if named else {"text": labels}
            values, symbol = [one.val for one in ones], SYMBOLS[number]
            marks.append(Points(at, values, name, SERIES[number], symbol=symbol, opacity=0.85, hover=texts, **of))
    years = sorted({one.year for one in published if one.val is not None})
    x = Axis(low=years[0] - 1.1, high=years[-1] + 0.8, ticks=years, labels=[str(year) for year in years])
    return Chart((Plot(tuple(marks), x, Axis("mIoU on VOC 2012 val, percent", low=60, high=88)),), height)


def _beside(published: tuple[Since, ...], one: Since) -> float:
    """Years from the year's label to the column of the kind: the columns of the kinds a year has lie around it."""
    kinds = {other.supervision for other in published if other.year == one.year and other.val is not None}
    columns = [kind for kind in SUPERVISIONS if kind in kinds]
    return SHIFT * (columns.index(one.supervision) - (len(columns) - 1) / 2)


def _short(method: str) -> str:
    """A method's name in the chart, without what it stands on.

    >>> _short("CS-AE (OC-CSE)")
    'CS-AE'
    """
    return method.split(" (", maxsplit=1)[0]


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
    st.header(f"Published since {min(one.year for one in everything)}", anchor=False)
    chart = timeline(everything)
    show(chart, "since", f"published mIoU on VOC 2012 val by year and supervision. {said(everything)}")
    st.caption(
        f"{said(everything)} Other networks, other pretraining, other test-time protocols: the years differ in more "
        "than the method. As published; each row says where it was read, mostly a repository rather than the paper. "
        f"Not entered, because no source with numbers was at hand: {', '.join(NOT_READ)}, and more."
    )
    st.dataframe(
        rows(everything), hide_index=True, width="stretch", height=420, placeholder=NOTHING, column_config=FORMATS
    )
    chart_exports.buttons("published-since-2021", rows(everything), {"measured": "as published"}, chart)
