"""Learn: the lecture, one claim per step."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, session
from wsss_viz.app.pages.learn import at_hand, audience, navigation, syllabus, view
from wsss_viz.errors import InputError


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    if state.room:
        audience.show(state.room)
        return
    navigation.keys(state)
    try:
        lesson = syllabus.lesson(state.step, state)
    except at_hand.StillComputingError as waited:
        view.wait(waited, state)
    except InputError as error:
        with st.container(horizontal=True):
            navigation.every_step()
            navigation.presenting(state.present)
        frame.notes()
        if not at_hand.is_lectures(state):
            view.image_choice(state)
        st.error(str(error), icon=":material/error:")
    else:
        view.show(lesson, state)
    navigation.ends(state)
