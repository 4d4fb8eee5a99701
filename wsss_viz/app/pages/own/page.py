"""Own image: a person's picture, through the shipped classifier or a checkpoint of their own. It stays in memory."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from wsss_viz.app import catalogue, frame, methods, session, settings
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.own import card, networks
from wsss_viz.app.services import basket, downloads, samples, upload
from wsss_viz.app.services.comparison import Compared, compare, competing
from wsss_viz.app.services.models import BUILTIN, ModelHandle
from wsss_viz.app.services.results import MethodResults, collect_results, follow_results, method_panel
from wsss_viz.app.services.scores import visible_classes
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets import markup, panels
from wsss_viz.app.widgets.viewer import Content, Panel, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

EXPLANATION = Explanation(
    "Your image through the shipped classifier or a checkpoint of your own: the maps of the classes it finds most "
    "likely, and their scores. There is no ground truth for it, so nothing is measured here.",
    r"p_c = \sigma(s_c), \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    "The shipped classifier knows ten classes of drawn scenes: on a photograph its maps show what it takes for them.",
)

NOTE = (
    "This classifier knows ten classes of drawn objects and has never seen one photographed. The bright regions are "
    "what "
    "it takes for one of them; the scores say how sure it is."
)
HINT = (
    "To use a checkpoint of your own (ResNet-50 of IRN or RIB, ResNet-38d of PSA, SEAM or OC-CSE, torchvision's "
    "ResNets), put it into `checkpoints/`, or start with `python -m wsss_viz app --checkpoints FOLDER`."
)
ALONE = ("cam",)
STEPPED = {name: method.pitch for name, method in methods.METHODS.items() if method.pitch}


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    frame.heading(
        "Your own image",
        "Your picture through the shipped classifier, or through a checkpoint of your own. It stays in this server's "
        "memory for as long as the page is open; nothing is kept on disk or sent on.",
        EXPLANATION,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="source"):
        upload.uploader()
        upload.examples(state)
        frame.views_select(state)
    error = upload.error()
    if error:
        raise InputError(error)

    opened = networks.chooser(state)
    if opened is not None and opened.network is None:
        card.card(opened, samples.scene(state.example), state.views)
        st.stop()
    model: ModelHandle = BUILTIN if opened is None or opened.network is None else opened.network

    uploaded = upload.sample()
    sample: Sample = upload.current(state) or samples.scene(state.example)
    if opened is not None:
        sample = networks.seen(sample, model.classes, state.example)
    view = upload.display_copy(sample)
    ground = samples.fine_scene(state.example) if sample.source and opened is None else None
    selected = state.methods[: methods.MOST] or ALONE
    frame.method_pills(selected, ALONE, model.why_not)

    def draw(results: MethodResults) -> None:
        current = session.state()
        first = next(iter(results.traces.values()), None)
        visible = visible_classes(current, view, first, model.classes) if first else model.classes[:1]
        pictures = (
            *(
                [Panel("Your image" if uploaded else "Example", note=panels.pixels(sample))]
                if len(selected) < 6
                else []
            ),
            *(method_panel(name, results) for name in selected),
        )
        viewer("own", Content(view, pictures, model.classes, visible, ground), current)
        with st.grid(2, min_column_width=380, gap="large", key="scores") as grid:
            with grid.cell():
                if first:
                    panels.scores_panel(first, sample)
            with grid.cell():
                if opened is not None:
                    card.card(opened, sample, current.views)
                elif sample.labels is None:
                    st.info(NOTE, icon=":material/info:")
                if opened is None:
                    st.html(markup.panel_title("Step through it", "computed on this picture"))
                    for mode, (title, what) in STEPPED.items():
                        stepped = replace(current, mode=mode, source="scene" if sample.source else "own", k=FINAL)
                        frame.link(catalogue.named("erasing"), stepped, f"**{title}** {what}")
                    if not settings.checkpoint_files():
                        st.caption(HINT)
        if results.traces and results.going is None:
            names = competing(current, visible, model.classes)

            def compared() -> tuple[Compared, ...]:
                return compare(results.traces, view, model.classes, names, current)

            downloads.comparison(
                view, compared, model.classes, names, current, "own-image" if uploaded else sample.name
            )
            st.caption(basket.USER_IMAGE_NOTE)

    follow_results(collect_results(sample, selected, state.views, model), selected, draw, model)
