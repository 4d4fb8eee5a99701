"""Which of a workspace's images are listed on the contact sheet, and in what order."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import Notation, Parameter, choice, switch, whole

LONGEST_TEXT, LARGEST_NUMBER = 60, 9_999_999
SHEET_ORDERS = ("number", "name", "label", "worst", "best", "disagreement")


@dataclass(frozen=True)
class ContactSheetState:
    """
    Attributes:
        find: a text that the images' names have in them, or a class's name, whose images are meant; "": all.
        sheet: whether the thumbnails are shown.
        sheet_order: one of `SHEET_ORDERS`; worst, best and disagreement by the IoU in reports of the workspace.
        sheet_row: the row that counts; "": the first.
        sheet_other: the row it is held against where they disagree; "": the next.
        sheet_from: how many images stand before the first that is shown.
    """

    find: str = ""
    sheet: bool = False
    sheet_order: str = "number"
    sheet_row: str = ""
    sheet_other: str = ""
    sheet_from: int = 0


def _read_text(text: str) -> str:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise ValueError(f"a text of at most {LONGEST_TEXT} characters")
    return text


PARAMETERS = (
    Parameter("find", Notation(_read_text)),
    Parameter("sheet", switch()),
    Parameter("sheet-order", choice(SHEET_ORDERS)),
    Parameter("sheet-row", Notation(_read_text)),
    Parameter("sheet-other", Notation(_read_text)),
    Parameter("sheet-from", whole(0, LARGEST_NUMBER)),
)
