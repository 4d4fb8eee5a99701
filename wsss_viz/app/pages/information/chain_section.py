"""A chain of noisy channels, exactly; beside it a network whose ruler breaks the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.information.looks import ACCENT, BAD, CONFIG, plain
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import MOST_LINKS
from wsss_viz.app.widgets import chart_exports, markup
from wsss_viz.app.widgets.chart_svg import chart_svg
from wsss_viz.information.chains import binary_symmetric, cascade
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, stored_plane
from wsss_viz.information.result import MIResult
from wsss_viz.information.runs import LAYERS

TOLERANCE = 0.01
PLAIN_BAR = "#8a8f98"
BROKEN = "sigmoid"


@dataclass(frozen=True)
class Break:
    """Where a stored run's binned layers break the order most.

    Attributes:
        seed, epoch: of the network.
        layer: the index of the layer before the rise.
        bits: what every layer tells of the input.
    """

    seed: int
    epoch: int
    layer: int
    bits: tuple[float, ...]

    @property
    def rise(self) -> float:
        """By how many bits."""
        return self.bits[self.layer + 1] - self.bits[self.layer]


@st.cache_resource(show_spinner=False)
def _worst(activation: str) -> Break:
    plane = stored_plane(activation)
    rises = np.diff(plane.bits[..., INPUT], axis=2)
    at, seed, layer = (int(i) for i in np.unravel_index(int(np.argmax(rises)), rises.shape))
    return Break(seed, int(plane.epochs[at]), layer, tuple(plane.bits[at, seed, :, INPUT].tolist()))


def _chain(state: ViewState) -> list[MIResult]:
    return cascade([0.5, 0.5], [binary_symmetric(min(state.flip, 0.5))] * state.links)


def lead(state: ViewState) -> str:
    """What the chain keeps, in words."""
    values = [result.value_bits for result in _chain(state)]
    return (
        f"A bit goes through {state.links} links that each flip it with probability {min(state.flip, 0.5):.2f}. The "
        f"first passes on {values[0]:.3f} bits, the last {values[-1]:.3f}: what one has lost no later one brings back."
    )


def chain_section(state: ViewState) -> None:
    """I(X;T_k) along the chain as bars, and a network's layers as the bins see them."""
    with st.container(horizontal=True, gap="medium"):
        st.slider(
            "Probability that a link flips the bit", 0.0, 0.5, step=0.01, width=300,
            **session.control("flip", min(state.flip, 0.5)),
        )  # fmt: skip
        st.slider("Links", 1, MOST_LINKS, width=220, **session.control("links", state.links))
    found, worst = _chain(state), _worst(BROKEN)
    left, right = st.columns(2, gap="large")
    exact = _exact(found)
    with left:
        st.html(markup.panel_title("X → T1 → T2 → …, exactly", "H(X) = 1 bit"))
        words = ", ".join(f"{result.value_bits:.3f}" for result in found)
        st.plotly_chart(exact, key="chain", config=CONFIG, alt=f"information along the chain, bits: {words}")
    with right:
        st.html(markup.panel_title(f"A {BROKEN} network, binned", f"seed {worst.seed}, epoch {worst.epoch}"))
        words = ", ".join(f"{name} {value:.2f}" for name, value in zip(LAYERS, worst.bits, strict=True))
        st.plotly_chart(_binned(worst), key="broken", config=CONFIG, alt=f"binned layers, bits: {words}")
    st.caption(
        "Data-processing inequality: I(X;T1) ≥ I(X;T2) ≥ … holds for every chain, whatever the links; left it is "
        "computed exactly. " + _said(worst)
    )
    rows = [
        {"quantity": r.quantity, "bits": r.value_bits, "cap": r.cap_bits, "estimator": r.estimator, "of": "chain"}
        for r in found
    ]
    rows += [
        {"quantity": f"H(bin({name}))", "bits": value, "cap": INPUT_ENTROPY, "estimator": "binned", "of": BROKEN}
        for name, value in zip(LAYERS, worst.bits, strict=True)
    ]
    chart_exports.buttons(
        "chain", rows, {"flip": state.flip, "links": state.links, "seed": worst.seed, "epoch": worst.epoch},
        lambda: chart_svg(exact),
    )  # fmt: skip


def _said(worst: Break) -> str:
    before, after = LAYERS[worst.layer], LAYERS[worst.layer + 1]
    if worst.rise <= TOLERANCE:
        return "Right, a stored run: nowhere in it do the bins break that order."
    return (
        f"Right, the place of a stored run where bins of width 1/15 break it most: {after} seems to know "
        f"{worst.rise:.2f} bits more of the input than {before}, of which it is a function. No network can do that, "
        "the ruler did: what the bins take off one layer is not taken off what the next one is given."
    )


def _exact(found: list[MIResult]) -> Any:
    from plotly import graph_objects as go

    figure = go.Figure()
    names = [result.quantity for result in found]
    figure.add_bar(
        x=names, y=[result.value_bits for result in found], marker={"color": ACCENT}, showlegend=False,
        text=[f"{result.value_bits:.3f}" for result in found], textposition="outside", cliponaxis=False,
        hovertemplate="%{x}: %{y:.6f} bits<extra></extra>",
    )  # fmt: skip
    plain(figure, 320, margin={"l": 56, "r": 12, "t": 12, "b": 48})
    figure.update_xaxes(title="link")
    figure.update_yaxes(range=[0, 1.08], title="bits, exact")
    return figure


def _binned(worst: Break) -> Any:
    from plotly import graph_objects as go

    broken = [k == worst.layer + 1 and worst.rise > TOLERANCE for k in range(len(LAYERS))]
    figure = go.Figure()
    figure.add_bar(
        x=list(LAYERS), y=list(worst.bits), marker={"color": [BAD if bad else PLAIN_BAR for bad in broken]},
        text=[f"{value:.2f}" for value in worst.bits], textposition="outside", cliponaxis=False, showlegend=False,
        hovertemplate="%{x}: %{y:.3f} bits, binned<extra></extra>",
    )  # fmt: skip
    plain(figure, 320, margin={"l": 56, "r": 12, "t": 12, "b": 48})
    figure.update_xaxes(title="layer")
    if any(broken):
        figure.add_annotation(
            x=worst.layer + 1, y=worst.bits[worst.layer + 1], yshift=34, yanchor="middle", showarrow=False,
            text="<b>order broken<br>by the ruler</b>", font={"size": 12, "color": BAD},
        )  # fmt: skip
    figure.update_yaxes(title="H(bin(T)), bits", range=[0, INPUT_ENTROPY * 1.1])
    return figure
