"""Tables as CSV, whose texts no spreadsheet takes for formulas.

Names of classes, images and folders come from other people's files, and a cell that begins with = + - or @ is computed
when the file is opened. Such text gets a single quote before it, as OWASP recommends ("CSV Injection"); numbers stay.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["csv_of", "csv_text", "plain_cell", "plain_rows", "text_of_cell"]

_BEGINS = r"=+\-@\t\r\n＝＋－＠"
# Where a semicolon or a tab separates cells, what is behind one begins a cell.
_FORMULA = re.compile(rf"(^|[;\t\r\n])('*)(?=[{_BEGINS}])")
_QUOTED = re.compile(rf"(^|[;\t\r\n])'('*)(?=[{_BEGINS}])")


def plain_cell(value: object) -> object:
    """A cell's value, of a text that would begin a formula with a single quote before it; different ones stay so.

    >>> plain_cell("=1+1"), plain_cell("cow"), plain_cell("-0.25"), plain_cell(-3), plain_cell("a;@b")
    ("'=1+1", 'cow', '-0.25', -3, "a;'@b")
    """
    if not isinstance(value, str) or _is_number(value):
        return value
    return _FORMULA.sub(r"\1'\2", value)


def text_of_cell(text: str) -> str:
    """What `plain_cell` was given.

    >>> text_of_cell("'=1+1"), text_of_cell("'tis"), text_of_cell("-0.25")
    ('=1+1', "'tis", '-0.25')
    """
    return _QUOTED.sub(r"\1\2", text)


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Rows of cells as CSV; None is an empty cell.

    >>> csv_text([["class", "IoU"], ["=cow", 0.5], ["a, b", None]])
    'class,IoU\n\'=cow,0.5\n"a, b",\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([plain_cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_of(rows: Sequence[Mapping[str, object]], columns: Iterable[str] | None = None) -> bytes:
    r"""Rows by column as CSV in UTF-8 with a header; empty where a row has nothing of a column.

    Args:
        columns: default those of all rows, in the order in which they come.

    >>> csv_of([{"method": "CAM", "mIoU": 42.6}, {"method": "RIB"}])
    b'method,mIoU\nCAM,42.6\nRIB,\n'
    """
    names = list(dict.fromkeys(key for row in rows for key in row)) if columns is None else list(columns)
    return csv_text([names, *([row.get(name) for name in names] for row in rows)]).encode()


def plain_rows(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """The rows with each value as a `plain_cell`: for a table whose own menu offers it as CSV.

    >>> plain_rows([{"class": "=1+1", "IoU": 0.5}])
    [{'class': "'=1+1", 'IoU': 0.5}]
    """
    return [{key: plain_cell(value) for key, value in row.items()} for row in rows]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
