"""Temporal localisation on one drawn video: frames, the class map over time, and when the action really is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.chart import show as show_chart
from wsss_viz.app.widgets.markup import percent
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences import ACTIONS, Video
from wsss_viz.evaluation.temporal import normalised
from wsss_viz.figures.chart import SERIES, Axis, Band, Chart, Line, Mark, Plot, Rule
from wsss_viz.showcase.sequences import read_sequence_maps, sequences_path

FRAMES = 16
LINES = SERIES[:3]
HEIGHT = 124
MOMENTS = {DISCRIMINATIVE: "the discriminative moment", NON_DISCRIMINATIVE: "run-up and run-out"}


@dataclass(frozen=True, eq=False)
class Timed:
    """One video and what the network's maps say of it.

    Attributes:
        video: with its frames, labels and moments.
        values: (L, T) in [0, 1], the normalised map of each label over time.
        threshold: chosen on other videos.
    """

    video: Video
    values: NDArray[np.float64]
    threshold: float

    @property
    def localised(self) -> NDArray[np.bool_]:
        """(T,), the frames where a label's map is above the threshold."""
        above: NDArray[np.bool_] = self.values.max(axis=0) > self.threshold
        return above

    def recall(self, kind: int) -> float:
        """The share of the frames of one kind of moment that the map is above the threshold in."""
        return float(self.localised[self.video.moments == kind].mean())


@st.cache_resource(max_entries=2, show_spinner=False)
def _timed(stamp: int) -> Timed:
    stored = read_sequence_maps()
    videos = [stored.video(i) for i in range(min(len(stored), 12))]
    index = next((i for i, video in enumerate(videos) if len(video.labels) == 1), 0)
    video = videos[index]
    values = normalised(stored.maps[index])[[ACTIONS.index(name) for name in video.labels]]
    return Timed(video, values, stored.threshold)


def timed() -> Timed:
    """The first of the stored videos with one action. Raises InputError where there are none."""
    path = sequences_path()
    return _timed(path.stat().st_mtime_ns if path.is_file() else 0)


def strip(video: Video, count: int = FRAMES) -> rendering.Picture:
    """Every so many frames, side by side: (H, count W, 3)."""
    at = np.linspace(0, len(video.frames) - 1, count).round().astype(int)
    picture: rendering.Picture = np.concatenate(list(video.frames[at]), axis=1)
    return picture


def show(clip: Timed) -> None:
    """Draws the video and its map over time."""
    labels = ", ".join(clip.video.labels)
    first, rest = clip.recall(DISCRIMINATIVE), clip.recall(NON_DISCRIMINATIVE)
    note = f"above {clip.threshold:.2f}: {percent(first)} of the moment, {percent(rest)} of run-up and run-out"
    with st.container(gap="xsmall", key="in_time"):
        st.html(markup.panel_title(f"The same in time. Labels of the whole video: {labels}. Wanted: when?", note))
        st.image(
            rendering.png(strip(clip.video)),
            width="stretch",
            output_format="PNG",
            alt=f"{FRAMES} frames of a drawn video with the action {labels}",
        )
        show_chart(map_chart(clip), "learn_time", described(clip))


def _span(moments: NDArray[np.uint8], kind: int) -> str:
    """The first and the last frame of one kind, counted from 1."""
    at = np.flatnonzero(moments == kind)
    return f"frame {at[0] + 1} to {at[-1] + 1}" if at.size else "in no frame"


def map_chart(clip: Timed) -> Chart:
    """The maps over time, over bands for the action's moment and its rest; as wide as the strip above it."""
    count, moments = len(clip.video.frames), clip.video.moments
    marks: list[Mark] = []
    for kind, name in MOMENTS.items():
        ends = np.flatnonzero(np.diff(np.concatenate([[False], moments == kind, [False]])))
        colour = tuple(channel / 255 for channel in rendering.PART_COLOURS[kind])
        marks += [Band(span, [0, 0], [1.02, 1.02], colour, 0.28, name) for span in ends.reshape(-1, 2)]
    frames = np.arange(count) + 0.5
    marks += [
        Line(frames, row, f"map of {name}", colour, width=2.5, hover="{name}, frame {x:.0f}: {y:.2f}")
        for name, row, colour in zip(clip.video.labels, clip.values, LINES, strict=False)
    ]
    marks.append(Rule(y=clip.threshold))
    axes = Axis(low=0, high=count, hidden=True), Axis(low=0, high=1.02, hidden=True)
    return Chart((Plot(tuple(marks), *axes),), HEIGHT, margin=(0, 0, 0, 24), legend="bottom")


def described(clip: Timed) -> str:
    """The chart in one line."""
    moment = _span(clip.video.moments, DISCRIMINATIVE)
    return f"class map over {len(clip.video.frames)} frames; the discriminative moment is {moment}"
