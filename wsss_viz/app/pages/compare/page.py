"""Compare: one to five methods side by side on one image, and what the threshold does to each."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import frame, methods, session, source_bar
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.compare import refiner, sheet
from wsss_viz.app.services import (
    basket,
    checkpoint_card,
    downloads,
    refining,
    samples,
    upload,
    user_networks,
    workspaces,
)
from wsss_viz.app.services.comparison import Compared, cell_line, compare, competing, step_at
from wsss_viz.app.services.models import ModelHandle
from wsss_viz.app.services.results import MethodResults, collect_results, follow_results, method_panel
from wsss_viz.app.services.scores import visible_classes
from wsss_viz.app.services.user_networks import Opened
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.app.widgets.viewer import Content, Panel, Picked, of_image, viewer
from wsss_viz.app.workspace import Workspace
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Trace

EXPLANATION = Explanation(
    "The maps of several methods with the same network: each class's, divided by its own maximum, and the pseudo mask: "
    "at each pixel the class with the highest map, where that exceeds the threshold. The scores compare this mask with "
    "the ground truth.",
    r"M_c(u) = \frac{\max(A_c(u), 0)}{\max_v \max(A_c(v), 0)}, \qquad \hat y(u) = \arg\max\{t, M_c(u)\}",
    "Divided by its maximum, the map of a class that is absent looks as bright as any other: read it with its logit.",
)


def _looking(state: ViewState, of: Workspace | None) -> tuple[Sample, ModelHandle, Opened | None] | None:
    """The image, who looks at it, and where that is a person's own checkpoint, what was read of it; None where there is
    no picture yet, or the checkpoint cannot look, which is said."""
    opened = user_networks.chooser(state) if of is None else None
    sample = source_bar.sample(state)
    if sample is None:
        source_bar.no_picture()
        return None
    if opened is None:
        source_bar.looked_for(sample)
        return sample, workspaces.looking(sample, state), None
    if opened.network is None:
        checkpoint_card.card(opened, sample, state.views)
        return None
    return user_networks.seen(sample, opened.network.classes), opened.network, opened


def _about(sample: Sample, opened: Opened | None, state: ViewState, results: MethodResults) -> None:
    """Under the viewer: what the image is, or what the checkpoint is and how it scores the classes."""
    if opened is None:
        source_bar.recognition(sample)
    else:
        checkpoint_card.beside_scores(opened, sample, state.views, next(iter(results.traces.values()), None))


def _say_of_cell(cell: Picked, method: str, trace: Trace, view: Sample, state: ViewState) -> None:
    """Its maps' values in words; of a walk, what is akin to it."""
    step = step_at(trace, state.k)
    st.caption(plain_line(cell_line(step, cell.row, cell.column, methods.title_of(method), trace.classes)))
    if methods.refiner_of(method):
        refiner.akin_to_point(view, state, cell.x, cell.y)


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    frame.heading("Compare", "", EXPLANATION, basket.from_compare)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="choice"):
        source_bar.source_bar(state)
        with st.popover(refiner.title_of(state), icon=":material/tune:"):
            frame.views_select(state)
            refiner.controls(state)
    of = workspaces.of_state(state) if state.source != "own" else None
    if of is not None:
        sheet.sheet(of, state)
    looking = _looking(state, of)
    if looking is None:
        return
    sample, model, opened = looking
    view, ground = upload.display_copy(sample), samples.ground(sample) if opened is None else None
    selected = basket.selected(state)
    maps = [f"{methods.MAPS}{name}" for name in of.maps] if of else []
    frame.method_pills(selected, basket.selected(basket.unasked(state)), model.why_not, maps=maps)
    side_by_side = refining.panel_names(selected, state.refine, methods.MOST)

    def draw(results: MethodResults) -> None:
        current = session.state()
        first = next((results.traces[name] for name in selected if name in results.traces), None)
        classes = first.classes if first else model.classes
        visible = visible_classes(current, sample, first, classes) if first else (sample.labels or classes[:1])
        panels = (
            *(
                [Panel("Image", note=f"seen at {sample.size[1]} x {sample.size[0]}")]
                if len(side_by_side) < methods.MOST
                else []
            ),
            *([Panel("Ground truth", note="not used in training", truth=True)] if view.mask is not None else []),
            *(
                refining.refined_panel(name, results, classes)
                if methods.refiner_of(name)
                else method_panel(name, results)
                for name in side_by_side
            ),
        )
        content = Content(
            view,
            of_image(results.image, panels),
            classes,
            visible,
            ground,
            image=session.subject(),
            sigmoids=model.sigmoids,
        )
        picked = viewer("compare", content, current, picks=True, roomy=True, opening=results.going is None)
        by_method = {name: results.traces[name] for name in side_by_side if name in results.traces}
        first_map = len(panels) - len(side_by_side)
        method = side_by_side[picked.panel - first_map] if picked and picked.panel >= first_map else ""
        if picked and method in by_method:
            _say_of_cell(picked, method, by_method[method], view, current)
        sheet.scores_of_maps(sample, by_method, current)
        refiner.scores(view, by_method, current)
        if by_method and results.going is None:
            names = competing(current, visible, classes)

            def compared() -> tuple[Compared, ...]:
                wide = {name: refining.widened(trace, classes) for name, trace in by_method.items()}
                return compare(wide, view, classes, names, current)

            downloads.comparison(view, compared, classes, names, current, sample.name.replace(" ", "-"))
            if opened is None:
                named = [name for name in selected if name in results.traces]
                st.caption(frame.origins(sample, named, current.views))

    results = collect_results(sample, selected, state.views, model)
    if state.refine:
        first = next(iter(results.traces.values()), None)
        results = refining.with_refined(
            results, view, state, visible_classes(state, sample, first, first.classes) if first else ()
        )
    follow_results(results, (*selected, *side_by_side), draw, model)
    _about(sample, opened, state, results)
