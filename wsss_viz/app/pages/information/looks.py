"""How the charts of the page Information look: colours that are seen on light and on dark, names, settings."""

from __future__ import annotations

from typing import Any

LAYER_COLOURS = ("#8f6bd1", "#4d7fd6", "#21918c", "#4cb04f", "#d9a400", "#d1495b")
ACTIVATION_COLOURS = {"tanh": "#1f77c4", "relu": "#d08700", "sigmoid": "#8a4fbf"}
ACTIVATION_NAMES = {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid", "elu": "ELU"}
ACCENT = "#2a9088"
BAD = "#d1495b"
GREY = "rgba(128,128,128,0.9)"
FAINT = "rgba(128,128,128,0.28)"
TRANSPARENT = "rgba(0,0,0,0)"
HANDLE = {"bgcolor": "#98a2a9", "bordercolor": "#98a2a9", "activebgcolor": ACCENT}
"""Of a chart's slider: seen, and not glaring, on light and on dark."""
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def activation_name(name: str) -> str:
    """The activation as it is written in the field."""
    return ACTIVATION_NAMES.get(name, name)


def plain(figure: Any, height: int = 360, **layout: Any) -> Any:
    """The figure on the page's own ground, with room for its axes alone."""
    figure.update_layout(
        paper_bgcolor=TRANSPARENT, plot_bgcolor=TRANSPARENT, height=height,
        **{
            "margin": {"l": 56, "r": 12, "t": 34, "b": 48},
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
            **layout,
        },
    )  # fmt: skip
    figure.update_xaxes(gridcolor=FAINT, zeroline=False)
    figure.update_yaxes(gridcolor=FAINT, zeroline=False)
    return figure
