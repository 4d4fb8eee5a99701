"""Published results of weakly-supervised segmentation on PASCAL VOC 2012: two tables of a lecture, not measured here.

One compares with OC-CSE (here CS-AE; Kweon et al., ICCV 2021), the other with RIB (Lee et al., NeurIPS 2021). Each
row names where its method appeared (`docs/sources.md#published-results`). A method that is in both is listed twice.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("voc2012.csv")
SOURCES = {
    "CS-AE": "the lecture's table that compares with OC-CSE (Kweon et al., ICCV 2021)",
    "RIB": "the lecture's table that compares with RIB (Lee et al., NeurIPS 2021)",
}


@dataclass(frozen=True)
class Published:
    """One row of a table.

    Attributes:
        table: a key of `SOURCES`.
        method: as the table names it.
        backbone: of the segmentation network; "" where the table does not say.
        supervision: "image" (labels alone) or "box".
        venue: where it appeared.
        val, test: mIoU on VOC 2012's val and test sets in percent; None where the table has none.
    """

    table: str
    method: str
    backbone: str
    supervision: str
    venue: str
    val: float | None
    test: float | None

    @property
    def source(self) -> str:
        """The table it was taken from."""
        return SOURCES[self.table]


def published_results() -> tuple[Published, ...]:
    """All rows, in the tables' order.

    >>> published_results()[0].method, published_results()[0].val
    ('AdvErasing', 55.0)
    """
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Published(
                row["table"],
                row["method"],
                row["backbone"],
                row["supervision"],
                row["venue"],
                float(row["val"]) if row["val"] else None,
                float(row["test"]) if row["test"] else None,
            )
            for row in csv.DictReader(file)
        )
