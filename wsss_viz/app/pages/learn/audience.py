"""What the audience sees at a room's address: the question that is on the slide, and its options to answer with."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from wsss_viz.app.gate.door import network_of
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn.question import sentence
from wsss_viz.app.services.rooms import Asked, rooms
from wsss_viz.app.turns import session_id

INTERVAL = 4.0
"""Seconds between two looks at what is asked."""
STYLES = tuple(Path(__file__).with_name(name) for name in ("learn.css", "audience.css"))
ENDED = mark("This presentation is not there, or has ended. The code stands on the slide.")


def show(code: str) -> None:
    """Draws the view of a room; it follows the slides by itself."""
    for style in STYLES:
        st.html(style)
    st.title(tr("Your guess"), anchor=False)
    _follow(code)


@st.fragment(run_every=INTERVAL)
def _follow(code: str) -> None:
    asked = rooms().asked(code)
    if asked is None:
        st.info(tr(ENDED), icon=":material/info:")
    elif not asked.step:
        st.info(tr("Nothing is asked yet."), icon=":material/hourglass_top:")
    else:
        _answer(code, asked)


def _answer(code: str, asked: Asked) -> None:
    key = f"room_guess_{code}_{asked.step}"
    guess = st.session_state.get(key)
    st.html(f'<p class="wv-asked">{escape(asked.question)}</p>')
    for option, name in enumerate(asked.options):
        st.button(
            name,
            key=f"room_option_{asked.step}_{option}",
            on_click=_vote,
            args=(code, asked.step, option, key),
            disabled=guess is not None or not asked.open,
            type="primary" if guess == option else "secondary",
            width="stretch",
        )
    if asked.right is not None:
        right = sentence(asked.options[asked.right])
        verdict = "" if guess is None else tr("You were right. ") if guess == asked.right else tr("Not so. ")
        line = verdict + tr("{option}: why stands on the slide.", option=right)
    elif guess is not None:
        line = tr("Counted: {options}. Look at the slide.", options=asked.options[guess])
    else:
        line = (
            tr("One answer each; it is counted, and nothing else is held.")
            if asked.open
            else tr("No more answers are taken.")
        )
    st.html(f'<p class="wv-note" role="status">{escape(line)}</p>')


def _vote(code: str, step: int, option: int, key: str) -> None:
    if rooms().vote(code, step, option, session_id(), network_of(st.context.ip_address or "")):
        st.session_state[key] = option
