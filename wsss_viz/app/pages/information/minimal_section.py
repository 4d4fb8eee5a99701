"""One Gaussian input, one weight, one unit: exact, on a slider, with the ruler to choose."""

from __future__ import annotations

from typing import Any

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.information import minimal_figure
from wsss_viz.app.pages.information.looks import CONFIG, activation_name
from wsss_viz.app.pages.information.minimal_figure import Laid
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import UNIT_ACTIVATIONS, UNIT_BINS
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart_svg import chart_svg
from wsss_viz.information.minimal import LAID, laid_bins

PRESETS: dict[str, dict[str, Any]] = {
    "tanh grows, then compresses": {"unit": "tanh", "laid": "value", "unit_bins": 30, "weight": 5.0},
    "ReLU only grows": {"unit": "relu", "laid": "value", "unit_bins": 100, "weight": 5.0},
    "ReLU, but the top bin clips": {"unit": "relu", "laid": "short", "unit_bins": 100, "weight": 10.0},
    "tanh, bins laid before it": {"unit": "tanh", "laid": "before", "unit_bins": 30, "weight": 5.0},
}
OWN = "own"
WAYS = {
    "value": "equal, over the unit's range",
    "short": "equal, over a quarter of it",
    "before": "equal before the nonlinearity",
}


@st.cache_resource(max_entries=48, show_spinner=False)
def _laid(unit: str, kind: str, count: int) -> Laid:
    found = Laid(unit, kind, laid_bins(unit, kind, count))
    _ = found.results, found.masses
    return found


@st.cache_resource(max_entries=24, show_spinner=False)
def _figure(unit: str, kind: str, count: int, start: int) -> Any:
    return minimal_figure.minimal_figure(rulers(unit, count), kind, start)


def rulers(unit: str, count: int) -> dict[str, Laid]:
    """All ways of laying so many bins on the unit."""
    return {kind: _laid(unit, kind, count) for kind in LAID}


def lead(state: ViewState) -> str:
    """What the ruler says of the unit."""
    said = minimal_figure.verdict(_laid(state.unit, state.laid, state.unit_bins))
    return f"The smallest network there is, one unit with one weight w, read by bins. {said}"


def minimal_section(state: ViewState) -> None:
    """H(bin(f(wX))) against w, exactly, and at the slider's w how X falls into the bins."""
    _controls(state)
    figure = _figure(state.unit, state.laid, state.unit_bins, minimal_figure.nearest(state.unit, state.weight))
    st.plotly_chart(
        figure,
        key="minimal",
        config=CONFIG,
        alt=f"{activation_name(state.unit)} unit: entropy by weight. {lead(state)}",
    )
    notes = _laid(state.unit, state.laid, state.unit_bins).results[-1].notes
    st.caption(
        "Exact, no sample: X is normal, T = f(wX), the outer bins are open (Saxe et al. 2018, section 2). The network "
        "is one unit and nothing of X is lost in it but by the bins: where a curve turns, the ruler turned it. "
        + " ".join(f"At w = {minimal_figure.weights_of(state.unit)[-1]:.0f}: {note}." for note in notes)
    )
    found = rulers(state.unit, state.unit_bins)
    chart_exports.buttons(
        "minimal-model", minimal_figure.rows(list(found.values())), {"activation": state.unit},
        lambda: chart_svg(figure),
    )  # fmt: skip


def _controls(state: ViewState) -> None:
    now = {"unit": state.unit, "laid": state.laid, "unit_bins": state.unit_bins}
    preset = next((name for name, wanted in PRESETS.items() if now.items() <= wanted.items()), OWN)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.selectbox(
            "Setting",
            [*PRESETS, OWN],
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
            help="A unit without bounds is measured up to 40. What lies beyond a ruler falls into its outer bins.",
            **session.control("laid", state.laid),
        )
        st.select_slider("How many", UNIT_BINS, width=200, **session.control("unit_bins", state.unit_bins))
