"""What the audience sees at a room's address: the question that is on the slide, and its options to answer with."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from wsss_viz.app.services.rooms import Asked, rooms
from wsss_viz.app.turns import session_id

INTERVAL = 4.0
"""Seconds between two looks at what is asked."""
STYLES = tuple(Path(__file__).with_name(name) for name in ("learn.css", "audience.css"))
ENDED = "This presentation is not there, or has ended. The code stands on the slide."


def show(code: str) -> None:
    """Draws the view of a room; it follows the slides by itself."""
    for style in STYLES:
        st.html(style)
    st.title("Your guess", anchor=False)
    _follow(code)


@st.fragment(run_every=INTERVAL)
def _follow(code: str) -> None:
    asked = rooms().asked(code)
    if asked is None:
        st.info(ENDED, icon=":material/info:")
    elif not asked.step:
        st.info("Nothing is asked yet.", icon=":material/hourglass_top:")
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
        right = asked.options[asked.right]
        verdict = "" if guess is None else "You were right. " if guess == asked.right else "Not so. "
        line = f"{verdict}{right}: why stands on the slide."
    elif guess is not None:
        line = f"Counted: {asked.options[guess]}. Look at the slide."
    else:
        line = (
            "One answer each; it is counted, and nothing else is held." if asked.open else "No more answers are taken."
        )
    st.html(f'<p class="wv-note" role="status">{escape(line)}</p>')


def _vote(code: str, step: int, option: int, key: str) -> None:
    if rooms().vote(code, step, option, session_id()):
        st.session_state[key] = option
