"""Temporal detection against ActivityNet's evaluator, whose numbers on a fixture stand here, and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.evaluation.detection import TIOUS, Detection, Segment, detection_scores, segments_above, temporal_iou
from wsss_viz.evaluation.detection_files import detections_json, read_detections, read_truth, truth_json

TRUTH = Path(__file__).with_name("detection_truth.json")
RESULTS = Path(__file__).with_name("detection_results.json")
# Evaluation/eval_detection.py of ActivityNet's repository at 82304fa, run on the two files, subset "validation":
# AP by tIoU 0.1 to 0.7 of jump, kick, run (which nothing detects) and throw, and mAP.
OFFICIAL_AP = {
    "jump": [0.78888889, 0.78888889, 0.78888889, 0.62962963, 0.62962963, 0.40740741, 0.125],
    "kick": [0.79903382, 0.79903382, 0.79903382, 0.79903382, 0.79903382, 0.51403721, 0.36647173],
    "run": [0.0] * 7,
    "throw": [0.63776964, 0.63776964, 0.63776964, 0.63776964, 0.63776964, 0.56084656, 0.26388889],
}
OFFICIAL_MAP = [
    0.556423085771, 0.556423085771, 0.556423085771, 0.516608270956, 0.516608270956, 0.370572793699, 0.188840155945,
]  # fmt: skip


def test_map_is_that_of_activitynets_evaluator() -> None:
    scores = detection_scores(read_truth(TRUTH, "validation"), read_detections(RESULTS))
    assert scores.tious == pytest.approx(np.linspace(0.1, 0.7, 7))
    assert scores.labels == tuple(OFFICIAL_AP)
    for column, label in enumerate(scores.labels):
        assert scores.ap[:, column] == pytest.approx(OFFICIAL_AP[label], abs=6e-9), label
    assert scores.mean_ap == pytest.approx(OFFICIAL_MAP, abs=1e-11)
    assert scores.average == pytest.approx(0.46598553555279615, abs=1e-12)


def test_each_true_segment_is_taken_once_by_the_highest_score_and_the_second_best_is_tried() -> None:
    truth = [Segment("a", "kick", 0, 10), Segment("a", "kick", 4, 14)]
    twice = [Detection("a", "kick", 0, 10, 0.9), Detection("a", "kick", 1, 10, 0.8)]
    # the second overlaps the first true segment most (0.9), which is taken, and the other one by 6 of 13
    assert detection_scores(truth, twice, (0.4, 0.5)).mean_ap.tolist() == [1.0, 0.5]
    assert detection_scores(truth, twice[:1], (0.1,)).average == 0.5
    elsewhere = [Detection("b", "kick", 0, 10, 1.0), *twice]
    # the wrong one comes first: precision 0, 1/2, 2/3; interpolated 2/3 at both
    assert detection_scores(truth, elsewhere, (0.4,)).average == pytest.approx(2 / 3)


def test_tiou_by_hand() -> None:
    ours = Segment("a", "kick", 2, 8)
    others = [Segment("a", "kick", 4, 12), Segment("a", "kick", 8, 9), Segment("a", "kick", 2, 8)]
    assert temporal_iou(ours, others).tolist() == [0.4, 0.0, 1.0]


def test_segments_end_where_the_curve_comes_down_to_the_threshold() -> None:
    values = np.array([0.9, 0.3, 0.31, 0.7, 0.0, 0.2])
    assert segments_above(values, 0.3) == [(0, 1, 0.9), (2, 4, pytest.approx(0.505))]
    assert segments_above(values, 0.9) == []
    assert [segment[:2] for segment in segments_above(values, -1)] == [(0, 6)]


def test_what_cannot_be_scored_is_said() -> None:
    truth = [Segment("a", "kick", 0, 10)]
    with pytest.raises(InputError, match="no true segment"):
        detection_scores([], [])
    with pytest.raises(InputError, match="'hop', of which there is no true segment: those are kick"):
        detection_scores(truth, [Detection("a", "hop", 0, 1, 0.5)])
    with pytest.raises(InputError, match="above 0 and at most 1"):
        detection_scores(truth, [], (0.0,))
    with pytest.raises(InputError, match="its end must be after"):
        Segment("a", "kick", 3, 3)
    with pytest.raises(InputError, match="finite"):
        Detection("a", "kick", 0, 1, float("nan"))
    assert detection_scores(truth, []).mean_ap.tolist() == [0.0] * len(TIOUS)


def test_files_go_out_as_they_come_in(tmp_path: Path) -> None:
    truth, found = read_truth(TRUTH, "validation"), read_detections(RESULTS)
    (tmp_path / "t.json").write_bytes(truth_json(truth, "validation"))
    (tmp_path / "d.json").write_bytes(detections_json(found))
    assert read_truth(tmp_path / "t.json", "validation") == truth
    assert read_detections(tmp_path / "d.json") == found
    assert len(read_truth(TRUTH)) > len(truth)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "has no 'results'"),
        (json.dumps({"results": {"a": 3}}), "no list of segments"),
        (json.dumps({"results": {"a": [{"label": "kick", "segment": [1, 2]}]}}), "lacks one of"),
        (json.dumps({"results": {"a": [{"label": "kick", "segment": [1], "score": 1}]}}), "lacks one of"),
        (json.dumps({"results": {"a": [{"label": "kick", "segment": [2, 1], "score": 1}]}}), "end must be after"),
        ('{"results": {"a": [{"label": "kick", "segment": [1, 2], "score": NaN}]}}', "finite"),
    ],
)
def test_a_file_of_another_form_is_refused_in_one_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "d.json"
    path.write_text(content)
    with pytest.raises(InputError, match=says) as error:
        read_detections(path)
    assert "\n" not in str(error.value)


def test_a_subset_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="of subset 'testing'; there are training, validation"):
        read_truth(TRUTH, "testing")
