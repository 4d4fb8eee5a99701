"""The specs that come with the package: figures to start from."""

from __future__ import annotations

from pathlib import Path

from wsss_viz.errors import InputError
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.figures.spec_file import read_spec

__all__ = ["PRESETS", "preset"]

_FOLDER = Path(__file__).with_name("presets")
PRESETS = {
    "photographs": "Photographs",
    "grid": "Drawn scenes",
    "erasing": "Erasing, step by step",
    "rib": "RIB, step by step",
    "curves": "Score curves",
    "plane": "Information plane",
    "hgr": "High gradient ratio",
    "masks": "Pseudo masks",
}
"""Their titles by name."""


def preset(name: str) -> FigureSpec:
    """The preset of that name. Raises InputError where there is none.

    Examples:
        >>> preset("plane").columns, preset("grid").kind
        (('tanh', 'relu'), 'grid')
    """
    if name not in PRESETS:
        raise InputError(f"no preset {name!r}: give one of {', '.join(PRESETS)}, or the path of a spec")
    return read_spec((_FOLDER / f"{name}.json").read_bytes(), f"the preset {name}")
