"""Who stands where in a report."""

from __future__ import annotations

import pytest

from wsss_viz.app.services import ranking
from wsss_viz.app.state.learning import SCORES
from wsss_viz.evaluation.stored_results import RankedImage, stored_reports


def row(method: str, value: float, half: float = 0.5) -> ranking.Row:
    return ranking.Row(method, value, value - half, value + half)


@pytest.mark.parametrize(
    ("miou", "words"),
    [
        ([row("rib", 46), row("cam", 42), row("ae", 35)], "RIB gains 4.0 points over CAM, AE (frozen) loses 7.0"),
        ([row("rib", 46), row("cam", 42)], "RIB gains 4.0 points over CAM on scenes"),
        ([row("rib-bce", 47), row("cam", 42), row("ae", 35)], "No method gains clearly over CAM here"),
        ([row("rib", 42.3), row("cam", 42)], "No method differs clearly"),
        ([row("rib", 42.3)], "none of them has seen"),
    ],
)
def test_the_claim_follows_the_report(miou: list[ranking.Row], words: str) -> None:
    assert words in ranking.headline(miou)


def test_failures_name_who_is_below_and_who_is_not_apart() -> None:
    lines = ranking.negative_results(
        [row("rib", 46), row("gain", 42.5), row("rib-bce", 43), row("cam", 42), row("ae", 35)]
    )
    assert "AE (frozen) \N{MINUS SIGN}7.0" in lines[0]
    assert lines[1].endswith("CAM: GAIN.")
    assert lines[2] == "Control, RIB (BCE): +1.0 against CAM. Above it: RIB."
    extra = [row("control: longer", 43), row("CS-AE, seed 1", 44), row("cam", 42)]
    assert ranking.negative_results(extra) == ["Control, longer: +1.0 against CAM. Above it: no method."]


def test_intervals_that_touch_do_not_differ() -> None:
    base = row("cam", 42)
    assert [ranking.differs(row("rib", value), base) for value in (40.75, 41, 42, 43, 43.25)] == [-1, 0, 0, 0, 1]
    assert ranking.differs(ranking.Row("rib", 50, None, None), base) == 0


@pytest.mark.parametrize("score", SCORES)
def test_rows_are_the_reports_numbers(score: str) -> None:
    report = stored_reports()["scenes-test"]
    found = ranking.rows(report, score)
    assert [r.value for r in found] == sorted((r.value for r in found), reverse=True)
    assert {r.method for r in found} == set(report["methods"])
    first = report["methods"][found[0].method]
    assert found[0].value == (first[score] if score in first else first["part_recall"][score])


def test_images_are_ordered_by_a_score_or_by_how_far_two_rows_differ() -> None:
    first = {name: RankedImage(name, {}, score) for name, score in (("a", 50.0), ("b", 10.0), ("c", 90.0))}
    other = {name: RankedImage(name, {}, score) for name, score in (("c", 20.0), ("a", 61.0))}
    assert ranking.ordered(first, other, "worst") == ["b", "a", "c"]
    assert ranking.ordered(first, {}, "best") == ["c", "a", "b"]
    assert ranking.ordered(first, other, "disagreement") == ["c", "a"]
