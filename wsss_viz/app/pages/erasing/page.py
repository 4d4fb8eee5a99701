"""Erasing: find, erase, repeat, step by step; CS-AE's and RIB's iterations in the same way."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import caching, frame, session, source_bar
from wsss_viz.app.explanations import erasing
from wsss_viz.app.pages.erasing import averages, by_hand, controls, panels, sources
from wsss_viz.app.services import checkpoint_card, upload, user_networks
from wsss_viz.app.services.jobs.panel import follow
from wsss_viz.app.services.models import ModelHandle
from wsss_viz.app.services.steps import MODES
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import lead
from wsss_viz.traces import Trace

EXPERIMENT = (
    "What can an ordinary classifier still see once the most discriminative part is gone? Erase more and more of it, "
    "and compute the score and the map each time."
)
BY_HAND = (
    "Paint over what you think the classifier looks at. After each stroke its scores, and its map of what is left, are "
    "computed again."
)


def steps_of(state: ViewState, sample: Sample, focus: str, model: ModelHandle) -> None:
    """The steps of one class on the image, computed where they are not there."""
    ground, image = sources.ground(sample), caching.digest(sample.image)
    session.set_subject(image)
    looked_at = upload.display_copy(sample)
    missing = sources.missing(state, sample, model)
    options = sources.options(state, sample, focus, model)
    trace = None if missing or state.mode == "by-hand" else sources.stored(state, sample, options, model)
    if missing:
        st.info(missing, icon=":material/info:")
        if sources.is_of_scenes_alone(state, sample, model):
            st.button(
                "Show it on a drawn scene",
                key="on_a_scene",
                type="primary",
                on_click=session.change,
                kwargs=source_bar.fields_of("scenes"),
            )
    elif state.mode == "by-hand":
        by_hand.show()
    elif trace is not None:
        origin = "kept while it was trained" if state.mode == "cs-ae-epochs" else "precomputed"
        panels.show(state, looked_at, ground, trace, focus, origin, image, model.sigmoids)
    elif state.mode == "cs-ae-epochs":
        controls.watched_scenes(sources.growth())
    else:
        follow(
            sources.request(state, sample, options, focus, model),
            panels.title(state),
            lambda now: panels.show(
                session.state(),
                looked_at,
                ground,
                Trace(now.steps, classes=sample.classes),
                focus,
                "computed now",
                image,
                model.sigmoids,
            ),
        )


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    method = MODES[state.mode].method
    what = BY_HAND if state.mode == "by-hand" else lead(method) if method else EXPERIMENT
    frame.heading("Erasing", what, erasing(state.mode), sources.sent_to_figures)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="choice"):
        source_bar.source_bar(state)
    of_workspace = state.source != "own" and state.workspace
    opened = None if of_workspace else user_networks.chooser(state)
    settings = st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="settings")
    with settings:
        controls.mode_choice(state)
    picture, looked = source_bar.sample(state), sources.looked_at(state)
    if picture is None:
        source_bar.no_picture()
    elif looked is None and opened is not None:
        checkpoint_card.card(opened, picture, state.views)
    elif looked is not None:
        sample, model = looked
        focus = sources.focus(state, sample, model)
        with settings:
            controls.focus_choice(state, focus, sample)
            controls.options(state, model)
        steps_of(state, sample, focus, model)
    if state.mode == "experiment":
        averages.averages()
