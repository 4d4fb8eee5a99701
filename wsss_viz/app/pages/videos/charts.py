"""Charts over time: frames, class maps with the true action behind them, segments, mAP against temporal IoU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.rendering import Picture
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences import ACTIONS, Video
from wsss_viz.evaluation.detection import Detection, DetectionScores
from wsss_viz.figures.chart import GREY, SERIES, Axis, Band, Bars, Chart, Colour, Line, Mark, Plot, Rule
from wsss_viz.methods.catalogue import METHODS

FRAMES = 16
MOMENTS = {DISCRIMINATIVE: mark("the discriminative moment"), NON_DISCRIMINATIVE: mark("run-up and run-out")}
LEFT = 92
"""Pixels at the left of the axes, and so of the strip above them."""
MOST_POINTS = 1500
FIRST = 0.5
"""Where the first frame begins on the axis: as in the table frames are counted from 1, and each reaches from half a
frame before its number to half a frame after."""
METHOD_COLOURS = {"cam": SERIES[3], "ae": SERIES[4], "ae-rounds": SERIES[2]}
METHOD_NAMES = {"cam": "CAM in time", **{name: METHODS[name].title for name in ("ae", "ae-rounds")}}


def strip(frames: NDArray[np.uint8], erased: NDArray[np.bool_] | None = None, count: int = FRAMES) -> Picture:
    """Every so many frames, side by side, (H, count W, 3); of `erased` (T,) ones the mean frame stands in grey.

    >>> frames = np.zeros((64, 8, 10, 3), np.uint8)
    >>> strip(frames).shape
    (8, 160, 3)
    """
    at = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
    some = frames[at].copy()
    if erased is not None and erased.any():
        grey = frames.mean(axis=(0, 3))[..., None].repeat(3, axis=2)
        some[erased[at]] = (0.35 * grey + 0.65 * 190).astype(np.uint8)
    picture: Picture = np.concatenate(list(some), axis=1)
    return picture


def part_colour(kind: int) -> tuple[float, ...]:
    """The colour of the moment or of the rest, for a chart."""
    return tuple(channel / 255 for channel in rendering.PART_COLOURS[kind])


def spans(of: NDArray) -> list[tuple[int, int]]:
    """First frame, and frame after the last, of each stretch that is true."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], np.asarray(of, bool), [False]]))).reshape(-1, 2)
    return [(start, end) for start, end in ends.tolist()]


def curves(values: Mapping[str, NDArray], video: Video | None, start: float = 0.0) -> tuple[Mark, ...]:
    """The normalised maps as lines, over bands for the true moment and its rest.

    Args:
        start: where on the axis the first frame begins.
    """
    bands: list[Mark] = [
        Band([end + start for end in span], [0, 0], [1.02, 1.02], part_colour(kind), 0.28, tr(name))
        for kind, name in (MOMENTS if video is not None else {}).items()
        for span in spans(video.moments == kind if video is not None else np.zeros(1))
    ]
    lines = [
        Line(
            *_points(row, start),
            name=tr("map of {label}", label=label),
            colour=colour,
            width=2.5,
            hover=tr("{name}, frame {x:.0f}: {y:.2f}"),
        )
        for (label, row), colour in zip(values.items(), SERIES, strict=False)
    ]
    return (*bands, *lines)


def _points(row: NDArray, start: float) -> tuple[NDArray, NDArray]:
    """Positions and values; of very many the highest of each stretch."""
    stride = -(-len(row) // MOST_POINTS)
    whole = np.pad(row, (0, -len(row) % stride), mode="edge").reshape(-1, stride)
    return start + (np.arange(len(whole)) + 0.5) * stride, whole.max(axis=1)


def time_chart(
    values: Mapping[str, NDArray],
    threshold: float,
    detections: Sequence[Detection],
    video: Video | None = None,
    unit: str = "map",
) -> Chart:
    """The maps of some labels over time with the threshold, and under them what is found and what is true."""
    count = len(next(iter(values.values())))
    rows = [f"{label}, {kind}" for label in list(values)[::-1] for kind in ("found", "true")]
    rows = [row for row in rows if video is not None or row.endswith("found")]
    bars: list[Mark] = []
    for label, colour in zip(values, SERIES, strict=False):
        of_this = [one for one in detections if one.label == label]
        bars.append(_bars(f"{label}, found", [(one.start, one.end) for one in of_this], colour))
        if video is not None:
            of_label = video.truth == ACTIONS.index(label) + 1
            bars += [
                _bars(f"{label}, true", spans(of_label & (video.moments == kind)), part_colour(kind))
                for kind in MOMENTS
            ]
    top = Plot(
        (*curves(values, video, FIRST), Rule(y=threshold)),
        Axis(low=FIRST, high=count + FIRST, hidden=True),
        Axis(unit, low=0, high=1.02, ticks=(0, 0.5, 1), labels=("0", "0.5", "1")),
    )
    bottom = Plot(tuple(bars), Axis("frame", low=FIRST, high=count + FIRST), Axis(categories=rows), row=1)
    height = 44 + 26 * len(rows)
    return Chart(
        (top, bottom), 190 + height, rows=(150.0, float(height - 20)), gap=(0.0, 0.04),
        margin=(LEFT, 8, 34, 40), legend="top", stacked=True,
    )  # fmt: skip


def _bars(row: str, at: Sequence[tuple[float, float]], colour: Colour) -> Bars:
    return Bars(
        [row] * len(at), [end - start for start, end in at], base=[start + FIRST for start, _ in at], across=True,
        colour=[colour] * len(at) if at else GREY, listed=False,
        hover=[f"{row}: frame {start + 1:g} to {end:g}" for start, end in at],
    )  # fmt: skip


def map_chart(scores: Mapping[str, DetectionScores]) -> Chart:
    """mAP against temporal IoU, a line per method."""
    lines = tuple(
        Line(one.tious, 100 * one.mean_ap, METHOD_NAMES[name], METHOD_COLOURS[name], symbol="circle",
             hover="{name} at {x:.1f}: {y:.1f}")
        for name, one in scores.items()
    )  # fmt: skip
    x = Axis("temporal IoU that a detection must reach", low=0.06, high=0.74, step=0.1)
    return Chart((Plot(lines, x, Axis("mAP, percent", low=0, high=104)),), 270)


def vanishing_chart(probabilities: Mapping[str, Sequence[float]], step: int) -> Chart:
    """The probability of each action after every erasing, and which of them is looked at."""
    lines = tuple(
        Line(list(range(len(row))), list(row), label, colour, symbol="circle", hover="{name}, {x} erased: {y:.2f}")
        for (label, row), colour in zip(probabilities.items(), SERIES, strict=False)
    )
    most = max(len(row) for row in probabilities.values()) - 1
    x = Axis("erasings", low=-0.2, high=most + 0.2, step=1)
    return Chart((Plot((*lines, Rule(x=step)), x, Axis("probability", low=0, high=1.04)),), 270)
