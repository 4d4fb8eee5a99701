"""The controls that pages with maps share, and the rows of numbers they move."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.panels import NORMALISATION_LABELS, VIEW_LABELS
from wsss_viz.app.state import COLOUR_MAPS, VIEWS, ViewState
from wsss_viz.traces import NORMALISATIONS

NORMALISATION_HELP = """How raw maps become values that can be compared and thresholded.

- **own maximum** (`relu_max`): negative values dropped, each map divided by its own maximum. The field's.
- **shared maximum** (`shared`): one scale over the shown maps.
- **own range** (`minmax`): each map from its lowest to its highest value.
- **raw, signed** (`raw`): as they are; the mask stays the one of `relu_max`.
"""


def map_controls(state: ViewState, threshold: bool = True) -> None:
    """Threshold, opacity, normalisation, views and colours, in one row that wraps."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="settings"):
        if threshold:
            _share("threshold", "Threshold", state.threshold)
        _share("opacity", "Opacity", state.opacity)
        st.selectbox(
            "Normalisation",
            NORMALISATIONS,
            format_func=lambda name: NORMALISATION_LABELS[name],
            help=NORMALISATION_HELP,
            width=160,
            **session.control("normalisation", state.normalisation),
        )
        st.selectbox(
            "Views",
            VIEWS,
            format_func=lambda name: VIEW_LABELS[name],
            help="The image as it is; with its mirror image; at the scales 0.5, 1, 1.5 and 2 with mirror images (IRN).",
            width=190,
            **session.control("views", state.views),
        )
        st.selectbox("Colours", COLOUR_MAPS, width=120, **session.control("colours", state.colours))


def _share(field: str, label: str, value: float) -> None:
    st.slider(
        label,
        min_value=0.0,
        max_value=1.0,
        step=0.01,
        format="%.2f",
        width=180,
        **session.control(field, value, lambda moved: {field: round(moved, 2)}),
    )
