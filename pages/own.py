"""Own image: a person's picture through the classifier. It stays in this session's memory."""

import streamlit as st

from wsss_viz.app import caches, controls, downloads, explanations, frame, panels, session, upload
from wsss_viz.app.findings import find, shown_classes
from wsss_viz.app.state import ViewState
from wsss_viz.errors import InputError

NOTE = (
    "This classifier knows ten classes of drawn objects and has never seen one photographed. What lights up is what "
    "it takes for one of them; the scores say how sure it is."
)

state = session.state()
frame.heading(
    "Your own image",
    "Your picture through the same network. It stays in this server's memory for as long as the page is open; nothing "
    "is written to disk or sent on.",
    explanations.OWN,
)

with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="source"):
    upload.uploader()
    upload.examples(state)
error = upload.error()
if error:
    raise InputError(error)

uploaded = upload.sample()
sample = uploaded or (caches.photograph(state.photograph) if state.photograph else caches.scene(state.example))
trace = caches.trace(sample, state.views)
view = upload.display_copy(sample)
ground = caches.fine_scene(state.example) if sample.source else view
shown = shown_classes(state, view, trace, trace.classes)
found = find(trace, view, trace.classes, shown, state)

frame.class_pills(shown, sample.labels or shown_classes(ViewState(), view, trace, trace.classes))
controls.map_controls(state)
chart, rest = panels.tail_spans(len(shown) + 2)
with st.grid(panels.COLUMNS, min_column_width=230, gap="medium", key="panels") as grid:
    with grid.cell():
        panels.image_panel(ground, "Your image" if uploaded else "Example", panels.pixels(sample))
    for finding in found.classes:
        with grid.cell():
            panels.map_panel(ground, finding, found, state)
    with grid.cell():
        panels.mask_panel(ground, found, state)
    with grid.cell(column_span=chart):
        panels.scores_panel(trace, sample)
    with grid.cell(column_span=rest):
        if sample.labels is None:
            st.info(NOTE, icon=":material/info:")
        downloads.buttons(view, trace, found, state, "own-image" if uploaded else sample.name)
