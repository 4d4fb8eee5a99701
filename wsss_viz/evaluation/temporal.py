"""How well temporal class maps say when an action is: the frame-level scores of drawn videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sequences import ACTIONS, DISCRIMINATIVE, NON_DISCRIMINATIVE, Video

__all__ = ["EPSILON", "THRESHOLDS", "TemporalScores", "best_threshold", "located", "normalised", "temporal_scores"]

THRESHOLDS: NDArray[np.float64] = np.arange(100) / 100
EPSILON = 1e-5


@dataclass(frozen=True)
class TemporalScores:
    """Scores over the frames of many videos, percentages, 0 to 100.

    Attributes:
        threshold: of the normalised maps, above which a frame belongs to an action.
        miou: mean over "no action" and the actions of TP / (P + T - TP), counted in frames.
        precision: share of the claimed frames that belong to the action claimed.
        moment_recall: share of the frames of the discriminative moments that are claimed as their action.
        rest_recall: the same of the rest of the actions, run-up and run-out.
    """

    threshold: float
    miou: float
    precision: float
    moment_recall: float
    rest_recall: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {key: round(value, 2) for key, value in asdict(self).items()}


def normalised(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """(C, T) raw and signed to ReLU(A) / (max_t ReLU(A) + 1e-5), each class by its own maximum, as CAM of images is.

    >>> normalised(np.array([[-1.0, 2.0, 4.0]])).round(2).tolist()
    [[0.0, 0.5, 1.0]]
    """
    positive = np.maximum(np.asarray(maps, dtype=np.float64), 0)
    return positive / (positive.max(axis=-1, keepdims=True) + EPSILON)


def located(maps: NDArray[np.floating], labels: Sequence[str], threshold: float) -> NDArray[np.int64]:
    """(T,) index into `ACTIONS` + 1 of the labelled action whose normalised map is highest; 0 up to the threshold.

    The labels of the video are given, as the field gives those of the image (`docs/sources.md#sequences`).

    >>> maps = np.zeros((len(ACTIONS), 4))
    >>> maps[1] = (0, 1, 4, 0)
    >>> located(maps, [ACTIONS[1]], threshold=0.5).tolist()
    [0, 0, 2, 0]
    """
    values = normalised(maps) * np.array([[name in labels] for name in ACTIONS])
    return np.where(values.max(axis=0) > threshold, values.argmax(axis=0) + 1, 0)


def temporal_scores(maps: Sequence[NDArray], videos: Sequence[Video], threshold: float) -> TemporalScores:
    """The scores of all videos' maps, each (C, T), at one threshold.

    >>> from wsss_viz.data.sequences import Sequences
    >>> video = Sequences("test")[0]
    >>> maps = np.stack([video.truth == index + 1 for index in range(len(ACTIONS))]).astype(float)
    >>> temporal_scores([maps], [video], threshold=0.5).precision
    100.0
    """
    predicted = np.concatenate(
        [located(video_maps, v.labels, threshold) for video_maps, v in zip(maps, videos, strict=True)]
    )
    truth = np.concatenate([video.truth for video in videos]).astype(np.int64)
    moments = np.concatenate([video.moments for video in videos])
    right = predicted == truth

    def share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
        return 100 * float((part & whole).sum()) / max(1, int(whole.sum()))

    ious = [share(right, (predicted == c) | (truth == c)) for c in range(len(ACTIONS) + 1)]
    return TemporalScores(
        float(threshold),
        float(np.mean(ious)),
        share(right, predicted > 0),
        share(right, moments == DISCRIMINATIVE),
        share(right, moments == NON_DISCRIMINATIVE),
    )


def best_threshold(maps: Sequence[NDArray], videos: Sequence[Video]) -> float:
    """The threshold of `THRESHOLDS` with the highest mIoU: to be chosen on other videos than those scored.

    >>> from wsss_viz.data.sequences import Sequences
    >>> video = Sequences("test")[0]
    >>> maps = np.stack([(video.truth == index + 1) + 0.25 for index in range(len(ACTIONS))])
    >>> best_threshold([maps], [video])
    0.2
    """
    scores = [temporal_scores(maps, videos, float(threshold)).miou for threshold in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(scores))])
