"""How the charts of the page Information are styled: colours that are seen on light and on dark, and names."""

from __future__ import annotations

from wsss_viz.figures.chart import Colour

LAYER_COLOURS = ("#8f6bd1", "#4d7fd6", "#21918c", "#4cb04f", "#d9a400", "#d1495b")
ACTIVATION_COLOURS = {"tanh": "#1f77c4", "relu": "#d08700", "sigmoid": "#8a4fbf"}
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid", "elu": "ELU"}
BAD: Colour = "#d1495b"


def activation_name(name: str) -> str:
    """The activation as it is written in the field."""
    return ACTIVATION_NAMES.get(name, name)
