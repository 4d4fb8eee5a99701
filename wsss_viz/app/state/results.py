"""The page Results: which method's images are ranked, and how."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import Notation, Parameter, choice, whole
from wsss_viz.data.scenes import CLASSES

LONGEST_NAME, LARGEST_RANK = 60, 99_999
ORDERS = ("worst", "best")


@dataclass(frozen=True)
class ResultsState:
    """
    Attributes:
        ranked: a row of the report; "": CAM, or the report's first.
        ranked_class: the class whose IoU ranks; "": the mean over an image's classes.
        ranked_order: one of `ORDERS`, what stands first.
        ranked_from: how many images stand before the first that is shown.
    """

    ranked: str = ""
    ranked_class: str = ""
    ranked_order: str = "worst"
    ranked_from: int = 0


def _read_row(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError("the name of a row of the report")
    return text


PARAMETERS = (
    Parameter("ranked", Notation(_read_row)),
    Parameter("ranked-class", choice(("", *CLASSES))),
    Parameter("ranked-order", choice(ORDERS)),
    Parameter("ranked-from", whole(0, LARGEST_RANK)),
)
