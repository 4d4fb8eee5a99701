"""A joint table of two bits: what it says exactly, and what a sample of it would."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import show
from wsss_viz.figures.chart import ACCENT, Axis, Bars, Chart, Plot
from wsss_viz.information.discrete import TableMeasures, sample_information, table_measures
from wsss_viz.information.result import MIResult

TABLES = {
    "the lecture's first: Y is X": (50, 0, 0, 50),
    "the lecture's second: independent": (25, 25, 25, 25),
    "a copy with noise: 1 in 10 flipped": (45, 5, 5, 45),
    "erasure-like: X at most Y": (50, 25, 0, 25),
    "Y is not X": (0, 50, 50, 0),
}
CUSTOM = "own"
ALONE, SHARED, OTHER = "#4d7fd6", ACCENT, "#d9a400"


def distribution(weights: tuple[int, ...]) -> NDArray[np.float64]:
    """(2, 2) the weights by their sum; rows are X."""
    return np.array(weights, dtype=np.float64).reshape(2, 2) / sum(weights)


def lead(state: ViewState) -> str:
    """What the table says, in words."""
    measures = table_measures(distribution(state.table))
    before, after, shared = (r.value_bits for r in (measures.y, measures.y_given_x, measures.information))
    return (
        f"Before X is known, Y is uncertain by {before:.3f} bits; once it is, by {after:.3f}. "
        f"What X says of Y is the difference, {shared:.3f} bits, and Y says as much of X."
    )


def table_section(state: ViewState) -> None:
    """The table as a table, the entropies as bars that add up, and what samples of it give."""
    p = distribution(state.table)
    measures = table_measures(p)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _editor(state, p)
    chart = _bars(measures)
    with right:
        show(chart, "table", _words(measures))
    st.caption(
        "Exact. H(X) + H(Y) − H(X,Y) = H(X) − H(X|Y) = H(Y) − H(Y|X) = I(X;Y): the middle part is the same in "
        "every bar. "
        "Variation of information, what the two do not share: "
        f"{measures.variation.value_bits:.4f} bits."
    )
    rows = _sampled(state, p, measures.information)
    exact = (
        measures.x,
        measures.y,
        measures.joint,
        measures.x_given_y,
        measures.y_given_x,
        measures.information,
        measures.variation,
    )
    exact_rows = [
        {"quantity": r.quantity, "estimator": r.estimator, "bits": r.value_bits, "cap": r.cap_bits} for r in exact
    ]
    chart_exports.buttons("table", [*exact_rows, *rows], {"table": p.tolist()}, chart)


def _editor(state: ViewState, p: NDArray[np.float64]) -> None:
    preset = next((name for name, table in TABLES.items() if table == state.table), CUSTOM)
    st.selectbox(
        "Table",
        [*TABLES, CUSTOM],
        **session.control("table", preset, lambda name: {"table": TABLES.get(name, state.table)}, "_preset"),
    )
    for x in (0, 1):
        cells = st.columns(2)
        for y in (0, 1):
            at = 2 * x + y
            cells[y].number_input(
                f"X = {x}, Y = {y}: p = {p[x, y]:.3f}",
                0,
                100,
                **session.control("table", state.table[at], partial(_cell, at), f"_{at}"),
            )
    st.caption("Weights, divided by their sum. Change one and watch the bars.")


def _cell(at: int, value: int) -> dict[str, Any]:
    weights = list(session.state().table)
    weights[at] = value
    return {"table": tuple(weights)} if any(weights) else {}


def _bars(measures: TableMeasures) -> Chart:
    """H(X), H(Y) and H(X,Y) as bars of what is X's alone, shared, and Y's alone."""
    names = ["H(X,Y)", "H(Y)", "H(X)"]
    alone, shared, other = (r.value_bits for r in (measures.x_given_y, measures.information, measures.y_given_x))
    parts = (
        ("H(X|Y)", ALONE, [0.0, 0, 0], [alone, 0, alone]),
        ("I(X;Y)", SHARED, [alone] * 3, [shared] * 3),
        ("H(Y|X)", OTHER, [alone + shared] * 3, [other, other, 0]),
    )
    bars = tuple(
        Bars(
            names, length, name, colour, base=start, across=True, hover="{name}: {x:.4f} bits",
            text=[f"{name}<br>{value:.3f}" if value > 0.12 else "" for value in length],
        )
        for name, colour, start, length in parts
    )  # fmt: skip
    totals = zip(names, (measures.joint, measures.y, measures.x), strict=True)
    labels = [f"{name} = {total.value_bits:.3f}" for name, total in totals]
    y = Axis(ticks=names, labels=labels, categories=names)
    return Chart((Plot(bars, Axis("bits", 0, 2.02), y),), 300, margin=(56, 12, 34, 48), stacked=True)


def _words(measures: TableMeasures) -> str:
    every = (measures.x, measures.y, measures.joint, measures.x_given_y, measures.y_given_x, measures.information)
    return "; ".join(f"{r.quantity} {r.value_bits:.4f} bits" for r in every)


def _sampled(state: ViewState, p: NDArray[np.float64], exact: MIResult) -> list[dict[str, Any]]:
    st.number_input("Samples of it", 10, 10_000, width=160, **session.control("draws", state.draws))
    drawn = np.random.default_rng(0).choice(4, state.draws, p=p.ravel())
    rows: list[dict[str, Any]] = [_row("exact table", exact)]
    for correction, name in (("none", "plug-in"), ("miller_madow", "plug-in, Miller-Madow")):
        rows.append(_row(name, sample_information(drawn // 2, drawn % 2, correction)))
    bits = [name for name, value in rows[-1].items() if isinstance(value, float)]
    numbers = {name: st.column_config.NumberColumn(format="%.4f") for name in bits}
    st.dataframe(rows, hide_index=True, placeholder="–", column_config=numbers)
    st.caption(
        "What the estimators say of samples (seed 0) where the table is not known. 200 shuffles of Y against X show "
        "what they say of nothing: a value below that is no evidence of dependence."
    )
    return rows


def _row(name: str, result: MIResult) -> dict[str, Any]:
    null = result.null
    return {
        "estimator": name,
        "n": result.n,
        "I(X;Y), bits": round(result.value_bits, 4),
        "95 % interval": f"{result.ci[0]:.4f} to {result.ci[1]:.4f}" if result.ci else None,
        "cap": None if result.cap_bits is None else round(result.cap_bits, 4),
        "shuffled: mean": None if null is None else round(null.mean_bits, 4),
        "shuffled: 95 % below": None if null is None else round(null.upper_bits, 4),
    }
