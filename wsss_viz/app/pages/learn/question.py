"""The question of a step: a prediction first, then what the step shows, with the answer."""

from __future__ import annotations

from html import escape

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn.lesson import Question
from wsss_viz.app.state import ViewState


def answered(state: ViewState) -> bool:
    """Whether the step is uncovered: answered or skipped before, or so in the address."""
    return state.answered or f"learn_answer_{state.step}" in st.session_state


def reveal(step: int, guess: int | None = None) -> None:
    """Uncovers a step from now on, from a control's callback; `guess` is the option that was chosen."""
    st.session_state[f"learn_answer_{step}"] = guess
    session.change(answered=True)


def ask(question: Question, step: int) -> None:
    """Draws the question with its options, to be answered or skipped."""
    key = f"learn_guess_{step}"

    def guessed() -> None:
        guess = st.session_state[key]
        if guess is not None:
            reveal(step, guess)

    st.html(f'<p class="wv-asked">{escape(question.asked)}</p>')
    st.pills(
        tr("Your prediction"),
        range(len(question.options)),
        format_func=lambda option: question.options[option],
        label_visibility="collapsed",
        wrap=True,
        key=key,
        on_change=guessed,
    )
    st.button(tr("Skip the question"), key="reveal", type="tertiary", on_click=reveal, args=(step,), help="A")


def answer(question: Question, step: int) -> None:
    """Draws the question with its answer, and whether it was predicted."""
    guess = st.session_state.get(f"learn_answer_{step}")
    verdict = ""
    if guess is not None:
        said = tr("You said: {option}. Not so. ", option=question.options[guess])
        verdict = tr("You were right. ") if guess == question.right else said
    right = question.options[question.right]
    st.html(f'<p class="wv-asked">{escape(question.asked)}</p>')
    st.html(
        f'<div class="wv-answer" role="status"><b>{escape(verdict)}{escape(right)}.</b> {escape(question.answer)}</div>'
    )
