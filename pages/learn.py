"""Learn: the lecture, one claim a step."""

import streamlit as st

from wsss_viz.app import frame, session
from wsss_viz.app.learn import board, course, turning
from wsss_viz.errors import InputError

state = session.state()
turning.keys(state)
try:
    lesson = course.lesson(state.step, state)
except InputError as error:
    with st.container(horizontal=True):
        turning.numbers()
        turning.presenting(state.present)
    frame.notes()
    st.error(str(error), icon=":material/error:")
else:
    board.show(lesson, state)
turning.ends(state)
