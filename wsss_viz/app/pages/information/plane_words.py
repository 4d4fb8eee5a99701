"""The information plane in words and numbers: what stands on the page before and beside the chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wsss_viz.app.pages.information.chart_style import activation_name
from wsss_viz.app.pages.information.plane_chart import Measured
from wsss_viz.information.plane import INPUT, LABEL, Plane
from wsss_viz.information.runs import LAYERS

OUTPUT = len(LAYERS) - 1
NEXT_TO_NOTHING = 0.05
GENERIC = (
    "How many bits each layer of a small network tells of its input and of the label while it is trained, and how much "
    "of that is the estimator's doing."
)


def seen(planes: Mapping[str, Plane], layers: Sequence[int]) -> str:
    """What becomes of the last hidden layer's share of the input, without a number; `GENERIC` where nothing is known.

    Args:
        layers: indices of `LAYERS` that are drawn.
    """
    k = _last_hidden(planes, layers)
    if k is None:
        return GENERIC
    which = "the last hidden layer" if k == OUTPUT - 1 else "a hidden layer"
    parts = [f"in the {activation_name(name)} network {_forgotten(plane, k)}" for name, plane in planes.items()]
    return (
        "Each line is a layer of a small network while it is trained: how many bits it tells of the input, from left "
        f"to right, and of the label, upwards. Of the most that {LAYERS[k]}, {which}, tells of the input, "
        f"{_joined(parts)}. How many bits that is depends on how a layer's values are counted: on the estimator."
    )


def sentence(planes: Mapping[str, Plane], layers: Sequence[int]) -> str:
    """What the layers gain and lose of the input, in bits, whatever it is; "" where nothing can be said."""
    k = _last_hidden(planes, layers)
    if k is None:
        return ""
    parts = [f"of the {activation_name(name)} network {_fate(plane, k)}" for name, plane in planes.items()]
    return f"As it is trained, {LAYERS[k]} {'; '.join(parts)}."


def _last_hidden(planes: Mapping[str, Plane], layers: Sequence[int]) -> int | None:
    """Of the layers that are drawn the last hidden one, where every plane has its bits."""
    hidden = [k for k in layers if k < OUTPUT]
    if not hidden or any(np.isnan(plane.mean[:, hidden[-1], INPUT]).any() for plane in planes.values()):
        return None
    return hidden[-1]


def _forgotten(plane: Plane, layer: int) -> str:
    """Which share of its height a layer loses again, in words."""
    height, lost = _height_and_loss(plane, layer)
    if lost <= NEXT_TO_NOTHING:
        return "it forgets nothing again"
    most, some = (share * height for share in (0.5, 0.1))
    return f"it forgets {'most' if lost > most else 'a part' if lost > some else 'hardly any'} again"


def _height_and_loss(plane: Plane, layer: int) -> tuple[float, float]:
    """As the table has them: of each network, then the mean over them."""
    return float(plane.bits[:, :, layer, INPUT].max(axis=0).mean()), float(plane.compression[:, layer].mean())


def _fate(plane: Plane, layer: int) -> str:
    height, lost = _height_and_loss(plane, layer)
    if lost <= NEXT_TO_NOTHING:
        return f"reaches {height:.1f} bits of the input and loses none"
    return f"reaches {height:.1f} bits of the input and loses {lost:.1f}"


def _joined(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def sources(planes: Mapping[str, Plane]) -> str:
    """For each network what its values are: quantity, estimator, its settings, samples, caps; or why there are none."""
    lines = []
    for name, plane in planes.items():
        described = []
        for axis in (INPUT, LABEL):
            source = plane.sources[f"T1/{axis}"]
            if "quantity" not in source:
                described.append(f"of the {('input', 'label')[axis]} none: {source['reason']}")
                continue
            settings = ", ".join(str(value) for value in source["params"].values())
            caps = plane.caps[:, :, 0, axis]
            cap = "" if np.isnan(caps).all() else f", cap {np.nanmax(caps):.2f} bits"
            described.append(f"{source['quantity']}, {source['estimator']}, {settings}, n = {source['n']}{cap}")
        lines.append(f"{activation_name(name)}: {'; '.join(described)}.")
    return " ".join(lines)


def order(planes: Mapping[str, Plane]) -> str:
    """Where the values break the data-processing inequality, which no network can; "" where they do not."""
    broken = []
    for name, plane in planes.items():
        epochs = int(plane.order_breaks()[..., INPUT].any(axis=1).sum())
        if epochs:
            broken.append(f"{activation_name(name)} at {epochs} of {len(plane.epochs)} epochs")
    if not broken:
        return ""
    return (
        f"Order broken by the estimator: {_joined(broken)} a layer seems to tell more of the input than the one before "
        "it, of which it is a function."
    )


def layer_rows(measured: Mapping[str, Measured], layers: Sequence[int]) -> list[dict[str, Any]]:
    """One row per network and layer: height, end, C_k, onset and F_k, means over the seeds with their range."""
    rows = []
    for name, measurement in measured.items():
        plane = replace(measurement.plane, bits=measurement.bits)
        of_input, label = plane.bits[..., INPUT], plane.bits[..., LABEL]
        for k in layers:
            source = plane.sources[f"{LAYERS[k]}/{INPUT}"]
            rows.append({
                "network": activation_name(name),
                "layer": LAYERS[k],
                "of the input, at its height": _bits(of_input.max(axis=0)[:, k]),
                "in the end": _bits(of_input[-1, :, k]),
                "C_k, lost again": _bits(plane.compression[:, k]),
                "from epoch": None if np.isnan(plane.onset[:, k]).any() else int(np.median(plane.onset[:, k])),
                "of the label, in the end": _bits(label[-1, :, k]),
                "F_k, gained": _bits(plane.fit[:, k]),
                "estimator": source.get("estimator", source.get("reason", "")),
            })  # fmt: skip
    return rows


def _bits(values: Any) -> str | None:
    if np.isnan(values).any():
        return None
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"
