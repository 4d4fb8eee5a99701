"""What can be computed exactly: one weight, a 2x2 table, a chain of noisy channels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.information import exports
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import MOST_LINKS, UNIT_ACTIVATIONS
from wsss_viz.information.plane import INPUT, stored_plane
from wsss_viz.information.runs import LAYERS

TABLES = {
    "the lecture's first: Y is X": (50, 0, 0, 50),
    "the lecture's second: independent": (25, 25, 25, 25),
    "noisy copy": (45, 5, 5, 45),
    "X at most Y": (50, 25, 0, 25),
}
CONFIG = {"displayModeBar": False, "scrollZoom": False}
PLAIN: dict[str, Any] = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "height": 380}


def minimal_section(state: ViewState) -> None:
    """One Gaussian input, one weight, one unit: H(bin(f(wX))) against w, with the bins after and before f."""
    from plotly import graph_objects as go

    from wsss_viz.information.binning import intervals, preactivation
    from wsss_viz.information.minimal import minimal_curve

    st.selectbox("Unit", UNIT_ACTIVATIONS, width=160, **session.control("unit", state.unit))
    weights = np.geomspace(0.05, 50, 90)
    after = intervals(30, -1, 1) if state.unit in ("tanh", "softsign") else intervals(100, 0, 40, clip=True)
    after = intervals(30, 0, 1) if state.unit == "sigmoid" else after
    after = intervals(100, -40, 40, clip=True) if state.unit in ("elu", "linear") else after
    figure, rows = go.Figure(), []
    for title, bins in (
        ("bins of the unit's value", after),
        ("bins before the nonlinearity", preactivation(state.unit)),
    ):
        curve = minimal_curve(weights, state.unit, bins)
        figure.add_scatter(
            x=weights, y=[found.value_bits for found in curve], name=f"{title}: {bins.name}", mode="lines"
        )
        rows += [
            {"w": w, "bits": found.value_bits, "cap": found.cap_bits, "bins": bins.name, "estimator": found.estimator}
            for w, found in zip(weights.tolist(), curve, strict=True)
        ]
    figure.update_layout(**PLAIN, legend={"orientation": "h", "y": 1.15})
    figure.update_xaxes(type="log", title="weight w")
    figure.update_yaxes(title="H(bin(T)), bits", rangemode="tozero")
    st.plotly_chart(figure, key="minimal", config=CONFIG, alt="entropy of the binned unit against its weight")
    st.caption(
        "Exact: X is normal, T = f(wX). A saturating unit grows and then compresses as w grows; with bins laid before "
        "the nonlinearity the same unit grows far beyond, until the outer bins fill. What turns is the ruler."
    )
    exports.buttons("minimal-model", rows, {"activation": state.unit})


def table_section(state: ViewState) -> None:
    """A joint table of two bits: what it says exactly, and what a sample of it would."""
    from wsss_viz.information.discrete import sample_information, table_measures

    preset = next((name for name, table in TABLES.items() if table == state.table), "own")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Table",
            [*TABLES, "own"],
            width=280,
            **session.control("table", preset, lambda name: {"table": TABLES.get(name, state.table)}, "_preset"),
        )
        for at, name in enumerate(("X=0, Y=0", "X=0, Y=1", "X=1, Y=0", "X=1, Y=1")):
            st.number_input(
                name,
                0,
                100,
                width=110,
                **session.control("table", state.table[at], partial(_cell, at), f"_{at}"),
            )
        st.number_input("Samples", 10, 10_000, width=120, **session.control("draws", state.draws))
    p = np.array(state.table, dtype=np.float64).reshape(2, 2) / sum(state.table)
    found = table_measures(p)
    with st.container(horizontal=True):
        for result in (found.x, found.y, found.joint, found.x_given_y, found.information):
            st.metric(result.quantity, f"{result.value_bits:.4f} bits", border=True)
    drawn = np.random.default_rng(0).choice(4, state.draws, p=p.ravel())
    results = [sample_information(drawn // 2, drawn % 2, correction) for correction in ("none", "miller_madow")]
    rows = [{"estimator": "exact table", "I(X;Y), bits": round(found.information.value_bits, 4)}]
    for result in results:
        null = result.null
        rows.append({
            "estimator": f"plug-in, {result.params['correction']}, n = {result.n}",
            "I(X;Y), bits": round(result.value_bits, 4),
            "95 % interval": f"{result.ci[0]:.4f} to {result.ci[1]:.4f}" if result.ci else "",
            "cap": f"{result.cap_bits:.4f}",
            "shuffled: mean": f"{null.mean_bits:.4f}" if null else "",
            "shuffled: 95 % below": f"{null.upper_bits:.4f}" if null else "",
        })  # fmt: skip
    st.dataframe(rows, hide_index=True)
    st.caption("The weights are divided by their sum. Samples from seed 0; 200 shuffles show what nothing looks like.")
    exports.buttons("table", rows, {"table": p.tolist()})


def _cell(at: int, value: int) -> dict[str, Any]:
    weights = list(session.state().table)
    weights[at] = value
    return {"table": tuple(weights)} if any(weights) else {}


def chain_section(state: ViewState) -> None:
    """A chain of noisy channels, exactly; beside it layers of a network whose ruler breaks the order."""
    from plotly import graph_objects as go

    from wsss_viz.information.chains import binary_symmetric, cascade

    with st.container(horizontal=True):
        st.slider(
            "Probability that a link flips the bit",
            0.0,
            0.5,
            step=0.01,
            **session.control("flip", min(state.flip, 0.5)),
        )
        st.slider("Links", 1, MOST_LINKS, **session.control("links", state.links))
    found = cascade([0.5, 0.5], [binary_symmetric(min(state.flip, 0.5))] * state.links)
    left, right = st.columns(2)
    figure = go.Figure(go.Bar(x=[result.quantity for result in found], y=[result.value_bits for result in found]))
    figure.update_layout(**PLAIN, title="Exact: what is lost stays lost")
    figure.update_yaxes(range=[0, 1], title="bits")
    left.plotly_chart(figure, key="chain", config=CONFIG, alt="information falling along the chain")
    plane = stored_plane("sigmoid")
    rises = np.diff(plane.bits[..., INPUT], axis=2)
    at, seed, layer = np.unravel_index(int(np.argmax(rises)), rises.shape)
    rise, told = float(rises[at, seed, layer]), plane.bits[at, seed, :, INPUT]
    broken = ["#d1495b" if k == layer + 1 and rise > 0.01 else "#8a8f98" for k in range(len(LAYERS))]
    figure = go.Figure(go.Bar(x=list(LAYERS), y=told, marker={"color": broken}))
    figure.update_layout(**PLAIN, title=f"A sigmoid network, binned: seed {seed}, epoch {int(plane.epochs[at])}")
    figure.update_yaxes(title="H(bin(T)), bits")
    right.plotly_chart(figure, key="broken", config=CONFIG, alt="binned layers of a network")
    st.caption(
        "I(X;T1) >= I(X;T2) >= ... holds for every chain. Right, the place in the stored run where the binned values "
        f"break it most: from {LAYERS[layer]} to {LAYERS[layer + 1]} they change by {rise:+.2f} bits. No network can "
        "do that. The ruler did: what the bins take off one layer is not taken off the next."
    )
    rows = [{"quantity": result.quantity, "bits": result.value_bits, "cap": result.cap_bits} for result in found]
    exports.buttons("chain", rows, {"flip": state.flip})
