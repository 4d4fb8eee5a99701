"""Figures: a figure for a paper, ready at once, and the spec that gives the same bytes again."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, session
from wsss_viz.app.pages.figures import controls
from wsss_viz.app.widgets.markup import plain_line


def show() -> None:
    """Draws the page at the state of its address."""
    frame.heading(
        "Figures",
        "Ready for a paper: at a journal's width, with embedded fonts, text and outlines as vectors, and a caption.",
        controls.EXPLANATION,
    )
    figure, material = controls.figure_of(session.state())
    spec, missing = controls.without_missing(figure)
    for line in missing:
        st.caption(f":material/info: Left out: {plain_line(line)}")
    if spec.columns:
        controls.show(spec, material)
