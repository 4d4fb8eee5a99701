"""Which video is localised in time, and how."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import Parameter, choice, share, whole

VIDEOS = 40
"""Drawn videos that are offered; `showcase.sequences.COUNT`, which a test holds it against."""
VIDEO_SOURCES = ("drawn", "frames", "scores")
TIME_METHODS = ("cam", "ae", "ae-rounds")
MOST_ERASINGS = 3


@dataclass(frozen=True)
class VideosState:
    """
    Attributes:
        video: which of the drawn videos, from 0.
        video_source: one of `VIDEO_SOURCES`: a drawn video, frames of one's own, class scores of one's own.
        time_method: one of `TIME_METHODS`, of drawn videos.
        erasings: how many have been done, where AE is shown.
        time_threshold: of the normalised map, in [0, 1].
    """

    video: int = 0
    video_source: str = "drawn"
    time_method: str = "cam"
    erasings: int = 1
    time_threshold: float = 0.05


PARAMETERS = (
    Parameter("video", whole(0, VIDEOS - 1)),
    Parameter("video-source", choice(VIDEO_SOURCES)),
    Parameter("time-method", choice(TIME_METHODS)),
    Parameter("erasings", whole(0, MOST_ERASINGS)),
    Parameter("time-threshold", share()),
)
