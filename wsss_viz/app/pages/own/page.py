"""The address of a page that is no more: a picture of one's own is a choice of the source bar, and Compare has it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from wsss_viz.app import catalogue, session
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH


def show() -> None:
    """Goes on to Compare, at what the address names."""
    st.switch_page(catalogue.named("compare").file, query_params=moved(session.state()).to_query())


def moved(state: ViewState) -> ViewState:
    """The view as Compare has it: a picture of one's own, or the example that it names or a checkpoint looks at.

    >>> moved(ViewState()).source, moved(ViewState(photograph="flower", checkpoint="cam.pth")).source
    ('own', 'own')
    >>> moved(ViewState(checkpoint="cam.pth")).source, moved(ViewState(example="photos:koala")).source
    ('scene', 'scene')
    """
    of_example = state.checkpoint or state.example != DEFAULT_PHOTOGRAPH
    return state if of_example and not state.photograph else replace(state, source="own")
