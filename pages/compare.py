"""Compare: image, ground truth, maps and pseudo mask on one scene, and what the threshold does to them."""

import streamlit as st

from wsss_viz.app import caches, controls, downloads, explanations, frame, markup, panels, session
from wsss_viz.app.findings import find, sentence, shown_classes

state = session.state()
sample = caches.scene(state.example)
ground = caches.fine_scene(state.example)
trace = caches.trace(sample, state.views)
shown = shown_classes(state, sample, trace, trace.classes)
found = find(trace, sample, trace.classes, shown, state)

frame.heading("Compare", sentence(found, state.threshold), explanations.COMPARE)
with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="choice"):
    frame.example_picker(state)
    frame.class_pills(shown, sample.labels)
controls.map_controls(state)
panels.metrics(found)

count = len(shown) + 3
chart, rest = panels.tail_spans(count)
with st.grid(panels.COLUMNS, min_column_width=230, gap="medium", key="panels") as grid:
    with grid.cell():
        panels.image_panel(ground, "Image", f"seen at {panels.pixels(sample)}")
    with grid.cell():
        panels.truth_panel(ground)
    for finding in found.classes:
        with grid.cell():
            panels.map_panel(ground, finding, found, state)
    with grid.cell():
        panels.mask_panel(ground, found, state)
    with grid.cell(column_span=chart):
        panels.scores_panel(trace, sample)
    with grid.cell(column_span=rest):
        st.html(markup.panel_title("By class", f"threshold {state.threshold:.2f}"))
        st.html(markup.score_table([(f.name, f.scores) for f in found.classes if f.scores is not None]))
        downloads.buttons(sample, trace, found, state, sample.name)
