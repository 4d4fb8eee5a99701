"""The information plane: what training does to the layers of a tanh and a ReLU network, and what the estimator does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
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
    "default": mark("bins of the values"),
    "preactivation:30": mark("bins before the nonlinearity"),
    "noise:0.001": mark("noise in place of bins"),
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
            (f"{activation_name(name)}, {tr(ESTIMATORS[way])}", trails_panel(_plane(name, way), i))
            for i, (way, name) in enumerate((w, n) for w in ("default", "preactivation:30") for n in NETWORKS)
        ]
        static_plots.row(figure, cells)

    return Lesson(
        claim=claim(usual, other),
        lead=tr(
            "Small networks learn a rule on 12 bits. After every few epochs each layer is put where it "
            "stands: how many bits it tells of the input, and how many of the label. Forgetting the "
            "input once the label is known was said to be what learning is."
        ),
        view=lambda: _view(estimator, planes),
        control=tr("Change the estimator: the networks are the same, not a weight is trained again."),
        formula=Formula(
            r"I(X;T) \quad\longrightarrow\quad H(",
            r"\mathrm{bin}(T)",
            r")",
            tr(
                "$T$ is a function of $X$, so without noise $I(X;T)$ is constant or infinite and cannot "
                "move. What moves is the entropy of the layer as the estimator sees it: in bins, or with "
                "noise added."
            ),
        ),
        question=question(usual["tanh"], other["tanh"]),
        sources=(
            Source("Shwartz-Ziv and Tishby, 2017", tr("fitting, then compression, in the plane"), unverified=True),
            Source("Saxe et al., ICLR 2018", tr("compression comes from saturation and bins, and not with ReLU")),
            Source("Goldfeld et al., ICML 2019", tr("without noise the information is constant or infinite")),
        ),
        inspect=Inspect("information", examples.elsewhere(replace(state, section="plane", estimator=estimator))),
        caveat=tr(
            "{count} seeds each, {epochs} epochs, all 4096 inputs. The estimator is part of every number "
            "here; none of them is the information itself.",
            count=len(planes["tanh"].bits[0]),
            epochs=int(planes["tanh"].epochs[-1]),
        ),
        draw=draw,
        origin=tr("stored runs, precomputed"),
    )


def claim(usual: dict[str, float], other: dict[str, float]) -> str:
    """What the two networks do in bins of their values, and whether bins before the nonlinearity agree."""
    tanh, relu = usual["tanh"], usual["relu"]
    if tanh < MARKED and relu < MARKED:
        return tr("In bins of its values neither network forgets its input")
    said = tr(
        "In bins of its values the tanh network forgets {tanh:.1f} bits of its input, the ReLU network {relu:.1f}",
        tanh=tanh,
        relu=abs(relu),
    )
    if np.isnan(other["tanh"]) or tanh < MARKED:
        return said
    both = {"usual": tanh, "other": abs(other["tanh"])}
    if other["tanh"] <= SLIGHT:
        return tr(
            "Whether the tanh network forgets depends on where the bins lie: {usual:.1f} bits or {other:.1f}", **both
        )
    if other["tanh"] < tanh / 2:
        return tr(
            "How much the tanh network forgets depends on where the bins lie: {usual:.1f} bits or {other:.1f}", **both
        )
    return tr("{said}, and bins before the tanh agree", said=said)


def question(usual: float, other: float) -> Question:
    """Whether the loss survives bins that are laid before the nonlinearity."""
    options = (tr("it loses as much"), tr("it loses less than half of that"), tr("it loses next to nothing"))
    right = 2 if other <= SLIGHT else 1 if other < usual / 2 else 0
    return Question(
        tr(
            "With bins of its values, the tanh network's T5 loses {usual:.1f} bits of the input again. "
            "And with bins laid before the tanh, on the same network?",
            usual=usual,
        ),
        options,
        right,
        tr(
            "It loses {other:.1f} bits. A saturated unit's values crowd into the outermost bins of -1 to "
            "1; before the tanh they are as far apart as ever.",
            other=abs(other),
        ),
    )


def _view(estimator: str, planes: dict[str, Plane]) -> None:
    st.segmented_control(
        tr("Estimator"),
        list(ESTIMATORS),
        format_func=lambda name: tr(ESTIMATORS[name]),
        label_visibility="collapsed",
        **session.control("estimator", estimator),
    )
    alt = "; ".join(
        tr("{name}: T5 loses {lost:.2f} bits of the input", name=name, lost=lost(plane))
        for name, plane in planes.items()
    )
    show(trails_chart(planes), "learn_plane", alt)
    st.html(table(planes))
    st.html(f'<p class="wv-note">{escape(said(planes))}</p>')


def table(planes: dict[str, Plane]) -> str:
    """What each layer loses of the input in each network."""
    heads = "".join(
        f'<th><i class="wv-dot" style="background:{LAYER_COLOURS[k]}"></i>{name}</th>' for k, name in enumerate(LAYERS)
    )
    rows = "".join(
        f"<tr><th>{tr('{network}: lost after its peak', network=activation_name(name))}</th>"
        + "".join(f"<td>{_bits(lost(plane, k))}</td>" for k in range(len(LAYERS)))
        + "</tr>"
        for name, plane in planes.items()
    )
    head = f"<tr><th>{tr('bits of the input')}</th>{heads}</tr>"
    return f'<table class="wv-step"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def said(planes: dict[str, Plane]) -> str:
    """What the estimator is, and where it gives nothing."""
    plane = planes["tanh"]
    source = plane.sources[f"T1/{INPUT}"]
    text = tr(
        "Each value is {quantity}, {estimator}, n = {n}.",
        quantity=source["quantity"],
        estimator=source["estimator"],
        n=source["n"],
    )
    empty = [LAYERS[k] for k in range(len(LAYERS)) if np.isnan(plane.mean[:, k]).any()]
    return (
        text
        + (tr(" This estimator does not fit {layers}, so that is not drawn.", layers=", ".join(empty)) if empty else "")
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
    return tr(
        " It breaks the data-processing inequality ({rises} bits in the end): no layer can tell more than one before "
        "it. Each layer is binned by itself, and what the bins take off one is not taken off the next.",
        rises="; ".join(rises),
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
            tr(
                "{name}, epoch {epoch}: {of_input:.2f} of the input, {of_label:.3f} of the label",
                name=name,
                epoch=epoch,
                of_input=of_input,
                of_label=of_label,
            )
            for epoch, of_input, of_label in zip(plane.epochs, x, y, strict=True)
        ]
        marks.append(Line(x, y, name, LAYER_COLOURS[k], width=2.5, hover=hover))
        at = [0, int(x.argmax()), len(trail) - 1]
        symbols = ["circle-open", "diamond-open", "circle"]
        marks.append(Points(x[at], y[at], name, LAYER_COLOURS[k], [7.0, 7.0, 13.0], symbols, listed=False))
    of_label = Axis(tr("bits of the label") if column == 0 else "", -0.05, 1.06)  # a marker at 0 is whole
    title = activation_name(plane.activation)
    return Plot(tuple(marks), Axis(tr("bits of the input"), -0.3, 12.5), of_label, title, column=column)


def trails_chart(planes: Mapping[str, Plane]) -> Chart:
    """The networks' planes side by side."""
    panels = tuple(trails_panel(plane, column) for column, plane in enumerate(planes.values()))
    return Chart(panels, 310, columns=(1.0,) * len(panels), gap=(0.09, 0.1), margin=(50, 10, 28, 44), legend="")
