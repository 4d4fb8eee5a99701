"""The stored report of every method on the held-out scenes, as pages read it; and tables as LaTeX."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsss_viz.data.files import read_bounded
from wsss_viz.errors import InputError

__all__ = [
    "FOLDER",
    "MAKE",
    "RankedImage",
    "Row",
    "class_rows",
    "latex_bytes",
    "ranked_images",
    "read_report",
    "refined_rows",
    "score_rows",
    "stored_leakage",
    "stored_refined",
    "stored_reports",
]

FOLDER = Path(__file__).with_name("results")
MAKE = (
    "python -m wsss_viz evaluate --methods cam,ae,ae-rounds,gain,cs-ae,cs-ae-single,rib,rib-bce "
    "--data scenes:test --limit 300 --json wsss_viz/evaluation/results/scenes-test.json"
)
_WANTED = {"data", "count", "threshold_from", "methods"}
_PARTS = ("discriminative", "non_discriminative")
_MOST_BYTES = 64 * 2**20
_LARGEST = 1e6
"""Of the numbers in a report, which are percentages and thresholds."""
_WANTED_OF_A_LEAK = {"leak", "interval", "more", "more_interval"}
Row = dict[str, str | float | None]


def stored_reports(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """The reports of `evaluate --json` that are stored, by their files' names; {} where there are none.

    Raises:
        InputError: a file is not such a report.

    >>> list(stored_reports())
    ['scenes-test']
    """
    return {path.stem: read_report(path) for path in sorted((folder or FOLDER).glob("*.json"))}


def read_report(path: Path, make: str = MAKE) -> dict[str, Any]:
    """One report of `evaluate --json`.

    Args:
        make: what makes it again, for the message.

    Raises:
        InputError: the file is missing or not such a report.

    >>> read_report(FOLDER / "scenes-test.json")["data"]
    'scenes:test'
    """
    try:
        report: dict[str, Any] = json.loads(read_bounded(path, _MOST_BYTES))
        complete = _is_report(report)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise InputError(f"{path.name} is not a report of `evaluate --json`: make it again with `{make}`")
    return report


def _is_report(report: Mapping[str, Any]) -> bool:
    """Whether all that pages and charts take from a report is of its kind; what is amiss may raise as well.

    >>> _is_report(read_report(FOLDER / "scenes-test.json")), _is_report({})
    (True, False)
    """
    images, methods = report.get("images", []), report["methods"] if report.keys() >= _WANTED else {}
    texts = [report.get(key, "") for key in ("data", "threshold_from", "views", "align", "refine", "maps", "protocol")]
    texts += [text for image in images for text in image]
    fits = bool(methods) and isinstance(report["count"], int) and all(isinstance(text, str) for text in texts)
    return (
        fits
        and all(isinstance(image, list) and image for image in images)
        and all(_is_method(row, images) for row in methods.values())
    )


def _is_method(row: Mapping[str, Any], images: Sequence[Sequence[str]]) -> bool:
    numbers = [row["miou"], row["threshold"], *(value for point in row["curve"] for value in point)]
    parts, ends = row["part_recall"], [row["interval"][key] for key in ("miou", *_PARTS)]
    known = [row["precision"], row["recall"], *row["per_class"].values(), *(parts[key] for key in _PARTS)]
    known += [value for pair in ends for value in pair]
    ious = row.get("per_image") or [[None] * (len(image) - 1) for image in images]
    numbers += [value for values in row.get("per_image") or () for value in values]
    return (
        all(map(_is_number, numbers))
        and all(value is None or _is_number(value) for value in known)
        and all(len(pair) == 2 for pair in (*row["curve"], *ends))
        and bool(row["curve"])
        and 0 <= row["threshold"] <= 1
        and [len(values) for values in ious] == [len(image) - 1 for image in images]
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def stored_leakage(name: str, folder: Path | None = None) -> dict[str, Any] | None:
    """What `diagnose leakage --json` stored for the report of that name, or None.

    Args:
        folder: where the reports are; the leakages lie in `leakage` under it.

    Raises:
        InputError: the file is no such report.

    >>> sorted(stored_leakage("scenes-test"))[:3]
    ['classifier', 'count', 'data']
    """
    path = (folder or FOLDER) / "leakage" / f"{name}.json"
    if not path.is_file():
        return None
    try:
        report: dict[str, Any] = json.loads(read_bounded(path, _MOST_BYTES))
        complete = report.keys() >= {"data", "count", "recalls", "reference", "methods"}
        complete = complete and report["reference"] in report["methods"]
        complete = complete and all(
            len(rows) == len(report["recalls"]) and all(row.keys() >= _WANTED_OF_A_LEAK for row in rows)
            for rows in report["methods"].values()
        )
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        complete = False
    if not complete:
        raise InputError(f"leakage/{path.name} is not a report of `diagnose leakage --json`: `make results` makes it")
    return report


def stored_refined(name: str, folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """What `evaluate --refine --json` stored beside the report of that name, by the refiner; {} where nothing is.

    Args:
        folder: where the reports are; these lie in `refined` under it, as NAME.REFINER.json.

    Raises:
        InputError: a file is not such a report.

    >>> list(stored_refined("scenes-test"))
    ['crf:irn', 'pamr']
    """
    paths = sorted(((folder or FOLDER) / "refined").glob(f"{name}.*.json"))
    reports = [read_report(path, f"{MAKE.rpartition(' --json')[0]} --refine NAME --json FILE") for path in paths]
    return {str(report.get("refine")): report for report in reports}


def refined_rows(
    report: Mapping[str, Any],
    refined: Mapping[str, Mapping[str, Any]],
    title: Callable[[str], str],
    refiner_title: Callable[[str], str],
) -> list[Row]:
    """One row per refined method, in the report's order: mIoU with its interval and recall of the non-discriminative
    part, of the maps alone and after each refiner, in percent; rows of the same columns, None where a
    refiner had not the method.

    Args:
        report: of the maps alone.
        refined: by the refiner's name.
        title, refiner_title: of a method, and of a refiner, by its name.

    >>> from wsss_viz.refinement.settings import title
    >>> report, refined = stored_reports()["scenes-test"], stored_refined("scenes-test")
    >>> list(refined_rows(report, refined, str, title)[0])[:5]
    ['method', 'mIoU alone', 'non-discriminative alone', 'mIoU, CRF (IRN)', 'CRF (IRN), 95 %']
    """
    rows: list[Row] = []
    for name, scores in report["methods"].items():
        after = {refiner_title(by): one["methods"].get(name) for by, one in refined.items()}
        if not any(after.values()):
            continue
        alone = scores["part_recall"]["non_discriminative"]
        row: Row = {"method": title(name), "mIoU alone": scores["miou"], "non-discriminative alone": alone}
        for by, refined_scores in after.items():
            columns = f"mIoU, {by}", f"{by}, 95 %", f"non-discriminative, {by}"
            row |= dict.fromkeys(columns)
            if refined_scores is None:
                continue
            low, high = refined_scores["interval"]["miou"]
            rest = refined_scores["part_recall"]["non_discriminative"]
            row |= dict(zip(columns, (refined_scores["miou"], f"{low:.1f} to {high:.1f}", rest), strict=True))
        rows.append(row)
    return rows


def score_rows(report: Mapping[str, Any], title: Callable[[str], str]) -> list[Row]:
    """One row per method, best mIoU first, percentages: the scores at its threshold, with the interval's ends.

    Args:
        title: of a method by its name.

    >>> report = stored_reports()["scenes-test"]
    >>> [row["method"] for row in score_rows(report, str.upper)][:2]
    ['RIB', 'GAIN']
    """
    rows: list[Row] = []
    for name, scores in report["methods"].items():
        low, high = scores["interval"]["miou"]
        parts = scores["part_recall"]
        rows.append(
            {
                "method": title(name),
                "mIoU": scores["miou"],
                "low": low,
                "high": high,
                "threshold": scores["threshold"],
                "precision": scores["precision"],
                "recall": scores["recall"],
                "discriminative": parts["discriminative"],
                "non-discriminative": parts["non_discriminative"],
            }
        )
    return sorted(rows, key=lambda row: -float(row["mIoU"] or 0))


def class_rows(report: Mapping[str, Any], classes: Sequence[str], title: Callable[[str], str]) -> list[Row]:
    """One row per class, one column per method: IoU in percent.

    >>> report = stored_reports()["scenes-test"]
    >>> class_rows(report, ["cow"], str)[0]["class"]
    'cow'
    """
    methods = report["methods"]
    return [
        {"class": name, **{title(method): scores["per_class"].get(name) for method, scores in methods.items()}}
        for name in classes
    ]


@dataclass(frozen=True)
class RankedImage:
    """One image of a report.

    Attributes:
        source: its data string.
        ious: of the classes in it, in percent.
        score: what it is ranked by.
    """

    source: str
    ious: dict[str, float]
    score: float


def ranked_images(
    report: Mapping[str, Any], method: str, name: str = "", worst_first: bool = True
) -> tuple[RankedImage, ...]:
    """The images by a method's IoU; those of the same score in the data set's order.

    Args:
        method: a row with `per_image`.
        name: the class whose IoU counts, images without it are left out; "": the mean over an image's classes.

    >>> report = stored_reports()["scenes-test"]
    >>> worst = ranked_images(report, "cam")
    >>> worst[0].score < worst[-1].score
    True
    """
    images = []
    for (source, *names), values in zip(report["images"], report["methods"][method]["per_image"], strict=True):
        ious = dict(zip(names, values, strict=True))
        if ious and (not name or name in ious):
            images.append(RankedImage(source, ious, ious[name] if name else sum(values) / len(values)))
    return tuple(sorted(images, key=lambda image: image.score if worst_first else -image.score))


def latex_bytes(rows: Sequence[Mapping[str, Any]], caption: str) -> bytes:
    r"""Rows of the same keys as a LaTeX table (booktabs): one decimal, thresholds two, a dash where there is none.

    >>> print(latex_bytes([{"method": "CAM", "mIoU": 42.6}], "Seeds").decode().splitlines()[-5])
    \midrule
    """
    columns = list(rows[0])
    numeric = [any(isinstance(row[column], int | float) for row in rows) for column in columns]
    lines = [
        r"% \usepackage{booktabs}",
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


_SPELT = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _escaped(text: str) -> str:
    """A text that LaTeX prints as it is."""
    plain = {character: f"\\{character}" for character in "&%$#_{}"}
    return "".join(_SPELT.get(character) or plain.get(character, character) for character in text)
