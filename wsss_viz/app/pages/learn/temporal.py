"""Temporal localisation on one drawn video: frames, the class map over time, and when the action really is."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.markup import percent
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences import ACTIONS, Video
from wsss_viz.evaluation.temporal import normalised
from wsss_viz.showcase.sequences import read_sequence_maps, sequences_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FRAMES = 16
LINES = ("#2a9088", "#d08700", "#8a4fbf")
HEIGHT = 100
MOMENTS = {DISCRIMINATIVE: "the telling moment", NON_DISCRIMINATIVE: "run-up and run-out"}


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
    def found(self) -> NDArray[np.bool_]:
        """(T,), the frames where a label's map is above the threshold."""
        above: NDArray[np.bool_] = self.values.max(axis=0) > self.threshold
        return above

    def recall(self, kind: int) -> float:
        """The share of the frames of one kind of moment that is found."""
        return float(self.found[self.video.moments == kind].mean())


@st.cache_resource(max_entries=2, show_spinner=False)
def _timed(stamp: int) -> Timed:
    shown = read_sequence_maps()
    videos = [shown.video(i) for i in range(min(len(shown), 12))]
    index = next((i for i, video in enumerate(videos) if len(video.labels) == 1), 0)
    video = videos[index]
    values = normalised(shown.maps[index])[[ACTIONS.index(name) for name in video.labels]]
    return Timed(video, values, shown.threshold)


def timed() -> Timed:
    """The first of the stored videos with one action. Raises InputError where there are none."""
    path = sequences_path()
    return _timed(path.stat().st_mtime_ns if path.is_file() else 0)


def strip(video: Video, count: int = FRAMES) -> rendering.Picture:
    """Every so many frames, side by side: (H, count W, 3)."""
    at = np.linspace(0, len(video.frames) - 1, count).round().astype(int)
    picture: rendering.Picture = np.concatenate(list(video.frames[at]), axis=1)
    return picture


def show(found: Timed) -> None:
    """Draws the video and its map over time."""
    labels = ", ".join(found.video.labels)
    first, rest = found.recall(DISCRIMINATIVE), found.recall(NON_DISCRIMINATIVE)
    note = f"found above {found.threshold:.2f}: {percent(first)} of the moment, {percent(rest)} of run-up and run-out"
    with st.container(gap="xsmall", key="in_time"):
        st.html(markup.panel_title(f"The same in time. Told of the whole video: {labels}. Asked: when?", note))
        st.image(
            rendering.png(strip(found.video)),
            width="stretch",
            output_format="PNG",
            alt=f"{FRAMES} frames of a drawn video with the action {labels}",
        )
        st.html(chart(found))


def chart(found: Timed) -> str:
    """The maps over time as a drawing as wide as the strip, over bands for the action's moment and its rest."""
    video, count = found.video, len(found.video.frames)
    bands = "".join(
        f'<rect x="{t}" y="0" width="1.03" height="{HEIGHT}" fill="{markup.rgb(rendering.PART_COLOURS[int(kind)])}" '
        'opacity="0.28"/>'
        for t, kind in enumerate(video.moments)
        if kind
    )
    lines = "".join(
        f'<polyline points="{_points(row)}" fill="none" stroke="{colour}" stroke-width="2.5" '
        'vector-effect="non-scaling-stroke"/>'
        for row, colour in zip(found.values, LINES, strict=False)
    )
    level = HEIGHT * (1 - found.threshold)
    rule = (
        f'<line x1="0" x2="{count}" y1="{level:.1f}" y2="{level:.1f}" stroke="#808890" stroke-width="1.5" '
        'stroke-dasharray="4 4" vector-effect="non-scaling-stroke"/>'
    )
    named = [(colour, f"map of {name}") for name, colour in zip(video.labels, LINES, strict=False)]
    named += [(markup.rgb(rendering.PART_COLOURS[kind]), text) for kind, text in MOMENTS.items()]
    legend = "".join(
        f'<span class="wv-chip wv-plain"><i style="background:{colour}"></i>{escape(text)}</span>'
        for colour, text in named
    )
    described = f"class map over {count} frames; the telling moment is {_span(video.moments, DISCRIMINATIVE)}"
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {count} {HEIGHT}" preserveAspectRatio="none">'
        f"{bands}{rule}{lines}</svg>"
    )
    source = base64.b64encode(drawing.encode()).decode("ascii")
    image = f'<img class="wv-time" src="data:image/svg+xml;base64,{source}" alt="{escape(described)}">'
    return f'{image}<div class="wv-chips">{legend}</div>'


def _points(row: NDArray[np.float64]) -> str:
    return " ".join(f"{t + 0.5:.1f},{HEIGHT * (1 - value):.1f}" for t, value in enumerate(row))


def _span(moments: NDArray[np.uint8], kind: int) -> str:
    """The first and the last frame of one kind, counted from 1."""
    at = np.flatnonzero(moments == kind)
    return f"frame {at[0] + 1} to {at[-1] + 1}" if at.size else "in no frame"


def still(ax: Axes, found: Timed) -> None:
    """The chart for a still page."""
    for t, kind in enumerate(found.video.moments):
        if kind:
            ax.axvspan(t, t + 1, color=np.array(rendering.PART_COLOURS[int(kind)]) / 255, alpha=0.28, linewidth=0)
    for name, row, colour in zip(found.video.labels, found.values, LINES, strict=False):
        ax.plot(np.arange(len(row)) + 0.5, row, color=colour, linewidth=2, label=f"map of {name}")
    ax.axhline(found.threshold, color="0.5", linestyle=":", linewidth=1)
    ax.set(xlim=(0, len(found.video.frames)), ylim=(0, 1.02))
