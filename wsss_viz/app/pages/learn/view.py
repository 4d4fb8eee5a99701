"""One step on the screen: its claim, the live view, and under it the formula, the question and where to go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

import streamlit as st

from wsss_viz.app import caching, catalogue, frame, session, source_bar
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.erasing import by_hand
from wsss_viz.app.pages.learn import at_hand, handout, navigation, overview, room, slide, syllabus
from wsss_viz.app.pages.learn.at_hand import StillComputingError
from wsss_viz.app.pages.learn.lesson import UNVERIFIED, Inspect, Lesson, Source
from wsss_viz.app.pages.learn.question import answer, answered, ask, verdict
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, chapter_of
from wsss_viz.app.services import samples, upload
from wsss_viz.app.services.jobs.panel import follow
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.buttons import copy_link
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.app.widgets.viewer.component import Drawn, forget_drawn, last_drawn
from wsss_viz.app.widgets.viewer.standalone import view_button

STYLE = Path(__file__).with_name("learn.css")
NO_IMAGE = mark("This step is about no single image.")
NO_PICTURE = mark("There is no picture of your own yet: the step is of a photograph until you drop one on it.")
OF_IMAGES = ("compare", "erasing", "gradients")
"""Pages that look at any image."""
_STOP_AFTER_FORMULA = re.compile(r"(\$[^$]+)\$([,.;:)]+)")
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


def image_choice(state: ViewState, of_class: bool = False, choice: Callable[[], None] | None = None) -> None:
    """What the step is to be of: as on the other pages, and what it alone can be of; on a slide the image alone.

    Args:
        of_class: the step is about one class of it.
        choice: draws which of what the step alone can be of.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="choice"):
        if not state.present:
            source_bar.source_bar(state, syllabus.beside(state))
        elif state.source != "own" and choice is None:
            source_bar.picker(state)
        if choice is not None:
            choice()
        elif of_class:
            at_hand.class_choice(state)


def wait(waited: StillComputingError, state: ViewState) -> None:
    """A step whose traces are being computed: its question's setup, the image, and how far the job is."""
    st.html(STYLE)
    if state.present:
        st.html(PRESENTING)
    head(None, state)
    with st.container(key="lesson", gap="small"):
        image_choice(state, of_class=True)
        sample = at_hand.picked(state)
        assert sample is not None  # of the lecture's own everything is stored
        session.set_subject(caching.digest(sample.image))
        picture = rendering.png(upload.display_copy(sample).image)
        st.image(picture, width=420, output_format="PNG", alt=plain_line(sample.name))
        follow(waited.request, waited.title, lambda _: None, waited.snapshot, lambda: None)


def covered(lesson: Lesson, state: ViewState) -> None:
    """The question, and beside it what it is about, in the place of what answers it."""
    with st.container(border=True, gap="medium", key="cover"):
        st.html(f'<p class="wv-part">{tr("Predict, then look")}</p>')
        with st.container(horizontal=True, gap="large", key="asked"):
            with st.container(gap="medium", key="asking"):
                ask(lesson.question, state.step)
            if lesson.setup is not None:
                with st.container(gap="xsmall", key="setup"):
                    lesson.setup()
    if state.present:
        room.present(lesson.question, state)


def read(lesson: Lesson, state: ViewState) -> None:
    """The live view, and under it in three cards the formula, the question and where to go on."""
    live(lesson, state)
    drawn = last_drawn()
    if chapter_of(state.step) == "Erasing":
        brush(lesson.inspect.state, state)
    with st.grid(3, min_column_width=290, gap="medium", border=True, key="more") as grid:
        with grid.cell():
            formula(lesson)
            st.html(sources(lesson.sources))
        with grid.cell():
            question(lesson, state)
            st.caption(lesson.caveat)
        with grid.cell():
            st.html(f'<p class="wv-part">{tr("Go on")}</p>')
            with st.container(horizontal=True, gap="small", vertical_alignment="center", key="go_on"):
                open_in(lesson.inspect)
                slide.button(_of_lecture(lesson, state), state.step, tr(SYLLABUS[state.step - 1].name))
                take_away(lesson, state.step, drawn)
                handout.button()


def _of_lecture(lesson: Lesson, state: ViewState) -> Lesson:
    """The step as it ships, for what is printed."""
    return lesson if lesson.shipped else syllabus.lesson(state.step, at_hand.shipped(state))


def present(lesson: Lesson, state: ViewState) -> None:
    """The live view alone; in its place, by the key F, the answer, the formula and the sources."""
    live(lesson, state)
    with st.container(key="more", gap="small"):
        left, right = st.columns(2, gap="large")
        with left:
            question(lesson, state)
        with right:
            formula(lesson)
        st.html(sources(lesson.sources))
        st.caption(lesson.caveat)


def live(lesson: Lesson, state: ViewState) -> None:
    """The step's own view, and what can be moved in it."""
    with st.container(key="lesson", gap="small"):
        forget_drawn()
        if lesson.any_image:
            image_choice(state, of_class=bool(lesson.inspect.state.focus), choice=lesson.choice)
        if not lesson.shipped and not state.present:
            st.caption(f":material/image: {plain_line(at_hand.about(state))} {tr(at_hand.AVERAGES)}")
        lesson.view()
        st.html(
            f'<p class="wv-try"><b>{tr("Try it.")}</b> {escape(lesson.control)} <em>{escape(lesson.origin)}</em></p>'
        )


def formula(lesson: Lesson) -> None:
    """The formula and what its symbols are."""
    st.html(f'<p class="wv-part">{tr("The formula")}</p>')
    st.latex(lesson.formula.latex)
    st.markdown(tied(lesson.formula.reads))


def tied(reads: str) -> str:
    """A text whose commas and full stops stay in the line of the formula before them.

    >>> tied("the map $M_c$, or $t$ itself.")
    'the map $M_c\\\\text{,}$ or $t$ itself.'
    """
    return _STOP_AFTER_FORMULA.sub(r"\1\\text{\2}$", reads)


def question(lesson: Lesson, state: ViewState) -> None:
    """The question and its answer."""
    st.html(f'<p class="wv-part">{tr("Predicted, then looked")}</p>')
    answer(lesson.question, state.step)
    if state.present:
        room.revealed(lesson.question, state)


def head(lesson: Lesson | None, state: ViewState) -> None:
    """Which step it is, how to others, and its claim, which a step has that has been computed."""
    uncovered = lesson if answered(state) else None
    seen = (lesson.seen if lesson else None) or state
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="turning"):
        if state.present:
            navigation.every_step()
        else:
            navigation.chapters()
        st.space("stretch")
        if state.present:
            overview.show(seen, answered(state))
            st.space("stretch")
        if not state.present:
            if uncovered:
                frame.explain(Explanation(uncovered.lead, uncovered.formula.latex, uncovered.caveat))
            copy_link()
        navigation.presenting(state.present)
    topic = SYLLABUS[state.step - 1]
    if not state.present:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="steps"):
            navigation.steps()
            navigation.every_step()
    with st.container(horizontal=True, gap="medium", key="opening"):
        if not state.present:
            overview.show(seen, answered(state))
        with st.container(gap="small", key="claim"):
            number = tr("{number} of {count}", number=state.step, count=len(SYLLABUS))
            st.html(
                f'<p class="wv-part">{number} · {escape(tr(topic.name))}'
                f"<small> {escape(tr(chapter_of(state.step)))}</small></p>"
            )
            title, text = (uncovered.claim, uncovered.lead) if uncovered else (tr(topic.asks), tr(topic.setup))
            st.title(title, anchor=False)
            st.html(f'<p class="wv-lead">{escape(text)}</p>')
            if uncovered:
                verdict(uncovered.question, state.step)
    if lesson and lesson.shipped and not state.present and not at_hand.is_lectures(state):
        why = lesson.why_shipped or (tr(NO_PICTURE) if lesson.any_image else tr(NO_IMAGE))
        st.caption(f":material/info: {why}")
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


def brush(at: ViewState, state: ViewState) -> None:
    """On demand the brush on the step's picture, and what the classifier says of what is left."""
    with st.container(key="brush", gap="small"):
        if st.toggle(tr("Erase it yourself"), help=tr("Paint over it: scores and map answer after each stroke.")):
            sample = (at_hand.picked(state) if at.source == "own" else None) or samples.example(at.example)
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
