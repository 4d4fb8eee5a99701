"""`evaluate`'s report as it is printed and written."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from wsss_viz.evaluation.measures import measure_lines
from wsss_viz.traces.centres import CENTRES, FIELD
from wsss_viz.wording import quantity

__all__ = ["ALIGNED", "FINISHED", "report_bytes", "scored", "table"]

ALIGNED = {
    FIELD: "; maps stretched over the images, as the field does",
    CENTRES: "; maps laid over the images by their cells' centres",
}
FINISHED = "none: finished pseudo masks"


def report_bytes(report: Mapping[str, Any]) -> bytes:
    """The report as JSON, every list of plain values on one line.

    Examples:
        >>> print(report_bytes({"count": 2, "intervals": [[1, 2], [3, 4]]}).decode())
        {
          "count": 2,
          "intervals": [
            [1, 2],
            [3, 4]
          ]
        }
    """
    return (_written(report, "\n") + "\n").encode()


def _written(value: Any, line: str) -> str:
    """JSON of a value that stands where `line`, a line break and its indent, begins."""
    if isinstance(value, Mapping) and value:
        within = [f"{json.dumps(key)}: {_written(item, line + '  ')}" for key, item in value.items()]
        return f"{{{line}  {f',{line}  '.join(within)}{line}}}"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        return f"[{line}  {f',{line}  '.join(_written(item, line + '  ') for item in value)}{line}]"
    return json.dumps(value)


def scored(report: Mapping[str, Any]) -> str:
    """How many samples the scores are of.

    >>> scored({"count": 4, "unreadable": [["a", "a.jpg: no image"]]}), scored({"count": 2})
    ('3 of 4 samples', '2 samples')
    >>> scored({"count": 3, "findings": [{"kind": "no-mask", "count": 1}]})
    '2 of 3 samples'
    """
    unread = len(report.get("unreadable", ()))
    unscored = unread + sum(one["count"] for one in report.get("findings", ()) if one["kind"] == "no-mask")
    of = quantity(report["count"], "sample")
    return f"{report['count'] - unscored} of {of}" if unscored else of


def table(report: dict[str, Any]) -> str:
    """The report's main numbers as text: one line per method, then the best threshold and each class's IoU.

    Examples:
        >>> from wsss_viz.evaluation.report import run_report
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models import load
        >>> classifier = load("scenes-classifier", "cpu")
        >>> runs = {"cam": bind("cam", classifier)}
        >>> report = run_report(runs, classifier.classes, "scenes:test", limit=1, threshold=0.3, views_name="single")
        >>> header, row, *_ = table(report).splitlines()[1:]
        >>> header.split()[:3], row.split()[:2]
        (['method', 't', 'mIoU'], ['cam', '0.30'])
    """
    lines = [
        f"{scored(report)} of {report['data']}; thresholds from {report['threshold_from']}; percent; "
        f"95 % intervals over images{ALIGNED.get(report.get('align', ''), '')}"
        f"{'; refined by ' + report['refine'] if 'refine' in report else ''}",
        f"{'method':<12}{'t':>5}{'mIoU':>7}{'interval':>15}{'prec':>7}{'recall':>8}{'FP':>6}{'FN':>6}"
        f"{'discr.':>8}{'non-d.':>8}{'s/image':>9}",
    ]
    curved = report["threshold_from"] != FINISHED
    if "protocol" in report:
        lines.insert(1, f"protocol {report['protocol']}, {report['protocol_is']}")
    for name, row in report["methods"].items():
        low, high = row["interval"]["miou"]
        parts = row["part_recall"]
        seconds = row["seconds_per_image"]
        at = f"{row['threshold']:.2f}" if curved else "-"
        lines.append(
            f"{name:<12}{at:>5}{row['miou']:>7.1f}{f'{low:.1f} to {high:.1f}':>15}"
            f"{_number(row['precision'], 7)}{_number(row['recall'], 8)}{_number(row['fp'], 6)}{_number(row['fn'], 6)}"
            f"{_number(parts['discriminative'], 8)}{_number(parts['non_discriminative'], 8)}"
            f"{'-' if seconds is None else f'{seconds:.3f}':>9}"
        )
    for name, row in report["methods"].items():
        said = f"best threshold here {row['best_threshold']:.2f}, mIoU {row['best_miou']:.1f}; " if curved else ""
        ious = ", ".join(f"{label} {_number(value, 0)}" for label, value in row["per_class"].items())
        lines += textwrap.wrap(f"{name}: {said}IoU: {ious}", 120, subsequent_indent="  ")
        lines += [f"{name}: {line}" for line in measure_lines(row)]
    return "\n".join(lines)


def _number(value: float | None, width: int) -> str:
    return f"{'-' if value is None else f'{value:.1f}':>{width}}"
