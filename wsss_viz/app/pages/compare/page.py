"""Compare: one to five methods side by side on one scene, and what the threshold does to each."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, methods, session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.services import checkpoints, downloads, samples, traces
from wsss_viz.app.services.basket import from_compare
from wsss_viz.app.services.comparison import Compared, cell_line, compare, competing, step_at
from wsss_viz.app.services.results import MethodResults, collect_results, follow_results, method_panel
from wsss_viz.app.services.scores import visible_classes
from wsss_viz.app.widgets.viewer import Content, Panel, viewer

EXPLANATION = Explanation(
    "The class activation map of each chosen class, divided by its own maximum, and the pseudo mask: at each pixel the "
    "class with the highest map, where that exceeds the threshold. The scores compare this mask with the ground truth.",
    r"M_c(u) = \frac{\max(A_c(u), 0)}{\max_v \max(A_c(v), 0)}, \qquad \hat y(u) = \arg\max\{t, M_c(u)\}",
    "Divided by its maximum, the map of a class that is absent looks as bright as any other: read it with its logit.",
)

LEAD = "The maps of several methods with the same classifier, and how much of each object its pseudo mask recalls."


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    sample = samples.scene(state.example)
    ground = samples.fine_scene(state.example)
    selected = methods.selection(state.methods, checkpoints.CLASSIFIER)

    frame.heading("Compare", LEAD, EXPLANATION, from_compare)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="choice"):
        frame.example_picker(state)
        frame.views_select(state)
    frame.method_pills(selected)

    def draw(results: MethodResults) -> None:
        current = session.state()
        first = next(iter(results.traces.values()), None) or traces.trace(sample, current.views)
        visible = visible_classes(current, sample, first, first.classes)
        panels = (
            *(
                [Panel("Image", note=f"seen at {sample.size[1]} x {sample.size[0]}")]
                if len(selected) < methods.MOST
                else []
            ),
            Panel("Ground truth", note="not used in training", truth=True),
            *(method_panel(name, results) for name in selected),
        )
        picked = viewer("compare", Content(sample, panels, first.classes, visible, ground), current, picks=True)
        method = selected[picked.panel - len(panels)] if picked else ""
        if picked and method in results.traces:
            step = step_at(results.traces[method], current.k)
            st.caption(cell_line(step, picked.row, picked.column, methods.METHODS[method].title, first.classes))
        if results.traces and results.going is None:
            names = competing(current, visible, first.classes)

            def compared() -> tuple[Compared, ...]:
                return compare(results.traces, sample, first.classes, names, current)

            downloads.comparison(sample, compared, first.classes, names, current, sample.name)
            st.caption(frame.origins(sample, results.traces, current.views))

    follow_results(collect_results(sample, selected, state.views), selected, draw)
