"""Own image: a person's picture, through ImageNet's network or a checkpoint of their own. It stays in memory."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from wsss_viz.app import caching, catalogue, frame, methods, session, settings, source_bar
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.own import card, networks
from wsss_viz.app.services import downloads, samples, upload, workspaces
from wsss_viz.app.services.comparison import Compared, compare, competing
from wsss_viz.app.services.models import BuiltinModel, ModelHandle
from wsss_viz.app.services.results import MethodResults, collect_results, follow_results, method_panel
from wsss_viz.app.services.scores import visible_classes
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import in_order
from wsss_viz.app.widgets import markup, panels
from wsss_viz.app.widgets.viewer import Content, Panel, of_image, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

EXPLANATION = Explanation(
    "Your image through a network that knows ImageNet's thousand classes, or through a checkpoint of your own: the "
    "maps of the classes you choose of those it finds most likely. Without a ground truth nothing is measured.",
    r"p_c = \frac{e^{s_c}}{\sum_j e^{s_j}}, \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    "The probabilities share one whole among a thousand classes, so that two things in one picture halve them, and the "
    "network is never sure: compare them with one another.",
)

NOTE = (
    "It knows ImageNet's thousand classes and nothing else: hundreds of animals by breed, many things, no person. "
    "Chair, sofa, table, bottle, plant, horse and cow it knows under other names or badly. What it has no class for it "
    "takes for the nearest one it has."
)
HINT = (
    "To use a checkpoint of your own (ResNet-50 of IRN or RIB, ResNet-38d of PSA, SEAM or OC-CSE, torchvision's "
    "ResNets), put it into `checkpoints/`, or start with `python -m wsss_viz app --checkpoints FOLDER`."
)
LEAD = (
    "Your picture through a network that knows ImageNet's thousand classes, or through a checkpoint of your own. It "
    "stays in this server's memory for as long as the page is open; nothing is kept on disk or sent on."
)
FOR_A_PAPER = (
    "For a paper: Compare and Erasing have this picture too, and send it to Figures, which gives it as a folder with "
    "the command that draws the same figure again."
)
ALONE = ("cam",)
STEPPED = {name: method.pitch for name, method in methods.METHODS.items() if method.pitch}


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    frame.heading(
        "Your own image",
        LEAD,
        EXPLANATION,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="source"):
        upload.uploader(without={"source": "scene"})
        upload.examples(state)
        frame.views_select(state)
    _say_what_is_wrong(state)

    opened = networks.chooser(state)
    if opened is not None and opened.network is None:
        card.card(opened, samples.example(state.example), state.views)
        st.stop()
    uploaded = upload.is_there()
    sample: Sample = upload.current(state) or samples.example(state.example)
    model: ModelHandle = (
        workspaces.looking(sample, state) if opened is None or opened.network is None else opened.network
    )
    unlabelled = opened is None and not sample.source
    if opened is not None:
        sample = networks.seen(sample, model.classes)
    if unlabelled:
        _class_pills(sample)
    view = upload.display_copy(sample)
    ground = samples.ground(sample) if opened is None else None
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
            *([Panel("Ground truth", note="your mask", truth=True)] if view.mask is not None and unlabelled else []),
            *(method_panel(name, results) for name in selected),
        )
        sigmoids = not isinstance(model, BuiltinModel) or model.sigmoids
        viewer(
            "own",
            Content(
                view,
                of_image(results.image, pictures),
                model.classes,
                visible,
                ground,
                image=session.subject(),
                sigmoids=sigmoids,
            ),
            current,
        )
        with st.grid(2, min_column_width=380, gap="large", key="scores") as grid:
            with grid.cell():
                if first and sigmoids:
                    panels.scores_panel(first, sample)
                elif sample.source:
                    source_bar.recognition(sample)
            with grid.cell():
                if opened is not None:
                    card.card(opened, sample, current.views)
                if opened is None:
                    _step_through(sample, current)
        if results.traces and results.going is None:
            names = competing(current, visible, model.classes)

            def compared() -> tuple[Compared, ...]:
                return compare(results.traces, view, model.classes, names, current)

            downloads.comparison(
                view, compared, model.classes, names, current, "own-image" if uploaded else sample.name
            )
            st.caption(FOR_A_PAPER)

    follow_results(collect_results(sample, selected, state.views, model), selected, draw, model)


def _say_what_is_wrong(state: ViewState) -> None:
    """An upload that cannot be used, or one that a link was made of."""
    if error := upload.error():
        raise InputError(error)
    if state.source == "own" and not upload.is_there() and not state.photograph:
        line = "The link was made of an uploaded picture, which no link holds: upload it again."
        st.info(line, icon=":material/link_off:")


def _class_pills(sample: Sample) -> None:
    """The network's first classes of a picture nobody has labelled, with their probabilities: those to look for."""
    first = samples.guesses(sample)
    share = dict(zip(first.names, first.probabilities, strict=True))
    st.pills(
        "Look for",
        list(sample.classes),
        selection_mode="multi",
        format_func=lambda name: f"{name} {share[name]:.2f}" if name in share else name,
        wrap=True,
        help="The first of ImageNet's thousand classes, with their softmax probabilities.",
        **session.control(
            "classes", list(sample.labels or ()), _read_classes, variant=f"_{caching.digest(sample.image)}"
        ),
    )
    st.caption(NOTE)
    upload.mask_choices(sample)


def _read_classes(names: list[str]) -> dict[str, object]:
    return {"classes": in_order(names), "focus": "", "k": FINAL}


def _step_through(sample: Sample, state: ViewState) -> None:
    """Links to the methods that can be stepped through on this picture."""
    st.html(markup.panel_title("Step through it", "computed on this picture"))
    for mode, (title, what) in STEPPED.items():
        stepped = replace(state, mode=mode, source="scene" if sample.source else "own", k=FINAL)
        frame.link(catalogue.named("erasing"), stepped, f"**{title}** {what}")
    if not settings.checkpoint_files():
        st.caption(HINT)
