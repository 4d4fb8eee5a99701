"""How the charts of the page Information are styled: colours that are seen on light and on dark, and names."""

from __future__ import annotations

from wsss_viz.figures.chart import Colour

LAYER_COLOURS = ("#7d81f8", "#5d57d1", "#269fa3", "#0e744d", "#ae8b21", "#f14d9a")
ACTIVATION_COLOURS = {"tanh": "#616c71", "relu": "#995e00", "sigmoid": "#84916a"}
"""Layers and activations stand on one page, where no two are alike; they have the colours of methods elsewhere."""
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid", "elu": "ELU"}
BAD: Colour = "#d1495b"


def activation_name(name: str) -> str:
    """The activation as it is written in the field."""
    return ACTIVATION_NAMES.get(name, name)
