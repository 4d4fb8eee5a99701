"""One step on the screen: its claim, the live view, and under it the formula, the question and where to go on."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from wsss_viz.app import catalogue, frame
from wsss_viz.app.copy_link import copy_link
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.learn import handout, slide, turning
from wsss_viz.app.learn.course import COURSE
from wsss_viz.app.learn.lesson import UNVERIFIED, Inspect, Lesson, Source
from wsss_viz.app.learn.question import ask
from wsss_viz.app.state import ViewState

STYLE = Path(__file__).with_name("learn.css")
PRESENTING = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stExpandSidebarButton"] { display: none; }
:root { font-size: 18px !important; }
.stMainBlockContainer { padding-top: 0.8rem; padding-bottom: 1rem; }
</style>"""


def show(lesson: Lesson, state: ViewState) -> None:
    """Draws the step; in the presenter's view large and without what surrounds a page."""
    st.html(STYLE)
    if state.present:
        st.html(PRESENTING)
    head(lesson, state)
    with st.container(key="lesson", gap="small"):
        lesson.view()
        st.html(f'<p class="wv-try"><b>Try it.</b> {escape(lesson.control)} <em>{escape(lesson.origin)}</em></p>')
    with st.grid(3, min_column_width=290, gap="medium", border=True, key="more") as grid:
        with grid.cell():
            st.html('<p class="wv-part">The formula</p>')
            st.latex(lesson.formula.latex)
            st.markdown(lesson.formula.reads)
        with grid.cell():
            st.html('<p class="wv-part">Predict, then look</p>')
            ask(lesson.question, state.step)
        with grid.cell():
            st.html('<p class="wv-part">Go on</p>')
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                open_in(lesson.inspect)
                slide.button(lesson, state.step, COURSE[state.step - 1].name)
                handout.button()
            st.html(sources(lesson.sources))
            st.caption(lesson.caveat)


def head(lesson: Lesson, state: ViewState) -> None:
    """Which step it is, how to others, and its claim."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="turning"):
        turning.numbers()
        st.space("stretch")
        if not state.present:
            frame.explain(Explanation(lesson.lead, lesson.formula.latex, lesson.caveat))
            copy_link()
        turning.presenting(state.present)
    with st.container(gap="small", key="claim"):
        st.html(f'<p class="wv-part">{state.step} of {len(COURSE)} · {escape(COURSE[state.step - 1].name)}</p>')
        st.title(lesson.claim, anchor=False)
        st.html(f'<p class="wv-lead">{escape(lesson.lead)}</p>')
    frame.notes()


def open_in(inspect: Inspect) -> None:
    """The link to the page where the step's own view can be taken further."""
    entry = next(entry for entry in catalogue.CATALOGUE if entry.name == inspect.page)
    st.page_link(
        entry.file,
        label=f"Open in {entry.title}",
        icon=f":material/{entry.icon}:",
        query_params=inspect.state.to_query(),
        width="content",
    )


def sources(works: tuple[Source, ...]) -> str:
    """The sources as a list."""
    rows = "".join(
        f"<li>{escape(source.work)}: {escape(source.gives)}"
        + (f' <em class="wv-unverified">{UNVERIFIED}</em>' if source.unverified else "")
        + "</li>"
        for source in works
    )
    return f'<ul class="wv-sources">{rows}</ul>'
