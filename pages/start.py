"""Start: one scene, what the classifier was told, where it looks, and what is really there."""

import streamlit as st

from wsss_viz.app import caches, catalogue, explanations, frame, markup, panels, provenance, session
from wsss_viz.app.findings import find, sentence

CARDS = ("learn", "compare", "erasing", "own", "results", "figures")

state = session.state()
sample = caches.scene(state.example)
ground = caches.fine_scene(state.example)
labels = sample.labels or ()

frame.heading(
    "Where does the classifier look?",
    "It was trained with image-level labels alone: no boxes, no masks. Its class activation maps show which places "
    "speak for each label. They find what gives a class away, and little of the rest.",
    explanations.START,
)

with st.grid(2, min_column_width=400, gap="medium", key="hero") as hero:
    with hero.cell():
        panels.image_panel(ground, "The scene", f"seen at {panels.pixels(sample)}")
        st.html(markup.chips(labels, "All the classifier was told:"))
        frame.example_picker(state)
    with hero.cell():
        body = st.container()

with body, st.skeleton(height=420):
    trace = caches.trace(sample, state.views)
    found = find(trace, sample, trace.classes, labels, state)
    with st.grid(2, min_column_width=200, gap="medium") as maps:
        for finding in found.classes:
            with maps.cell():
                panels.map_panel(ground, finding, found, state)
        with maps.cell():
            panels.truth_panel(ground)
        with maps.cell(column_span=1 if len(labels) % 2 == 0 else "all"):
            if found.mean is not None:
                share = found.mean.discriminative, found.mean.non_discriminative
                more = provenance.held_out(caches.entry().scores)
                st.html(markup.gap(*share, sentence(found, state.threshold), more))

st.space("small")
cards = [entry for entry in catalogue.available() if entry.name in CARDS]
with st.grid(min(len(cards), 3), min_column_width=260, border=True, gap="medium", key="cards") as grid:
    for entry in cards:
        with grid.cell():
            frame.link(entry, state, f"**{entry.title}**")
            st.caption(entry.summary)
