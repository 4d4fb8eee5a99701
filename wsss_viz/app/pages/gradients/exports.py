"""What can be taken from the page Gradients: the chart, the table behind it, every number."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial

import streamlit as st

from wsss_viz.app.pages.gradients.charts import paper_chart
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.app.widgets.chart_exports import svg
from wsss_viz.data.spreadsheets import csv_text
from wsss_viz.gradients.ratio import Curve
from wsss_viz.gradients.stored import Entry, Stored, entry_dict


def curve_csv(curve: Curve, about: str) -> bytes:
    """Every threshold, layer and region in a row: mean, interval, number of images."""
    rows: list[list[object]] = [["curve", "tau", "layer", "region", "hgr", "low95", "high95", "images"]]
    for t, tau in enumerate(curve.taus):
        for number, layer in enumerate(curve.layers):
            for r, region in enumerate(curve.regions):
                values = [f"{value:.4f}" for value in curve.values[t, number, r]]
                rows.append([about, tau, layer, region, *values, curve.counts[r]])
    return csv_text(rows).encode()


def curve_json(stored: Stored, entry: Entry, state: ViewState) -> bytes:
    """The curve with how it was measured, and the view."""
    fields = ("subject", "head", "trained_with", "measure", "divisor", "tau", "layer", "regions", "rib_step")
    view = {name: value for name, value in asdict(state).items() if name in fields} | {"divisor": state.divided_by}
    return (json.dumps({"about": stored.about, "view": view, **entry_dict(entry)}, indent=1) + "\n").encode()


def buttons(stored: Stored, entry: Entry, state: ViewState) -> None:
    """The three download buttons."""
    name = f"gradient-ratio-{state.subject}"
    variant = f"{state.head}, {state.trained_with}" if state.subject == "toy" else f"RIB's step {state.rib_step}"
    variant = "photographs" if state.subject == "photos" else variant
    with st.container(horizontal=True, gap="small"):
        chart = paper_chart(entry.curve, state.tau, state.subject, published=state.subject == "toy")
        file_button("Chart (SVG)", f"{name}.svg", partial(svg, chart))
        file_button(
            "Table (CSV)",
            f"{name}.csv",
            partial(curve_csv, entry.curve, variant),
            meaning="Every threshold, layer and region of the chart by layer.",
        )
        file_button("Numbers (JSON)", f"{name}.json", partial(curve_json, stored, entry, state))
