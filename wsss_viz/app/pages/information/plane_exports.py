"""Every number of the information plane as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wsss_viz.app.pages.information.plane_chart import Measured
from wsss_viz.information.runs import LAYERS


def plane_rows(measured: Mapping[str, Measured]) -> list[dict[str, Any]]:
    """One row per network, epoch, seed, layer and axis; None where the estimator does not apply."""
    rows = []
    for name, network in measured.items():
        for (e, s, k, axis), value in np.ndenumerate(network.bits):
            source = network.plane.sources[f"{LAYERS[k]}/{axis}"]
            cap = network.plane.caps[e, s, k, axis]
            low, high = network.plane.intervals[e, s, k, axis]
            rows.append({
                "activation": name, "epoch": int(network.plane.epochs[e]), "seed": s, "layer": LAYERS[k],
                "quantity": source.get("quantity"), "bits": _number(value), "low": _number(low), "high": _number(high),
                "cap": _number(cap), "estimator": source.get("estimator"), "n": source.get("n"),
            })  # fmt: skip
    return rows


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
