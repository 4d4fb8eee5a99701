"""The information plane: what training does to the layers of a tanh and a ReLU network, and what the estimator does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.information.chart_style import LAYER_COLOURS, activation_name
from wsss_viz.app.pages.information.plane_chart import walls
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.chart import show
from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Plot, Points
from wsss_viz.information.plane import INPUT, LABEL, Plane, stored_plane
from wsss_viz.information.runs import LAYERS

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

NETWORKS = ("tanh", "relu")
ESTIMATORS = {
    "default": "bins of the values",
    "preactivation:30": "bins before the nonlinearity",
    "noise:0.001": "noise in place of bins",
}
DEEPEST = 4
"""The last hidden layer, T5."""
MARKED = 1.0
SLIGHT = 0.25
RISE = 0.02
"""From how many bits on a loss is called one, and up to how many it is called next to nothing."""


@st.cache_resource(show_spinner=False)
def _plane(activation: str, estimator: str) -> Plane:
    return stored_plane(activation, estimator)


def lost(plane: Plane, layer: int = DEEPEST) -> float:
    """C_k in bits: each network's height less where it ends, the mean over them; NaN where the estimator gives none."""
    return float(plane.compression[:, layer].mean())


def lesson(state: ViewState) -> Lesson:
    """The step at the state's estimator."""
    estimator = state.estimator if state.estimator in ESTIMATORS else "default"
    planes = {name: _plane(name, estimator) for name in NETWORKS}
    usual = {name: lost(_plane(name, "default")) for name in NETWORKS}
    other = {name: lost(_plane(name, "preactivation:30")) for name in NETWORKS}

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (f"{activation_name(name)}, {ESTIMATORS[way]}", trails_panel(_plane(name, way), i))
            for i, (way, name) in enumerate((w, n) for w in ("default", "preactivation:30") for n in NETWORKS)
        ]
        static_plots.row(figure, cells)

    return Lesson(
        claim=claim(usual, other),
        lead="Small networks learn a rule on 12 bits. After every few epochs each layer is put where it stands: how "
        "many bits it tells of the input, and how many of the label. Forgetting the input once the label is known was "
        "said to be what learning is.",
        view=lambda: _view(estimator, planes),
        control="Change the estimator: the networks are the same, not a weight is trained again.",
        formula=Formula(
            r"I(X;T) \quad\longrightarrow\quad H(",
            r"\mathrm{bin}(T)",
            r")",
            "$T$ is a function of $X$, so without noise $I(X;T)$ is constant or infinite and cannot move. What moves "
            "is the entropy of the layer as the estimator sees it: in bins, or with noise added.",
        ),
        question=question(usual["tanh"], other["tanh"]),
        sources=(
            Source("Shwartz-Ziv and Tishby, 2017", "fitting, then compression, in the plane", unverified=True),
            Source("Saxe et al., ICLR 2018", "compression comes from saturation and bins, and not with ReLU"),
            Source("Goldfeld et al., ICML 2019", "without noise the information is constant or infinite"),
        ),
        inspect=Inspect("information", examples.elsewhere(replace(state, section="plane", estimator=estimator))),
        caveat=f"{len(planes['tanh'].bits[0])} seeds each, {int(planes['tanh'].epochs[-1])} epochs, all 4096 inputs. "
        "The estimator is part of every number here; none of them is the information itself.",
        draw=draw,
        origin="stored runs, precomputed",
    )


def claim(usual: dict[str, float], other: dict[str, float]) -> str:
    """What the two networks do under the usual estimator, and whether another one agrees."""
    tanh, relu = usual["tanh"], usual["relu"]
    if tanh < MARKED and relu < MARKED:
        return "Under the usual estimator neither network forgets its input"
    said = f"The tanh network forgets {tanh:.1f} bits of its input, the ReLU network {abs(relu):.1f}"
    if np.isnan(other["tanh"]):
        return said
    if other["tanh"] <= SLIGHT:
        return f"{said}; under another estimator the tanh network forgets next to nothing"
    if other["tanh"] < tanh / 2:
        return f"{said}; under another estimator the tanh network forgets {abs(other['tanh']):.1f}"
    return f"{said}, and another estimator agrees"


def question(usual: float, other: float) -> Question:
    """Whether the loss survives bins that are laid before the nonlinearity."""
    options = ("it loses as much", "it loses less than half of that", "it loses next to nothing")
    right = 2 if other <= SLIGHT else 1 if other < usual / 2 else 0
    return Question(
        f"With bins of its values, the tanh network's T5 loses {usual:.1f} bits of the input again. And with bins laid "
        "before the tanh, on the same network?",
        options,
        right,
        f"It loses {abs(other):.1f} bits. A saturated unit's values crowd into the outermost bins of -1 to 1; before "
        "the tanh they are as far apart as ever.",
    )


def _view(estimator: str, planes: dict[str, Plane]) -> None:
    st.segmented_control(
        "Estimator",
        list(ESTIMATORS),
        format_func=lambda name: ESTIMATORS[name],
        label_visibility="collapsed",
        **session.control("estimator", estimator),
    )
    alt = "; ".join(f"{name}: T5 loses {lost(plane):.2f} bits of the input" for name, plane in planes.items())
    show(trails_chart(planes), "learn_plane", alt)
    st.html(table(planes))
    st.html(f'<p class="wv-note">{escape(said(planes))}</p>')


def table(planes: dict[str, Plane]) -> str:
    """What each layer loses of the input in each network."""
    heads = "".join(
        f'<th><i class="wv-dot" style="background:{LAYER_COLOURS[k]}"></i>{name}</th>' for k, name in enumerate(LAYERS)
    )
    rows = "".join(
        f"<tr><th>{activation_name(name)} loses again</th>"
        + "".join(f"<td>{_bits(lost(plane, k))}</td>" for k in range(len(LAYERS)))
        + "</tr>"
        for name, plane in planes.items()
    )
    return (
        f'<table class="wv-step"><thead><tr><th>bits of the input</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )


def said(planes: dict[str, Plane]) -> str:
    """What the estimator is, and where it gives nothing."""
    plane = planes["tanh"]
    source = plane.sources[f"T1/{INPUT}"]
    text = f"Each value is {source['quantity']}, {source['estimator']}, n = {source['n']}."
    empty = [LAYERS[k] for k in range(len(LAYERS)) if np.isnan(plane.mean[:, k]).any()]
    return (
        text
        + (f" This estimator does not fit {', '.join(empty)}, so that is not drawn." if empty else "")
        + broken(planes)
    )


def broken(planes: dict[str, Plane]) -> str:
    """Where an estimator has a layer tell more of the input than one before it, of which it is a function."""
    rises = []
    for name, plane in planes.items():
        bits = plane.mean[-1, :, INPUT]
        pairs = [(bits[k] - bits[j], j, k) for k in range(len(bits)) for j in range(k) if bits[k] - bits[j] > RISE]
        if pairs:
            _, j, k = max(pairs)
            rises.append(f"{activation_name(name)} {LAYERS[k]} {bits[k]:.2f}, {LAYERS[j]} {bits[j]:.2f}")
    if not rises:
        return ""
    return (
        f" It breaks the data-processing inequality ({'; '.join(rises)} bits in the end): no layer can tell more than "
        "one before it. Each layer is binned by itself, and what the bins take off one is not taken off the next."
    )


def _bits(value: float) -> str:
    return "–" if np.isnan(value) else f"{abs(value):.2f}"


def trails_panel(plane: Plane, column: int = 0) -> Plot:
    """The layers' ways through the plane, marked at the start, where most is told of the input, and at the end."""
    marks: list[Mark] = walls()
    for k, name in enumerate(LAYERS):
        trail = plane.mean[:, k]
        if np.isnan(trail).any():
            continue
        x, y = trail[:, INPUT], trail[:, LABEL]
        hover = [
            f"{name}, epoch {epoch}: {of_input:.2f} of the input, {of_label:.3f} of the label"
            for epoch, of_input, of_label in zip(plane.epochs, x, y, strict=True)
        ]
        marks.append(Line(x, y, name, LAYER_COLOURS[k], width=2.5, hover=hover))
        at = [0, int(x.argmax()), len(trail) - 1]
        symbols = ["circle-open", "diamond-open", "circle"]
        marks.append(Points(x[at], y[at], name, LAYER_COLOURS[k], [7.0, 7.0, 13.0], symbols, listed=False))
    of_label = Axis("bits of the label" if column == 0 else "", 0, 1.06)
    title = activation_name(plane.activation)
    return Plot(tuple(marks), Axis("bits of the input", 0, 12.5), of_label, title, column=column)


def trails_chart(planes: Mapping[str, Plane]) -> Chart:
    """The networks' planes side by side."""
    panels = tuple(trails_panel(plane, column) for column, plane in enumerate(planes.values()))
    return Chart(panels, 310, columns=(1.0,) * len(panels), gap=(0.09, 0.1), margin=(50, 10, 28, 44), legend="")
