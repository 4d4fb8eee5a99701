"""The page Results: which report, which method's images are ranked, and how."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app import workspace
from wsss_viz.app.state.parameters import Notation, Parameter, choice, whole
from wsss_viz.app.state.scene import read_class

LONGEST_NAME, LARGEST_RANK = 60, 99_999
ORDERS = ("worst", "best", "disagreement")
SHIPPED = "shipped"


@dataclass(frozen=True)
class ResultsState:
    """
    Attributes:
        report: `SHIPPED`, or `WORKSPACE:NAME` of a workspace of this server; "": the first of the workspace looked at,
            else the shipped one.
        ranked: a row of the report; "": CAM, or the report's first.
        ranked_against: the row it is held against; "": the next.
        ranked_class: the class whose IoU ranks; "": the mean over an image's classes.
        ranked_order: one of `ORDERS`, what stands first.
        ranked_from: how many images stand before the first that is shown.
    """

    report: str = ""
    ranked: str = ""
    ranked_against: str = ""
    ranked_class: str = ""
    ranked_order: str = "worst"
    ranked_from: int = 0


def _read_row(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError("the name of a row of the report")
    return text


def _read_report(text: str) -> str:
    which, _, name = text.partition(":")
    of = workspace.workspaces().get(which)
    if text and text != SHIPPED and (of is None or name not in of.reports):
        raise ValueError("a report of a workspace that this server was started with")
    return text


PARAMETERS = (
    Parameter("report", Notation(_read_report)),
    Parameter("ranked", Notation(_read_row)),
    Parameter("ranked-against", Notation(_read_row)),
    Parameter("ranked-class", Notation(read_class)),
    Parameter("ranked-order", choice(ORDERS)),
    Parameter("ranked-from", whole(0, LARGEST_RANK)),
)
