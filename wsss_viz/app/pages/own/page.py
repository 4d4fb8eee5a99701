"""Own image: a person's picture, through the shipped classifier or a checkpoint of their own. It stays in memory."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from wsss_viz.app import catalogue, explanations, frame, methods, session, settings
from wsss_viz.app.pages.own import card, networks
from wsss_viz.app.services import basket, caches, downloads, method_panels, upload
from wsss_viz.app.services.comparison import Compared, compare, competing
from wsss_viz.app.services.findings import shown_classes
from wsss_viz.app.services.models import SHIPPED, Looker
from wsss_viz.app.services.results import Gathered, follow_all, gather
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets import markup, panels
from wsss_viz.app.widgets.viewer import Content, Panel, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

NOTE = (
    "This classifier knows ten classes of drawn objects and has never seen one photographed. What lights up is what "
    "it takes for one of them; the scores say how sure it is."
)
HINT = (
    "To look with a checkpoint of your own (ResNet-50 of IRN or RIB, ResNet-38d of PSA, SEAM or OC-CSE, torchvision's "
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
        explanations.OWN,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="source"):
        upload.uploader()
        upload.examples(state)
        frame.views_select(state)
    error = upload.error()
    if error:
        raise InputError(error)

    own = networks.chooser(state)
    if own is not None and own.network is None:
        card.card(own, caches.scene(state.example), state.views)
        st.stop()
    looker: Looker = SHIPPED if own is None or own.network is None else own.network

    uploaded = upload.sample()
    sample: Sample = upload.chosen(state) or caches.scene(state.example)
    if own is not None:
        sample = networks.seen(sample, looker.classes, state.example)
    view = upload.display_copy(sample)
    ground = caches.fine_scene(state.example) if sample.source and own is None else None
    chosen = state.methods[: methods.MOST] or ALONE
    frame.method_pills(chosen, ALONE, looker.why_not)

    def draw(found: Gathered) -> None:
        current = session.state()
        first = next(iter(found.traces.values()), None)
        shown = shown_classes(current, view, first, looker.classes) if first else looker.classes[:1]
        pictures = (
            *([Panel("Your image" if uploaded else "Example", note=panels.pixels(sample))] if len(chosen) < 6 else []),
            *(method_panels.method_panel(name, found) for name in chosen),
        )
        viewer("own", Content(view, pictures, looker.classes, shown, ground), current)
        with st.grid(2, min_column_width=380, gap="large", key="scores") as grid:
            with grid.cell():
                if first:
                    panels.scores_panel(first, sample)
            with grid.cell():
                if own is not None:
                    card.card(own, sample, current.views)
                elif sample.labels is None:
                    st.info(NOTE, icon=":material/info:")
                if own is None:
                    st.html(markup.panel_title("Step through it", "computed on this picture"))
                    for mode, (title, what) in STEPPED.items():
                        stepped = replace(current, mode=mode, source="scene" if sample.source else "own", k=FINAL)
                        frame.link(catalogue.named("erasing"), stepped, f"**{title}** {what}")
                    if not settings.found_files():
                        st.caption(HINT)
        if found.traces and found.going is None:
            names = competing(current, shown, looker.classes)

            def compared() -> tuple[Compared, ...]:
                return compare(found.traces, view, looker.classes, names, current)

            downloads.comparison(
                view, compared, looker.classes, names, current, "own-image" if uploaded else sample.name
            )
            st.caption(basket.OWN)

    follow_all(gather(sample, chosen, state.views, looker), chosen, draw, looker)
