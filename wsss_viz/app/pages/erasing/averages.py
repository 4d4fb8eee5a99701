"""The erasing experiment over many scenes: its averages with their intervals, and the controls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import streamlit as st

from wsss_viz.app.services import caches
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.charts import CONFIG, LEGEND
from wsss_viz.app.widgets.markup import percent

MEASURES = {
    "probability": "probability of the class",
    "other_probability": "probability of the other labels",
    "discriminative_absolute": "activation of the discriminative part (logits)",
    "non_discriminative_absolute": "activation of the rest (logits)",
    "discriminative_normalised": "activation of the discriminative part, by the map's maximum",
    "non_discriminative_normalised": "activation of the rest, by the map's maximum",
    "recall_of_remainder": "recall of what was not erased",
    "outside": "share of the map outside the object",
    "area": "share of the image that is erased",
}
KINDS = {
    "class": ("its own map", "#1f77c4", "solid"),
    "agnostic": ("the maps of all labels", "#d08700", "dash"),
    "random": ("the same area elsewhere", "#6c757d", "dot"),
}
FIXED = {
    "graded": "the map itself, softly",
    "discriminative": "the true discriminative part",
    "non_discriminative": "the true rest",
    "object": "the whole true object",
}


def averages() -> None:
    """The section; without a showcase, how to compute it."""
    shown = caches.showcase()
    found = shown.experiment if shown else {}
    if not found:
        st.caption(f":material/info: No averages over many scenes yet. {caches.showcase_note()}")
        return
    st.subheader(f"Over {found['images']} scenes", anchor=False)
    st.caption(
        f"{found['observations']} labelled objects of the first {found['images']} scenes of {found['data']}, mean and "
        "95 % interval over images, precomputed. The random control erases the same area at a random place."
    )
    with st.grid(2, min_column_width=380, gap="large", key="averages") as grid, grid.cell():
        measure = st.selectbox(
            "Measure", list(MEASURES), format_func=lambda name: MEASURES[name], key="erasing_measure"
        )
        st.plotly_chart(
            figure(found["rows"], measure),
            key="erasing_averages",
            config=CONFIG,
            alt=MEASURES[measure],
        )
    with grid, grid.cell():
        st.html(markup.panel_title("Controls", "erased once, by the ground truth or softly"))
        st.html(control_table(found["rows"]))


def figure(rows: Sequence[dict[str, Any]], measure: str) -> Any:
    """One line a kind of erasure over the threshold, its interval as a band."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for kind, (name, colour, dash) in KINDS.items():
        own = [row for row in rows if row["kind"] == kind and row[measure] is not None]
        thetas = [row["threshold"] for row in own]
        bounds = [row["interval"][measure] for row in own]
        figure.add_scatter(
            x=[*thetas, *thetas[::-1]],
            y=[*(low for low, _ in bounds), *(high for _, high in bounds[::-1])],
            fill="toself",
            line={"width": 0},
            fillcolor=f"rgba{(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), 0.14)}",
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=thetas,
            y=[row[measure] for row in own],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.4},
            hovertemplate=f"{name}, \N{GREEK SMALL LETTER THETA} = %{{x:.1f}}: %{{y:.3f}}<extra></extra>",
        )
    figure.update_layout(
        height=320,
        margin={"l": 46, "r": 8, "t": 8, "b": 40},
        legend=LEGEND,
    )
    figure.update_xaxes(title="erased where the map is above \N{GREEK SMALL LETTER THETA}", autorange="reversed")
    return figure


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
