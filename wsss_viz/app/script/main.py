"""The frame every page runs in. Streamlit runs this script once per rerun; `app.py` starts it."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from wsss_viz.app import catalogue, frame, session
from wsss_viz.app.language import tr
from wsss_viz.app.server import first_page_made
from wsss_viz.app.services import basket
from wsss_viz.models.looking_once import looking_once

st.set_page_config(page_icon=str(frame.ICON), layout="wide", initial_sidebar_state=232)


@cache
def around() -> tuple[Page, DeltaGenerator, str]:
    """Reads the address and draws the sidebar, once per run; the page, where its foot is drawn, and its headline,
    "" where that stands there."""
    pages = {
        entry.name: st.Page(
            entry.file,
            title=f"{entry.title} · wsss_viz",
            icon=f":material/{entry.icon}:",
            url_path=None if entry.name == catalogue.START else entry.name,
            default=entry.name == catalogue.START,
        )
        for entry in catalogue.available()
    }
    page = st.navigation(list(pages.values()), position="hidden")
    basket.deliver()
    name = next(name for name, known in pages.items() if known.title == page.title)
    state = session.synchronise(name)
    with st.sidebar:
        frame.navigation(state)
        foot = st.container(key="foot")
    entry = catalogue.named(name)
    return page, foot, "" if session.drawn() else tr(entry.headline or entry.title)


with frame.guarded(), frame.in_turn(lambda: around()[-1]), looking_once():
    page, foot, _ = around()
    with frame.guarded():
        page.run()
    session.set_drawn()
    with foot:
        frame.device_badge()
first_page_made()
