"""The stored pseudo masks: they are those that the stored report counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wsss_viz import cli
from wsss_viz.data.archives import write_archive
from wsss_viz.data.scenes import Scenes
from wsss_viz.errors import InputError
from wsss_viz.evaluation import stored_results
from wsss_viz.evaluation.counts import count_mask
from wsss_viz.evaluation.scores import image_ious
from wsss_viz.evaluation.stored_results import stored_reports
from wsss_viz.methods import bind, catalogue
from wsss_viz.models.colour_network import colour_network, flag
from wsss_viz.showcase.pseudo_masks import pseudo_masks_path, read_pseudo_masks, write_pseudo_masks

REPORT = {"views": "single", "align": "field", "methods": {"cam": {"threshold": 0.3}, "ours": {"threshold": 0.5}}}


def test_every_mask_has_the_iou_that_the_report_gives_its_image() -> None:
    report, masks, scenes = stored_reports()["scenes-test"], read_pseudo_masks("scenes-test"), Scenes("test")
    assert list(masks.masks) == list(report["methods"])
    assert masks.sources == tuple(source for source, *_ in report["images"])
    for index in range(0, report["count"], 3):
        sample = scenes[index]
        for row, scores in report["methods"].items():
            mask = masks.mask(row, f"scenes:test:{index}", scores["threshold"])
            assert mask is not None
            ious = image_ious([count_mask(mask, sample)], 0.5, np.array([0.5]))
            assert ious == [scores["per_image"][index]], (row, index)


def test_what_is_written_is_read_row_by_row(tmp_path: Path) -> None:
    path, run = pseudo_masks_path("flags", tmp_path), bind("cam", colour_network())
    write_pseudo_masks(path, REPORT, {"cam": run, "ours": run}, [flag(), flag()])
    masks = read_pseudo_masks("flags", ["ours"], tmp_path)
    assert list(masks.masks) == ["ours"]
    mask = masks.mask("ours", "flag", 0.5)
    assert mask is not None
    assert mask.tolist() == [[1, 3, 3], [1, 3, 3]]
    assert masks.mask("ours", "flag", 0.4) is None, "of another threshold"
    assert masks.mask("cam", "flag", 0.3) is None, "was not asked for"
    assert masks.mask("ours", "scenes:test:0", 0.5) is None
    write_pseudo_masks(path, REPORT, {"cam": run}, [flag()])
    assert list(read_pseudo_masks("flags", folder=tmp_path).masks) == ["cam"], "a row without a run has none"
    with pytest.raises(InputError, match="no row 'theirs': give one of cam, ours"):
        write_pseudo_masks(path, REPORT, {"theirs": run}, [flag()])


def test_what_is_missing_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no pseudo masks of flags yet.*showcase --report"):
        read_pseudo_masks("flags", folder=tmp_path)
    path = pseudo_masks_path("flags", tmp_path)
    path.parent.mkdir()
    one = np.zeros((1, 2, 3), np.uint8)
    for header, arrays in (
        ({"sources": ["a"]}, {"0": one}),
        ({"sources": ["a"], "thresholds": {"cam": 0.3}}, {}),
        ({"sources": ["a", "b"], "thresholds": {"cam": 0.3}}, {"0": one}),
        ({"sources": ["a"], "thresholds": {"cam": 0.3}}, {"0": one.astype(np.float32)}),
        ({"sources": 5, "thresholds": {}}, {}),
    ):
        write_archive(path, header, arrays)
        with pytest.raises(InputError, match=r"flags\.masks\.npz is of another version"):
            read_pseudo_masks("flags", folder=tmp_path)


def test_the_command_writes_the_masks_that_were_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = stored_reports()["scenes-test"]
    monkeypatch.setattr(stored_results, "stored_reports", lambda: {"scenes-test": {**report, "methods": rows}})
    rows = {row: report["methods"][row] for row in ("cam", "gain", "CS-AE, seed 1")}
    report["count"], out = 2, tmp_path / "showcase" / "two.masks.npz"
    monkeypatch.setattr(catalogue, "METHODS", {"cam": catalogue.METHODS["cam"]})
    cli.main(["showcase", "--report", "scenes-test", "--out", str(out), "--also", "gain=scenes-gain"])
    masks, shipped = read_pseudo_masks("two", folder=tmp_path), read_pseudo_masks("scenes-test", ["cam", "gain"])
    assert list(masks.masks) == ["cam", "gain"], "no checkpoint of the third was given"
    for row in masks.masks:
        np.testing.assert_array_equal(masks.masks[row], shipped.masks[row][:2])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "voc"], "no report 'voc' is stored: give one of scenes-test"),
        (["--also", "mine=scenes-cgnet"], "--also names rows of a report: give --report, too"),
    ],
)
def test_the_command_says_what_it_cannot_make(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["showcase", *arguments])
    assert said in capsys.readouterr().err
