"""About: what is computed and from which papers, what is not claimed, and what made what is shown."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.about import texts
from wsss_viz.app.services import provenance
from wsss_viz.app.services.checkpoints import PHOTOGRAPHS, SCENES
from wsss_viz.data.photographs import credits
from wsss_viz.models.manifest import read_manifest

EXPLANATION = Explanation(
    "What this project computes and from which papers, what it does not claim, and which software and which checkpoint "
    "produced what you see. Every number on these pages is computed by the library, not by the page.",
    r"\mathrm{IoU} = \frac{TP}{TP + FP + FN}",
    "Numbers on drawn scenes say nothing about PASCAL VOC; published VOC results are marked as published.",
)


def show() -> None:
    """Draws the page at the state of its address."""
    frame.heading(
        "About",
        "What is computed here and after which papers, what is not claimed, and which software and checkpoint made it.",
        EXPLANATION,
    )

    left, right = st.columns(2, gap="large")
    with left:
        st.header("What is computed", anchor=False)
        st.markdown(texts.METHODS)
        st.header("What is not claimed", anchor=False)
        st.markdown(texts.LIMITS)
    with right:
        st.header("The networks", anchor=False)
        st.caption("For drawn scenes")
        provenance.checkpoint_card(SCENES)
        if PHOTOGRAPHS in read_manifest():
            st.caption("For photographs and pictures of your own")
            provenance.checkpoint_card(PHOTOGRAPHS)
        st.header("This installation", anchor=False)
        provenance.versions_table()
        st.header("Licence", anchor=False)
        st.markdown(texts.LICENCE)

    st.header("The photographs", anchor=False)
    st.caption("In the public domain or under CC0, all of them; the outlines are this project's.")
    with st.container(key="credits"):
        st.markdown(texts.linked(credits()))
    st.header("Shortcuts", anchor=False)
    texts.shortcuts()
    st.header("To cite", anchor=False)
    st.caption("Cite the paper of the method you use; this project where it made a figure or a number.")
    texts.citations()
