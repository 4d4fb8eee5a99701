"""Figures for papers: a spec in JSON, the figure it describes, and the figure's bytes. Specs need no torch."""

from wsss_viz.figures.captions import caption
from wsss_viz.figures.presets import PRESETS, preset
from wsss_viz.figures.spec import FigureSpec, Row
from wsss_viz.figures.spec_file import read_spec, spec_bytes

__all__ = ["PRESETS", "FigureSpec", "Row", "caption", "preset", "read_spec", "spec_bytes"]
