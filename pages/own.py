"""Own image: a person's picture through the classifier. It stays in this session's memory."""

import streamlit as st

from wsss_viz.app import basket, caches, downloads, explanations, frame, methods, panels, session, upload
from wsss_viz.app.comparison import compare, competing
from wsss_viz.app.findings import shown_classes
from wsss_viz.app.viewer import Content, Panel, viewer
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
    frame.views_select(state)
error = upload.error()
if error:
    raise InputError(error)

uploaded = upload.sample()
sample = uploaded or (caches.photograph(state.photograph) if state.photograph else caches.scene(state.example))
trace = caches.trace(sample, state.views)
view = upload.display_copy(sample)
shown = shown_classes(state, view, trace, trace.classes)

look = methods.METHODS["cam"]
pictures = (
    Panel("Your image" if uploaded else "Example", note=panels.pixels(sample)),
    Panel.of(trace, look.title, "class activation map", look.colour),
)
ground = caches.fine_scene(state.example) if sample.source else None
viewer("own", Content(view, pictures, trace.classes, shown, ground), state)

with st.grid(2, min_column_width=380, gap="large", key="scores") as grid:
    with grid.cell():
        panels.scores_panel(trace, sample)
    if sample.labels is None:
        with grid.cell():
            st.info(NOTE, icon=":material/info:")
names = competing(state, shown, trace.classes)
compared = compare({"cam": trace}, view, trace.classes, names, state)
downloads.comparison(view, compared, trace.classes, names, state, "own-image" if uploaded else sample.name)
st.caption(basket.OWN)
