"""The scores of every class over the steps; a click on a point opens its step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wsss_viz.app import session
from wsss_viz.app.services.steps import Frame
from wsss_viz.app.widgets.chart import show
from wsss_viz.figures.chart import ACCENT, SERIES, Axis, Chart
from wsss_viz.figures.scores import scores_panel


def curves(frames: Sequence[Frame], classes: Sequence[str], labels: Sequence[str], focus: str, at: int) -> None:
    """Draws one line per class: the labels in colour, the others grey; the step of the large picture is marked.

    Args:
        frames: in order.
        labels: of the image.
        at: the number of the frame that is drawn large.
    """

    def clicked(x: float) -> None:
        if 0 <= (k := round(x)) < len(frames):
            session.change(k=k)

    show(scores_chart(frames, classes, labels, focus, at), "score_curves", described(frames, classes, focus), clicked)


def described(frames: Sequence[Frame], classes: Sequence[str], focus: str) -> str:
    """The chart in one line."""
    index = classes.index(focus)
    return f"logit of {focus} by step: " + ", ".join(f"{float(frame.scores[index]):.1f}" for frame in frames)


def scores_chart(frames: Sequence[Frame], classes: Sequence[str], labels: Sequence[str], focus: str, at: int) -> Chart:
    """The logits of all classes over the frames."""
    others = [name for name in labels if name != focus]
    colours = {name: SERIES[1 + i % (len(SERIES) - 1)] for i, name in enumerate(others)} | {focus: ACCENT}
    panel = scores_panel(np.array([frame.scores for frame in frames]), classes, [*others, focus], focus, colours, at)
    steps = [frame.name.rpartition(" ")[2] for frame in frames]
    title = frames[0].name.rpartition(" ")[0].removesuffix(" =")
    x = Axis(title, -0.3, len(steps) - 0.7, ticks=range(len(steps)), labels=steps)
    return Chart((replace(panel, x=x),))
