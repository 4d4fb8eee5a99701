"""Figures: a figure for a paper, ready at once, and the spec that gives the same bytes again."""

import streamlit as st

from wsss_viz.app import figures, frame, session

frame.heading(
    "Figures",
    "Ready for a paper: at a journal's width, with embedded fonts, text and outlines as vectors, and a caption.",
    figures.EXPLANATION,
)
spec, missing = figures.without_missing(figures.chosen(session.state()))
for line in missing:
    st.caption(f":material/info: Left out: {line}")
if spec.columns:
    figures.show(spec)
