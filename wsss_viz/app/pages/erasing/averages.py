"""The erasing experiment over many scenes: its averages with their intervals, and the controls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from wsss_viz.app.services import traces
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent
from wsss_viz.figures.chart import SERIES, Axis, Band, Chart, Line, Mark, Plot

MEASURES = {
    "probability": "probability of the class",
    "other_probability": "probability of the other labels",
    "discriminative_absolute": "activation of the discriminative part (logits)",
    "non_discriminative_absolute": "activation of the non-discriminative part (logits)",
    "discriminative_normalised": "activation of the discriminative part, by the map's maximum",
    "non_discriminative_normalised": "activation of the non-discriminative part, by the map's maximum",
    "recall_of_remainder": "recall of what was not erased",
    "outside": "share of the map outside the object",
    "area": "share of the image that is erased",
}
KINDS = {
    "class": ("its own map", SERIES[3], "solid"),
    "agnostic": ("the maps of all labels", SERIES[1], "dash"),
    "random": ("the same area elsewhere", SERIES[2], "dot"),
}
THETA = Axis("erased where the map is above \N{GREEK SMALL LETTER THETA}", reversed=True)
FIXED = {
    "graded": "the map itself, softly",
    "discriminative": "the true discriminative part",
    "non_discriminative": "the true non-discriminative part",
    "object": "the whole true object",
}


def averages() -> None:
    """The section; without a showcase, how to compute it."""
    stored = traces.showcase()
    experiment = stored.experiment if stored else {}
    if not experiment:
        st.caption(f":material/info: No averages over many scenes yet. {traces.showcase_note()}")
        return
    st.header(f"Over {experiment['images']} drawn scenes", anchor=False)
    st.caption(
        f"{experiment['observations']} labelled objects of the first {experiment['images']} scenes of "
        f"{experiment['data']}, mean and 95 % interval over images, precomputed. The random control erases the same "
        "area at a random position."
    )
    with st.grid(2, min_column_width=380, gap="large", key="averages") as grid, grid.cell():
        measure = st.selectbox(
            "Measure", list(MEASURES), format_func=lambda name: MEASURES[name], key="erasing_measure"
        )
        show(averages_chart(experiment["rows"], measure), "erasing_averages", MEASURES[measure])
    with grid, grid.cell():
        st.html(markup.panel_title("Controls", "erased once, by the ground truth or softly"))
        st.html(control_table(experiment["rows"]))


def averages_chart(rows: Sequence[dict[str, Any]], measure: str) -> Chart:
    """One line per kind of erasure over the threshold, its interval as a band."""
    marks: list[Mark] = []
    for kind, (name, colour, dash) in KINDS.items():
        measured = [row for row in rows if row["kind"] == kind and row[measure] is not None]
        thetas = [row["threshold"] for row in measured]
        low, high = zip(*(row["interval"][measure] for row in measured), strict=True)
        marks.append(Band(thetas, low, high, colour))
        hover = "{name}, \N{GREEK SMALL LETTER THETA} = {x:.1f}: {y:.3f}"
        values = [row[measure] for row in measured]
        marks.append(Line(thetas, values, name, colour, dash=dash, symbol="circle", size=6.0, hover=hover))
    return Chart((Plot(tuple(marks), THETA, Axis(MEASURES[measure])),))


def control_table(rows: Sequence[dict[str, Any]]) -> str:
    """What the classifier still says once a given region is erased."""
    heads = ("erased", "area", "prob. of class", "of others", "recall of the remainder")
    fields = ("area", "probability", "other_probability", "recall_of_remainder")
    whole = next(row for row in rows if row["kind"] == "class" and row["threshold"] == 1.0)
    named = [("nothing", whole), *((FIXED[row["kind"]], row) for row in rows if row["kind"] in FIXED)]
    body = "".join(
        f"<tr><th>{name}</th>"
        + "".join(f"<td>{percent(math.nan if row[field] is None else row[field])}</td>" for field in fields)
        + "</tr>"
        for name, row in named
    )
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f'<table class="wv-step"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
