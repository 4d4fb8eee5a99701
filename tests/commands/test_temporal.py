"""The command `temporal`: drawn videos, files of ActivityNet's form, and class scores of others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wsss_viz.cli import main

EVALUATION = Path(__file__).resolve().parents[1] / "evaluation"


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_files_in_activitynets_form_are_scored_as_its_evaluator_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth, detections = EVALUATION / "detection_truth.json", EVALUATION / "detection_results.json"
    out = tmp_path / "s.json"
    arguments = ["--truth", str(truth), "--detections", str(detections), "--subset", "validation", "--json", str(out)]
    assert run("temporal", "score", *arguments) == 0
    assert "55.6" in (said := capsys.readouterr().out)
    assert "70 detections" in said
    report = json.loads(out.read_text())
    assert report["average"] == pytest.approx(46.5986, abs=1e-4)
    assert report["map"]["0.7"] == pytest.approx(18.884, abs=1e-4)
    assert run("temporal", "score", *arguments, "--tiou", "0.5,2") == 2
    assert "above 0 and at most 1" in capsys.readouterr().err


def test_the_moments_are_detected_and_the_actions_by_retrained_rounds_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.json"
    assert run("temporal", "evaluate", "--limit", "12", "--threshold", "0.05", "--json", str(out)) == 0
    methods = json.loads(out.read_text())["methods"]
    assert methods["cam"]["map"]["0.1"] == 100
    assert methods["cam"]["map"]["0.7"] == 0
    assert methods["ae"]["average"] < methods["cam"]["average"] < methods["ae-rounds"]["average"]
    assert "threshold  cam 0.05  ae 0.05  ae-rounds 0.05  (given)" in capsys.readouterr().out
    assert run("temporal", "evaluate", "--methods", "rib") == 2
    assert "no method 'rib' in time" in capsys.readouterr().err


def test_class_scores_become_segments_in_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = np.zeros((20, 2))
    scores[4:9, 1] = (2, 4, 4, 4, 2)
    np.save(tmp_path / "v1.npy", scores)
    out = tmp_path / "d.json"
    arguments = [str(tmp_path / "v1.npy"), str(out), "--threshold", "0.6", "--fps", "4"]
    assert run("temporal", "segments", *arguments, "--classes", "walk,dive") == 0
    assert json.loads(out.read_text())["results"] == {"v1": [{"label": "dive", "score": 4.0, "segment": [1.25, 2.0]}]}
    capsys.readouterr()
    assert run("temporal", "segments", *arguments, "--classes", "dive") == 2
    assert "has 2 columns, --classes 1 name:" in capsys.readouterr().err
