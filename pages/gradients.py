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
    gradients_sources,
    markup,
    session,
)
from wsss_viz.app import gradients_charts as charts
from wsss_viz.gradients.published import UNVERIFIED
from wsss_viz.gradients.stored import Entry, Stored

CONFIG = {"displayModeBar": False, "scrollZoom": False}
state = session.state()
found: Stored | None
entry: Entry | None
if state.subject == "toy":
    toy = gradients_sources.stored("toy")
    found, stale = toy, ""
    entry, note = gradients.toy_entry(toy, state), ""
    shown = gradients.toy_picture(toy, state)
    lead = gradients.toy_sentence(entry, state)
else:
    found, stale = gradients_sources.stored_or_why_not("scenes")
    sample = caches.scene(state.example)
    name = gradients.scene_class(state, sample)
    shown = gradients_sources.scene_picture(found, state, sample, name)
    entry, note = gradients.scenes_entry(found, state) if found else (None, "")
    lead = gradients.scenes_sentence(found, state) if found else ""

frame.heading("Gradients", lead, explanations.GRADIENTS)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choice"):
    gradients_panels.subject_controls(state)
    if state.subject == "scenes":
        frame.example_picker(state)
        gradients_panels.network_control(found, state)
        st.selectbox("Logit of", list(sample.labels or ()), width=120, **session.control("focus", name))
gradients_panels.measure_controls(state, shown.layers)
gradients_panels.strip(shown, state)
st.html(gradients_facts.source_line(shown))

left, right = st.columns([2, 3], gap="large")
with left:
    gradients_panels.layer_panel(shown, state)
    gradients_panels.box_controls(state)
with right:
    if found is None or entry is None:
        st.warning(stale, icon=":material/info:")
    else:
        of_toy, charted = state.subject == "toy", entry.curve.layers
        seeds = [gradients.toy_entry(found, state, n).curve for n in gradients.toy_seeds(found)] if of_toy else []
        st.html(markup.panel_title(*gradients_facts.chart_title(found, entry, state)))
        figure = charts.layers_figure(
            entry.curve,
            state.tau,
            state.subject,
            gradients_facts.marked(state, shown.layers, charted),
            seeds,
            of_toy,
            1 + len(shown.layers) - len(charted),
        )
        st.plotly_chart(
            figure,
            key="layer_chart",
            on_select=lambda: gradients_facts.layer_clicked(shown.layers, charted),
            selection_mode="points",
            config=CONFIG,
            alt=gradients_facts.chart_words(entry.curve, state),
        )
        st.caption(gradients_facts.chart_note(state, note))

if found is not None and entry is not None:
    if state.subject == "toy":
        st.html(gradients_facts.toy_facts(entry, state))
    else:
        gradients_facts.rib_panel(found, state, CONFIG)
    gradients_exports.buttons(found, entry, state)
with st.expander("What is inferred or unverified"):
    st.markdown("\n".join(f"- {line}" for line in UNVERIFIED))
