"""The page Results, run without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.app.conftest import OpenPage
from tests.evaluation.test_stored_results import made_up
from wsss_viz.app import results
from wsss_viz.evaluation import stored_results


def test_without_a_report_it_says_how_to_make_it_and_shows_what_was_published(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results")
    assert not page.exception
    assert not page.error
    assert stored_results.MAKE in page.info[0].value
    assert [len(table.value) for table in page.dataframe] == [11, 9]
    assert any("not measured here" in heading.value for heading in page.subheader)


def test_a_report_is_shown_with_its_intervals_and_charts(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scenes-test.json").write_text(json.dumps(made_up()))
    monkeypatch.setattr(stored_results, "FOLDER", tmp_path)
    page = open_page("results")
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value
    assert list(table["method"]) == ["RIB", "CAM"]
    assert list(table["high"]) == [45.5, 44.0]
    assert len(page.get("plotly_chart")) == 3


def test_the_charts_plot_the_reports_numbers() -> None:
    report = made_up()
    line = results.curve_figure(report).data[0]
    assert (tuple(line.x), tuple(line.y)) == ((0.25, 0.5), (42.0, 1.0))
    bars = results.part_figure(report).data[1]
    assert (bars.y[0], bars.error_y.array[0]) == (41.44, pytest.approx(0.56))
    assert results.class_figure(report).data[0].y == (80.0, None)
