"""One step on the screen: its claim, the live view, and under it the formula, the question and where to go on."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import streamlit as st

from wsss_viz.app import catalogue, frame
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.erasing import by_hand
from wsss_viz.app.pages.learn import handout, navigation, overview, room, slide
from wsss_viz.app.pages.learn.lesson import UNVERIFIED, Inspect, Lesson, Source
from wsss_viz.app.pages.learn.question import answer, answered, ask
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, chapter_of
from wsss_viz.app.services import samples
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets.buttons import copy_link
from wsss_viz.app.widgets.viewer.component import Drawn, forget_drawn, last_drawn
from wsss_viz.app.widgets.viewer.standalone import view_button

STYLE = Path(__file__).with_name("learn.css")
ELSEWHERE = mark(
    "The lecture shows photographs and drawn scenes, whose truth is known: look at your own images on Compare, Erasing "
    "and Gradients."
)
OF_IMAGES = ("compare", "erasing", "gradients")
"""Pages that look at any image."""
PRESENTING = Path(__file__).with_name("presenting.css")


def show(lesson: Lesson, state: ViewState) -> None:
    """Draws the step; in the presenter's view as a slide, without what surrounds a page."""
    st.html(STYLE)
    if state.present:  # before the numbers of the steps, which keep the room that they find
        st.html(PRESENTING)
    head(lesson, state)
    if not answered(state):
        covered(lesson, state)
    elif state.present:
        present(lesson, state)
    else:
        read(lesson, state)


def covered(lesson: Lesson, state: ViewState) -> None:
    """The question alone, in the place of what answers it."""
    with st.container(border=True, gap="medium", key="cover"):
        st.html(f'<p class="wv-part">{tr("Predict, then look")}</p>')
        ask(lesson.question, state.step)
    if state.present:
        room.present(lesson.question, state)


def read(lesson: Lesson, state: ViewState) -> None:
    """The live view, and under it in three cards the formula, the question and where to go on."""
    live(lesson)
    drawn = last_drawn()
    if chapter_of(state.step) == "Erasing":
        brush(lesson.inspect.state)
    with st.grid(3, min_column_width=290, gap="medium", border=True, key="more") as grid:
        with grid.cell():
            formula(lesson)
        with grid.cell():
            question(lesson, state)
        with grid.cell():
            st.html(f'<p class="wv-part">{tr("Go on")}</p>')
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                open_in(lesson.inspect)
                slide.button(lesson, state.step, tr(SYLLABUS[state.step - 1].name))
                take_away(lesson, state.step, drawn)
                handout.button()
            st.html(sources(lesson.sources))
            st.caption(lesson.caveat)


def present(lesson: Lesson, state: ViewState) -> None:
    """The live view alone; in its place, by the key F, the answer, the formula and the sources."""
    live(lesson)
    with st.container(key="more", gap="small"):
        left, right = st.columns(2, gap="large")
        with left:
            question(lesson, state)
        with right:
            formula(lesson)
        st.html(sources(lesson.sources))
        st.caption(lesson.caveat)


def live(lesson: Lesson) -> None:
    """The step's own view, and what can be moved in it."""
    with st.container(key="lesson", gap="small"):
        forget_drawn()
        lesson.view()
        st.html(
            f'<p class="wv-try"><b>{tr("Try it.")}</b> {escape(lesson.control)} <em>{escape(lesson.origin)}</em></p>'
        )


def formula(lesson: Lesson) -> None:
    """The formula and what its symbols are."""
    st.html(f'<p class="wv-part">{tr("The formula")}</p>')
    st.latex(lesson.formula.latex)
    st.markdown(lesson.formula.reads)


def question(lesson: Lesson, state: ViewState) -> None:
    """The question and its answer."""
    st.html(f'<p class="wv-part">{tr("Predicted, then looked")}</p>')
    answer(lesson.question, state.step)
    if state.present:
        room.revealed(lesson.question, state)


def head(lesson: Lesson, state: ViewState) -> None:
    """Which step it is, how to others, and its claim."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="turning"):
        if state.present:
            navigation.every_step()
        else:
            navigation.chapters()
        st.space("stretch")
        if state.present:
            overview.show(state, answered(state))
            st.space("stretch")
        if not state.present:
            if answered(state):
                frame.explain(Explanation(lesson.lead, lesson.formula.latex, lesson.caveat))
            copy_link()
        navigation.presenting(state.present)
    topic = SYLLABUS[state.step - 1]
    if not state.present:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="steps"):
            navigation.steps()
            navigation.every_step()
    with st.container(horizontal=True, gap="medium", key="opening"):
        if not state.present:
            overview.show(state, answered(state))
        with st.container(gap="small", key="claim"):
            number = tr("{number} of {count}", number=state.step, count=len(SYLLABUS))
            st.html(
                f'<p class="wv-part">{number} · {escape(tr(topic.name))}'
                f"<small> {escape(tr(chapter_of(state.step)))}</small></p>"
            )
            title, text = (lesson.claim, lesson.lead) if answered(state) else (tr(topic.asks), tr(topic.setup))
            st.title(title, anchor=False)
            st.html(f'<p class="wv-lead">{escape(text)}</p>')
    if not state.present and (state.workspace or state.source == "own"):
        st.caption(f":material/info: {tr(ELSEWHERE)}")
        with_user_image(lesson.inspect, state)
    frame.notes()


def open_in(inspect: Inspect) -> None:
    """The link to the page where the step's own view can be taken further; of erasing, the brush as well."""
    entry = next(entry for entry in catalogue.CATALOGUE if entry.name == inspect.page)
    st.page_link(
        entry.file,
        label=tr("Open in {title}", title=tr(entry.title)),
        icon=f":material/{entry.icon}:",
        query_params=inspect.state.to_query(),
        width="content",
    )
    if inspect.page == "erasing":
        st.page_link(
            entry.file,
            label=tr("By hand on Erasing"),
            icon=":material/brush:",
            query_params=replace(inspect.state, mode="by-hand", k=FINAL).to_query(),
            width="content",
        )


def with_user_image(inspect: Inspect, state: ViewState) -> None:
    """The link to what the step shows, of the image that one has been looking at, where its page takes images."""
    if inspect.page not in OF_IMAGES:
        return
    entry = catalogue.named(inspect.page)
    st.page_link(
        entry.file,
        label=tr("This step on your own image: {title}", title=tr(entry.title)),
        icon=":material/add_photo_alternate:",
        query_params=replace(
            inspect.state.at(state.example), source=state.source, subject="photos", k=FINAL
        ).to_query(),
        width="content",
    )


def brush(at: ViewState) -> None:
    """On demand the brush on the step's picture, and what the classifier says of what is left."""
    with st.container(key="brush", gap="small"):
        if st.toggle(tr("Erase it yourself"), help=tr("Paint over it: scores and map answer after each stroke.")):
            sample = samples.example(at.example)
            by_hand.show_on(sample, at.focus or (sample.labels or sample.classes)[0])


def take_away(lesson: Lesson, step: int, drawn: Drawn | None) -> None:
    """The download of the step's maps, where it has any."""
    if drawn is not None:
        view_button(f"learn-{step:02d}", lesson.claim, lesson.lead, samples.credit(drawn.content.sample))


def sources(works: tuple[Source, ...]) -> str:
    """The sources as a list."""
    rows = "".join(
        f"<li>{escape(source.work)}: {escape(source.gives)}"
        + (f' <em class="wv-unverified">{tr(UNVERIFIED)}</em>' if source.unverified else "")
        + "</li>"
        for source in works
    )
    return f'<ul class="wv-sources">{rows}</ul>'
