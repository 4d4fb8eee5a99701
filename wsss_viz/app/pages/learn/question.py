"""The question of a step: a prediction first, then the answer."""

from __future__ import annotations

from html import escape

import streamlit as st

from wsss_viz.app.pages.learn.lesson import Question


def reveal(step: int) -> None:
    """Shows the answer of a step from now on, from a control's callback."""
    st.session_state[f"learn_revealed_{step}"] = True


def ask(question: Question, step: int) -> None:
    """Draws the question with its options; the answer appears once one is chosen or the answer is asked for."""
    st.html(f'<p class="wv-asked">{escape(question.asked)}</p>')
    key = f"learn_guess_{step}"
    guess = st.pills(
        "Your prediction",
        range(len(question.options)),
        format_func=lambda option: question.options[option],
        label_visibility="collapsed",
        wrap=True,
        key=key,
    )
    revealed = st.session_state.get(f"learn_revealed_{step}", False)
    if guess is None and not revealed:
        st.button("Show the answer", key="reveal", type="tertiary", on_click=reveal, args=(step,), help="A")
        return
    verdict = ""
    if guess is not None:
        verdict = "You were right. " if guess == question.right else "Not so. "
    right = question.options[question.right]
    st.html(
        f'<div class="wv-answer" role="status"><b>{escape(verdict)}{escape(right)}.</b> {escape(question.answer)}</div>'
    )
