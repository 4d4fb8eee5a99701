"""The charts of the page Gradients, HGR by layer and by RIB's step: plotly on the page, matplotlib for export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.services.gradients import COLOURS, NAMES
from wsss_viz.app.widgets.charts import UNFADED, mark_step, stepped
from wsss_viz.gradients.published import HGR, NOTE
from wsss_viz.gradients.ratio import BAND, Curve

HEIGHT = 380
_MARKS = {"discriminative": "circle", "non_discriminative": "diamond", "irrelevant": "square"}


def _rgba(region: str, alpha: float = 1.0) -> str:
    return "rgba({}, {}, {}, {})".format(*COLOURS[region], alpha)


def layer_ticks(layers: Sequence[str], first: int = 1) -> list[str]:
    """G_first on, with the layers' own names under them."""
    return [f"G{number}<br>{name}" for number, name in enumerate(layers, start=first)]


def layers_figure(
    curve: Curve,
    tau: float,
    subject: str,
    at: int,
    seeds: Sequence[Curve] = (),
    published: bool = False,
    first: int = 1,
) -> Any:
    """HGR by layer: the mean over images with its interval, the band over thresholds, each seed's own mean.

    Args:
        at: the index of the layer that is marked.
        seeds: curves drawn thin.
        first: the number of the curve's first layer.
        published: draw the values read off RIB's figure, dotted.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    for r, region in enumerate(curve.regions):
        name = NAMES[subject][region]
        _add_band(figure, curve, r)
        for other in seeds:
            _add_seed(figure, other, tau, r)
        _add_mean(figure, curve, tau, r, name, at)
        if published:
            _add_published(figure, curve, r, name)
    mark_step(figure, at)
    _axes(figure, layer_ticks(curve.layers, first))
    return figure


def _add_band(figure: Any, curve: Curve, r: int) -> None:
    """What the ratio is over all thresholds of the band."""
    x, band = list(range(len(curve.layers))), curve.band()
    figure.add_scatter(
        x=[*x, *x[::-1]],
        y=[*band[1, :, r], *band[0, ::-1, r]],
        mode="lines",
        fill="toself",
        fillcolor=_rgba(curve.regions[r], 0.13),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_seed(figure: Any, seed: Curve, tau: float, r: int) -> None:
    line = {"width": 1, "color": _rgba(seed.regions[r], 0.45)}
    y = seed.at(tau)[:, r, 0]
    figure.add_scatter(x=list(range(len(y))), y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)


def _add_mean(figure: Any, curve: Curve, tau: float, r: int, name: str, at: int) -> None:
    """The mean over images with its interval, the point of the marked layer larger."""
    region = curve.regions[r]
    x = list(range(len(curve.layers)))
    mean, low, high = curve.at(tau)[:, r].T
    figure.add_scatter(
        x=x,
        y=mean,
        name=name,
        mode="lines+markers",
        line={"color": _rgba(region), "width": 2.6},
        marker={"size": [13 if i == at else 8 for i in x], "symbol": _MARKS[region], "color": _rgba(region)},
        error_y={"array": high - mean, "arrayminus": mean - low, "width": 3, "thickness": 1.3},
        **UNFADED,
        customdata=np.stack([low, high], axis=1),
        hovertemplate=f"{name}: %{{y:.3f}} (%{{customdata[0]:.3f}} to %{{customdata[1]:.3f}})<extra></extra>",
    )


def _add_published(figure: Any, curve: Curve, r: int, name: str) -> None:
    region = curve.regions[r]
    figure.add_scatter(
        x=list(range(len(curve.layers))),
        y=HGR[region],
        name="RIB's figure, read off",
        legendgroup="published",
        legendrank=2000,
        showlegend=r == 0,
        mode="lines",
        line={"color": _rgba(region, 0.9), "width": 1.4, "dash": "dot"},
        hovertemplate=f"{name}: %{{y:.2f}}, {NOTE}<extra></extra>",
    )


def steps_figure(curves: dict[str, NDArray[np.float64]], regions: Sequence[str], at: int) -> Any:
    """HGR of the logit by RIB's step.

    Args:
        curves: "rib" and "bce", (K + 1, R, 3).
        at: the step that is marked.
    """
    from plotly import graph_objects as go

    figure = go.Figure()
    for loss, values in curves.items():
        x = list(range(len(values)))
        for r, region in enumerate(regions):
            mean, low, high = values[:, r].T
            name = NAMES["scenes"][region]
            own = loss == "rib"
            figure.add_scatter(
                x=x,
                y=mean,
                name=f"{name}, RIB" if own else f"{name}, control with the sigmoid",
                mode="lines+markers",
                line={
                    "color": _rgba(region, 1 if own else 0.6),
                    "width": 2.6 if own else 1.5,
                    "dash": "solid" if own else "dash",
                },
                marker={"size": [12 if own and k == at else 7 if own else 4 for k in x], "symbol": _MARKS[region]},
                error_y={"array": high - mean, "arrayminus": mean - low, "width": 2, "thickness": 1} if own else None,
                **UNFADED,
                hovertemplate=f"{name}, step %{{x}}: %{{y:.3f}}<extra></extra>",
            )
    mark_step(figure, at)
    steps = len(next(iter(curves.values())))
    _axes(figure, [str(k) for k in range(steps)], top=None)
    figure.update_xaxes(title="RIB's step k")
    return figure


def _axes(figure: Any, ticks: list[str], top: float | None = 1.05) -> None:
    stepped(figure, HEIGHT, ticks)
    figure.update_layout(hovermode="x")
    figure.update_yaxes(title="share of high gradients", rangemode="tozero")
    if top is not None:
        figure.update_yaxes(range=[0, top])


def layers_svg(curve: Curve, tau: float, subject: str, published: bool = False) -> bytes:
    """The chart by layer for a paper, SVG; the same curve gives the same bytes."""
    from matplotlib.figure import Figure

    from wsss_viz.figures.rendering import written

    def draw() -> Figure:
        figure = Figure(figsize=(4.2, 2.8), layout="constrained")
        axes = figure.add_subplot()
        x = np.arange(len(curve.layers))
        chosen, band = curve.at(tau), curve.band()
        for r, region in enumerate(curve.regions):
            colour = tuple(channel / 255 for channel in COLOURS[region])
            mean, low, high = chosen[:, r].T
            axes.fill_between(x, band[0, :, r], band[1, :, r], color=colour, alpha=0.15, linewidth=0)
            errors = np.stack([mean - low, high - mean]).clip(min=0)
            axes.errorbar(x, mean, errors, color=colour, marker="osD"[r], markersize=4, label=NAMES[subject][region])
            if published:
                label = NOTE if r == 0 else None
                axes.plot(x, HGR[region], color=colour, linestyle=":", linewidth=1, label=label)
        axes.set_xticks(x, [f"G{i + 1}\n{name}" for i, name in enumerate(curve.layers)])
        axes.set_ylabel("high gradient ratio")
        axes.set_ylim(0, 1.05)
        axes.set_title(f"tau = {tau:g}; band: tau from {BAND[0]:g} to {BAND[1]:g}", fontsize=8)
        axes.legend(fontsize=7, frameon=False)
        return figure

    return written(draw, "svg", svg_fonttype="none", font_size=8)
