"""Compare: one to five methods side by side on one image, and what the threshold does to each."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, methods, session, source_bar
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.services import downloads, samples, traces, upload
from wsss_viz.app.services.basket import from_compare
from wsss_viz.app.services.comparison import Compared, cell_line, compare, competing, step_at
from wsss_viz.app.services.models import builtin
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
    frame.heading("Compare", LEAD, EXPLANATION, from_compare)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="choice"):
        source_bar.source_bar(state)
        frame.views_select(state)
    sample = source_bar.sample(state)
    if sample is None:
        source_bar.no_picture()
        return
    view, model = upload.display_copy(sample), builtin(sample)
    selected = methods.selection(state.methods, model.name)
    frame.method_pills(selected, classifier=model.name)
    source_bar.recognition(sample)

    def draw(results: MethodResults) -> None:
        current = session.state()
        first = next(iter(results.traces.values()), None) or traces.trace(sample, current.views)
        classes = first.classes
        visible = visible_classes(current, sample, first, first.classes)
        panels = (
            *(
                [Panel("Image", note=f"seen at {sample.size[1]} x {sample.size[0]}")]
                if len(selected) < methods.MOST
                else []
            ),
            *([Panel("Ground truth", note="not used in training", truth=True)] if sample.mask is not None else []),
            *(method_panel(name, results) for name in selected),
        )
        content = Content(view, panels, classes, visible, samples.ground(sample), sigmoids=model.sigmoids)
        picked = viewer("compare", content, current, picks=True)
        method = selected[picked.panel - len(panels)] if picked else ""
        if picked and method in results.traces:
            step = step_at(results.traces[method], current.k)
            st.caption(cell_line(step, picked.row, picked.column, methods.METHODS[method].title, classes))
        if results.traces and results.going is None:
            names = competing(current, visible, classes)

            def compared() -> tuple[Compared, ...]:
                return compare(results.traces, view, classes, names, current)

            downloads.comparison(view, compared, classes, names, current, sample.name.replace(" ", "-"))
            st.caption(frame.origins(sample, results.traces, current.views))

    follow_results(collect_results(sample, selected, state.views, model), selected, draw, model)
