"""The unit of one weight on a slider: what it carries by its weight, and how it fills its bins at that weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.pages.information.looks import ACCENT, FAINT, GREY, HANDLE, TRANSPARENT, activation_name
from wsss_viz.app.widgets.markup import percent
from wsss_viz.information.activations import activation as activation_named
from wsss_viz.information.binning import Bins
from wsss_viz.information.minimal import bin_masses, minimal_curve
from wsss_viz.information.result import MIResult

DECADE = 20
LOWEST, BOUNDED, UNBOUNDED = -26, 34, 20
"""Twenty weights a decade, 1 among them: from 0.05 to 50, for a unit without bounds to 10, four deviations of X below
the end of its ruler at 40."""
FINE = 240
_COLOURS = {"value": ACCENT, "short": "#d1495b", "before": "#d08700"}


@dataclass(frozen=True)
class Laid:
    """A ruler laid on a unit, and what it says along `weights`."""

    activation: str
    kind: str
    bins: Bins

    @property
    def weights(self) -> NDArray[np.float64]:
        return weights_of(self.activation)

    @cached_property
    def results(self) -> list[MIResult]:
        return minimal_curve(self.weights.tolist(), self.activation, self.bins)

    @property
    def bits(self) -> NDArray[np.float64]:
        return np.array([result.value_bits for result in self.results])

    @cached_property
    def masses(self) -> NDArray[np.float64]:
        """(weights, bins)."""
        return np.stack([bin_masses(float(weight), self.activation, self.bins) for weight in self.weights])

    def density(self, weight: float) -> NDArray[np.float64]:
        """(FINE,) the distribution's mass in equal steps over the ruler, scaled to the height of a bin of it."""
        low, high = self.bins.edges[0], self.bins.edges[-1]
        edges = tuple(np.linspace(low, high, FINE + 3).tolist())
        fine = bin_masses(weight, self.activation, Bins("fine", edges, activation=self.bins.activation, clip=True))
        return fine[1:-1] * (FINE + 2) / len(self.masses[0])


def weights_of(activation: str) -> NDArray[np.float64]:
    """The weights that the slider has for a unit."""
    last = BOUNDED if activation_named(activation).bounded else UNBOUNDED
    return np.asarray(10 ** (np.arange(LOWEST, last + 1) / DECADE))


def nearest(activation: str, weight: float) -> int:
    """The index in the unit's weights that lies nearest in ratio."""
    return int(np.abs(np.log(weights_of(activation) / weight)).argmin())


def minimal_figure(rulers: Mapping[str, Laid], chosen: str, start: int) -> Any:
    """Bits by weight under each ruler, and beside it the bins of the chosen one at the slider's weight.

    Args:
        rulers: by kind.
        start: the index of the weight that the slider stands at first.
    """
    from plotly.subplots import make_subplots

    laid = rulers[chosen]
    where = "w X, before the nonlinearity" if laid.bins.activation else f"T = {activation_name(laid.activation)}(w X)"
    figure = make_subplots(
        1, 2, column_widths=[0.56, 0.44], horizontal_spacing=0.12,
        subplot_titles=["What the unit carries, by its weight", f"Where {where.split(',', maxsplit=1)[0]} falls"],
    )  # fmt: skip
    for kind, ruler in rulers.items():
        line = {"color": _COLOURS[kind], "width": 3 if kind == chosen else 1.6}
        line |= {} if kind == chosen else {"dash": "dot"}
        figure.add_scatter(
            x=ruler.weights, y=ruler.bits, mode="lines", name=ruler.bins.name, line=line, row=1, col=1,
            hovertemplate=f"w %{{x:.3g}}: %{{y:.3f}} bits<extra>{ruler.bins.name}</extra>",
        )  # fmt: skip
    cap = float(np.log2(len(laid.masses[0])))
    top = min(1.0, float(laid.masses.max())) * 1.25
    still = len(figure.data)
    for trace, column in zip(_moving(laid, start, top), (1, 2, 2, 2), strict=True):
        figure.add_trace(trace, row=1, col=column)
    moved = list(range(still, len(figure.data)))
    figure.frames = [
        {"name": str(k), "data": _moving(laid, k, top), "traces": moved} for k in range(len(laid.weights))
    ]  # fmt: skip
    figure.add_hline(y=cap, line={"color": GREY, "width": 1, "dash": "dash"}, row=1, col=1)
    figure.update_annotations(font_size=14)
    note = {"font": {"size": 11, "color": GREY}, "showarrow": False}
    figure.add_annotation(
        x=-1.3, y=cap, text=f"cap log2 {len(laid.masses[0])}", xanchor="left", yanchor="bottom",
        row=1, col=1, **note,
    )  # fmt: skip
    highest = max(cap, *(float(ruler.bits.max()) for ruler in rulers.values()))
    marks = [mark for mark in (0.05, 0.1, 0.5, 1, 5, 10, 50) if mark < 1.01 * laid.weights[-1]]
    figure.update_xaxes(
        type="log",
        title="weight w",
        tickvals=marks,
        ticktext=[f"{mark:g}" for mark in marks],
        range=[-1.33, float(np.log10(laid.weights[-1])) + 0.03],
        row=1,
        col=1,
    )
    figure.update_yaxes(title="H(bin(T)), bits", range=[0, highest * 1.1], row=1, col=1)
    low, high = laid.bins.edges[0], laid.bins.edges[-1]
    margin = 0.03 * (high - low)
    figure.update_xaxes(title=where, range=[low - margin, high + margin], row=1, col=2)
    figure.update_yaxes(title="share of X in the bin", range=[0, top], row=1, col=2)
    _layout(figure, laid.weights, start)
    return figure


def _moving(laid: Laid, k: int, top: float) -> list[dict[str, Any]]:
    """What a weight shows: the dot on the curve, the bins, the distribution over them, and what it comes to."""
    edges, masses = np.array(laid.bins.edges), laid.masses[k]
    ends = [edges[0], edges[-1]]
    bits, colour = laid.bits[k], _COLOURS[laid.kind]
    outer = masses[[0, -1]].sum()
    said = f"{bits:.3f} bits, as {2**bits:.1f} full bins<br>{percent(outer)} of X in the two outer ones"
    steps = np.linspace(ends[0], ends[1], FINE + 3)[1:-1]
    return [
        {
            "type": "scatter", "x": [float(laid.weights[k])], "y": [float(bits)], "mode": "markers",
            "showlegend": False, "marker": {"size": 14, "color": colour, "line": {"color": "white", "width": 2}},
            "hoverinfo": "skip",
        },
        {
            "type": "bar", "x": ((edges[:-1] + edges[1:]) / 2).astype(np.float32), "y": masses.astype(np.float32),
            "width": np.diff(edges).astype(np.float32), "showlegend": False,
            "marker": {"color": colour, "opacity": 0.55, "line": {"color": colour, "width": 0.6}},
            "hovertemplate": "bin at %{x:.3g}: %{y:.4f}<extra></extra>",
        },
        {
            "type": "scatter", "x": ((steps[:-1] + steps[1:]) / 2).astype(np.float32), "mode": "lines",
            "y": np.minimum(laid.density(float(laid.weights[k])), 1.2 * top).astype(np.float32),
            "line": {"color": GREY, "width": 1.5}, "hoverinfo": "skip", "showlegend": False,
        },
        {
            "type": "scatter", "x": [float(np.mean(ends))], "y": [top], "mode": "text", "text": [said],
            "textposition": "bottom center",
            "textfont": {"size": 12}, "hoverinfo": "skip", "showlegend": False,
        },
    ]  # fmt: skip


def _layout(figure: Any, weights: NDArray[np.float64], start: int) -> None:
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    running = {"fromcurrent": True, "frame": {"duration": 110, "redraw": False}, "transition": {"duration": 0}}
    steps = [
        {"label": f"{weight:.2g}", "method": "animate", "args": [[str(k)], at_once]} for k, weight in enumerate(weights)
    ]
    figure.update_layout(
        height=480,
        margin={"l": 56, "r": 12, "t": 128, "b": 86},
        bargap=0,
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.22, "yanchor": "top"},
        sliders=[{
            "active": start, "steps": steps, "x": 0.2, "len": 0.8, "y": 1.46, "yanchor": "top", "pad": {"t": 0, "b": 0},
            "currentvalue": {"prefix": "w = ", "font": {"size": 15}, "xanchor": "left"}, "ticklen": 3,
            "font": {"size": 10}, **HANDLE,
        }],
        updatemenus=[{
            "type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "y": 1.4, "yanchor": "top",
            "buttons": [
                {"label": "Play", "method": "animate", "args": [None, running]},
                {"label": "Pause", "method": "animate", "args": [[None], at_once]},
            ],
            "showactive": False, "bgcolor": "rgba(128,128,128,0.15)", "pad": {"t": 0},
        }],
    )  # fmt: skip
    figure.update_xaxes(gridcolor=FAINT, zeroline=False, tickfont={"size": 11})
    figure.update_yaxes(gridcolor=FAINT, zeroline=False, tickfont={"size": 11})


def verdict(laid: Laid) -> str:
    """What the ruler says happens as the weight grows, in words, whatever it is."""
    bits, peak = laid.bits, int(laid.bits.argmax())
    lost = bits[peak] - bits[-1]
    said = f"Up to w = {laid.weights[peak]:.2g} the unit carries more and more, {bits[peak]:.2f} bits"
    if lost < 0.01:
        return f"{said}; it never carries less again: no compression."
    return f"{said}; from there on it loses {lost:.2f} bits, down to {bits[-1]:.2f} at w = {laid.weights[-1]:.0f}."


def rows(rulers: Sequence[Laid]) -> list[dict[str, Any]]:
    """One row a ruler and weight."""
    return [
        {
            "w": round(float(weight), 6), "bits": round(found.value_bits, 6), "cap": found.cap_bits,
            "unit": ruler.activation, "bins": ruler.bins.name, "estimator": found.estimator,
            "notes": " ".join(found.notes),
        }
        for ruler in rulers
        for weight, found in zip(ruler.weights, ruler.results, strict=True)
    ]  # fmt: skip
