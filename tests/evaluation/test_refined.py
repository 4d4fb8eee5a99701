"""Refined maps, counted, written and read again: by every way the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from wsss_viz.cli import group
from wsss_viz.data.pickled import read_pickled_dict
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import THRESHOLDS, count
from wsss_viz.evaluation.refined import count_refined, levels_of
from wsss_viz.refinement import refiner
from wsss_viz.traces.step import last_step
from wsss_viz.traces.storage import read_maps


def run(*arguments):
    return CliRunner().invoke(group, [str(argument) for argument in arguments], standalone_mode=False)


def test_pamr_is_counted_at_thresholds_and_a_crf_at_its_backgrounds():
    sample = open_data("scenes:test")[17]
    maps = np.random.default_rng(0).normal(size=(len(sample.classes), 6, 7)).astype(np.float32)
    known = [sample.classes.index(name) for name in sample.labels]
    spread = last_step(refiner("pamr").steps(sample.image, maps[known])).maps
    counts = count_refined(maps, sample, sample.classes, refiner=refiner("pamr"))
    np.testing.assert_array_equal(counts.intersection, count(spread, sample, sample.labels).intersection)
    by = refiner("crf:psa")
    counts = count_refined(maps, sample, sample.classes, refiner=by)
    assert len(counts.predicted) == len(by.backgrounds) == len(levels_of(by))
    third = count_refined(maps, sample, sample.classes, refiner=by.at(by.backgrounds[2]))
    np.testing.assert_array_equal(counts.predicted[2:3], third.predicted)
    assert len(levels_of(refiner("pamr"))) == len(THRESHOLDS)
    with pytest.raises(InputError, match="no threshold"):
        levels_of(by, 0.3)


def test_maps_that_were_refined_score_as_maps_that_are_refined(tmp_path):
    data = ("--data", "scenes:test", "--limit", 2)
    common = (*data, "--views", "single", "--out")
    assert run("maps", *common, tmp_path / "raw").exception is None
    for form in ("ours", "crf", "mask"):
        assert run("maps", *common, tmp_path / form, "--refine", "crf:irn@0.3", "--format", form).exception is None
    report = tmp_path / "report.json"

    def score(*arguments):
        result = run("evaluate", *data, "--json", report, *arguments)
        assert result.exception is None, result.exception
        (row,) = json.loads(report.read_text())["methods"].values()
        return row["miou"]

    wanted = score("--methods", "cam", "--views", "single", "--refine", "crf:irn@0.3")
    assert score("--maps", tmp_path / "raw", "--refine", "crf:irn@0.3") == wanted
    assert [score("--maps", tmp_path / form) for form in ("ours", "crf", "mask")] == [wanted] * 3
    assert score("--maps", tmp_path / "raw", "--refine", "pamr") > 0
    stored = read_maps(next((tmp_path / "ours").glob("*.npz")))
    np.testing.assert_allclose(stored.maps.sum(0) + stored.background, 1, atol=1e-5)
    content = read_pickled_dict(next((tmp_path / "crf").glob("*.npy")))
    np.testing.assert_array_equal(content[0], stored.background)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("maps", "--refine", "crf:what"), "unknown refiner"),
        (("maps", "--refine", "crf:irn", "--format", "mask", "--threshold", 0.3), "no threshold"),
        (("maps", "--refine", "crf:psa", "--format", "irn"), "no background's score"),
        (("evaluate", "--refine", "crf:psa", "--threshold", 0.3), "no threshold"),
    ],
)
def test_what_does_not_go_together_is_one_line(tmp_path, arguments, message):
    out = ("--out", tmp_path / "maps") if arguments[0] == "maps" else ()
    result = run(*arguments, "--data", "scenes:test", "--limit", 1, "--views", "single", *out)
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)


def test_finished_masks_are_not_refined_again(tmp_path):
    data = ("--data", "scenes:test", "--limit", 1)
    for form, message in (("mask", "finished masks"), ("ours", "background's score of their own")):
        folder = tmp_path / form
        run("maps", *data, "--views", "single", "--out", folder, "--format", form, "--refine", "crf:irn")
        result = run("evaluate", *data, "--maps", folder, "--refine", "pamr", "--strict")
        assert message in str(result.exception)
