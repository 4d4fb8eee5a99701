"""The charts of the page Gradients: HGR by layer, and by RIB's step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.services.gradients import NAMES
from wsss_viz.figures.chart import Chart, Plot
from wsss_viz.figures.ratios import layers_panel, steps_of
from wsss_viz.gradients.ratio import BAND, Curve

HEIGHT = 380
LOW = 0.65
"""Ratios below are drawn on an axis of their own."""


def layers_chart(
    curve: Curve,
    tau: float,
    subject: str,
    at: int,
    seeds: Sequence[Curve] = (),
    published: bool = False,
    first: int = 1,
    height: int = HEIGHT,
) -> Chart:
    """HGR by layer, see `figures.ratios.layers_panel`; the layer `at` is marked, x counts layers from `first`.

    Where all ratios lie in the lower part of 0 to 1, the axis ends above them: on it their differences are seen.
    """
    panel = layers_panel(
        curve, NAMES[subject], tau, at=at, seeds=seeds, published=published, first=first, layer_names=True
    )
    highest = max(float(np.nanmax(values)) for values in (curve.at(tau), curve.band()))
    if highest < LOW:
        panel = replace(panel, y=replace(panel.y, high=1.1 * highest))
    return _chart(panel, height)


def steps_chart(curves: Mapping[str, NDArray], regions: Sequence[str], at: int) -> Chart:
    """HGR of the logit by RIB's step, `curves` "rib" and "bce", (K + 1, R, 3); the step `at` is marked."""
    return _chart(steps_of(curves, regions, NAMES["scenes"], at), HEIGHT)


def paper_chart(curve: Curve, tau: float, subject: str, published: bool = False) -> Chart:
    """The chart by layer for a paper, under its thresholds."""
    panel = layers_panel(curve, NAMES[subject], tau, published=published, layer_names=True)
    return _chart(replace(panel, title=f"tau = {tau:g}; band: tau from {BAND[0]:g} to {BAND[1]:g}"), HEIGHT)


def _chart(panel: Plot, height: int) -> Chart:
    return Chart((panel,), height, follows="x")
