"""The leak of several methods at one recall, by hand and over the command."""

import json

import numpy as np
import pytest

from tests.commands.test_run import checkpoint, run  # noqa: F401 - a fixture
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.leakage_report import leakage_report, leakage_table
from wsss_viz.traces.step import Step

CLASSES = ("cat", "dog")
TRUTH = np.array([[1, 1, 2, 2]], dtype=np.uint8)


def scene(name="s"):
    return Sample(np.zeros((1, 4, 3), dtype=np.uint8), CLASSES, CLASSES, name, TRUTH)


def says(cat, dog):
    maps = np.array([[cat], [dog]], dtype=np.float32)

    def run(sample, views):
        yield Step(0, maps, np.zeros(2, dtype=np.float32), (0, 1))

    return run


TIGHT = says([1.0, 0.5, 0.1, 0.0], [0.0, 0.1, 0.5, 1.0])
LOOSE = says([1.0, 0.5, 0.5, 0.0], [0.0, 0.5, 0.5, 1.0])


def test_the_leak_at_one_recall_and_its_distance_from_the_reference():
    runs = {"tight": TIGHT, "loose": LOOSE}
    report = leakage_report(runs, CLASSES, [scene(), scene("t")], reference="tight", recalls=(0.75,))
    assert (report["count"], report["reference"]) == (2, "tight")
    (tight,), (loose,) = report["methods"].values()
    # half way from the two pixels of 1 to all four own ones: there loose claims two of the other's beside them
    assert tight == {"recall": 0.75, "leak": 0.0, "interval": [0.0, 0.0], "more": 0.0, "more_interval": [0.0, 0.0]}
    assert loose["leak"] == pytest.approx(100 / 2 * 2 / 6, abs=0.001)
    assert loose["more"] == loose["leak"]
    # the scenes are alike, so no resample differs
    assert loose["interval"] == [loose["leak"]] * 2
    assert loose["more_interval"] == [loose["more"]] * 2
    assert "loose" in leakage_table({"data": "d", **report})


def test_a_recall_that_is_not_reached_has_no_number():
    blind = says([1.0, -1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, 1.0])
    report = leakage_report({"blind": blind}, CLASSES, [scene()], reference="blind", recalls=(0.9,))
    assert report["methods"]["blind"][0]["leak"] is None
    assert leakage_table({"data": "d", **report}).splitlines()[-1].split() == ["blind", "-"]
    with pytest.raises(InputError, match="nothing is called 'x'"):
        leakage_report({"blind": blind}, CLASSES, [scene()], reference="x")
    with pytest.raises(InputError, match="no scene has touching objects"):
        leakage_report({"blind": blind}, CLASSES, [], reference="blind")


def test_the_command_measures_the_touching_scenes_and_other_checkpoints(checkpoint, capsys, tmp_path):  # noqa: F811
    out = tmp_path / "leak.json"
    words = ["diagnose", "leakage", "--methods", "cam", "--also", f"again={checkpoint}", "--reference", "cam"]
    words += ["--classifier", checkpoint, "--limit", 12, "--views", "single"]
    code, printed, _ = run(capsys, *words, "--json", out)
    assert code == 0
    report = json.loads(out.read_text())
    assert 0 < report["count"] < 12
    assert report["methods"]["again"] == report["methods"]["cam"]
    assert {row["more"] for row in report["methods"]["again"]} <= {0.0, None}
    assert "again" in printed
    for wrong, message in ((["--also", "cam=x"], "unknown checkpoint"), (["--also", "x"], "wants NAME=CHECKPOINT")):
        code, _, said = run(capsys, *words, *wrong)
        assert code == 2
        assert message in said
