"""Information: the information plane of small networks, what is exact, and what a real classifier's layers carry."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.information import (
    bottleneck_section,
    chain_section,
    minimal_section,
    plane_section,
    probe_section,
    table_section,
)
from wsss_viz.app.state.information import SECTIONS

EXPLANATION = Explanation(
    "How many bits each layer of a small network says of its input and of the label, as it is trained: the information "
    "plane of Shwartz-Ziv and Tishby, with Saxe et al.'s answer that the picture is the estimator's as much as the "
    "network's. Beside it what can be computed exactly, and what a reader finds in a real classifier's layers.",
    r"I(X;T) = H(T) - H(T|X), \qquad I(X;T_1) \ge I(X;T_2) \ge \dots \ge I(X;T_k)",
    "Of a network without noise I(X;T) is constant or infinite. What is plotted is a binned or noised layer's.",
)

TITLES = {
    "plane": "Information plane",
    "bottleneck": "Bottleneck",
    "minimal": "One weight",
    "table": "2x2 table",
    "chain": "Chain",
    "probe": "A real classifier",
}
SECTION_PARTS = {
    "plane": (plane_section.lead, plane_section.plane_section),
    "bottleneck": (bottleneck_section.lead, bottleneck_section.bottleneck_section),
    "minimal": (minimal_section.lead, minimal_section.minimal_section),
    "table": (table_section.lead, table_section.table_section),
    "chain": (chain_section.lead, chain_section.chain_section),
    "probe": (probe_section.lead, probe_section.probe_section),
}


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    lead, draw = SECTION_PARTS[state.section]
    frame.heading("Information", lead(state), EXPLANATION)
    st.segmented_control(
        "Section",
        SECTIONS,
        format_func=lambda name: TITLES[name],
        label_visibility="collapsed",
        **session.control("section", state.section),
    )
    draw(state)
