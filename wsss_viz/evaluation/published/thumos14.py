"""Published results of weakly-supervised temporal localisation on THUMOS14, not measured here.

From a list of results with their papers, and of later ones from what source there was; each row names where it was read
(`docs/sources.md#thumos14`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["COLUMNS", "PublishedInTime", "published_in_time"]

_FILE = Path(__file__).with_name("thumos14.csv")
COLUMNS = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7")


@dataclass(frozen=True)
class PublishedInTime:
    """One method.

    Attributes:
        year, venue, method: as the source has them.
        more: "" where video labels are all that is used, else what comes beside them.
        by_tiou: mAP in percent at tIoU 0.1 to 0.7; None where it was not reported.
        average: mean of the seven as reported, or None.
        source: where it was read.
    """

    year: int
    venue: str
    method: str
    more: str
    by_tiou: tuple[float | None, ...]
    average: float | None
    source: str


def published_in_time() -> tuple[PublishedInTime, ...]:
    """All rows, the oldest first.

    >>> published_in_time()[0].method, published_in_time()[0].by_tiou[4]
    ('UntrimmedNets', 13.7)
    """

    def number(text: str) -> float | None:
        return float(text) if text else None

    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            PublishedInTime(
                int(row["year"]),
                row["venue"],
                row["method"],
                row["more"],
                tuple(number(row[column]) for column in COLUMNS),
                number(row["average"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        )
