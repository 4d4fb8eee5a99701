"""Gradients: how much each pixel moves what a layer says, and which share of a region's pixels moves it much."""

import streamlit as st

from wsss_viz.app import (
    caches,
    explanations,
    frame,
    gradients,
    gradients_exports,
    gradients_facts,
    gradients_panels,
    gradients_region,
    gradients_sources,
    session,
)
from wsss_viz.app.jobs.manager import Snapshot
from wsss_viz.app.jobs.panel import follow
from wsss_viz.gradients.published import UNVERIFIED
from wsss_viz.gradients.stored import Entry, Stored

state = session.state()
found: Stored | None
entry: Entry | None
sample, name, stale, note, lead = None, "", "", "", ""
if state.subject == "toy":
    found = gradients_sources.stored("toy")
    entry = gradients.toy_entry(found, state)
    lead = gradients.toy_sentence(entry, state)
else:
    found, stale = gradients_sources.stored_or_why_not("scenes")
    sample = caches.scene(state.example)
    name = gradients.scene_class(state, sample)
    entry, note = gradients.scenes_entry(found, state) if found else (None, "")
    lead = gradients.scenes_sentence(found, state) if found else ""

frame.heading("Gradients", lead, explanations.GRADIENTS)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choice"):
    gradients_panels.subject_controls(state)
    if sample is not None:
        frame.example_picker(state)
        gradients_panels.network_control(found, state)
        st.selectbox("Logit of", list(sample.labels or ()), width=120, **session.control("focus", name))
layers = gradients_panels.known_layers(entry)
gradients_panels.measure_controls(state, layers)
if stale:
    st.warning(stale, icon=":material/info:")


def body(shown: gradients.Picture, whole: bool = True) -> None:
    """The strip and the layer looked at; beside it the curves, and under it one's own region, once it is all there."""
    gradients_panels.strip(shown, state)
    st.html(gradients_facts.source_line(shown))
    with st.container(key="beside"):
        left, right = st.columns([2, 3], gap="large")
    with left:
        gradients_region.layer_panel(shown, state)
        if whole:
            gradients_region.box_controls(state)
    with right:
        if found is not None and entry is not None:
            gradients_facts.layer_chart(found, entry, state, shown.layers, note)


if sample is None:
    assert found is not None
    body(gradients.toy_picture(found, state))
elif (kept := gradients_sources.kept_maps(found, state, name)) is not None:
    body(gradients_sources.scene_picture(found, state, sample, name, [kept], computed=False))
else:
    scene, job = sample, gradients_sources.request(found, state, sample, name)

    def draw(now: Snapshot) -> None:
        """What the job has given so far."""
        maps = gradients_sources.maps_of(now)
        body(gradients_sources.scene_picture(found, state, scene, name, maps, computed=True), whole=not now.going)

    follow(job, gradients_sources.job_title(job), draw)

if found is not None and entry is not None:
    if state.subject == "toy":
        st.html(gradients_facts.toy_facts(found, entry, state))
    gradients_exports.buttons(found, entry, state)
    if state.subject == "scenes":
        gradients_facts.rib_panel(found, state)
with st.expander("What is inferred or unverified"):
    st.markdown("\n".join(f"- {line}" for line in UNVERIFIED))
