"""Gradients: how much each pixel moves what a layer says, and which share of a region's pixels moves it much."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from wsss_viz.app import frame, session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.gradients import exports, facts, panels, region
from wsss_viz.app.services import gradients, samples
from wsss_viz.app.services.jobs.manager import Snapshot
from wsss_viz.app.services.jobs.panel import follow
from wsss_viz.app.source_bar import scene_picker
from wsss_viz.app.state import ViewState
from wsss_viz.gradients.published import UNVERIFIED
from wsss_viz.gradients.stored import Entry, Stored

EXPLANATION = Explanation(
    "How much each pixel moves what a layer says, from the first convolution to the logit, and in which share of a "
    "region's pixels it moves it much: the high gradient ratio of RIB's argument. On a toy where a rare shape gives "
    "the class away as surely as the digit, and on the scenes.",
    r"G_k = \nabla_x \textstyle\sum_{c,u,v} T_k[c,u,v], \quad "
    r"\mathrm{HGR}_k(R) = \frac{|\{p \in R : |G_k(p)| > \tau \max_q |G_k(q)|\}|}{|R|}",
    "A ratio sees where a gradient is high, not how large it is: the sigmoid's factor s(1 - s) scales the whole map.",
)


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    (_toy if state.subject == "toy" else _scenes)(state)
    with st.expander("What is inferred or unverified"):
        st.markdown("\n".join(f"- {line}" for line in UNVERIFIED))


def _toy(state: ViewState) -> None:
    stored = gradients.read_stored("toy")
    entry = gradients.toy_entry(stored, state)
    frame.heading("Gradients", gradients.toy_sentence(entry, state), EXPLANATION)
    with _choice():
        panels.subject_controls(state)
    panels.measure_controls(state, panels.known_layers(entry))
    _body(gradients.toy_picture(stored, state), state, stored, entry)
    st.html(facts.toy_facts(stored, entry, state))
    exports.buttons(stored, entry, state)


def _scenes(state: ViewState) -> None:
    stored, stale = gradients.stored_or_why_not("scenes")
    sample = samples.scene(state.scene)
    name = gradients.scene_class(state, sample)
    entry, note = gradients.scenes_entry(stored, state) if stored else (None, "")
    frame.heading("Gradients", gradients.scenes_sentence(stored, state) if stored else "", EXPLANATION)
    with _choice():
        panels.subject_controls(state)
        scene_picker(state)
        panels.network_control(stored, state)
        st.selectbox("Logit of", list(sample.labels or ()), width=120, **session.control("focus", name))
    panels.measure_controls(state, panels.known_layers(entry))
    if stale:
        st.warning(stale, icon=":material/info:")

    if (stored_scene := gradients.stored_maps(stored, state, name)) is not None:
        picture = gradients.scene_picture(stored, state, sample, name, [stored_scene], computed=False)
        _body(picture, state, stored, entry, note)
    else:
        job = gradients.request(stored, state, sample, name)

        def draw(now: Snapshot) -> None:
            """What the job has given so far."""
            maps = gradients.maps_of(now)
            picture = gradients.scene_picture(stored, state, sample, name, maps, computed=True)
            _body(picture, state, stored, entry, note, whole=not now.going)

        follow(job, gradients.job_title(job), draw)

    if stored is not None and entry is not None:
        exports.buttons(stored, entry, state)
        facts.rib_panel(stored, state)


def _choice() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choice")


def _body(
    picture: gradients.Picture,
    state: ViewState,
    stored: Stored | None,
    entry: Entry | None,
    note: str = "",
    whole: bool = True,
) -> None:
    """The strip and the layer looked at; beside it the curves, under it one's own region once all is there."""
    panels.strip(picture, state)
    st.html(facts.source_line(picture))
    with st.container(key="beside"):
        left, right = st.columns([2, 3], gap="large")
    with left:
        region.layer_panel(picture, state)
        if whole:
            region.box_controls(state)
    with right:
        if stored is not None and entry is not None:
            facts.layer_chart(stored, entry, state, picture.layers, note)
