"""Published results on PASCAL VOC 2012 and COCO from 2021 on, by kind of supervision; not measured here.

Each row names where its numbers were read: an official repository's own page, or a list of results. What no source was
at hand for is not entered (`docs/sources.md#published-since`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NOT_READ", "SUPERVISIONS", "Since", "published_since"]

_FILE = Path(__file__).with_name("since_2021.csv")
SUPERVISIONS = {
    "image": "image labels alone",
    "saliency": "with saliency maps",
    "text": "with text (CLIP)",
    "foundation": "with SAM and CLIP",
}
"""What each value of `Since.supervision` is called."""
NOT_READ = ("AMN", "W-OoD", "S2C", "WeCLIP", "CPAL", "FFR", "POT")
"""Methods of these years for which no source with numbers was at hand."""


@dataclass(frozen=True)
class Since:
    """One method.

    Attributes:
        year, venue, method: where it appeared.
        supervision: a key of `SUPERVISIONS`.
        network: that segments, and what it begins with where the source says so.
        val, test: mIoU on VOC 2012 in percent; None where the source has none.
        coco: mIoU on COCO 2014's val set in percent, or None.
        read_in: the source, and where in it.
    """

    year: int
    venue: str
    method: str
    supervision: str
    network: str
    val: float | None
    test: float | None
    coco: float | None
    read_in: str


def published_since() -> tuple[Since, ...]:
    """All rows, the oldest first.

    >>> published_since()[-1].year > published_since()[0].year >= 2021
    True
    """

    def number(text: str) -> float | None:
        return float(text) if text else None

    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Since(
                int(row["year"]),
                row["venue"],
                row["method"],
                row["supervision"],
                row["network"],
                number(row["val"]),
                number(row["test"]),
                number(row["coco"]),
                row["read_in"],
            )
            for row in csv.DictReader(file)
        )
