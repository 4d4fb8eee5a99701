"""What was published on THUMOS14: mAP of methods that learn from video labels, with where each number was read."""

from __future__ import annotations

from typing import Any

import streamlit as st

from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import show
from wsss_viz.evaluation.published.thumos14 import COLUMNS, PublishedInTime, published_in_time
from wsss_viz.figures.chart import SERIES, Axis, Chart, Plot, Points

AT = COLUMNS.index("0.5")
KINDS = {"video labels alone": False, "with extra supervision": True}
"""Name in the legend, by whether something comes beside the labels."""


def rows() -> list[dict[str, Any]]:
    """The table, the newest first."""
    return [
        {
            "year": one.year,
            "venue": one.venue,
            "method": one.method,
            **dict(zip(COLUMNS, one.by_tiou, strict=True)),
            "average": one.average,
            "beside video labels": one.more,
            "read in": one.source,
        }
        for one in sorted(published_in_time(), key=lambda one: -one.year)
    ]


def year_chart(published: tuple[PublishedInTime, ...]) -> Chart:
    """mAP at tIoU 0.5 by year, a symbol per method that reported it."""
    marks = []
    for (name, more), colour, symbol in zip(KINDS.items(), SERIES, ("circle", "diamond"), strict=False):
        with_half = [one for one in published if bool(one.more) == more and one.by_tiou[AT] is not None]
        texts = [f"{one.method}, {one.venue} {one.year}: {one.by_tiou[AT]:.1f}" for one in with_half]
        at, values = [one.year for one in with_half], [one.by_tiou[AT] for one in with_half]
        marks.append(Points(at, values, name, colour, symbol=symbol, opacity=0.8, hover=texts))
    years = sorted({one.year for one in published if one.by_tiou[AT] is not None})
    x = Axis("year", low=years[0] - 0.5, high=years[-1] + 0.5, ticks=years, labels=[str(year) for year in years])
    return Chart((Plot(tuple(marks), x, Axis("mAP at temporal IoU 0.5", from_zero=True)),), 300)


def published() -> None:
    """The chart and the table."""
    st.header("Published, not measured here: THUMOS14", anchor=False)
    everything = published_in_time()
    chart = year_chart(everything)
    show(chart, "thumos14", "published mAP at temporal IoU 0.5 by year")
    newest = max(one.year for one in everything)
    st.caption(
        f"mAP in percent, {len(everything)} methods. The list that most of it was read in ends in 2023; of later ones, "
        f"up to {newest}, there is what could be read in a source. No paper was read again for this. The drawn videos "
        "cannot be compared with it."
    )
    with st.expander("All numbers, and where each was read"):
        st.dataframe(rows(), hide_index=True, width="stretch", height=420, placeholder="–")
        chart_exports.buttons("thumos14", rows(), {"measured": "as published"}, chart)
