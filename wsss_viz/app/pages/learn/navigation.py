"""From step to step: by chapter and name, by the buttons at the end, by keys; into the presenter's view and out."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import question, room
from wsss_viz.app.pages.learn.syllabus import CHAPTERS, SYLLABUS, chapter_of, steps_of
from wsss_viz.app.state import ViewState

READERS_KEYS = mark("<kbd>←</kbd> <kbd>→</kbd> turn the steps, <kbd>P</kbd> presents, <kbd>A</kbd> answers")
PRESENTERS_KEYS = mark(
    "<kbd>←</kbd> <kbd>→</kbd> or a clicker turn the steps, <kbd>A</kbd> answers, <kbd>F</kbd> answer and formula, "
    "<kbd>Esc</kbd> leaves"
)
_KEYS = Path(__file__).with_name("navigation.js")


def turn(number: int) -> None:
    """To step `number`, from a control's callback; a number beyond the ends changes nothing."""
    if 1 <= number <= len(SYLLABUS):
        session.set_state(_at(number))


def _at(number: int) -> ViewState:
    state = session.state().to_lecture(number)
    return replace(state, answered=question.answered(replace(state, answered=False)))


def present(on: bool) -> None:
    """Into the presenter's view, or out of it, from a control's callback; the room's guesses end with it."""
    if not on:
        room.end()
    session.change(present=on)


def chapters() -> None:
    """The chapters of the lecture, by name."""
    chapter = chapter_of(session.state().step)
    st.segmented_control(
        tr("Chapter"),
        list(CHAPTERS),
        format_func=tr,
        required=True,
        label_visibility="collapsed",
        **session.control("step", chapter, lambda name: dict(vars(_at(steps_of(name)[0]))), "_chapter"),
    )


def steps() -> None:
    """The steps of the chapter that is open, by name."""
    number = session.state().step
    chapter = chapter_of(number)
    st.pills(
        tr("Step"),
        steps_of(chapter),
        format_func=lambda step: f"{step} {tr(SYLLABUS[step - 1].name)}",
        required=True,
        label_visibility="collapsed",
        **session.control("step", number, lambda step: dict(vars(_at(step))), f"_of_{steps_of(chapter)[0]}"),
    )


def every_step() -> None:
    """All steps by chapter and name, behind a button."""
    with st.popover(tr("All steps"), icon=":material/toc:", key="every_step"):
        for chapter in CHAPTERS:
            st.html(f'<p class="wv-part">{escape(tr(chapter))}</p>')
            for number in steps_of(chapter):
                st.button(
                    f"{number}. {tr(SYLLABUS[number - 1].name)}",
                    key=f"to_{number}",
                    type="tertiary",
                    on_click=turn,
                    args=(number,),
                    disabled=number == session.state().step,
                )


def presenting(on: bool) -> None:
    """The button into the presenter's view, or out of it."""
    if on:
        st.button(
            tr("Leave"), key="leave", icon=":material/close_fullscreen:", on_click=present, args=(False,), help="Esc"
        )
    else:
        st.button(tr("Present"), key="present", icon=":material/slideshow:", on_click=present, args=(True,), help="P")


def ends(state: ViewState) -> None:
    """The step before and the step after, by name."""
    number = state.step
    with st.container(horizontal=True, vertical_alignment="center", key="ends"):
        if number > 1:
            before = tr(SYLLABUS[number - 2].name)
            st.button(before, key="before", icon=":material/arrow_back:", on_click=turn, args=(number - 1,))
        st.space("stretch")
        st.html(f'<p class="wv-keys">{tr(PRESENTERS_KEYS if state.present else READERS_KEYS)}</p>', width="content")
        st.space("stretch")
        if number < len(SYLLABUS):
            after = tr(SYLLABUS[number].name)
            st.button(
                tr("Next: {step}", step=after),
                key="after",
                icon=":material/arrow_forward:",
                icon_position="right",
                type="primary",
                on_click=turn,
                args=(number + 1,),
            )


def keys(state: ViewState) -> None:
    """Arrow keys turn the steps, in the presenter's view also Page Up and Page Down, which a clicker sends; A
    shows the answer, P presents, F shows answer and formula in place of a slide's view and back, Esc leaves."""

    def pressed() -> None:
        asked = st.session_state["turning_keys"].get("asked")
        if not isinstance(asked, dict):
            return
        step, wants = asked.get("step"), asked.get("wants")
        if isinstance(step, int):
            turn(step)
        elif wants in ("present", "leave"):
            present(wants == "present")
        elif wants == "answer":
            question.reveal(session.state().step)

    component = st.components.v2.component(
        "wsss_viz_turning", html="<i></i>", css=":host { display: none; }", js=_KEYS.read_text(encoding="utf-8")
    )
    component(
        key="turning_keys",
        data={
            "step": state.step,
            "last": len(SYLLABUS),
            "presenting": state.present,
            "answered": question.answered(state),
        },
        on_asked_change=pressed,
        height="content",
    )
