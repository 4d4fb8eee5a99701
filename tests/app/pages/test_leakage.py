"""The leakage in words, rows and as a chart: always what the stored report says."""

from __future__ import annotations

from typing import Any

import pytest

from wsss_viz.app.pages.results import leakage
from wsss_viz.evaluation.stored_results import stored_leakage
from wsss_viz.figures.chart import Line
from wsss_viz.figures.results import style_of
from wsss_viz.methods.catalogue import METHODS


def entry(leak: float | None, more: float | None = 0.0, ends: tuple[float, float] = (0.0, 0.0)) -> dict[str, Any]:
    interval = [None, None] if leak is None else [leak - 0.5, leak + 0.25]
    return {"leak": leak, "interval": interval, "more": more, "more_interval": list(ends)}


def report(more: float, low: float, high: float) -> dict[str, Any]:
    return {
        "data": "scenes:test", "count": 4, "recalls": [0.5, 0.7], "reference": "control: one mask",
        "methods": {
            "control: one mask": [entry(4.0), entry(8.0)],
            "cs-ae": [entry(3.0, -1, (-2, 0.5)), entry(8.0 + more, more, (low, high))],
            "cam": [entry(2.0, -2, (-3, -1)), entry(None, None)],
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "low", "high", "words"),
    [
        (-2.0, -2.5, -1.5, "6.0 % of what CS-AE claims lies on the neighbour, 8.0 % with one mask: 2.0 points less"),
        (1.0, 0.5, 1.5, "9.0 % of what CS-AE claims lies on the neighbour, 8.0 % with one mask: 1.0 points more"),
        (-0.2, -1.0, 0.6, "8.0 % with one mask: no clear difference."),
    ],
)
def test_the_sentence_follows_the_report(more: float, low: float, high: float, words: str) -> None:
    said = leakage.finding(report(more, low, high))
    assert said.startswith("At 70 % recall, ")
    assert words in said
    assert "CAM" not in said, "it does not reach that recall"


def test_the_sentence_says_what_cam_leaks_and_takes_the_nearest_recall() -> None:
    said = leakage.finding(report(-2, -3, -1), recall=0.55)
    assert said.startswith("At 50 % recall, 3.0 %")
    assert said.endswith("CAM, which erases nothing: 2.0 %.")
    assert leakage.finding(report(-2, -3, -1), method="rib") == ""
    assert leakage.finding(report(-2, -3, -1), method="cam") == "", "no number at that recall"


def test_the_rows_and_the_chart_are_the_reports_numbers() -> None:
    made = report(-2, -3, -1)
    rows = leakage.rows(made)
    assert [row["method"] for row in rows] == ["CS-AE", "control: one mask", "CAM"]
    assert (rows[0]["at 70 %"], rows[2]["at 50 %"], rows[2]["at 70 %"]) == (6.0, 2.0, None)
    lines = {mark.name: mark for mark in leakage.leakage_chart(made).panels[0].marks if isinstance(mark, Line)}
    assert lines["CAM"].x == [50]
    line = lines["CS-AE"]
    assert line.y == [3.0, 6.0]
    assert line.low is not None
    assert line.high is not None
    assert (line.low[0], line.high[0]) == (2.5, 3.25)


def test_the_stored_report_is_shown() -> None:
    stored = stored_leakage("scenes-test")
    assert stored is not None
    assert f"{stored['methods']['cs-ae'][stored['recalls'].index(0.7)]['leak']:.1f} %" in leakage.finding(stored)


def test_a_further_seed_has_its_methods_colour_and_a_control_is_grey() -> None:
    assert style_of("CS-AE, seed 1").colour == METHODS["cs-ae"].colour
    assert style_of("CS-AE, seed 1").dash == "dot"
    assert style_of("control: longer").colour not in {look.colour for look in METHODS.values()}
