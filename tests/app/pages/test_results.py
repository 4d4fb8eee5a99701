"""The page Results, run without a browser."""

from __future__ import annotations

import io
import json
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image

from tests.app.conftest import OpenPage
from tests.evaluation.test_stored_results import made_up
from wsss_viz.app.pages.results import page as page_of_results
from wsss_viz.app.pages.results import since, strips
from wsss_viz.app.widgets.chart import plotly_figure
from wsss_viz.evaluation import stored_results
from wsss_viz.evaluation.published.since import published_since
from wsss_viz.figures import results as charts
from wsss_viz.figures.chart import Line, Points, Rule
from wsss_viz.showcase.pseudo_masks import read_pseudo_masks


def test_without_a_report_it_says_how_to_make_it_and_shows_what_was_published(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results")
    assert not page.exception
    assert not page.error
    assert stored_results.MAKE in page.info[0].value
    assert [len(table.value) for table in page.dataframe] == [11, 9, len(published_since())]
    assert any("not measured here" in heading.value for heading in page.header)


def test_the_columns_of_a_years_kinds_lie_around_the_years_label() -> None:
    published = published_since()
    columns: dict[int, set[float]] = {}
    for one in published:
        if one.val is not None:
            columns.setdefault(one.year, set()).add(since._beside(published, one))
    for year, places in columns.items():
        assert sum(places) == pytest.approx(0), year
    chart = since.timeline(published)
    at = [x for mark in chart.panels[0].marks if isinstance(mark, Points) for x in mark.x]
    assert {round(float(x)) for x in at} == set(columns) == {int(year) for year in chart.panels[0].x.ticks}


def test_a_report_is_shown_with_its_intervals_and_charts(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenes-test.json").write_text(json.dumps(made_up()))
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results")
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value
    assert list(table["method"]) == ["RIB", "CAM", "control: seed 1"]
    assert list(table["high"]) == [45.5, 44.0, 42.0]
    assert len(page.get("plotly_chart")) == 5, "no leakage is stored"
    assert any("No method differs clearly" in text.value for text in page.markdown)


def test_the_worst_images_stand_first_and_open_compare_at_the_reports_settings(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenes-test.json").write_text(json.dumps(made_up()))
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results", threshold="0.9")
    links = [link.proto for link in page.get("page_link") if link.proto.label.startswith("Compare ")]
    assert [link.label for link in links] == ["Compare test 1", "Compare test 0", "Compare test 2"]
    query = dict(parse_qsl(links[1].query_string))
    assert query == {"example": "scenes:test:0", "class": "cow", "methods": "cam,rib", "threshold": "0.25"}
    page.selectbox(key="results_ranked_class").set_value("cow").run()
    assert not page.exception
    labels = [link.proto.label for link in page.get("page_link") if link.proto.label.startswith("Compare ")]
    assert labels == ["Compare test 1", "Compare test 0"]
    page.selectbox(key="results_ranked_class").set_value("bus").run()
    assert any("has a bus" in caption.value for caption in page.caption)


def test_a_strip_has_the_masks_that_the_report_counts() -> None:
    report = stored_results.stored_reports()["scenes-test"]
    rows = tuple((row, report["methods"][row]["threshold"]) for row in ("cam", "control: longer training"))
    content, names = strips.strip("scenes:test:21", rows, "scenes-test")
    assert names == ("image", "truth", "CAM", "control: longer training")
    with Image.open(io.BytesIO(content)) as opened:
        strip = np.asarray(opened.convert("RGB")).astype(int)
    side, step = strips.HEIGHT, strips.HEIGHT + strips.GAP
    masks = read_pseudo_masks("scenes-test", [row for row, _ in rows])
    for place, (row, threshold) in enumerate(rows, start=2):
        mask = masks.mask(row, "scenes:test:21", threshold)
        assert mask is not None
        small = np.asarray(Image.fromarray(np.uint8(255 * (mask > 0))).resize((side, side), Image.Resampling.BOX))
        tile, empty = (strip[:, at * step : at * step + side] for at in (place, 0))
        grey = empty @ [0.299, 0.587, 0.114]
        pale = 0.5 * (0.4 * empty + 0.6 * grey[..., None]) + 118  # the ground of a mask (`rendering.faded`)
        off = np.abs(tile - pale).max(axis=2)
        assert np.median(off[small == 255]) > 40, "coloured where the mask is"
        assert np.percentile(off[small == 0], 90) < 15, "and the pale image elsewhere"
    _, names = strips.strip("scenes:test:21", (("cam", 0.99),), "scenes-test")
    assert names == ("image", "truth", "no CAM"), "of another threshold none is stored"


def test_a_report_without_images_says_so(open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = made_up()
    del report["images"], report["methods"]["rib"]["per_image"]
    (tmp_path / "scenes-test.json").write_text(json.dumps(report))
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results", ranked="gone")
    assert not page.exception
    assert any("no scores of single images" in caption.value for caption in page.caption)


def test_the_charts_plot_the_reports_numbers() -> None:
    report = made_up()
    line, mark = charts.curve_chart(report).panels[0].marks[:2]
    assert isinstance(line, Line)
    assert isinstance(mark, Points)
    assert (line.x, line.y) == ((0.25, 0.5), (42.0, 1.0))
    assert (mark.y, mark.low, mark.high) == ([42.0], [41.0], [44.0])
    report["methods"]["rib"]["part_recall"]["non_discriminative"] = 45.0
    rest = charts.part_chart(report).panels[0].marks[0]
    assert isinstance(rest, Points)
    assert dict(zip(rest.y, rest.x, strict=True)) == {"CAM": 41.44, "RIB": 45.0, "control: seed 1": 41.44}
    assert rest.y[-1] == "RIB", "on top the one that recalls most"
    assert rest.high is not None
    assert rest.high[list(rest.y).index("CAM")] == pytest.approx(42.0)
    marks = charts.class_chart(report).panels[0].marks[0]
    assert isinstance(marks, Points)
    assert dict(zip(marks.y, marks.x, strict=True)) == {"background": 80.0, "cow": None}


def test_the_gain_over_cam_is_read_off_a_line() -> None:
    points, rule = charts.gain_chart(made_up()).panels[0].marks
    assert isinstance(points, Points)
    assert isinstance(rule, Rule)
    assert (list(points.y), list(points.x)) == (["control: seed 1", "CAM", "RIB"], [40.0, 42.0, 43.5])
    assert (points.low, points.high) == ((39.0, 41.0, 42.5), (42.0, 44.0, 45.5))
    assert rule.x == 42.0


def test_rows_that_are_no_method_stand_in_the_legend_once() -> None:
    report = made_up()
    report["methods"]["control: again"] = report["methods"]["control: seed 1"]
    for chart in (charts.curve_chart(report), charts.class_chart(report)):
        listed = [trace.name for trace in plotly_figure(chart).data if trace.showlegend]
        assert listed == ["CAM", "RIB", charts.CONTROLS]


def test_the_leakage_stands_beside_its_report(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenes-test.json").write_text(json.dumps(made_up()))
    (tmp_path / "leakage").mkdir()
    (tmp_path / "leakage" / "scenes-test.json").write_text(json.dumps(stored_results.stored_leakage("scenes-test")))
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results")
    assert not page.exception
    assert len(page.get("plotly_chart")) == 6
    assert any("lies on the neighbour" in text.value for text in page.markdown)


def test_the_worst_class_stands_first() -> None:
    report = made_up()
    for scores in report["methods"].values():
        scores["per_class"] = {"background": 80.0, "cow": None, "sofa": 20.0}
    assert charts.worst_first(report) == ["sofa", "background", "cow"]


def test_the_reports_that_ship_are_shown_and_so_is_a_method_that_not_every_refiner_has_refined(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = stored_results.stored_refined("scenes-test")
    fewer = {name: {**report, "methods": dict(report["methods"])} for name, report in shipped.items()}
    del fewer["pamr"]["methods"]["gain"]
    for refined_reports in (shipped, fewer):
        monkeypatch.setattr(page_of_results, "stored_refined", lambda _, given=refined_reports: given)
        page = open_page("results")
        assert not page.exception
        assert not page.error
        (refined,) = [table.value for table in page.dataframe if any(name.startswith("PAMR") for name in table.value)]
        assert refined.isna().to_numpy().any() == (refined_reports is fewer)
