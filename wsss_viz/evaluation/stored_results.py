"""The stored report of every method on the held-out scenes, as pages read it; and tables as CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wsss_viz.errors import InputError

FOLDER = Path(__file__).with_name("results")
MAKE = (
    "python -m wsss_viz evaluate --methods cam,ae,ae-rounds,gain,cs-ae,cs-ae-single,rib,rib-bce "
    "--data scenes:test --limit 300 --json wsss_viz/evaluation/results/scenes-test.json"
)
_WANTED = {"data", "count", "threshold_from", "methods"}
_WANTED_OF_A_METHOD = {"miou", "curve", "per_class", "part_recall", "precision", "recall", "interval", "threshold"}
Row = dict[str, str | float | None]


def stored_reports(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """The reports of `evaluate --json` that are stored, by their files' names; {} where there are none.

    Raises:
        InputError: a file is not such a report.
    """
    reports = {}
    for path in sorted((folder or FOLDER).glob("*.json")):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            complete = report.keys() >= _WANTED and report["methods"]
            complete = complete and all(row.keys() >= _WANTED_OF_A_METHOD for row in report["methods"].values())
        except (OSError, ValueError, AttributeError, TypeError):
            complete = False
        if not complete:
            raise InputError(f"{path.name} is not a report of `evaluate --json`: make it again with `{MAKE}`")
        reports[path.stem] = report
    return reports


def score_rows(report: Mapping[str, Any], titles: Mapping[str, str]) -> list[Row]:
    """One row a method, best mIoU first, percentages: the scores at its threshold, with the intervals' ends."""
    rows: list[Row] = []
    for name, scores in report["methods"].items():
        low, high = scores["interval"]["miou"]
        parts = scores["part_recall"]
        rows.append(
            {
                "method": titles.get(name, name),
                "mIoU": scores["miou"],
                "low": low,
                "high": high,
                "threshold": scores["threshold"],
                "precision": scores["precision"],
                "recall": scores["recall"],
                "discriminative": parts["discriminative"],
                "rest": parts["non_discriminative"],
            }
        )
    return sorted(rows, key=lambda row: -float(row["mIoU"] or 0))


def csv_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows of the same keys as CSV with a header; empty where there is no number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def latex_bytes(rows: Sequence[Mapping[str, Any]], caption: str) -> bytes:
    """The same as a LaTeX table (booktabs): numbers to one decimal, thresholds to two, a dash where there is none."""
    columns = list(rows[0])
    numeric = [any(isinstance(row[column], int | float) for row in rows) for column in columns]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_escaped(caption)}}}",
        rf"\begin{{tabular}}{{{''.join('r' if number else 'l' for number in numeric)}}}",
        r"\toprule",
        " & ".join(_escaped(column) for column in columns) + r" \\",
        r"\midrule",
        *(" & ".join(_cell(column, row[column]) for column in columns) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _cell(column: str, value: Any) -> str:
    if value is None or value == "":
        return "--"
    if isinstance(value, float | int):
        return f"{value:.2f}" if column == "threshold" else f"{value:.1f}"
    return _escaped(str(value))


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in "&%$#_{}" else character for character in text)
