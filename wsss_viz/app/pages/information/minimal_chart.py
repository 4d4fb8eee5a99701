"""The unit of one weight on a slider: what it carries by its weight, and how it fills its bins at that weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.pages.information.chart_style import activation_name
from wsss_viz.app.widgets.markup import percent
from wsss_viz.figures.chart import GREY, SERIES, Axis, Bars, Chart, Frames, Line, Mark, Note, Plot, Points, Rule
from wsss_viz.information.activations import activation as activation_named
from wsss_viz.information.binning import Bins
from wsss_viz.information.minimal import bin_masses, minimal_curve
from wsss_viz.information.result import MIResult

DECADE = 20
LOWEST, BOUNDED, UNBOUNDED = -26, 34, 20
"""Twenty weights per decade, 1 among them: from 0.05 to 50, for a unit without bounds to 10, four deviations of X below
the end of its bins at 40."""
FINE = 240
_COLOURS = {"value": SERIES[0], "short": SERIES[4], "before": SERIES[1]}


@dataclass(frozen=True)
class Laid:
    """Bins laid on a unit, and what they say along `weights`."""

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
        """(FINE,) the distribution's mass in equal steps over the bins, scaled to the height of a bin of it."""
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


def minimal_chart(estimators: Mapping[str, Laid], kind: str, start: int) -> Chart:
    """Bits by weight under each binning scheme, and beside it the bins of one at the slider's weight.

    Args:
        estimators: the schemes, by kind.
        kind: of the one whose bins are drawn.
        start: the index of the weight that the slider stands at first.
    """
    laid = estimators[kind]
    where = "w X, before the nonlinearity" if laid.bins.activation else f"T = {activation_name(laid.activation)}(w X)"
    cap, weights = float(np.log2(len(laid.masses[0]))), laid.weights
    curves: list[Mark] = [
        Line(
            weights, each.bits, each.bins.name, _COLOURS[name], width=3.0 if name == kind else 1.6,
            dash="solid" if name == kind else "dot", hover="{name}, w {x:.3g}: {y:.3f} bits",
        )
        for name, each in estimators.items()
    ]  # fmt: skip
    curves.append(Rule(y=cap, width=1.0, dash="dash"))
    curves.append(Note(0.05, cap, f" cap log2 {len(laid.masses[0])}", side="right above"))
    marks = [mark for mark in (0.05, 0.1, 0.5, 1, 5, 10, 50) if mark < 1.01 * weights[-1]]
    highest = max(cap, *(float(each.bits.max()) for each in estimators.values()))
    weight = Axis("weight w", 0.047, weights[-1] * 1.07, marks, [f"{mark:g}" for mark in marks], log=True)
    top = min(1.0, float(laid.masses.max())) * 1.25
    low, high = laid.bins.edges[0], laid.bins.edges[-1]
    margin = 0.03 * (high - low)
    value = Axis(where, low - margin, high + margin)
    return Chart(
        (
            Plot(
                tuple(curves), weight, Axis("H(bin(T)), bits", 0, highest * 1.1), "What the unit carries, by its weight"
            ),
            Plot(
                (),
                value,
                Axis("share of X in the bin", 0, top),
                f"Where {where.split(',', maxsplit=1)[0]} falls",
                column=1,
            ),
        ),
        480,
        columns=(0.56, 0.44),
        gap=(0.12, 0.1),
        margin=(56, 12, 128, 86),
        legend="bottom",
        frames=Frames(
            tuple(f"{each:.2g}" for each in weights),
            start,
            "w = ",
            tuple(_moving(laid, k, top) for k in range(len(weights))),
            pause=110,
        ),
    )


def _moving(laid: Laid, k: int, top: float) -> tuple[tuple[int, Line | Points | Bars], ...]:
    """What a weight shows: the dot on the curve, the bins, the distribution over them, and what it comes to."""
    edges, masses = np.array(laid.bins.edges), laid.masses[k]
    weight, bits, colour = float(laid.weights[k]), float(laid.bits[k]), _COLOURS[laid.kind]
    text = f"{bits:.3f} bits, as {2**bits:.1f} full bins<br>{percent(masses[[0, -1]].sum())} of X in the two outer ones"
    steps = np.linspace(edges[0], edges[-1], FINE + 3)[1:-1]
    density = np.minimum(laid.density(weight), 1.2 * top)
    centres = (edges[:-1] + edges[1:]) / 2
    hover = "bin at {x:.3g}: {y:.4f}"
    return (
        (0, Points([weight], [bits], colour=colour, size=14.0, edge=2.0)),
        (1, Bars(centres, masses, colour=colour, opacity=0.55, width=np.diff(edges), hover=hover)),
        (1, Line((steps[:-1] + steps[1:]) / 2, density, colour=GREY, width=1.5)),
        (1, Points([float(edges[[0, -1]].mean())], [top], size=1.0, opacity=0.0, text=[text], text_at="below")),
    )


def verdict(laid: Laid) -> str:
    """What the bins say happens as the weight grows, in words, whatever it is."""
    bits, peak = laid.bits, int(laid.bits.argmax())
    lost = bits[peak] - bits[-1]
    said = f"Up to w = {laid.weights[peak]:.2g} the unit carries more and more, {bits[peak]:.2f} bits"
    if lost < 0.01:
        return f"{said}; it never carries less again: no compression."
    return f"{said}; from there on it loses {lost:.2f} bits, down to {bits[-1]:.2f} at w = {laid.weights[-1]:.0f}."


def rows(estimators: Sequence[Laid]) -> list[dict[str, Any]]:
    """One row per binning scheme and weight."""
    return [
        {
            "w": round(float(weight), 6), "bits": round(result.value_bits, 6), "cap": result.cap_bits,
            "unit": laid.activation, "bins": laid.bins.name, "estimator": result.estimator,
            "notes": " ".join(result.notes),
        }
        for laid in estimators
        for weight, result in zip(laid.weights, laid.results, strict=True)
    ]  # fmt: skip
