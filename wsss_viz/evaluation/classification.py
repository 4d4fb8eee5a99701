"""How well image-level labels are predicted: mAP and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

__all__ = ["ClassificationScores", "classification_scores"]


@dataclass(frozen=True)
class ClassificationScores:
    """Multi-label scores, 0 to 1.

    Attributes:
        map: mean over the classes of the average precision (scikit-learn's, the area under the step curve); classes
            that are in no image or in all do not count.
        f1: mean over the same classes of F1 at logit 0, that is probability 0.5.
    """

    map: float
    f1: float


def classification_scores(logits: NDArray, labels: NDArray) -> ClassificationScores:
    """mAP and macro F1 of `logits` (N, C) against `labels` (N, C) in {0, 1}.

    Raises:
        ValueError: shapes differ, a logit is not finite, or no class is in some images and not in others.

    >>> logits = np.array([[3.0, -1.0], [2.0, 1.0], [-2.0, 4.0]])
    >>> round(classification_scores(logits, np.array([[1, 0], [1, 0], [0, 1]])).f1, 3)
    0.833
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    if logits.shape != labels.shape or logits.ndim != 2:
        raise ValueError(f"`logits` and `labels` want one shape (N, C), got {logits.shape} and {labels.shape}")
    if not np.isfinite(logits).all():
        raise ValueError("`logits` holds NaN or infinity")
    counted = (labels.sum(axis=0) > 0) & (labels.sum(axis=0) < len(labels))
    if not counted.any():
        raise ValueError("no class is in some images and not in others: nothing to rank")
    logits, labels = logits[:, counted], labels[:, counted].astype(int)
    return ClassificationScores(
        float(average_precision_score(labels, logits, average="macro")),
        float(f1_score(labels, (logits > 0).astype(int), average="macro", zero_division=0)),
    )
