"""Who stands where in a report: methods in numbers and in one sentence, images by their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from wsss_viz.app.language import tr
from wsss_viz.app.widgets import markup
from wsss_viz.evaluation.stored_results import RankedImage
from wsss_viz.methods.catalogue import METHODS

Key = TypeVar("Key")
ORDERS = ("worst", "best", "disagreement")
"""Orders of images by score."""
CONTROLS = tuple(name for name, method in METHODS.items() if method.control)
"""Rows that are no method but what one is held against."""


@dataclass(frozen=True)
class Row:
    """One method and its score, percent; the interval where it was measured."""

    method: str
    value: float
    low: float | None
    high: float | None

    @property
    def title(self) -> str:
        """As it stands on pages."""
        return tr(METHODS[self.method].title if self.method in METHODS else self.method)

    @property
    def short(self) -> str:
        """Within a sentence, without a comma."""
        return short_name(self.method)


def short_name(method: str) -> str:
    """A row's name within a sentence."""
    return tr(METHODS[method].title) if method in METHODS else method


def rows(report: Mapping[str, Any], score: str) -> list[Row]:
    """Each method of the report with the score `score` of `SCORES`, the highest first."""
    ranked = []
    for name, scores in report["methods"].items():
        value = scores[score] if score in scores else scores["part_recall"][score]
        low, high = scores["interval"].get(score, (None, None))
        ranked.append(Row(name, float(value), low, high))
    return sorted(ranked, key=lambda row: -row.value)


def differs(row: Row, base: Row) -> int:
    """1 where the row's interval lies above the other's, -1 where below, 0 where they overlap or there are none."""
    if row.low is None or row.high is None or base.low is None or base.high is None:
        return 0
    return int(row.low > base.high) - int(row.high < base.low)


def methods_or_controls(ranked: list[Row], controls: bool) -> list[Row]:
    """The rows that are methods of the lecture, or those that are controls; further seeds are neither."""
    if controls:
        return [row for row in ranked if row.method in CONTROLS or row.method.startswith("control")]
    return [row for row in ranked if row.method in METHODS and row.method not in CONTROLS]


def headline(miou: list[Row]) -> str:
    """Who gains over CAM, and who loses."""
    base = next((row for row in miou if row.method == "cam"), None)
    methods = [row for row in methods_or_controls(miou, controls=False) if row is not base]
    if base is None or not methods:
        return tr("The methods on scenes that none of them has seen")
    above, below = ([row for row in methods if differs(row, base) == sign] for sign in (1, -1))
    best = tr("{short} gains {value:.1f} points over CAM", short=methods[0].short, value=methods[0].value - base.value)
    worst = tr("{short} loses {value:.1f}", short=methods[-1].short, value=base.value - methods[-1].value)
    if above and below:
        return tr("{best}, {worst}: a good idea alone does not make a method better", best=best, worst=worst)
    if above:
        return tr("{best} on scenes that none of them has seen", best=best)
    if below:
        return tr("No method gains clearly over CAM here, and {worst}", worst=worst)
    return tr("No method differs clearly from CAM here")


def negative_results(miou: list[Row]) -> list[str]:
    """What did not do what its idea promises, from the report."""
    base = next((row for row in miou if row.method == "cam"), None)
    if base is None:
        return []
    lines = []
    methods = [row for row in methods_or_controls(miou, controls=False) if row is not base]
    below = [row for row in methods if differs(row, base) < 0]
    if below:
        named = ", ".join(f"{row.short} {markup.signed(row.value - base.value)}" for row in below)
        lines.append(tr("Below CAM, with intervals that do not overlap: {named} points of mIoU.", named=named))
    level = [row.short for row in methods if differs(row, base) == 0]
    if level:
        lines.append(tr("No clear difference from CAM: {join}.", join=", ".join(level)))
    for row in methods_or_controls(miou, controls=True):
        ahead = ", ".join(other.short for other in methods if other.value > row.value) or tr("no method")
        change = markup.signed(row.value - base.value)
        lines.append(
            tr(
                "Control, {name}: {change} against CAM. Above it: {ahead}.",
                name=tr(row.short.removeprefix("control: ")),
                change=change,
                ahead=ahead,
            )
        )
    return lines


def ordered(first: Mapping[Key, RankedImage], other: Mapping[Key, RankedImage], order: str) -> list[Key]:
    """The images of a row, by what its score is or by how far another row's is from it; ties as they come.

    Args:
        first, other: images by what names them; `other` counts for "disagreement" alone, without those it lacks.
        order: one of `ORDERS`.
    """
    if order == "disagreement":
        both = [key for key in first if key in other]
        return sorted(both, key=lambda key: -abs(first[key].score - other[key].score))
    sign = 1 if order == "worst" else -1
    return sorted(first, key=lambda key: sign * first[key].score)
