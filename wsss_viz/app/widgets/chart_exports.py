"""What can be taken from a chart: the chart itself, its rows, and the rows with how they were made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.data.spreadsheets import csv_of
from wsss_viz.figures.chart import Chart
from wsss_viz.version import __version__

Rows = Sequence[Mapping[str, Any]]


def rows_json(rows: Rows, about: Mapping[str, Any]) -> bytes:
    """The rows with what they are of and the version."""
    return (json.dumps({"wsss_viz": __version__, **about, "rows": list(rows)}, indent=1) + "\n").encode()


def svg(chart: Chart, on_page: bool = False) -> bytes:
    """The chart as SVG: for a paper, or in grey on the page's own ground, light or dark."""
    from wsss_viz.figures.drawing import chart_svg  # brings matplotlib

    ink = dict.fromkeys(("text_color", "axes_labelcolor", "axes_edgecolor", "xtick_color", "ytick_color"), "#888888")
    return chart_svg(chart, **({**ink, "savefig_transparent": True} if on_page else {}))


def buttons(name: str, rows: Rows, about: Mapping[str, Any], chart: Chart) -> None:
    """The download buttons; each makes its file when it is asked for."""
    with st.container(horizontal=True, gap="small"):
        for label, ending, make in (
            ("Chart (SVG)", "svg", lambda: svg(chart)),
            ("Numbers (CSV)", "csv", lambda: csv_of(rows)),
            ("Numbers (JSON)", "json", lambda: rows_json(rows, about)),
        ):
            file_button(label, f"{name}.{ending}", make, key=f"{name}_{ending}")
