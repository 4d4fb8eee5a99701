"""The question of a step: a prediction first, then what the step shows, with the answer."""

from __future__ import annotations

from html import escape

import streamlit as st

from wsss_viz.app import caching, session
from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import at_hand
from wsss_viz.app.pages.learn.lesson import Question
from wsss_viz.app.state import ViewState


def answered(state: ViewState) -> bool:
    """Whether the step is uncovered: answered or skipped before, or so in the address."""
    return state.answered or f"learn_answer_{state.step}" in st.session_state


def reveal(step: int, question: Question | None = None, guess: int | None = None) -> None:
    """Uncovers a step from now on, from a control's callback; `guess` is the option of the question that was chosen."""
    st.session_state[f"learn_answer_{step}"] = None if question is None else (_asked(question), guess)
    session.change(answered=True)


def guessed(question: Question, step: int) -> int | None:
    """The option that was guessed; None where the question was skipped, or was another one: of another picture."""
    asked, guess = st.session_state.get(f"learn_answer_{step}") or ((), None)
    return guess if asked == _asked(question) else None


def _asked(question: Question) -> tuple[str, ...]:
    """What was asked and of which picture, which not every question names."""
    state = session.state()
    sample = at_hand.picked(state)
    picture = state.example if sample is None else caching.digest(sample.image)
    return question.asked, picture, state.sofa


def ask(question: Question, step: int) -> None:
    """Draws the question with its options, to be answered or skipped."""
    key = f"learn_guess_{step}"

    def choose() -> None:
        guess = st.session_state[key]
        if guess is not None:
            reveal(step, question, guess)

    st.html(f'<p class="wv-asked">{escape(question.asked)}</p>')
    st.pills(
        tr("Your prediction"),
        range(len(question.options)),
        format_func=lambda option: question.options[option],
        label_visibility="collapsed",
        wrap=True,
        key=key,
        on_change=choose,
    )
    st.button(tr("Skip the question"), key="reveal", on_click=reveal, args=(step,), help="A")


def verdict(question: Question, step: int) -> None:
    """Draws in one line whether it was predicted, to stand under the step's lead; nothing where it was skipped."""
    guess = guessed(question, step)
    if guess is None:
        return
    right = question.options[question.right]
    if guess == question.right:
        said = tr("You were right: {right}.", right=right)
    else:
        said = tr("You said: {option}. Not so: {right}.", option=question.options[guess], right=right)
    kind = "wv-hit" if guess == question.right else "wv-miss"
    st.html(f'<p class="wv-verdict {kind}" role="status">{escape(said)}</p>')


def answer(question: Question, step: int) -> None:
    """Draws the question with its answer, and whether it was predicted."""
    guess = guessed(question, step)
    said = ""
    if guess is not None:
        miss = tr("You said: {option}. Not so. ", option=question.options[guess])
        said = tr("You were right. ") if guess == question.right else miss
    right = sentence(question.options[question.right])
    role = "" if said else ' role="status"'  # else `verdict` says it
    st.html(f'<p class="wv-asked">{escape(question.asked)}</p>')
    st.html(f'<div class="wv-answer"{role}><b>{escape(said)}{escape(right)}.</b> {escape(question.answer)}</div>')


def sentence(option: str) -> str:
    """An option as a sentence begins.

    >>> sentence("between half and three quarters")
    'Between half and three quarters'
    """
    return option[:1].upper() + option[1:]
