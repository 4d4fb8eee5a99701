"""What can be taken from the page Information: chart, rows, and rows with how they were made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from wsss_viz import __version__
from wsss_viz.app.information.looks import LAYER_COLOURS, activation_name
from wsss_viz.app.information.plane_figure import Measured
from wsss_viz.figures.rendering import written
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, LABEL, LABEL_ENTROPY
from wsss_viz.information.runs import LAYERS

Rows = Sequence[Mapping[str, Any]]


def rows_csv(rows: Rows) -> bytes:
    """The rows with a header, all keys of any."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def rows_json(rows: Rows, about: Mapping[str, Any]) -> bytes:
    """The rows with what they are of and the version."""
    return (json.dumps({"wsss_viz": __version__, **about, "rows": list(rows)}, indent=1) + "\n").encode()


def plane_rows(measured: Mapping[str, Measured]) -> list[dict[str, Any]]:
    """One row a network, epoch, seed, layer and axis; None where the ruler does not apply."""
    rows = []
    for name, found in measured.items():
        for (e, s, k, axis), value in np.ndenumerate(found.bits):
            source = found.plane.sources[f"{LAYERS[k]}/{axis}"]
            cap = found.plane.caps[e, s, k, axis]
            low, high = found.plane.intervals[e, s, k, axis]
            rows.append({
                "activation": name, "epoch": int(found.plane.epochs[e]), "seed": s, "layer": LAYERS[k],
                "quantity": source.get("quantity"), "bits": _number(value), "low": _number(low), "high": _number(high),
                "cap": _number(cap), "estimator": source.get("estimator"), "n": source.get("n"),
            })  # fmt: skip
    return rows


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def plane_svg(measured: Mapping[str, Measured], layers: Sequence[int]) -> bytes:
    """The planes' mean trails with their ends, the seeds' own, and the walls."""
    return written(lambda: _planes(measured, layers))


def _planes(measured: Mapping[str, Measured], layers: Sequence[int]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(measured), 3.1), layout="constrained")
    for axes, (name, found) in zip(figure.subplots(1, len(measured), squeeze=False)[0], measured.items(), strict=True):
        for k in layers:
            for seed in range(found.bits.shape[1]):
                axes.plot(*found.bits[:, seed, k].T, color=LAYER_COLOURS[k], linewidth=0.4, alpha=0.3)
            mean = found.bits[:, :, k].mean(axis=1)
            axes.plot(*mean.T, color=LAYER_COLOURS[k], linewidth=1.3, label=LAYERS[k])
            axes.plot(*mean[-1], color=LAYER_COLOURS[k], marker="o", markersize=5)
        for x, y in (([INPUT_ENTROPY] * 2, [0, LABEL_ENTROPY]), ([0, INPUT_ENTROPY], [LABEL_ENTROPY] * 2)):
            axes.plot(x, y, color="0.5", linestyle="--", linewidth=0.8)
        axes.plot([0, LABEL_ENTROPY], [0, LABEL_ENTROPY], color="0.5", linestyle="--", linewidth=0.8)
        axes.set_title(f"{activation_name(name)}, ruler {found.plane.ruler}", fontsize=8)
        axes.set_xlabel(f"{_quantity(found, INPUT)}, bits", fontsize=8)
        axes.set_ylabel(f"{_quantity(found, LABEL)}, bits", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.legend(fontsize=6, frameon=False)
    return figure


def _quantity(found: Measured, axis: int) -> str:
    sources = (found.plane.sources[f"{layer}/{axis}"] for layer in LAYERS)
    return next((str(source["quantity"]) for source in sources if "quantity" in source), "no value")


def buttons(name: str, rows: Rows, about: Mapping[str, Any], svg: Callable[[], bytes]) -> None:
    """The download buttons; each makes its file when it is asked for."""
    kinds = [
        ("Chart (SVG)", "svg", "image/svg+xml", svg),
        ("Numbers (CSV)", "csv", "text/csv", lambda: rows_csv(rows)),
        ("Numbers (JSON)", "json", "application/json", lambda: rows_json(rows, about)),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, ending, mime, make in kinds:
            st.download_button(
                label, data=make, file_name=f"{name}.{ending}", mime=mime, on_click="ignore", key=f"{name}_{ending}"
            )
