"""The drawn videos as a task of temporal detection: true segments, detections from class maps over time, mAP.

As the field evaluates, nothing is told of a test video: the actions that the network itself sees in it (probability
above a half) are localised. A segment's score is the probability of its action times the mean of the normalised map in
it, our own choice among many that are usual (`docs/sources.md#activitynet`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sequences import ACTIONS, Video
from wsss_viz.evaluation.detection import TIOUS, Detection, DetectionScores, Segment, detection_scores, segments_above
from wsss_viz.evaluation.temporal import normalised

__all__ = [
    "as_report",
    "best_detection_threshold",
    "detection_table",
    "score_detections",
    "score_videos",
    "video_detections",
    "video_truth",
]

GRID = tuple(i / 20 for i in range(20))
"""Thresholds among which the best is searched."""


def video_truth(video: Video) -> list[Segment]:
    """The true actions of a drawn video, in frames.

    >>> from wsss_viz.data.sequences import Sequences
    >>> [(one.label, one.start, one.end) for one in video_truth(Sequences("test")[0])]
    [('jump', 7, 27)]
    """
    changes = np.flatnonzero(np.diff(video.truth.astype(np.int64), prepend=0, append=0))
    stretches = zip(changes[:-1].tolist(), changes[1:].tolist(), strict=True)
    return [
        Segment(video.name, ACTIONS[video.truth[start] - 1], start, end)
        for start, end in stretches
        if video.truth[start]
    ]


def video_detections(
    name: str,
    maps: NDArray[np.floating],
    logits: NDArray[np.floating],
    threshold: float,
    classes: Sequence[str] = ACTIONS,
) -> list[Detection]:
    """The segments in which a video's maps (C, T), raw and signed, are above the threshold of the normalised map.

    Args:
        logits: (C,); classes at a probability of at most a half are not localised.

    >>> maps = np.array([[0.0, 4.0, 2.0, 0.0], [9.0, 9.0, 9.0, 9.0]])
    >>> [found] = video_detections("a", maps, np.array([8.0, -8.0]), 0.4, ("kick", "throw"))
    >>> found.label, found.start, found.end, round(found.score, 2)
    ('kick', 1, 3, 0.75)
    """
    values = normalised(maps)
    probabilities = 1 / (1 + np.exp(-np.asarray(logits, dtype=np.float64)))
    return [
        Detection(name, classes[c], start, end, float(probabilities[c]) * mean)
        for c in np.flatnonzero(probabilities > 0.5).tolist()
        for start, end, mean in segments_above(values[c], threshold)
    ]


def score_detections(
    video: str, scores: NDArray[np.floating], classes: Sequence[str], threshold: float, fps: float = 1.0
) -> list[Detection]:
    """The segments in which scores of others (T, C) are above a threshold of the normalised scores, in seconds.

    Each class is divided by its own maximum over time as a map is; a segment's score is the mean of what stands in
    the file, so that classes that are not there rank low.

    >>> found = score_detections("a", np.array([[0.0], [8.0], [4.0], [0.0]]), ["kick"], 0.4, fps=2)
    >>> [(one.start, one.end, one.score) for one in found]
    [(0.5, 1.5, 6.0)]
    """
    values = normalised(scores.T)
    return [
        Detection(video, label, start / fps, end / fps, float(scores[start:end, c].mean()))
        for c, label in enumerate(classes)
        for start, end, _ in segments_above(values[c], threshold)
    ]


def score_videos(
    videos: Sequence[Video],
    maps: Sequence[NDArray[np.floating]],
    logits: Sequence[NDArray[np.floating]],
    threshold: float,
    tious: Sequence[float] = TIOUS,
) -> DetectionScores:
    """mAP of many videos' maps at one threshold. Raises InputError where no video has an action.

    >>> from wsss_viz.data.sequences import Sequences
    >>> video = Sequences("test")[0]
    >>> maps = np.stack([video.truth == index + 1 for index in range(len(ACTIONS))]).astype(float)
    >>> score_videos([video], [maps], [np.where(video.label_vector() > 0, 9.0, -9.0)], 0.5).average
    1.0
    """
    truth = [segment for video in videos for segment in video_truth(video)]
    detections = [
        detection
        for video, video_maps, video_logits in zip(videos, maps, logits, strict=True)
        for detection in video_detections(video.name, video_maps, video_logits, threshold)
    ]
    with_truth = {segment.label for segment in truth}
    return detection_scores(truth, [one for one in detections if one.label in with_truth], tious)


def best_detection_threshold(
    videos: Sequence[Video], maps: Sequence[NDArray[np.floating]], logits: Sequence[NDArray[np.floating]]
) -> float:
    """The threshold of the normalised map with the highest average mAP: to be chosen on other videos than those scored.

    >>> from wsss_viz.data.sequences import Sequences
    >>> video = Sequences("test")[0]
    >>> maps = np.stack([(video.truth == index + 1) + 0.22 for index in range(len(ACTIONS))])
    >>> best_detection_threshold([video], [maps], [np.where(video.label_vector() > 0, 9.0, -9.0)])
    0.2
    """
    averages = [score_videos(videos, maps, logits, threshold).average for threshold in GRID]
    return float(GRID[int(np.argmax(averages))])


def detection_table(rows: Mapping[str, DetectionScores], say: Callable[[float], str] = "{:.1f}".format) -> str:
    """mAP in percent by row and tIoU, as text.

    >>> one = DetectionScores((0.5,), ("kick",), np.array([[0.25]]))
    >>> print(detection_table({"cam": one}))
    mAP@tIoU    0.5  average
    cam        25.0     25.0
    """
    tious = next(iter(rows.values())).tious
    head = f"{'mAP@tIoU':<9}" + "".join(f"{tiou:>6.1f}" for tiou in tious) + "  average"
    lines = [
        f"{name:<9}" + "".join(f"{say(100 * value):>6}" for value in scores.mean_ap) + f"{say(100 * scores.average):>9}"
        for name, scores in rows.items()
    ]
    return "\n".join([head, *lines])


def as_report(scores: DetectionScores) -> dict[str, Any]:
    """For JSON, percent.

    >>> as_report(DetectionScores((0.5,), ("kick",), np.array([[0.25]])))
    {'map': {'0.5': 25.0}, 'average': 25.0, 'ap': {'kick': {'0.5': 25.0}}}
    """

    def percents(values: Iterable[float]) -> dict[str, float]:
        return {f"{t:g}": round(100 * float(v), 4) for t, v in zip(scores.tious, values, strict=True)}

    return {
        "map": percents(scores.mean_ap),
        "average": round(100 * scores.average, 4),
        "ap": {label: percents(scores.ap[:, column]) for column, label in enumerate(scores.labels)},
    }
