"""The frame every page runs in. Streamlit runs this script once per rerun; `app.py` starts it."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import catalogue, frame, session
from wsss_viz.app.server import first_page_made
from wsss_viz.app.services import basket
from wsss_viz.models.looking_once import looking_once

st.set_page_config(page_icon=str(frame.ICON), layout="wide", initial_sidebar_state=232)

with frame.guarded(), frame.in_turn(), looking_once():
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
    state = session.synchronise(next(name for name, known in pages.items() if known.title == page.title))

    with st.sidebar:
        frame.navigation(state)
        foot = st.container(key="foot")

    with frame.guarded():
        page.run()
    with foot:
        frame.device_badge()
first_page_made()
