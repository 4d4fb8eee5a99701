"""Start: one scene, what the classifier was told, and where CAM, CS-AE and RIB find it; then the pages."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import catalogue, explanations, frame, session
from wsss_viz.app.services import caches, provenance
from wsss_viz.app.services.findings import find, sentence
from wsss_viz.app.services.method_panels import method_panel
from wsss_viz.app.services.results import at_once
from wsss_viz.app.widgets import markup, panels
from wsss_viz.app.widgets.viewer import Content, Panel, viewer

CARDS = ("learn", "compare", "erasing", "own", "information", "gradients", "results", "figures")
METHODS = ("cam", "cs-ae", "rib")
OFFERED = ("class", "layout", "threshold", "table")


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    sample = caches.scene(state.example)
    ground = caches.fine_scene(state.example)
    labels = sample.labels or ()

    frame.heading(
        "Where does the classifier look?",
        "It was trained with image-level labels alone: no boxes, no masks. Its class activation maps (CAM) find what "
        "gives a class away, and little of the rest. CS-AE and RIB were made to find more of the object.",
        explanations.START,
    )

    with st.container(key="hero"):
        left, right = st.columns([5, 7], gap="medium")
        with left:
            panels.image_panel(ground, "The scene", f"seen at {panels.pixels(sample)}")
            st.html(markup.chips(labels, "All the classifier was told:"))
            frame.example_picker(state)
            covered = st.container()
        with right:
            body = st.container()

    with body, st.skeleton(height=420):
        ready = at_once(sample, METHODS, state.views, "Not computed beforehand on this scene: open it in Compare.")
        shown = (
            *(method_panel(name, ready, labels) for name in METHODS),
            Panel("Ground truth", note="never shown to it", truth=True),
        )
        viewer("start", Content(sample, shown, labels, labels, ground), state, offered=OFFERED)
        st.caption(frame.origins(sample, ready.traces, state.views))
    with covered:
        cam = ready.traces["cam"]
        found = find(cam, sample, cam.classes, labels, state)
        if found.mean is not None:
            share = found.mean.discriminative, found.mean.non_discriminative
            st.html(markup.gap(*share, sentence(found, state.threshold), provenance.held_out(caches.entry().scores)))
        if caches.showcase_note():
            st.caption(f":material/info: {caches.showcase_note()}")

    st.space("small")
    cards = [entry for entry in catalogue.available() if entry.name in CARDS]
    with st.grid(min(len(cards), 4), min_column_width=240, border=True, gap="medium", key="cards") as grid:
        for entry in cards:
            with grid.cell():
                frame.link(entry, state, f"**{entry.title}**")
                st.caption(entry.summary)
