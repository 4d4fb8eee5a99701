"""Results: what was measured on the held-out scenes, and what was published on PASCAL VOC 2012."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, session
from wsss_viz.app.pages.results import gallery, sections
from wsss_viz.evaluation.stored_results import MAKE, stored_leakage, stored_reports


def show() -> None:
    """Draws the page at the state of its address."""
    reports = stored_reports()
    frame.heading("Results", sections.lead(next(iter(reports.values()), None)), sections.EXPLANATION)
    st.subheader("Measured on the held-out scenes", anchor=False)
    for name, report in reports.items():
        sections.measured(name, report)
        leaks = stored_leakage(name)
        if leaks is not None:
            sections.leaking(name, leaks)
    if reports:
        gallery.gallery(next(iter(reports.values())), session.state())
    if not reports:
        st.info(f"Nothing is stored yet. Measure it once: `{MAKE}`", icon=":material/info:")
    st.subheader("Published, not measured here: PASCAL VOC 2012", anchor=False)
    st.caption(
        "mIoU in percent of segmentation networks, from two tables of a lecture. They cannot be compared with the "
        "above."
    )
    sections.published()
