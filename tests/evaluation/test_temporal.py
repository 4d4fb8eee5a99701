"""Frame-level scores, counted by hand."""

import numpy as np
import pytest

from wsss_viz.data.sequences import Video
from wsss_viz.evaluation.temporal import best_threshold, located, normalised, temporal_scores

TRUTH = np.array([0, 2, 2, 2, 2, 0, 1, 1, 0, 0], dtype=np.uint8)
MOMENTS = np.array([0, 2, 1, 1, 2, 0, 2, 1, 0, 0], dtype=np.uint8)
MAPS = np.array([
    [0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 4.0, 0.0, 0.0],
    [0.0, 0.5, 2.0, 1.0, -3.0, 0.3, 0.0, 0.0, 0.0, 0.0],
    [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0],
])  # fmt: skip


def video(labels=("jump", "kick")):
    return Video(np.zeros((10, 4, 4, 3), np.uint8), labels, TRUTH, MOMENTS, "by hand")


def test_each_class_by_its_own_maximum():
    values = normalised(MAPS)
    assert values[0, 7] == pytest.approx(4 / (4 + 1e-5))
    assert values[0, 1] == 0
    assert values[1, 1] == pytest.approx(0.25, abs=1e-5)


def test_absent_actions_are_left_out_and_the_threshold_itself_is_no_action():
    assert located(MAPS, ("jump", "kick"), 0.2).tolist() == [0, 2, 2, 2, 0, 0, 1, 1, 0, 0]
    assert located(MAPS, ("kick",), 0.2).tolist() == [0, 2, 2, 2, 0, 0, 0, 0, 0, 0]
    assert located(MAPS, (), 0.0).tolist() == [0] * 10
    equal = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    assert located(equal, ("jump",), float(normalised(equal)[0, 1])).tolist() == [0, 0]


def test_scores_by_hand():
    found = temporal_scores([MAPS], [video()], 0.2)
    # none: 4 of 5; jump: 2 of 2; kick: 3 of 4; throw: 0 of none
    assert found.miou == pytest.approx(100 * (4 / 5 + 1 + 3 / 4 + 0) / 4)
    assert found.precision == 100
    assert found.moment_recall == 100
    assert found.rest_recall == pytest.approx(100 * 2 / 3)
    strict = temporal_scores([MAPS], [video()], 0.6)
    assert strict.moment_recall == pytest.approx(100 * 2 / 3)
    assert strict.rest_recall == 0


def test_the_best_threshold_is_where_the_scores_are():
    best = best_threshold([MAPS], [video()])
    chosen = temporal_scores([MAPS], [video()], best).miou
    assert all(temporal_scores([MAPS], [video()], t / 100).miou <= chosen for t in range(100))
    assert best == pytest.approx(0.15)  # above .3 / 2, which is not above it
