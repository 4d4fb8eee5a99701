"""Temporal action detection: segments from a curve by a threshold, and mAP over temporal IoU.

    tIoU(a, b) = |a and b| / |a or b|                    of two segments, lengths in one unit
    AP         = sum_r (r_i - r_{i-1}) max_{j >= i} p_j  interpolated, as VOC has it since 2010
    mAP        = mean over the labels of the truth

A detection is right where it overlaps by the threshold a true segment of its label and video that no detection with a
higher score has taken; of those the one it overlaps most. This is how ActivityNet's evaluator counts, whose numbers it
has to the last digit (`docs/sources.md#activitynet`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.errors import InputError

__all__ = ["TIOUS", "Detection", "DetectionScores", "Segment", "detection_scores", "segments_above", "temporal_iou"]

TIOUS: tuple[float, ...] = tuple(i / 10 for i in range(1, 8))
"""The thresholds that are usual on THUMOS14."""


@dataclass(frozen=True)
class Segment:
    """A true segment.

    Attributes:
        video: its name.
        label: of the action.
        start, end: in seconds or frames, the end not within; `end > start`.
    """

    video: str
    label: str
    start: float
    end: float

    def __post_init__(self) -> None:
        if not (np.isfinite((self.start, self.end)).all() and self.end > self.start):
            raise InputError(
                f"a segment of {self.video!r} is from {self.start:g} to {self.end:g}: its end must be after its start"
            )


@dataclass(frozen=True)
class Detection(Segment):
    """A detected segment with the score by which detections are ranked."""

    score: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not np.isfinite(self.score):
            raise InputError(f"a detection in {self.video!r} has the score {self.score}: scores are finite numbers")


@dataclass(frozen=True, eq=False)
class DetectionScores:
    """Average precisions, 0 to 1.

    Attributes:
        tious: (I,) thresholds.
        labels: C labels of the truth, sorted.
        ap: (I, C).
    """

    tious: tuple[float, ...]
    labels: tuple[str, ...]
    ap: NDArray[np.float64]

    @property
    def mean_ap(self) -> NDArray[np.float64]:
        """(I,) mAP, the mean over the labels; one without a detection counts 0."""
        mean: NDArray[np.float64] = self.ap.mean(axis=1)
        return mean

    @property
    def average(self) -> float:
        """The mean of mAP over the thresholds."""
        return float(self.mean_ap.mean())


def temporal_iou(segment: Segment, others: Sequence[Segment]) -> NDArray[np.float64]:
    """(N,) tIoU of one segment with N others, 0 to 1.

    >>> other = Segment("a", "kick", 4, 8)
    >>> temporal_iou(Segment("a", "kick", 2, 6), [other, Segment("a", "kick", 6, 7)]).round(3).tolist()
    [0.333, 0.0]
    """
    ends = np.array([(other.start, other.end) for other in others], dtype=np.float64).reshape(-1, 2)
    shared = (np.minimum(segment.end, ends[:, 1]) - np.maximum(segment.start, ends[:, 0])).clip(0)
    iou: NDArray[np.float64] = shared / ((ends[:, 1] - ends[:, 0]) + (segment.end - segment.start) - shared)
    return iou


def detection_scores(
    truth: Sequence[Segment], detections: Sequence[Detection], tious: Sequence[float] = TIOUS
) -> DetectionScores:
    """AP of every label of the truth at every tIoU.

    Detections in videos without a true segment are wrong ones. Of equal scores the later of the list goes first, as
    ActivityNet's evaluator has it in short lists.

    Raises:
        InputError: there is no true segment, a tIoU is outside (0, 1], or a detection's label is none of the truth's.

    >>> truth = [Segment("a", "kick", 0, 10), Segment("a", "kick", 20, 30)]
    >>> hit, miss = Detection("a", "kick", 1, 10, 0.9), Detection("a", "kick", 12, 18, 0.5)
    >>> detection_scores(truth, [hit, miss], (0.5,)).average
    0.5
    """
    if not truth:
        raise InputError("there is no true segment to score against: name data, or a subset, that has some")
    if not tious or not all(0 < tiou <= 1 for tiou in tious):
        raise InputError("a tIoU threshold is above 0 and at most 1, such as 0.5")
    labels = tuple(sorted({segment.label for segment in truth}))
    strange = sorted({detection.label for detection in detections} - set(labels))
    if strange:
        raise InputError(
            f"a detection has the label {strange[0]!r}, of which there is no true segment: those are "
            f"{', '.join(labels[:8])}{' ...' if len(labels) > 8 else ''}"
        )
    ap = np.array([
        _average_precisions([s for s in truth if s.label == label], [d for d in detections if d.label == label], tious)
        for label in labels
    ])  # fmt: skip
    return DetectionScores(tuple(float(tiou) for tiou in tious), labels, ap.T)


def _average_precisions(
    truth: Sequence[Segment], detections: Sequence[Detection], tious: Sequence[float]
) -> list[float]:
    """Of one label at every tIoU."""
    by_video: dict[str, list[int]] = {}
    for index, segment in enumerate(truth):
        by_video.setdefault(segment.video, []).append(index)
    order = np.argsort([detection.score for detection in detections], kind="stable")[::-1]
    right = np.zeros((len(tious), len(detections)), dtype=bool)
    taken = np.zeros((len(tious), len(truth)), dtype=bool)
    for rank, position in enumerate(order):
        candidates = by_video.get(detections[position].video, [])
        overlaps = temporal_iou(detections[position], [truth[index] for index in candidates])
        best_first = overlaps.argsort(kind="stable")[::-1]
        for row, tiou in enumerate(tious):
            for candidate in best_first:
                if overlaps[candidate] < tiou:
                    break
                if not taken[row, candidates[candidate]]:
                    taken[row, candidates[candidate]] = right[row, rank] = True
                    break
    return [_interpolated(row, len(truth)) for row in right]


def _interpolated(right: NDArray[np.bool_], positives: int) -> float:
    """Interpolated AP of detections from the highest score on, of which `right` are right, with so many true ones."""
    if not right.size:
        return 0.0
    hits = right.cumsum()
    precision = np.maximum.accumulate((hits / np.arange(1, len(right) + 1))[::-1])[::-1]
    steps = np.diff(hits, prepend=0) / positives
    return float((steps * precision).sum())


def segments_above(values: NDArray[np.floating], threshold: float) -> list[tuple[int, int, float]]:
    """The stretches of (T,) values above the threshold: first frame, frame after the last, mean value within.

    >>> segments_above(np.array([0.0, 0.5, 1.0, 0.0, 0.75]), 0.25)
    [(1, 3, 0.75), (4, 5, 0.75)]
    """
    above = np.concatenate([[False], np.asarray(values) > threshold, [False]])
    ends: Iterable[list[int]] = np.flatnonzero(np.diff(above)).reshape(-1, 2).tolist()
    return [(start, end, float(np.mean(values[start:end]))) for start, end in ends]
