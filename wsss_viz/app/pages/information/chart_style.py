"""How the charts of the page Information are styled: colours that are seen on light and on dark, and names."""

from __future__ import annotations

from wsss_viz.figures.chart import SERIES, Colour

LAYER_COLOURS = SERIES
ACTIVATION_COLOURS = dict(zip(("tanh", "relu", "sigmoid"), (SERIES[3], SERIES[1], SERIES[2]), strict=True))
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid", "elu": "ELU"}
BAD: Colour = "#d1495b"


def activation_name(name: str) -> str:
    """The activation as it is written in the field."""
    return ACTIVATION_NAMES.get(name, name)
