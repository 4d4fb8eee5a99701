"""The refiner of Compare's panels: which, its background's score, and what `evaluate --refine` counts of the result."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from wsss_viz.app import caching, frame, methods, session
from wsss_viz.app.services import refining
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.data.sample import Sample
from wsss_viz.refinement.settings import PamrSettings, WalkSettings, named, title
from wsss_viz.traces import Trace


def title_of(state: ViewState) -> str:
    """What the maps are of and go through, where that is not the usual, else what can be chosen."""
    views = [frame.VIEW_LABELS[state.views]] if state.views != ViewState().views else []
    return ", ".join([*views, *([title(named(state.refine)[0])] if state.refine else [])]) or "Views, refiner"


def controls(state: ViewState) -> None:
    """Which refiner, and of a CRF the background's score."""
    name, settings = named(state.refine) if state.refine else ("", None)
    st.selectbox(
        "Refine by",
        ["", *refining.offered(state)],
        format_func=lambda name: title(name) if name else "nothing",
        help="What the maps go through before they are masks. CRF: a dense conditional random field with the settings "
        "of the papers named; PAMR: pixel-adaptive refinement. Both spread a map along the image's colours. Walk (for "
        "drawn scenes): random walk to what AffinityNet finds akin; click its panel to see to where.",
        width=190,
        **session.control("refine", name, lambda refine: {"refine": refine, "pair": ()}),
    )
    if settings and not isinstance(settings, PamrSettings):
        st.selectbox(
            "Background",
            sorted({*settings.backgrounds, settings.background}),
            format_func=lambda level: f"{level:g}",
            help="Its score: a constant (IRN), or the power of 1 - max (PSA, OC-CSE). The higher the constant and the "
            "lower the power, the more is background.",
            width=105,
            **session.control("background", settings.background, lambda level: {"refine": f"{name}@{level:g}"}),
        )


def akin_to_point(sample: Sample, state: ViewState, x: float, y: float) -> None:
    """Of a walk's panel: to which pixels the walk takes what stands at the point, which is outlined."""
    if not isinstance(named(state.refine)[1], WalkSettings):
        return
    row, column = refining.pixel_at(x, y, sample.size)
    line = f"Akin to the pixel in row {row + 1}, column {column + 1}, as the walk has it"

    def draw() -> bytes:
        shares = refining.akin_to_pixel(sample, state.refine, row, column)
        at = np.zeros(sample.size, np.uint8)
        at[row, column] = 1
        return rendering.png(rendering.map_overlay(sample.image, shares, (0, 1), state.colours, 0.7, at))

    st.html(markup.panel_title(line, "the most: 1"))
    key = ("akin", caching.digest(sample.image), state.refine, state.colours, row, column)
    st.image(caching.picture(sample, key, draw), width=320, output_format="PNG", alt=line)


def scores(sample: Sample, traces: Mapping[str, Trace], state: ViewState) -> None:
    """The IoUs of the refined maps as `evaluate --refine` counts them; nothing without a ground truth."""
    labels = tuple(sample.labels or ())
    ended = {
        name: trace
        for name, trace in traces.items()
        if methods.refiner_of(name) and trace.steps[-1].stop and set(labels) & set(trace.classes) == set(trace.classes)
    }
    if not ended or sample.mask is None:
        return
    threshold = min(round(state.threshold, 2), 0.99)
    rows = {methods.title_of(name): refining.ious(trace, sample, threshold) for name, trace in ended.items()}
    name, settings = named(state.refine)
    by_threshold = isinstance(settings, PamrSettings)
    said = f"{name} --threshold {threshold}" if by_threshold else f"{name}@{settings.background:g}"
    with st.container(key="refined_scores", width=620):
        st.html(
            markup.iou_table("IoU after the refiner's last iteration, percent", f"as evaluate --refine {said}", rows)
        )
