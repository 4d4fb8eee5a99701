"""Erasing: find, erase, look again, step by step; CS-AE's and RIB's iterations in the same way."""

import streamlit as st

from wsss_viz.app import caches, erasing_averages, erasing_controls, erasing_panels, erasing_sources, frame, session
from wsss_viz.app.basket import from_erasing
from wsss_viz.app.explanations import ERASING
from wsss_viz.app.jobs.panel import follow
from wsss_viz.app.stepping import MODES
from wsss_viz.traces import Trace

LEADS = {
    "AE": "Find what gives the class away, erase it, look again. The classifier stays as it is; what it still finds is "
    "what it had not needed.",
    "CS-AE": "A network learns to erase one class so well that a frozen classifier no longer sees it, and still sees "
    "all the others.",
    "RIB": "The classifier is tuned on this one image with its last sigmoid removed, which gives it a reason to "
    "look at more than the most telling part.",
    "Experiment": "What can an ordinary classifier still see once the most telling part is gone? Erase more and more "
    "of it, and look each time.",
}

state = session.state()
sample = caches.scene(state.example)
ground = caches.fine_scene(state.example)
labels = sample.labels or ()
group = MODES[state.mode].group
allowed = labels if state.mode == "experiment" else sample.classes
focus = state.focus if state.focus in allowed else labels[0]

frame.heading("Erasing", LEADS[group], ERASING[group], from_erasing)
with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="choice"):
    erasing_controls.mode_choice(state)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="settings"):
    frame.example_picker(state)
    erasing_controls.focus_choice(state, focus, labels)
    erasing_controls.options(state)

missing = erasing_sources.missing(state)
chosen = erasing_sources.options(state, sample, focus)
trace = None if missing else erasing_sources.stored(state, sample, chosen)
if missing:
    st.info(missing, icon=":material/info:")
elif trace is not None:
    origin = "kept while it was trained" if state.mode == "cs-ae-epochs" else "precomputed"
    erasing_panels.show(state, sample, ground, trace, focus, origin)
elif state.mode == "cs-ae-epochs":
    erasing_controls.watched_scenes(erasing_sources.growth())
else:
    follow(
        erasing_sources.request(state, sample, chosen, focus),
        erasing_panels.title(state),
        lambda now: erasing_panels.show(
            session.state(), sample, ground, Trace(now.steps, classes=caches.entry().classes), focus, "computed now"
        ),
    )
if state.mode == "experiment":
    erasing_averages.averages()
