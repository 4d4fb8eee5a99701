"""Mutual information: two tables with the same margins, of which one shares a bit and the other nothing."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import HIGHLIGHT, Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent
from wsss_viz.figures.chart import Axis, Cells, Chart, Line, Note, Plot, Points
from wsss_viz.information.discrete import TableMeasures, table_measures

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

Joint = NDArray[np.float64]
COPY: Joint = np.array([[0.5, 0.0], [0.0, 0.5]])
INDEPENDENT: Joint = np.full((2, 2), 0.25)
LECTURE = ((mark("First table"), COPY), (mark("Second table"), INDEPENDENT))
GRID = np.linspace(0, 1, 101)
GUESSES = (0.9, 0.5, 0.1)


def differing(share: float) -> Joint:
    """(2, 2) two fair bits that differ with probability `share`; rows are X."""
    return np.array([[1 - share, share], [share, 1 - share]]) / 2


def bits(value: float) -> str:
    """A number of bits, without a minus before zero."""
    return f"{abs(value):.2f}" if abs(value) < 5e-3 else f"{value:.2f}"


def lesson(state: ViewState) -> Lesson:
    """The step at the state's flip probability."""
    measured = [table_measures(table) for _, table in LECTURE]
    noisy = table_measures(differing(state.flip))
    weights = (round(100 * (1 - state.flip)), round(100 * state.flip))

    def draw(figure: SubFigure) -> None:
        tables = [*LECTURE, (tr("{flip} flipped", flip=percent(state.flip)), differing(state.flip))]
        cells: list[tuple[str, static_plots.Cell]] = [
            (
                tr(
                    "{title}: I = {bits} bits",
                    title=tr(title),
                    bits=bits(table_measures(table).information.value_bits),
                ),
                cells_panel(table),
            )
            for title, table in tables
        ]
        cells.append((tr("I(X;Y), bits"), shared_chart(state.flip, noisy.information.value_bits).panels[0]))
        static_plots.row(figure, cells, (1, 1, 1, 1.5))

    return Lesson(
        claim=claim(*measured),
        lead=tr(
            "Each table says how often two bits X and Y take each pair of values. Mutual information is "
            "what one knows of Y once X is known: how much less uncertain Y has become, in bits."
        ),
        view=lambda: _view(state, noisy),
        control=tr("Move how often Y differs from X: half of the time is worst, always is as good as never."),
        formula=Formula(
            r"I(X;Y) = H(X) + H(Y) - ",
            r"H(X,Y)",
            "",
            tr(
                "$H = -\\Sigma\\, p \\log_2 p$. The margins are the same in both tables, so the first two terms "
                "are {h_x} + {h_y} in both; the joint entropy is {first} in the "
                "first, {second} in the second.",
                h_x=bits(measured[0].x.value_bits),
                h_y=bits(measured[0].y.value_bits),
                first=bits(measured[0].joint.value_bits),
                second=bits(measured[1].joint.value_bits),
            ),
        ),
        question=question(),
        sources=(
            Source("Cover and Thomas, Elements of Information Theory", tr("entropy and mutual information, chapter 2")),
            Source(tr("the lecture"), tr("the two tables")),
        ),
        inspect=Inspect(
            "information",
            examples.elsewhere(replace(state, section="table", table=(*weights, *weights[::-1]))),
        ),
        caveat=tr(
            "Exact, because the table is known. From samples the same number is an estimate with a bias; "
            "the page Information shows it."
        ),
        draw=draw,
        origin=tr("computed exactly"),
    )


def claim(first: TableMeasures, second: TableMeasures) -> str:
    """What sets the two tables apart."""
    same = all(abs(getattr(first, name).value_bits - getattr(second, name).value_bits) < 1e-9 for name in ("x", "y"))
    shared = [bits(measures.information.value_bits).removesuffix(".00") for measures in (first, second)]
    if same:
        return tr(
            "Two tables with the same margins: X tells {first} bit of Y in one, {second} in the other",
            first=shared[0],
            second=shared[1],
        )
    return tr("X tells {first} bit of Y in one table, {second} in the other", first=shared[0], second=shared[1])


def question() -> Question:
    """How much is left where one value in ten is flipped."""
    shared = table_measures(differing(0.1)).information.value_bits
    right = int(np.argmin([abs(guess - shared) for guess in GUESSES]))
    return Question(
        tr("Y is a copy of X, but one time in ten it is flipped. How much of the 1 bit is left?"),
        tuple(tr("about {guess} bit", guess=guess) for guess in GUESSES),
        right,
        tr(
            "{shared:.3f} bits. A bit that is right nine times in ten is still uncertain: one does not "
            "know which time.",
            shared=shared,
        ),
    )


def _view(state: ViewState, noisy: TableMeasures) -> None:
    with st.grid(4, min_column_width=200, gap="medium", key="tables") as grid:
        for title, table in LECTURE:
            with grid.cell():
                st.html(joint_table(title, table, table_measures(table)))
        with grid.cell():
            st.html(joint_table(mark("And with noise"), differing(state.flip), noisy))
        with grid.cell():
            st.slider(tr("How often Y differs from X"), 0.0, 1.0, step=0.01, **session.control("flip", state.flip))
            value = noisy.information.value_bits
            alt = tr(
                "mutual information against how often the bits differ: {value} bits at {flip:.2f}",
                value=bits(value),
                flip=state.flip,
            )
            show(shared_chart(state.flip, value), "learn_shared", alt)


def joint_table(title: str, table: Joint, result: TableMeasures) -> str:
    """The joint table with its margins, and under it what the two share."""
    rows = "".join(
        f"<tr><th>X = {x}</th>{''.join(_cell(table[x, y]) for y in (0, 1))}<td>{table[x].sum():.2f}</td></tr>"
        for x in (0, 1)
    )
    foot = "".join(f"<td>{table[:, y].sum():.2f}</td>" for y in (0, 1))
    entropies = (
        f"H(X) {bits(result.x.value_bits)} + H(Y) {bits(result.y.value_bits)} − H(X,Y) {bits(result.joint.value_bits)}"
    )
    shared = tr("<b>{bits}</b> bits shared", bits=bits(result.information.value_bits))
    return (
        f'<div class="wv-joint"><p class="wv-part">{escape(tr(title))}</p>'
        f"<table><thead><tr><th></th><th>Y = 0</th><th>Y = 1</th><th></th></tr></thead><tbody>{rows}</tbody>"
        f"<tfoot><tr><th></th>{foot}<td></td></tr></tfoot></table>"
        f"<p>{shared}</p><p>{escape(entropies)}</p></div>"
    )


def _cell(p: float) -> str:
    return f'<td class="wv-p" style="--p:{p / 0.5:.3f}">{p:.2f}</td>'


def _shared() -> list[float]:
    return [table_measures(differing(float(share))).information.value_bits for share in GRID]


def shared_chart(share: float, value: float) -> Chart:
    """I(X;Y) over how often the bits differ, with the lecture's two tables and the one of `share`."""
    marks = (
        Line(GRID, _shared(), colour=HIGHLIGHT, width=3.0, hover="{x:.2f}: {y:.3f} bits"),
        Points([0, 0.5], [1, 0], colour="#8a8f98"),
        Note(0.04, 0.92, tr("first"), size=12, side="right"),
        Note(0.5, 0.06, tr("second"), size=12, side="above"),
        Points([share], [value], colour="#d1495b", size=15.0),
    )
    x, y = Axis(tr("Y differs from X"), -0.03, 1.03, form=".0%"), Axis(tr("I(X;Y), bits"), -0.06, 1.12)
    return Chart((Plot(marks, x, y),), 215, legend="")


def cells_panel(table: Joint) -> Plot:
    """A joint table as a heat map."""
    x = Axis(ticks=[0, 1], labels=["Y = 0", "Y = 1"])
    return Plot((Cells(table, 0.75, HIGHLIGHT),), x, Axis(ticks=[0, 1], labels=["X = 0", "X = 1"]))
