"""The stored report and the tables made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wsss_viz.data.spreadsheets import csv_of
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_results import (
    class_rows,
    latex_bytes,
    ranked_images,
    read_report,
    refined_rows,
    score_rows,
    stored_leakage,
    stored_refined,
    stored_reports,
)
from wsss_viz.methods.catalogue import title


def made_up() -> dict[str, Any]:
    def scores(miou: float) -> dict[str, Any]:
        ends = [miou - 1, miou + 2]
        return {
            "miou": miou, "threshold": 0.25, "curve": [[0.25, miou], [0.5, 1.0]], "precision": 50.0, "recall": None,
            "per_class": {"background": 80.0, "cow": None},
            "part_recall": {"discriminative": 90.0, "non_discriminative": 41.44},
            "interval": {"miou": ends, "discriminative": [89.0, 91.0], "non_discriminative": [40.0, 42.0]},
        }  # fmt: skip

    methods = {"cam": scores(42.0), "rib": scores(43.5), "control: seed 1": scores(40.0)}
    methods["rib"]["per_image"] = [[30.0, 10.0], [5.0], [90.0]]
    images = [["scenes:test:0", "cat", "cow"], ["scenes:test:1", "cow"], ["scenes:test:2", "sofa"]]
    about = {"data": "scenes:test", "count": 3, "views": "single", "threshold_from": "scenes:val", "images": images}
    return {**about, "methods": methods}


def test_a_stored_report_is_read_and_its_best_method_stands_first(tmp_path: Path) -> None:
    assert stored_reports(tmp_path) == {}
    (tmp_path / "scenes-test.json").write_text(json.dumps(made_up()))
    rows = score_rows(stored_reports(tmp_path)["scenes-test"], title)
    assert [row["method"] for row in rows] == ["RIB", "CAM", "control: seed 1"]
    assert (rows[0]["mIoU"], rows[0]["low"], rows[0]["high"], rows[0]["non-discriminative"]) == (
        43.5,
        42.5,
        45.5,
        41.44,
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"data": 1, "count": 1, "threshold_from": "", "methods": {"a": {}}}']
)
def test_what_is_no_report_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(InputError, match="python -m wsss_viz evaluate"):
        stored_reports(tmp_path)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("data",), ["scenes:test"]),
        (("align",), {}),
        (("images", 0), 5),
        (("images", 0), []),
        (("images", 1, 1), None),
        (("images", 2), ["scenes:test:2"]),
        (("methods", "rib"), None),
        (("methods", "rib", "miou"), "43"),
        (("methods", "rib", "threshold"), 3),
        (("methods", "rib", "curve"), []),
        (("methods", "rib", "curve", 0), [0.25]),
        (("methods", "rib", "per_class", "cow"), float("nan")),
        (("methods", "rib", "interval", "miou"), [1, 2, 3]),
        (("methods", "rib", "per_image", 0), [30.0]),
        (("methods", "rib", "per_image", 0, 0), 10**400),
    ],
)
def test_a_report_of_other_kinds_of_values_is_refused(tmp_path: Path, where: tuple[Any, ...], value: Any) -> None:
    report = made_up()
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(report))
    assert read_report(path) == report
    *rest, last = where
    at: Any = report
    for key in rest:
        at = at[key]
    at[last] = value
    path.write_text(json.dumps(report))
    with pytest.raises(InputError, match="is not a report"):
        read_report(path)


def test_a_report_of_arrays_within_arrays_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="is not a report"):
        read_report(tmp_path / "deep.json")


def test_a_leakage_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    assert stored_leakage("scenes-test", tmp_path) is None
    stored = stored_leakage("scenes-test")
    assert stored is not None
    assert stored["reference"] in stored["methods"]
    (tmp_path / "leakage").mkdir()
    path = tmp_path / "leakage" / "scenes-test.json"
    for text in ("", "[]", json.dumps({**stored, "reference": "gone"}), json.dumps({**stored, "recalls": [0.5]})):
        path.write_text(text)
        with pytest.raises(InputError, match="make results"):
            stored_leakage("scenes-test", tmp_path)
    path.write_text(json.dumps(stored))
    assert stored_leakage("scenes-test", tmp_path) == stored


def test_csv_and_latex_hold_the_same_numbers_and_no_number_where_there_is_none() -> None:
    rows = score_rows(made_up(), str)
    assert csv_of(rows).decode().splitlines()[1] == "rib,43.5,42.5,45.5,0.25,50.0,,90.0,41.44"
    latex = latex_bytes(rows, "50 % & more").decode()
    assert r"rib & 43.5 & 42.5 & 45.5 & 0.25 & 50.0 & -- & 90.0 & 41.4 \\" in latex
    assert r"\caption{50 \% \& more}" in latex
    assert r"\begin{tabular}{lrrrrrlrr}" in latex, "words to the left, numbers to the right"
    assert latex.startswith("% \\usepackage{booktabs}\n")
    assert latex.count("{") == latex.count("}")
    odd = latex_bytes([{"a~b": "x^2 \\ #1_{}"}], "").decode()
    assert r"a\textasciitilde{}b \\" in odd
    assert r"x\textasciicircum{}2 \textbackslash{} \#1\_\{\} \\" in odd


def test_a_row_a_class_has_a_column_a_method() -> None:
    assert class_rows(made_up(), ["cow", "background"], str) == [
        {"class": "cow", "cam": None, "rib": None, "control: seed 1": None},
        {"class": "background", "cam": 80.0, "rib": 80.0, "control: seed 1": 80.0},
    ]


def test_images_are_ranked_by_their_mean_or_by_one_class() -> None:
    assert [(image.source, image.score) for image in ranked_images(made_up(), "rib")] == [
        ("scenes:test:1", 5.0), ("scenes:test:0", 20.0), ("scenes:test:2", 90.0)
    ]  # fmt: skip
    assert ranked_images(made_up(), "rib", worst_first=False)[0].source == "scenes:test:2"
    (only,) = ranked_images(made_up(), "rib", "cat")
    assert (only.source, only.score, only.ious) == ("scenes:test:0", 30.0, {"cat": 30.0, "cow": 10.0})


def test_refined_reports_stand_beside_the_plain_one(tmp_path: Path) -> None:
    assert stored_refined("scenes-test", tmp_path) == {}
    folder = tmp_path / "refined"
    folder.mkdir()
    after = {**made_up(), "refine": "pamr"}
    after["methods"] = {"rib": {**after["methods"]["rib"], "miou": 50.0}}
    (folder / "scenes-test.pamr.json").write_text(json.dumps(after))
    (folder / "other.pamr.json").write_text("[]")
    (row,) = refined_rows(made_up(), stored_refined("scenes-test", tmp_path), title, str.upper)
    assert (row["method"], row["mIoU alone"], row["mIoU, PAMR"], row["PAMR, 95 %"]) == (
        "RIB",
        43.5,
        50.0,
        "42.5 to 45.5",
    )
    with pytest.raises(InputError, match="--refine NAME"):
        stored_refined("other", tmp_path)


def test_the_stored_refined_scores_are_of_the_same_scenes_as_the_readmes_table() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for report in stored_refined("scenes-test").values():
        for name, scores in report["methods"].items():
            low, high = scores["interval"]["miou"]
            rest = scores["part_recall"]["non_discriminative"]
            cell = f"{scores['miou']:.1f} ({low:.1f} to {high:.1f}), {rest:.1f}"
            line = next(line for line in text.splitlines() if line.startswith(f"| {title(name)} ") and "), " in line)
            assert cell in line, (name, cell)
    assert f"{report['count']} held-out scenes" in text
