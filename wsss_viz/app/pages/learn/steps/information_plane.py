"""The information plane: what training does to the layers of a tanh and a ReLU network, and what the ruler does."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.information.looks import FAINT, GREY, LAYER_COLOURS, activation_name
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.state import ViewState
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, LABEL, LABEL_ENTROPY, Plane, stored_plane
from wsss_viz.information.runs import LAYERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

NETWORKS = ("tanh", "relu")
RULERS = {
    "default": "bins of the values",
    "preactivation:30": "bins before the nonlinearity",
    "noise:0.001": "noise in place of bins",
}
DEEPEST = 4
"""The last hidden layer, T5."""
MARKED = 1.0
SLIGHT = 0.25
"""From how many bits on a loss is called one, and up to how many it is called next to nothing."""


@st.cache_resource(show_spinner=False)
def _plane(activation: str, ruler: str) -> Plane:
    return stored_plane(activation, ruler)


def lost(plane: Plane, layer: int = DEEPEST) -> float:
    """C_k in bits: the height of the seeds' mean, less where it ends; NaN where the ruler gives nothing."""
    told = plane.mean[:, layer, INPUT]
    return float(told.max() - told[-1])


def lesson(state: ViewState) -> Lesson:
    """The step at the state's ruler."""
    ruler = state.ruler if state.ruler in RULERS else "default"
    planes = {name: _plane(name, ruler) for name in NETWORKS}
    usual = {name: lost(_plane(name, "default")) for name in NETWORKS}
    other = {name: lost(_plane(name, "preactivation:30")) for name in NETWORKS}

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (f"{activation_name(name)}, {RULERS[way]}", _still_plane(_plane(name, way), legend=not i))
            for i, (way, name) in enumerate((w, n) for w in ("default", "preactivation:30") for n in NETWORKS)
        ]
        static_plots.row(figure, cells)

    return Lesson(
        claim=claim(usual, other),
        lead="Small networks learn a rule on 12 bits. After every few epochs each layer is put where it stands: how "
        "many bits it tells of the input, and how many of the label. Forgetting the input once the label is known was "
        "said to be what learning is.",
        view=lambda: _view(ruler, planes),
        control="Change the ruler: the networks are the same, not a weight is trained again.",
        formula=Formula(
            r"I(X;T) \quad\longrightarrow\quad H(",
            r"\mathrm{bin}(T)",
            r")",
            "$T$ is a function of $X$, so without noise $I(X;T)$ is constant or infinite and cannot move. What moves "
            "is the entropy of the layer as the ruler sees it: in bins, or with noise added.",
        ),
        question=question(usual["tanh"], other["tanh"]),
        sources=(
            Source("Shwartz-Ziv and Tishby, 2017", "fitting, then compression, in the plane", unverified=True),
            Source("Saxe et al., ICLR 2018", "compression comes from saturation and bins, and not with ReLU"),
            Source("Goldfeld et al., ICML 2019", "without noise the information is constant or infinite"),
        ),
        inspect=Inspect("information", examples.elsewhere(replace(state, section="plane", ruler=ruler))),
        caveat=f"{len(planes['tanh'].bits[0])} seeds each, {int(planes['tanh'].epochs[-1])} epochs, all 4096 inputs. A "
        "ruler is part of every number here; none of them is the information itself.",
        draw=draw,
        origin="stored runs, precomputed",
    )


def claim(usual: dict[str, float], other: dict[str, float]) -> str:
    """What the two networks do under the usual ruler, and whether another one agrees."""
    tanh, relu = usual["tanh"], usual["relu"]
    if tanh < MARKED and relu < MARKED:
        return "Under the usual ruler neither network forgets its input"
    said = f"The tanh network forgets {tanh:.1f} bits of its input, the ReLU network {abs(relu):.1f}"
    if np.isnan(other["tanh"]):
        return said
    if other["tanh"] <= SLIGHT:
        return f"{said}; under another ruler the tanh network forgets next to nothing"
    if other["tanh"] < tanh / 2:
        return f"{said}; under another ruler the tanh network forgets {abs(other['tanh']):.1f}"
    return f"{said}, and another ruler agrees"


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


def _view(ruler: str, planes: dict[str, Plane]) -> None:
    st.segmented_control(
        "Ruler",
        list(RULERS),
        format_func=lambda name: RULERS[name],
        label_visibility="collapsed",
        **session.control("ruler", ruler),
    )
    st.plotly_chart(
        _figure(planes),
        key="learn_plane",
        config={"displayModeBar": False, "scrollZoom": False},
        alt="; ".join(f"{name}: T5 loses {lost(plane):.2f} bits of the input" for name, plane in planes.items()),
    )
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
    """What the ruler is, and where it gives nothing."""
    plane = planes["tanh"]
    source = plane.sources[f"T1/{INPUT}"]
    text = f"Each value is {source['quantity']}, {source['estimator']}, n = {source['n']}."
    empty = [LAYERS[k] for k in range(len(LAYERS)) if np.isnan(plane.mean[:, k]).any()]
    return text + (f" This ruler does not fit {', '.join(empty)}, so that is not drawn." if empty else "")


def _bits(value: float) -> str:
    return "–" if np.isnan(value) else f"{abs(value):.2f}"


def _figure(planes: dict[str, Plane]) -> Any:
    from plotly.subplots import make_subplots

    figure = make_subplots(
        1, len(planes), subplot_titles=[activation_name(name) for name in planes], horizontal_spacing=0.09
    )
    for column, plane in enumerate(planes.values(), start=1):
        walls_x = [INPUT_ENTROPY, INPUT_ENTROPY, LABEL_ENTROPY, 0]
        walls_y = [0, LABEL_ENTROPY, LABEL_ENTROPY, 0]
        figure.add_scatter(
            x=walls_x, y=walls_y, mode="lines", line={"color": GREY, "dash": "dash", "width": 1}, hoverinfo="skip",
            showlegend=False, row=1, col=column,
        )  # fmt: skip
        for k, name in enumerate(LAYERS):
            trail = plane.mean[:, k]
            if np.isnan(trail).any():
                continue
            at = [0, int(trail[:, INPUT].argmax()), len(trail) - 1]
            look = {"color": LAYER_COLOURS[k]}
            figure.add_scatter(
                x=trail[:, INPUT], y=trail[:, LABEL], mode="lines", line={**look, "width": 2.5}, name=name,
                legendgroup=name, showlegend=column == 1, row=1, col=column,
                customdata=plane.epochs, hovertemplate=f"{name}, epoch %{{customdata}}: %{{x:.2f}} of the input, "
                "%{y:.3f} of the label<extra></extra>",
            )  # fmt: skip
            figure.add_scatter(
                x=trail[at, INPUT], y=trail[at, LABEL], mode="markers", legendgroup=name, showlegend=False, row=1,
                col=column, hoverinfo="skip",
                marker={**look, "size": [7, 7, 13], "symbol": ["circle-open", "diamond-open", "circle"]},
            )  # fmt: skip
    figure.update_layout(
        height=310, margin={"l": 50, "r": 10, "t": 28, "b": 44}, showlegend=False,
    )  # fmt: skip
    figure.update_xaxes(title="bits told of the input", range=[0, 12.5], gridcolor=FAINT, fixedrange=True)
    figure.update_yaxes(range=[0, 1.06], gridcolor=FAINT, fixedrange=True)
    figure.update_yaxes(title="bits told of the label", row=1, col=1)
    return figure


def _still_plane(plane: Plane, legend: bool) -> static_plots.Cell:
    def draw(ax: Axes) -> None:
        walls = ((INPUT_ENTROPY, 0), (INPUT_ENTROPY, LABEL_ENTROPY), (LABEL_ENTROPY, LABEL_ENTROPY), (0, 0))
        ax.plot(*zip(*walls, strict=True), color="0.6", linestyle="--", linewidth=0.8)
        for k, name in enumerate(LAYERS):
            trail = plane.mean[:, k]
            ax.plot(trail[:, INPUT], trail[:, LABEL], color=LAYER_COLOURS[k], linewidth=1.5, label=name)
            ax.plot(*trail[-1, [INPUT, LABEL]], "o", color=LAYER_COLOURS[k], markersize=5)
        ax.set(xlim=(0, 12.5), ylim=(0, 1.06), xlabel="bits of the input")
        if legend:
            ax.legend(fontsize=static_plots.SMALL - 2, frameon=False, loc="lower right")

    return draw
