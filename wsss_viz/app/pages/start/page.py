"""Start: one scene, what the classifier was told, and where CAM, CS-AE and RIB find it; then the pages."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import catalogue, frame, session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.services import checkpoints, provenance, samples, traces
from wsss_viz.app.services.results import method_panel, stored_results
from wsss_viz.app.services.scores import sentence, view_scores
from wsss_viz.app.widgets import markup, panels
from wsss_viz.app.widgets.viewer import Content, Panel, viewer

EXPLANATION = Explanation(
    "A classifier that was trained on image-level labels alone, and the class activation map of each label: how much "
    "each place contributed to that label's score. Beside them the ground truth, which the classifier never saw.",
    r"A_c(u) = W_c \cdot f(u), \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    "The scenes are drawn, so that it is known which part of an object is the discriminative one. Photographs are "
    "harder.",
)

CARDS = ("learn", "compare", "erasing", "own", "information", "gradients", "results", "figures")
METHODS = ("cam", "cs-ae", "rib")
OFFERED = ("class", "layout", "threshold", "table")


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    sample = samples.scene(state.example)
    ground = samples.fine_scene(state.example)
    labels = sample.labels or ()

    frame.heading(
        "Where does the classifier look?",
        "It was trained with image-level labels alone: no boxes, no masks. Its class activation maps (CAM) cover the "
        "discriminative part, by which it recognises a class, and little of the rest of the object. CS-AE and RIB "
        "were made to find more of the object.",
        EXPLANATION,
    )

    with st.container(key="hero"):
        left, right = st.columns([5, 7], gap="medium")
        with left:
            panels.image_panel(ground, "The scene", f"seen at {panels.pixels(sample)}")
            st.html(markup.chips(labels, sample.classes, "Image-level labels:"))
            frame.example_picker(state)
            covered = st.container()
        with right:
            body = st.container()

    with body, st.skeleton(height=420):
        ready = stored_results(
            sample, METHODS, state.views, "Not computed beforehand on this scene: open it in Compare."
        )
        pictures = (
            *(method_panel(name, ready, labels) for name in METHODS),
            Panel("Ground truth", note="not used in training", truth=True),
        )
        viewer("start", Content(sample, pictures, labels, labels, ground), state, offered=OFFERED)
        st.caption(frame.origins(sample, ready.traces, state.views))
    with covered:
        cam = ready.traces["cam"]
        scores = view_scores(cam, sample, cam.classes, labels, state)
        if scores.mean is not None:
            share = scores.mean.discriminative, scores.mean.non_discriminative
            st.html(
                markup.gap(*share, sentence(scores, state.threshold), provenance.held_out(checkpoints.entry().scores))
            )
        if traces.showcase_note():
            st.caption(f":material/info: {traces.showcase_note()}")

    st.space("small")
    cards = [entry for entry in catalogue.available() if entry.name in CARDS]
    with st.grid(min(len(cards), 4), min_column_width=240, border=True, gap="medium", key="cards") as grid:
        for entry in cards:
            with grid.cell():
                frame.link(entry, state, f"**{entry.title}**")
                st.caption(entry.summary)
