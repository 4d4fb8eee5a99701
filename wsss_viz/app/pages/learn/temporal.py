"""Temporal localisation on one drawn video: frames, the class map over time, and when the action really is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import catalogue, navigation, session
from wsss_viz.app.language import tr
from wsss_viz.app.pages.videos import charts
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.chart import show as show_chart
from wsss_viz.app.widgets.markup import percent
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences import ACTIONS, Video
from wsss_viz.evaluation.temporal import normalised
from wsss_viz.figures.chart import Axis, Chart, Plot, Rule
from wsss_viz.showcase.sequences import read_sequence_maps, sequences_path

HEIGHT = 124


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


def show(clip: Timed) -> None:
    """Draws the video and its map over time."""
    labels = ", ".join(clip.video.labels)
    first, rest = clip.recall(DISCRIMINATIVE), clip.recall(NON_DISCRIMINATIVE)
    note = tr(
        "above {threshold:.2f}: {first} of the moment, {rest} of run-up and run-out",
        threshold=clip.threshold,
        first=percent(first),
        rest=percent(rest),
    )
    with st.container(gap="xsmall", key="in_time"):
        st.html(
            markup.panel_title(
                tr("The same in time. Labels of the whole video: {labels}. Wanted: when?", labels=labels), note
            )
        )
        st.image(
            rendering.png(charts.strip(clip.video.frames)),
            width="stretch",
            output_format="PNG",
            alt=tr("{count} frames of a drawn video with the action {labels}", count=charts.FRAMES, labels=labels),
        )
        show_chart(map_chart(clip), "learn_time", described(clip))
        if not session.state().present:
            navigation.link(
                catalogue.named("videos"), session.state(), tr("In time: segments, erasing, mAP over temporal IoU")
            )


def _span(moments: NDArray[np.uint8], kind: int) -> str:
    """The first and the last frame of one kind, counted from 1."""
    at = np.flatnonzero(moments == kind)
    return tr("frame {first} to {last}", first=at[0] + 1, last=at[-1] + 1) if at.size else tr("in no frame")


def map_chart(clip: Timed) -> Chart:
    """The maps over time, over bands for the action's moment and its rest; as wide as the strip above it."""
    count = len(clip.video.frames)
    values = dict(zip(clip.video.labels, clip.values, strict=True))
    marks = (*charts.curves(values, clip.video), Rule(y=clip.threshold))
    axes = Axis(low=0, high=count, hidden=True), Axis(low=0, high=1.02, hidden=True)
    return Chart((Plot(marks, *axes),), HEIGHT, margin=(0, 0, 0, 24), legend="bottom")


def described(clip: Timed) -> str:
    """The chart in one line."""
    moment = _span(clip.video.moments, DISCRIMINATIVE)
    return tr(
        "class map over {count} frames; the discriminative moment is {moment}",
        count=len(clip.video.frames),
        moment=moment,
    )
