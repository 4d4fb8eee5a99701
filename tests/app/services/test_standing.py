"""Who stands where in a report."""

from __future__ import annotations

import pytest

from wsss_viz.app.services import standing
from wsss_viz.app.state.learning import SCORES
from wsss_viz.evaluation.stored_results import stored_reports


def row(method: str, value: float, half: float = 0.5) -> standing.Row:
    return standing.Row(method, value, value - half, value + half)


@pytest.mark.parametrize(
    ("miou", "words"),
    [
        ([row("rib", 46), row("cam", 42), row("ae", 35)], "RIB gains 4.0 points over CAM, AE (frozen) loses 7.0"),
        ([row("rib", 46), row("cam", 42)], "RIB gains 4.0 points over CAM on scenes"),
        ([row("rib-bce", 47), row("cam", 42), row("ae", 35)], "No method gains clearly over CAM here"),
        ([row("rib", 42.3), row("cam", 42)], "No method is clearly apart"),
        ([row("rib", 42.3)], "none of them has seen"),
    ],
)
def test_the_claim_follows_the_report(miou: list[standing.Row], words: str) -> None:
    assert words in standing.claim(miou)


def test_failures_name_who_is_below_and_who_is_not_apart() -> None:
    lines = standing.failures([row("rib", 46), row("gain", 42.5), row("rib-bce", 43), row("cam", 42), row("ae", 35)])
    assert "AE (frozen) \N{MINUS SIGN}7.0" in lines[0]
    assert lines[1] == "Not apart from CAM: GAIN."
    assert lines[2] == "Control, RIB (BCE): +1.0 against CAM. Above it: RIB."
    extra = [row("control: longer", 43), row("CS-AE, seed 1", 44), row("cam", 42)]
    assert standing.failures(extra) == ["Control, longer: +1.0 against CAM. Above it: no method."]


@pytest.mark.parametrize("score", SCORES)
def test_rows_are_the_reports_numbers(score: str) -> None:
    report = stored_reports()["scenes-test"]
    found = standing.rows(report, score)
    assert [r.value for r in found] == sorted((r.value for r in found), reverse=True)
    assert {r.method for r in found} == set(report["methods"])
    first = report["methods"][found[0].method]
    assert found[0].value == (first[score] if score in first else first["part_recall"][score])
