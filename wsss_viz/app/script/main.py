"""The frame every page runs in. Streamlit runs this script once per rerun; `app.py` starts it."""

from __future__ import annotations

import time
from functools import cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from wsss_viz.app import frame, navigation, session
from wsss_viz.app.language import tr
from wsss_viz.app.server import first_page_made
from wsss_viz.app.services import basket
from wsss_viz.data.file_status import files_as_they_are
from wsss_viz.models.looking_once import looking_once

BEGUN = time.monotonic()
st.set_page_config(page_icon=navigation.icon(), layout="wide", initial_sidebar_state=232)


@cache
def around() -> tuple[Page, DeltaGenerator, str]:
    """Reads the address and draws the sidebar, once per run; the page, where its foot is drawn, and its headline,
    "" where that stands there."""
    entry, page = navigation.page_of_address()
    basket.deliver()
    state = session.synchronise(entry.name, BEGUN)
    with st.sidebar:
        navigation.sidebar(state)
        foot = st.container(key="foot")
    return page, foot, "" if session.drawn() else tr(entry.headline or entry.title)


with frame.guarded(), frame.in_turn(lambda: around()[-1]), looking_once(), files_as_they_are():
    page, foot, _ = around()
    with frame.guarded():
        page.run()
    session.set_drawn()
    with foot:
        navigation.device_badge()
first_page_made()
