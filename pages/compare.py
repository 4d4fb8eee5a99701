"""Compare: one to five methods side by side on one scene, and what the threshold does to each."""

import streamlit as st

from wsss_viz.app import caches, downloads, explanations, frame, methods, session
from wsss_viz.app.comparison import cell_line, compare, competing, step_at
from wsss_viz.app.findings import shown_classes
from wsss_viz.app.viewer import Content, Panel, PanelStep, viewer
from wsss_viz.traces import Step

LEAD = "What each method finds with the same classifier, and how much of what is really there its pseudo mask recalls."
STOPPED = {
    "K": "all steps",
    "margin": "stopped at its margin",
    "explode": "stopped: the map flooded the image",
    "diverged": "stopped: the tuning diverged",
}

state = session.state()
sample = caches.scene(state.example)
ground = caches.fine_scene(state.example)
chosen = methods.chosen(state.methods, caches.CLASSIFIER)

frame.heading("Compare", LEAD, explanations.COMPARE)
with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="choice"):
    frame.example_picker(state)
    frame.views_select(state)
frame.method_pills(chosen)

missing = {name: methods.why_not(name, caches.CLASSIFIER) for name in chosen}
traces = {}
with st.spinner("Computing the maps", show_time=True):
    for name in chosen:
        if not missing[name]:
            traces[name] = caches.traces_for(sample, name, state.views)
first = next(iter(traces.values()), None) or caches.trace(sample, state.views)
shown = shown_classes(state, sample, first, first.classes)


def panel(name: str) -> Panel:
    look = methods.METHODS[name]
    if missing[name]:
        return Panel(look.title, missing=missing[name], colour=look.colour)
    note = "scores of what is left" if name == "ae" else ""
    return Panel.of(traces[name], look.title, note, look.colour, shown_step)


def shown_step(step: Step) -> PanelStep:
    return PanelStep.of(step, note=STOPPED.get(step.stop or "", step.stop or ""))


panels = (
    *([Panel("Image", note=f"seen at {sample.size[1]} x {sample.size[0]}")] if len(chosen) < methods.MOST else []),
    Panel("Ground truth", note="never shown to it", truth=True),
    *(panel(name) for name in chosen),
)
picked = viewer("compare", Content(sample, panels, first.classes, shown, ground), state, picks=True)
if picked:
    name = chosen[picked.panel - len(panels)]
    step = step_at(traces[name], state.k)
    st.caption(cell_line(step, picked.row, picked.column, methods.METHODS[name].title, first.classes))
if traces:
    names = competing(state, shown, first.classes)
    compared = compare(traces, sample, first.classes, names, state)
    downloads.comparison(sample, compared, first.classes, names, state, sample.name)
