"""What can be taken from the information plane: every number as rows, and the planes as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wsss_viz.app.pages.information.looks import LAYER_COLOURS, activation_name
from wsss_viz.app.pages.information.plane_figure import Measured
from wsss_viz.figures.rendering import written
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, LABEL, LABEL_ENTROPY
from wsss_viz.information.runs import LAYERS


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
