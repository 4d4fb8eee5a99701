"""One Gaussian input, one weight, one unit: exact, on a slider, with the bins to choose."""

from __future__ import annotations

from typing import Any

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import current
from wsss_viz.app.pages.information import minimal_chart
from wsss_viz.app.pages.information.chart_style import activation_name
from wsss_viz.app.pages.information.minimal_chart import Laid
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import UNIT_ACTIVATIONS, UNIT_BINS
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import plotly_figure, show
from wsss_viz.figures.chart import Chart
from wsss_viz.information.minimal import LAID, laid_bins

PRESETS: dict[str, dict[str, Any]] = {
    "tanh grows, then compresses": {"unit": "tanh", "laid": "value", "unit_bins": 30, "weight": 5.0},
    "ReLU only grows": {"unit": "relu", "laid": "value", "unit_bins": 100, "weight": 5.0},
    "ReLU, but the top bin clips": {"unit": "relu", "laid": "short", "unit_bins": 100, "weight": 10.0},
    "tanh, bins laid before it": {"unit": "tanh", "laid": "before", "unit_bins": 30, "weight": 5.0},
}
CUSTOM = "own"
WAYS = {
    "value": "equal, over the unit's range",
    "short": "equal, over a quarter of it",
    "before": "equal before the nonlinearity",
}


@st.cache_resource(max_entries=48, show_spinner=False)
def _laid(unit: str, kind: str, count: int) -> Laid:
    laid = Laid(unit, kind, laid_bins(unit, kind, count))
    _ = laid.results, laid.masses
    return laid


@st.cache_resource(max_entries=24, show_spinner=False)
def _chart(unit: str, kind: str, count: int, start: int, language: str) -> tuple[Chart, Any]:
    """The chart, and what plotly makes of it, once for all sessions of a language."""
    chart = minimal_chart.minimal_chart(schemes(unit, count), kind, start)
    return chart, plotly_figure(chart)


def schemes(unit: str, count: int) -> dict[str, Laid]:
    """All ways of laying so many bins on the unit."""
    return {kind: _laid(unit, kind, count) for kind in LAID}


def lead(state: ViewState) -> str:
    """What the bins say of the unit."""
    said = minimal_chart.verdict(_laid(state.unit, state.laid, state.unit_bins))
    return f"The smallest network there is, one unit with one weight w, read by bins. {said}"


def minimal_section(state: ViewState) -> None:
    """H(bin(f(wX))) against w, exactly, and at the slider's w how X falls into the bins."""
    _controls(state)
    start = minimal_chart.nearest(state.unit, state.weight)
    chart, drawn = _chart(state.unit, state.laid, state.unit_bins, start, current())
    show(drawn, "minimal", f"{activation_name(state.unit)} unit: entropy by weight. {lead(state)}")
    notes = _laid(state.unit, state.laid, state.unit_bins).results[-1].notes
    st.caption(
        "Exact, no sample: X is normal, T = f(wX), the outer bins are open (Saxe et al. 2018, section 2). The network "
        "is one unit and nothing of X is lost in it but by the bins: where a curve turns, the bins turned it. "
        + " ".join(f"At w = {minimal_chart.weights_of(state.unit)[-1]:.0f}: {note}." for note in notes)
    )
    by_scheme = schemes(state.unit, state.unit_bins)
    chart_exports.buttons(
        "minimal-model", minimal_chart.rows(list(by_scheme.values())), {"activation": state.unit},
        chart,
    )  # fmt: skip


def _controls(state: ViewState) -> None:
    now = {"unit": state.unit, "laid": state.laid, "unit_bins": state.unit_bins}
    preset = next((name for name, wanted in PRESETS.items() if now.items() <= wanted.items()), CUSTOM)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.selectbox(
            "Setting",
            [*PRESETS, CUSTOM],
            width=270,
            **session.control("unit", preset, lambda name: PRESETS.get(name, {}), "_preset"),
        )
        st.selectbox(
            "Unit f", UNIT_ACTIVATIONS, format_func=activation_name, width=130, **session.control("unit", state.unit)
        )
        st.selectbox(
            "Bins",
            list(LAID),
            format_func=lambda kind: WAYS[kind],
            width=250,
            help="A unit without bounds is measured up to 40. What lies beyond the bins falls into the outer ones.",
            **session.control("laid", state.laid),
        )
        st.select_slider("How many", UNIT_BINS, width=200, **session.control("unit_bins", state.unit_bins))
