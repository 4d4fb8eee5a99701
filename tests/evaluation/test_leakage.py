"""Leakage by hand: two classes side by side on six pixels."""

import numpy as np
import pytest

from wsss_viz.data import Sample
from wsss_viz.evaluation.leakage import Leak, count_leak

THRESHOLDS = np.array([0.0, 0.3, 0.6])
TRUTH = np.array([[1, 1, 2], [2, 0, 255]], dtype=np.uint8)
CAT = np.array([[1.0, 0.5, 0.5], [0.2, 0.4, 0.9]])  # its maximum is 1: the values are the normalised ones, nearly
DOG = np.array([[-3.0, 0.4, 1.0], [0.7, 0.0, 0.0]])


def sample(labels=("cat", "dog")):
    return Sample(np.zeros((2, 3, 3), dtype=np.uint8), ("cat", "dog", "cow"), labels, "s", TRUTH)


def test_counts_by_hand():
    leak = count_leak(np.stack([CAT, DOG]), sample(), ("cat", "dog"), THRESHOLDS)
    # above 0 / .3 / .6, without the ignored pixel
    assert leak.predicted.tolist() == [5 + 3, 4 - 0 + 3, 1 + 2]
    assert leak.intersection.tolist() == [2 + 2, 2 + 2, 1 + 2]
    assert leak.other.tolist() == [2 + 1, 1 + 1, 0]
    assert leak.target == 4
    both = leak + leak
    assert (both.target, both.other.tolist()) == (8, [6, 4, 0])


def test_only_labelled_classes_count_as_others():
    leak = count_leak(np.stack([CAT, DOG]), sample(("cat",)), ("cat", "dog"), THRESHOLDS)
    assert leak.predicted.tolist() == [5, 4, 1]
    assert leak.other.tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="no mask"):
        count_leak(np.stack([CAT, DOG]), Sample(sample().image, ("cat",), ("cat",), "s"), ("cat", "dog"))


def test_the_share_at_a_matched_recall():
    leak = Leak(np.array([40, 20, 10]), np.array([10, 8, 4]), np.array([10, 3, 0]), 10)
    assert leak.at_recall(1.0) == pytest.approx(25)
    assert leak.at_recall(0.8) == pytest.approx(15)
    assert leak.at_recall(0.6) == pytest.approx(7.5)
    assert np.isnan(leak.at_recall(0.3))
    assert np.isnan(Leak(np.array([5]), np.array([5]), np.array([0]), 10).at_recall(0.9))
