"""What can be taken from the page Gradients: the chart, the table behind it, every number."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

import streamlit as st

from wsss_viz.app.gradients_charts import layers_svg
from wsss_viz.app.state import ViewState
from wsss_viz.gradients.ratio import Curve
from wsss_viz.gradients.stored import Entry, Stored, entry_dict


def curve_csv(curve: Curve, about: str) -> bytes:
    """Every threshold, layer and region in a row: mean, interval, number of images."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["curve", "tau", "layer", "region", "hgr", "low95", "high95", "images"])
    for t, tau in enumerate(curve.taus):
        for number, layer in enumerate(curve.layers):
            for r, region in enumerate(curve.regions):
                values = [f"{value:.4f}" for value in curve.values[t, number, r]]
                writer.writerow([about, tau, layer, region, *values, curve.counts[r]])
    return text.getvalue().encode()


def curve_json(found: Stored, entry: Entry, state: ViewState) -> bytes:
    """The curve with how it was measured, and the view."""
    fields = ("subject", "head", "trained_with", "measure", "divisor", "tau", "layer", "regions", "rib_step")
    view = {name: value for name, value in asdict(state).items() if name in fields}
    return (json.dumps({"about": found.about, "view": view, **entry_dict(entry)}, indent=1) + "\n").encode()


def buttons(found: Stored, entry: Entry, state: ViewState) -> None:
    """The three download buttons."""
    name = f"gradient-ratio-{state.subject}"
    variant = f"{state.head}, {state.trained_with}" if state.subject == "toy" else f"RIB's step {state.rib_step}"
    published = state.subject == "toy"
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Chart (SVG)",
            data=lambda: layers_svg(entry.curve, state.tau, state.subject, published),
            file_name=f"{name}.svg",
            mime="image/svg+xml",
            icon=":material/image:",
            on_click="ignore",
        )
        st.download_button(
            "Table (CSV)",
            data=lambda: curve_csv(entry.curve, variant),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/table_chart:",
            on_click="ignore",
            help="Every threshold, layer and region of the chart by layer.",
        )
        st.download_button(
            "Numbers (JSON)",
            data=lambda: curve_json(found, entry, state),
            file_name=f"{name}.json",
            mime="application/json",
            icon=":material/data_object:",
            on_click="ignore",
        )
