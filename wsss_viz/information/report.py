"""A measured run as JSON values, and as a table to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, LABEL, LABEL_ENTROPY, Plane
from wsss_viz.information.runs import LAYERS, Run
from wsss_viz.wording import quantity

__all__ = ["TABLE_EPOCHS", "report", "table"]

TABLE_EPOCHS = 6


def report(run: Run, planes: Sequence[Plane]) -> dict[str, Any]:
    """Every number the page plots, as JSON values; NaN becomes None.

    >>> from wsss_viz.information.runs import stored_run
    >>> run = stored_run("tanh")
    >>> from wsss_viz.information.plane import stored_plane
    >>> plane = stored_plane("tanh")
    >>> from wsss_viz.information.report import report
    >>> report(run, [plane])["walls"]["H(X)"]
    12.0
    """
    return {
        "recipe": asdict(run.recipe),
        "made": dict(run.made),
        "walls": {"H(X)": INPUT_ENTROPY, "H(Y)": LABEL_ENTROPY},
        "layers": LAYERS,
        "axes": ["input", "label"],
        "run": {
            "epochs": run.epochs.tolist(),
            **{name: _json(getattr(run, name)) for name in ("accuracy", "loss", "gradient_ratio", "saturation")},
        },
        "planes": [_plane(plane) for plane in planes],
    }


def table(run: Run, plane: Plane) -> str:
    """The seeds' means at some epochs, with the accuracy, and what each curve comes to; a dash where there is none.

    >>> from wsss_viz.information.runs import stored_run
    >>> run = stored_run("tanh")
    >>> from wsss_viz.information.plane import stored_plane
    >>> plane = stored_plane("tanh")
    >>> from wsss_viz.information.report import table
    >>> len(table(run, plane).splitlines())
    13
    """
    lines = [f"{plane.activation}, {quantity(run.recipe.seeds, 'seed')}, estimator {plane.estimator}"]
    lines += _legend(plane)
    lines.append("epoch    " + "".join(f"{name:>14}" for name in LAYERS) + "   accuracy train/test")
    rows = np.unique(np.linspace(0, len(plane.epochs) - 1, TABLE_EPOCHS).round().astype(int))
    for row in rows:
        epoch = int(plane.epochs[row])
        train, test = run.accuracy[np.flatnonzero(run.epochs == epoch)[0]].mean(axis=0)
        cells = "".join(_cell(f"{_bits(of_input)} {_bits(of_label)}") for of_input, of_label in plane.mean[row])
        lines.append(f"{epoch:<9}{cells}   {train:.3f} {test:.3f}")
    lines.append("C_k      " + "".join(_cell(_bits(value)) for value in plane.compression.mean(axis=0)))
    lines.append("onset    " + "".join(_cell(_bits(value, 0)) for value in np.median(plane.onset, axis=0)))
    lines.append("F_k      " + "".join(_cell(_bits(value)) for value in plane.fit.mean(axis=0)))
    breaks = int(plane.order_breaks().any(axis=(1, 2)).sum())
    if breaks:
        lines.append(
            f"at {quantity(breaks, 'epoch')} a layer says more than the one before: the estimator breaks the "
            "order, not the network"
        )
    return "\n".join(lines)


def _legend(plane: Plane) -> list[str]:
    lines = []
    for axis, what in ((INPUT, "of the input"), (LABEL, "of the label")):
        sources = [plane.sources[f"{layer}/{axis}"] for layer in LAYERS]
        named = next((source for source in sources if "quantity" in source), None)
        if named is None:
            lines.append(f"  {what}: none; {sources[0]['reason']}")
            continue
        wall = INPUT_ENTROPY if axis == INPUT else LABEL_ENTROPY
        cap = min(wall, float(np.nanmax(plane.caps[..., axis])))
        lines.append(f"  {what}: {named['quantity']}, bits, {named['estimator']}, n = {named['n']}, cap {cap:.3f}")
        reasons = {source["reason"]: None for source in sources if "reason" in source}
        for reason in reasons:
            layers = [layer for layer, source in zip(LAYERS, sources, strict=True) if source.get("reason") == reason]
            lines.append(f"    {', '.join(layers)}: none; {reason}")
    return lines


def _bits(value: float, digits: int = 2) -> str:
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def _cell(text: str) -> str:
    return f"{text:>14}"


def _plane(plane: Plane) -> dict[str, Any]:
    arrays = ("bits", "intervals", "caps", "mean", "compression", "onset", "fit")
    return {
        "estimator": plane.estimator,
        "version": plane.version,
        "epochs": plane.epochs.tolist(),
        "sources": plane.sources,
        "order_breaks": plane.order_breaks().tolist(),
        **{name: _json(getattr(plane, name)) for name in arrays},
    }


def _json(values: NDArray) -> Any:
    """Nested lists, rounded to 1e-6, NaN as None."""
    rounded = np.round(np.asarray(values, dtype=np.float64), 6).astype(object)
    rounded[np.isnan(values)] = None
    return rounded.tolist()
