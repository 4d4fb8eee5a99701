"""Information: the information plane of small networks, what is exact, and what a real classifier's layers carry."""

import streamlit as st

from wsss_viz.app import explanations, frame, session
from wsss_viz.app.information.exact_sections import chain_section, minimal_section, table_section
from wsss_viz.app.information.plane_section import plane_section
from wsss_viz.app.information.probe_section import probe_section
from wsss_viz.app.state.information import SECTIONS

TITLES = {
    "plane": "Information plane",
    "minimal": "One weight",
    "table": "2x2 table",
    "chain": "Chain",
    "probe": "A real classifier",
}
DRAWN = {
    "plane": plane_section,
    "minimal": minimal_section,
    "table": table_section,
    "chain": chain_section,
    "probe": probe_section,
}
LEAD = "How many bits each layer says of the input and of the label, and how much of that the ruler says."

state = session.state()
frame.heading("Information", LEAD, explanations.INFORMATION)
st.segmented_control(
    "Section",
    SECTIONS,
    format_func=lambda name: TITLES[name],
    label_visibility="collapsed",
    **session.control("section", state.section),
)
DRAWN[state.section](state)
