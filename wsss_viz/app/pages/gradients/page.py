"""Gradients: how much each pixel moves what a layer says, and which share of a region's pixels moves it much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from wsss_viz.app import caching, frame, session, source_bar
from wsss_viz.app.pages.gradients import exports, facts, image, panels, region, words
from wsss_viz.app.services import gradient_measurements, gradients, samples
from wsss_viz.app.services.jobs.manager import Snapshot
from wsss_viz.app.services.jobs.panel import follow
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.gradients.published import UNVERIFIED
from wsss_viz.gradients.stored import Entry, Stored

NO_PROBES = (
    "No held-out probe information on the photographs: a probe is trained on hundreds of images and tested on others, "
    "and there are sixteen. Of drawn scenes it is on the page Information."
)


def show() -> None:
    """Draws the page at the state of its address."""
    state = gradients.seen_by_page(session.state())
    if state.example != session.state().example:
        session.settle(example=state.example)
    {"toy": _toy, "photos": _photographs, "scenes": _scenes, gradients.IMAGE: _image}[state.subject](state)
    with st.expander("What is inferred or unverified"):
        st.markdown("\n".join(f"- {line}" for line in UNVERIFIED))


def _toy(state: ViewState) -> None:
    stored = gradient_measurements.read_stored("toy")
    entry = gradient_measurements.toy_entry(stored, state)
    frame.heading("Gradients", words.toy(entry, state), words.explanation(state))
    with _choice():
        source_bar.source_bar(state, panels.toy_beside(state))
        panels.toy_controls(state)
    panels.measure_controls(state, panels.known_layers(entry))
    picture = gradients.toy_picture(stored, state)
    session.set_subject(picture.digest)
    _body(picture, state, _curves(stored, entry, state, picture))
    st.html(facts.toy_facts(stored, entry, state))
    exports.buttons(stored, entry, state)


def _scenes(state: ViewState) -> None:
    stored, stale = gradient_measurements.stored_or_why_not("scenes")
    sample = samples.scene(state.scene)
    name = gradients.scene_class(state, sample)
    entry, note = gradient_measurements.scenes_entry(stored, state) if stored else (None, "")
    frame.heading("Gradients", words.scenes(stored, state) if stored else "", words.explanation(state))
    with _choice():
        source_bar.source_bar(state, panels.toy_beside(state))
        panels.network_control(stored, state)
        st.selectbox("Logit of", list(sample.labels or ()), width=120, **session.control("focus", name))
    panels.measure_controls(state, panels.known_layers(entry))
    if stale:
        st.warning(stale, icon=":material/info:")

    _picture(state, stored, sample, name, entry, note)
    if stored is not None and entry is not None:
        exports.buttons(stored, entry, state)
        facts.rib_panel(stored, state)


def _photographs(state: ViewState) -> None:
    state = replace(state, measure="sum", regions="parts", network="classifier", rib_step=0)
    state = replace(state, example=gradients.looked_at(state))
    stored, stale = gradient_measurements.stored_or_why_not("photos")
    sample = samples.example(state.example)
    (name,) = sample.labels or ()
    entry = gradient_measurements.scenes_entry(stored, state)[0] if stored else None
    frame.heading("Gradients", words.photographs(entry.curve, state) if entry else "", words.explanation(state))
    with _choice():
        source_bar.source_bar(state, panels.toy_beside(state))
    panels.measure_controls(state, panels.known_layers(entry, panels.PHOTO_STAGES))
    if stale:
        st.warning(stale, icon=":material/info:")
    _picture(state, stored, sample, name, entry)
    st.caption(NO_PROBES)
    if stored is not None and entry is not None:
        exports.buttons(stored, entry, state)


def _image(state: ViewState) -> None:
    frame.heading("Gradients", "", words.explanation(state))
    with _choice():
        source_bar.source_bar(state, panels.toy_beside(state))
    sample = source_bar.sample(state)
    if sample is None:
        source_bar.no_picture()
        return

    def body(picture: gradients.Picture, view: ViewState) -> None:
        _body(picture, view, lambda: image.ratios(picture, view))

    image.show(image.subject_for(state, sample), sample, body)
    source_bar.recognition(sample)


def _picture(
    state: ViewState, stored: Stored | None, sample: Sample, name: str, entry: Entry | None, note: str = ""
) -> None:
    """The strip and the charts of one scene or photograph, its maps computed where none of it ship."""
    session.set_subject(caching.digest(sample.image))
    if (stored_scene := gradients.stored_maps(stored, state, name)) is not None:
        picture = gradients.scene_picture(stored, state, sample, name, [stored_scene], computed=False)
        _body(picture, state, _curves(stored, entry, state, picture, note))
    else:
        job = gradients.request(stored, state, sample, name)

        def draw(now: Snapshot) -> None:
            """What the job has given so far."""
            maps = gradients.maps_of(now)
            picture = gradients.scene_picture(stored, state, sample, name, maps, computed=True)
            _body(picture, state, _curves(stored, entry, state, picture, note), whole=not now.going)

        follow(job, gradients.job_title(job), draw)


def _choice() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="choice")


def _curves(
    stored: Stored | None, entry: Entry | None, state: ViewState, picture: gradients.Picture, note: str = ""
) -> Callable[[], None]:
    """What draws the curves that were measured; nothing where there are none."""

    def draw() -> None:
        if stored is not None and entry is not None:
            facts.layer_chart(stored, entry, state, picture.layers, note)

    return draw


def _body(picture: gradients.Picture, state: ViewState, beside: Callable[[], None], whole: bool = True) -> None:
    """The strip and the layer looked at; beside it the curves, under it one's own region once all is there.

    Nothing of a picture that is of another image than the page by now.
    """
    if not session.is_of(picture.digest):
        return
    panels.strip(picture, state)
    st.html(facts.source_line(picture))
    with st.container(key="beside"):
        left, right = st.columns([2, 3], gap="large")
    with left:
        region.layer_panel(picture, state)
        if whole:
            region.box_controls(state)
    with right:
        beside()
