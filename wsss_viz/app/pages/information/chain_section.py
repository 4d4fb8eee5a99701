"""A chain of noisy channels, exactly; beside it a network whose bins break the order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.information.chart_style import BAD
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import MOST_LINKS
from wsss_viz.app.widgets import chart_exports, markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.figures.chart import Axis, Bars, Chart, Mark, Note, Plot
from wsss_viz.information.chains import binary_symmetric, cascade
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, stored_plane
from wsss_viz.information.result import MIResult
from wsss_viz.information.runs import LAYERS

TOLERANCE = 0.01
PLAIN_BAR = "#8a8f98"
BROKEN = "sigmoid"
MARGIN = (56, 12, 12, 48)


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
    results, worst = _chain(state), _worst(BROKEN)
    left, right = st.columns(2, gap="large")
    exact = _exact(results)
    with left:
        st.html(markup.panel_title("X → T1 → T2 → …, exactly", "H(X) = 1 bit"))
        words = ", ".join(f"{result.value_bits:.3f}" for result in results)
        show(exact, "chain", f"information along the chain, bits: {words}")
    with right:
        st.html(markup.panel_title(f"A {BROKEN} network, binned", f"seed {worst.seed}, epoch {worst.epoch}"))
        words = ", ".join(f"{name} {value:.2f}" for name, value in zip(LAYERS, worst.bits, strict=True))
        show(_binned(worst), "broken", f"binned layers, bits: {words}")
    st.caption(
        "Data-processing inequality: I(X;T1) ≥ I(X;T2) ≥ … holds for every chain, whatever the links; left it is "
        "computed exactly. " + _said(worst)
    )
    rows = [
        {"quantity": r.quantity, "bits": r.value_bits, "cap": r.cap_bits, "estimator": r.estimator, "of": "chain"}
        for r in results
    ]
    rows += [
        {"quantity": f"H(bin({name}))", "bits": value, "cap": INPUT_ENTROPY, "estimator": "binned", "of": BROKEN}
        for name, value in zip(LAYERS, worst.bits, strict=True)
    ]
    chart_exports.buttons(
        "chain", rows, {"flip": state.flip, "links": state.links, "seed": worst.seed, "epoch": worst.epoch},
        exact,
    )  # fmt: skip


def _said(worst: Break) -> str:
    before, after = LAYERS[worst.layer], LAYERS[worst.layer + 1]
    if worst.rise <= TOLERANCE:
        return "Right, a stored run: nowhere in it do the bins break that order."
    return (
        f"Right, the epoch of a stored run where bins of width 1/15 break it most: {after} seems to know "
        f"{worst.rise:.2f} bits more of the input than {before}, of which it is a function. No network can do that, "
        "the bins did: what they take off one layer is not taken off what the next one is given."
    )


def _exact(results: list[MIResult]) -> Chart:
    values = [result.value_bits for result in results]
    text = [f"{value:.3f}" for value in values]
    bars = Bars([r.quantity for r in results], values, text=text, outside=True, hover="{x}: {y:.6f} bits")
    return Chart((Plot((bars,), Axis("link"), Axis("bits, exact", 0, 1.08)),), margin=MARGIN)


def _binned(worst: Break) -> Chart:
    broken = [k == worst.layer + 1 and worst.rise > TOLERANCE for k in range(len(LAYERS))]
    colours = [BAD if bad else PLAIN_BAR for bad in broken]
    text, hover = [f"{value:.2f}" for value in worst.bits], "{x}: {y:.3f} bits, binned"
    marks: list[Mark] = [Bars(LAYERS, worst.bits, colour=colours, text=text, outside=True, hover=hover)]
    if any(broken):
        at = LAYERS[worst.layer + 1], worst.bits[worst.layer + 1] + 1.0
        marks.append(Note(*at, "order broken<br>by the bins", BAD, 12, "above", bold=True))
    panel = Plot(tuple(marks), Axis("layer"), Axis("H(bin(T)), bits", 0, INPUT_ENTROPY * 1.1))
    return Chart((panel,), margin=MARGIN)
