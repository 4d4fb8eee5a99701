"""Erase it yourself: a brush on the image, and what the classifier says of what is left.

The board is a fragment, so that a stroke runs nothing else of the page.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.erasing import sources
from wsss_viz.app.services import drawings, samples, upload, workspaces
from wsss_viz.app.services.models import ModelHandle
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.brush import brush
from wsss_viz.app.widgets.markup import percent, probability, signed
from wsss_viz.app.widgets.viewer import Content, Panel, PanelStep, viewer
from wsss_viz.app.widgets.viewer.standalone import view_button
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.methods.settings import FILLS
from wsss_viz.traces import Step

_FILLS = {"mean": mark("mean colour"), "blur": mark("blur"), "grey": mark("grey")}
_FILL_HELP = mark(
    """What the classifier sees in place of what you paint.

- **mean colour**: 0 of the normalised input, as the papers erase.
- **blur**: the image, blurred until nothing in it can be recognised.
- **grey**: 128 of 255.

Where the answers differ, the classifier answers to the patch and not to what is missing.
"""
)
OFFERED = ("show", "normalisation", "align", "colours", "outlines", "threshold", "opacity", "table")
MOST_ROWS = 5
PARTS = (DISCRIMINATIVE, NON_DISCRIMINATIVE)
"""What is offered as a start: the same numbers in a sample's parts and among `part_erasing.ERASED`."""


def show() -> None:
    """The board of the page's image."""

    @st.fragment
    def board() -> None:
        state = session.state()
        looked = sources.looked_at(state)  # of the view as it is now, whatever the page was of when it last ran
        if looked is None or state.mode != "by-hand":
            st.rerun()
        sample, model = looked
        _board(state, sample, sources.focus(state, sample, model), model)
        session.write_address()

    board()


def show_on(sample: Sample, focus: str) -> None:
    """The board of a given image and class, for another page than Erasing."""

    @st.fragment
    def board() -> None:
        state = session.state()
        _board(state, sample, focus, workspaces.looking(sample, state))
        session.write_address()

    board()


def _board(state: ViewState, sample: Sample, focus: str, model: ModelHandle) -> None:
    strokes = drawings.strokes_on(sample, state)
    before = drawings.erased(sample, "", state.fill, state.views, model)
    after = drawings.erased(sample, strokes, state.fill, state.views, model) if strokes else before
    with st.container(key="by_hand"):
        left, right = st.columns([4, 9], gap="medium")
    with left, st.container(gap="small", key="board"):
        st.html(
            markup.panel_title(tr("Paint over it"), tr("{area} of the image erased", area=percent(after.terms["area"])))
        )
        brush(
            "erasing",
            (samples.enlarged(sample) or upload.display_copy(sample)).image,
            strokes,
            lambda text: session.change(**drawings.as_field(sample, text)),
            label=tr("Brush: what you paint is erased"),
            colour=drawings.paint(sample, state.fill, model),
        )
        if drawings.are_gone(sample, state):
            st.caption(tr("What was painted here was too long for a link and is gone: paint again."))
        _options(state, sample, focus, model)
    with right:
        _answer(state, sample, focus, before, after, model.sigmoids)


def _options(state: ViewState, sample: Sample, focus: str, model: ModelHandle) -> None:
    """What is put in place of the paint, and the true outlines to begin with."""
    st.segmented_control(
        tr("Filled with"),
        FILLS,
        format_func=lambda fill: tr(_FILLS[fill]),
        help=tr(_FILL_HELP),
        required=True,
        **session.control("fill", state.fill),
    )
    if sample.parts is None or focus not in (sample.labels or ()):
        return
    names = markup.part_labels(sample.source)
    with st.container(horizontal=True, gap="small", key="outlined"):
        for part in PARTS:
            st.button(
                tr("Erase the {part}", part=tr(names[part])),
                key=f"outlined_{part}",
                on_click=lambda part=part: session.change(
                    **drawings.as_field(sample, drawings.of_part(sample, focus, part, model))
                ),
                help=tr("By its true outline, as the experiment erases it."),
            )


def _answer(state: ViewState, sample: Sample, focus: str, before: Step, after: Step, sigmoids: bool) -> None:
    """The erased image, the map of it and that of the whole image on one scale, and the scores of both."""
    index = sample.classes.index(focus)

    def panel(title: str, step: Step, image: bool) -> Panel:
        seen = step.image if image else None
        panel_step = PanelStep(step.maps[[index]], step.scores[[index]], seen, centres=step.centres)
        return Panel(title, (panel_step,))

    panels = (
        Panel(tr("What is left"), (PanelStep(image=after.image),), always="image"),
        panel(tr("Map of {focus} now", focus=focus), after, image=True),
        panel(tr("In the whole image"), before, image=False),
    )
    looked_at = upload.display_copy(sample)
    content = Content(looked_at, panels, (focus,), (focus,), sources.ground(sample), sigmoids=sigmoids)
    # by its own maximum the map of what is hardly seen would be as bright as any
    view = replace(state, normalisation="shared") if state.normalisation == ViewState().normalisation else state
    viewer("by_hand", content, view, offered=OFFERED)
    title = markup.panel_title(tr("Scores"), tr("of the classes that answer most"))
    st.html(title + scores_table(sample, before, after, focus, sigmoids))
    area = tr("{area} of the image erased by hand", area=percent(after.terms["area"]))
    view_button("erased-by-hand", tr("Erased by hand: {focus}", focus=focus), area, samples.credit(sample))


def scores_table(sample: Sample, before: Step, after: Step, focus: str, sigmoids: bool) -> str:
    """The logits of the whole image and of what is left: the class, the labels, and what else scores high in either."""
    order = np.argsort(-np.maximum(before.scores, after.scores), kind="stable")
    names = (focus, *(sample.labels or ()), *(sample.classes[i] for i in order))
    rows = ""
    known = [name for name in dict.fromkeys(names) if not np.isnan(before.scores[sample.classes.index(name)])]
    for name in known[:MOST_ROWS]:
        whole, left = (float(step.scores[sample.classes.index(name)]) for step in (before, after))
        cells = [signed(whole), signed(left), signed(left - whole)]
        cells += [f"{probability(whole):.2f}", f"{probability(left):.2f}"] if sigmoids else []
        rows += f"<tr><th>{escape(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    heads = (
        tr("whole image"),
        tr("what is left"),
        tr("change"),
        *((tr("probability"), tr("of what is left")) if sigmoids else ()),
    )
    head = "<td></td>" + "".join(f"<th>{text}</th>" for text in heads)
    return f'<table class="wv-step wv-by-hand"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
