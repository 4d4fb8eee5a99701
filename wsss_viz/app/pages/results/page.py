"""Results: which images a method fails on, what was measured, and what was published on PASCAL VOC 2012."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, session
from wsss_viz.app.pages.results import gallery, refined, sections, since
from wsss_viz.app.services import reports
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.results import SHIPPED
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.evaluation.stored_results import MAKE, stored_leakage, stored_refined, stored_reports


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    current = reports.selected(state)
    if current == SHIPPED:
        _shipped(state)
    else:
        _of_workspace(current, state)


def _choice(current: str) -> None:
    """Which report, where there are several."""
    choices = reports.choices()
    if len(choices) == 1:
        return
    anew = {"ranked": "", "ranked_against": "", "ranked_class": "", "ranked_from": 0}
    st.selectbox(
        "Report",
        list(choices),
        format_func=lambda name: choices.get(name, name),
        width=320,
        **session.control("report", current, lambda name: {"report": name, **anew}),
    )


def _of_workspace(current: str, state: ViewState) -> None:
    frame.heading("Results", "", sections.EXPLANATION)
    _choice(current)
    opened = reports.opened(current)
    sections.said_of(opened.content)
    if opened.strange:
        st.warning(plain_line(opened.strange), icon=":material/warning:")
    sections.gains(opened.content, "workspace")
    gallery.gallery(opened.content, state, opened)
    with st.expander("All numbers, curves and classes"):
        sections.measured("workspace", opened.content)


def _shipped(state: ViewState) -> None:
    stored = stored_reports()
    frame.heading("Results", sections.lead(next(iter(stored.values()), None)), sections.EXPLANATION)
    _choice(SHIPPED)
    st.header("Measured on the held-out scenes", anchor=False)
    for name, report in stored.items():
        sections.gains(report, name)
    if stored:
        name, report = next(iter(stored.items()))
        gallery.gallery(report, state, stored=name)
    for name, report in stored.items():
        with st.expander("All numbers, curves and classes"):
            sections.measured(name, report)
        refined.refined(name, report, stored_refined(name))
        leaks = stored_leakage(name)
        if leaks is not None:
            sections.leaking(name, leaks)
    if not stored:
        st.info(f"Nothing is stored yet. Measure it once: `{MAKE}`", icon=":material/info:")
    st.header("Published, not measured here: PASCAL VOC 2012", anchor=False)
    st.caption(
        "mIoU in percent of segmentation networks, from two tables of a lecture. They cannot be compared with the "
        "above."
    )
    sections.published()
    since.since()
