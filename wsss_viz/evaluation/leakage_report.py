"""How much of several methods' maps leaks onto the other labelled object, on the scenes where objects touch.

The claim of CS-AE's second term (`docs/sources.md#oc-cse`) put to the test: its mask of a class should leave the others
alone, where class-agnostic erasing has no reason to. The same scenes, the same recall for every method; the interval of
a difference is over images drawn together for both.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.leakage import Leak, count_leak
from wsss_viz.evaluation.resampling import percentile_interval, resampling_weights
from wsss_viz.evaluation.runner import Progress, quiet
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.views import MULTI_SCALE, Views
from wsss_viz.traces.step import last_step
from wsss_viz.wording import quantity

__all__ = ["RECALLS", "leakage_report", "leakage_table"]

RECALLS = (0.5, 0.6, 0.7, 0.8)


def leakage_report(
    runs: Mapping[str, Runner],
    classes: Sequence[str],
    samples: Sequence[Sample],
    *,
    reference: str,
    recalls: Sequence[float] = RECALLS,
    views: Views = MULTI_SCALE,
    draws: int = 1000,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """The leak of each method at the same recalls, and how far it is from the reference's.

    Args:
        runs: bound methods by the names of their rows.
        classes: of their maps.
        samples: with masks and labels, at least one.
        reference: the row the others are compared with, one of `runs`.
        recalls: 0 to 1.
        draws: of the bootstrap over images.

    Returns:
        `count`, `recalls`, `reference`, and under `methods` for each row a list with an entry a recall: `leak`, percent
        of what the map claims that lies on another labelled object, and its 95 % `interval`; `more`, that minus the
        reference's in points, and `more_interval`. None where a method does not reach the recall.

    Raises:
        InputError: there is nothing to measure, or no row of the reference's name.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> run = bind("cam", colour_network())
        >>> report = leakage_report(
        ...     {"cam": run, "again": run}, COLOURS, [flag()], reference="cam", recalls=(0.5,), views=SINGLE, draws=10
        ... )
        >>> report["methods"]["again"]  # red's map is nowhere on blue
        [{'recall': 0.5, 'leak': None, 'interval': [None, None], 'more': None, 'more_interval': [None, None]}]
    """
    if not samples:
        raise InputError("no scene has touching objects of different classes among these: take more of them")
    if reference not in runs:
        raise InputError(f"nothing is called {reference!r}: compare with one of {', '.join(runs)}")
    leaks = {
        name: [count_leak(last_step(run(s, views)).image_maps(s.size), s, classes) for s in progress(samples, name)]
        for name, run in runs.items()
    }
    weights = resampling_weights(len(samples), draws)
    drawn = {name: np.array([_at(_add(of_images, w), recalls) for w in weights]) for name, of_images in leaks.items()}
    whole = {name: _at(functools.reduce(operator.add, of_images), recalls) for name, of_images in leaks.items()}
    rows = {
        name: _rows(recalls, whole[name], drawn[name], whole[name] - whole[reference], drawn[name] - drawn[reference])
        for name in runs
    }
    return {"count": len(samples), "recalls": list(recalls), "reference": reference, "methods": rows}


def _add(leaks: Sequence[Leak], weights: NDArray[np.int64]) -> Leak:
    """The counts of a resample: each image as often as it was drawn."""
    stacked = (np.stack([getattr(leak, name) for leak in leaks]) for name in ("predicted", "intersection", "other"))
    predicted, intersection, other = (weights @ counts for counts in stacked)
    return Leak(predicted, intersection, other, int(weights @ np.array([leak.target for leak in leaks])))


def _at(leak: Leak, recalls: Sequence[float]) -> NDArray[np.float64]:
    return np.array([leak.at_recall(recall) for recall in recalls])


def _rows(
    recalls: Sequence[float], leak: NDArray, drawn: NDArray, more: NDArray, more_drawn: NDArray
) -> list[dict[str, Any]]:
    (low, high), (more_low, more_high) = percentile_interval(drawn), percentile_interval(more_drawn)
    return [
        {
            "recall": recall,
            "leak": _number(leak[i]),
            "interval": [_number(low[i]), _number(high[i])],
            "more": _number(more[i]),
            "more_interval": [_number(more_low[i]), _number(more_high[i])],
        }
        for i, recall in enumerate(recalls)
    ]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def leakage_table(report: Mapping[str, Any]) -> str:
    """The report as text, one line per method: the leak at each recall, and its distance from the reference's.

    Examples:
        >>> rows = [{"leak": 12.5, "interval": [10.0, 15.0], "more": 0.0, "more_interval": [0.0, 0.0]}]
        >>> report = {"count": 2, "data": "scenes:test", "recalls": [0.5], "reference": "cam", "methods": {"cam": rows}}
        >>> print(leakage_table(report).splitlines()[-1])
        cam                  12.5 (+0.0, +0.0 to +0.0)
    """
    lines = [
        f"{quantity(report['count'], 'scene')} of {report['data']} where objects of different classes touch; "
        f"percent of what is claimed that lies on another labelled object; in brackets, more than "
        f"{report['reference']}, 95 % interval",
        f"{'method':<18}" + "".join(f"{f'recall {100 * recall:.0f} %':>28}" for recall in report["recalls"]),
    ]
    lines += [f"{name:<18}" + "".join(f"{_cell(row):>28}" for row in rows) for name, rows in report["methods"].items()]
    return "\n".join(lines)


def _cell(row: Mapping[str, Any]) -> str:
    if row["leak"] is None:
        return "-"
    low, high = row["more_interval"]
    return f"{row['leak']:.1f}" + ("" if row["more"] is None else f" ({row['more']:+.1f}, {low:+.1f} to {high:+.1f})")
