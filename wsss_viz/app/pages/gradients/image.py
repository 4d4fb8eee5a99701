"""Gradients of an image of a workspace, or of a picture of one's own: what is known of it alone, nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import streamlit as st

from wsss_viz.app import caching, session
from wsss_viz.app.pages.gradients import charts, facts, panels
from wsss_viz.app.services import gradients, image_gradients, workspaces
from wsss_viz.app.services.gradients import IMAGE, NAMES, Picture
from wsss_viz.app.services.jobs.manager import Snapshot
from wsss_viz.app.services.jobs.panel import follow
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import chart_exports, markup
from wsss_viz.app.widgets.chart import show as show_chart
from wsss_viz.data.sample import Sample

NO_MASK = (
    "There is no mask, so no object to count in: the share is that of the whole picture. Draw a rectangle on the "
    "picture for a region of your own."
)
NO_SURVEY = "One picture, so there is no interval."
Body = Callable[[Picture, ViewState], None]


def show(state: ViewState, sample: Sample, body: Body) -> None:
    """The settings, then the strip and the layer of the image's class, once they are computed.

    Args:
        body: draws the strip and the layer looked at.
    """
    model = workspaces.looking(sample, state)
    reason = model.why_not("cam")
    if reason:
        st.error(markup.plain_line(reason), icon=":material/error:")
        return
    known = [name for name in dict.fromkeys((*(sample.labels or ()), *model.known)) if name in model.known]
    name = state.focus if state.focus in known else known[0]
    masked = sample.mask is not None and sample.parts is None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="settings"):
        st.selectbox("Logit of", known, width=170, **session.control("focus", name))
        panels.measures(state, image_gradients.layers_of(model), survey=False, masked=masked)
    session.set_subject(caching.digest(sample.image))
    job = image_gradients.request(state, sample, name)

    def draw(now: Snapshot) -> None:
        """The picture, whole with the job's one step."""
        (computed,) = cast("tuple[image_gradients.ImageGradients]", now.steps)
        body(image_gradients.picture(state, sample, name, computed), state)

    follow(job, gradients.job_title(job), draw)


def subject_for(state: ViewState, sample: Sample) -> ViewState:
    """The view with the words for the sample's regions: those of parts where it has them."""
    if sample.mask is None or sample.parts is None:
        return replace(state, subject=IMAGE)
    return replace(state, subject="photos" if markup.part_labels(sample.source) is markup.PHOTO_PARTS else "scenes")


def ratios(picture: Picture, state: ViewState) -> None:
    """The share by layer of this picture as a chart, with its files."""
    curve = image_gradients.curve(picture, state.tau)
    st.html(markup.panel_title("High gradient ratio by layer", "this picture"))
    at = gradients.layer_number(state, picture.layers)
    chart = charts.layers_chart(curve, state.tau, state.subject, at)
    count = len(picture.layers)
    show_chart(chart, "layer_chart", facts.chart_words(curve, state), lambda x: facts.layer_clicked(round(x), count))
    band = f"At τ = {state.tau:.2f}; the band is τ from 0.2 to 0.4."
    st.caption(f"{band} {NO_MASK if gradients.WHOLE in picture.regions else NO_SURVEY}")
    about = {"picture": picture.title, "tau": state.tau, "divisor": state.divided_by}
    regions = {name: NAMES[state.subject][name] for name in picture.regions}
    chart_exports.buttons(
        "gradient-ratio", image_gradients.rows(picture, state.tau), {**about, "regions": regions}, chart
    )
