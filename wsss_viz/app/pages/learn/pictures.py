"""A picture as a step draws it by itself, under its title."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app.widgets import markup, rendering


def picture(image: rendering.Picture, alt: str) -> None:
    """The picture as wide as its place.

    Args:
        image: (H, W, 3) uint8.
        alt: what is on it, for those who do not see it.
    """
    drawn = rendering.png(rendering.enlarge(image))
    st.image(drawn, width="stretch", output_format="PNG", alt=alt)


def titled(title: str, image: rendering.Picture, alt: str, note: str = "") -> None:
    """`picture` under its title, with a note beside that."""
    st.html(markup.panel_title(title, note))
    picture(image, alt)
