"""Compare: one to five methods side by side on one scene, and what the threshold does to each."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import explanations, frame, methods, session
from wsss_viz.app.services import caches, downloads
from wsss_viz.app.services.basket import from_compare
from wsss_viz.app.services.comparison import Compared, cell_line, compare, competing, step_at
from wsss_viz.app.services.findings import shown_classes
from wsss_viz.app.services.method_panels import method_panel
from wsss_viz.app.services.results import Gathered, follow_all, gather
from wsss_viz.app.widgets.viewer import Content, Panel, viewer

LEAD = "What each method finds with the same classifier, and how much of what is really there its pseudo mask recalls."


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    sample = caches.scene(state.example)
    ground = caches.fine_scene(state.example)
    chosen = methods.chosen(state.methods, caches.CLASSIFIER)

    frame.heading("Compare", LEAD, explanations.COMPARE, from_compare)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="choice"):
        frame.example_picker(state)
        frame.views_select(state)
    frame.method_pills(chosen)

    def draw(found: Gathered) -> None:
        current = session.state()
        first = next(iter(found.traces.values()), None) or caches.trace(sample, current.views)
        shown = shown_classes(current, sample, first, first.classes)
        panels = (
            *(
                [Panel("Image", note=f"seen at {sample.size[1]} x {sample.size[0]}")]
                if len(chosen) < methods.MOST
                else []
            ),
            Panel("Ground truth", note="never shown to it", truth=True),
            *(method_panel(name, found) for name in chosen),
        )
        picked = viewer("compare", Content(sample, panels, first.classes, shown, ground), current, picks=True)
        method = chosen[picked.panel - len(panels)] if picked else ""
        if picked and method in found.traces:
            step = step_at(found.traces[method], current.k)
            st.caption(cell_line(step, picked.row, picked.column, methods.METHODS[method].title, first.classes))
        if found.traces and found.going is None:
            names = competing(current, shown, first.classes)

            def compared() -> tuple[Compared, ...]:
                return compare(found.traces, sample, first.classes, names, current)

            downloads.comparison(sample, compared, first.classes, names, current, sample.name)
            st.caption(frame.origins(sample, found.traces, current.views))

    follow_all(gather(sample, chosen, state.views), chosen, draw)
