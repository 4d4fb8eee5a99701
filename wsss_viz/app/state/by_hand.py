"""What was painted with the brush on the page Erasing, and what it is filled with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wsss_viz.app.state.parameters import Notation, Parameter, choice
from wsss_viz.data.strokes import read_strokes
from wsss_viz.errors import InputError
from wsss_viz.methods.settings import FILLS

BY_NUMBER = "~"
"""Before the number of strokes that are too long for an address, which `services.drawings` keeps."""
_EIGHT = re.compile(r"[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True)
class ByHandState:
    """
    Attributes:
        fill: one of `FILLS`, what is put in place of what is painted.
        painted: the image's mark (`services.drawings`), a full stop, and the strokes on it (`data.strokes`), or
            `BY_NUMBER` and their number; "": none. On any other image it says nothing.
    """

    fill: str = "mean"
    painted: str = ""


def _read_painted(text: str) -> str:
    """Strokes with their image's mark; ValueError for others."""
    mark, _, strokes = text.partition(".")
    by_number = strokes.startswith(BY_NUMBER) and _EIGHT.fullmatch(strokes[1:])
    try:
        known = not text or bool(_EIGHT.fullmatch(mark) and (by_number or read_strokes(strokes)))
    except InputError:
        known = False
    if not known:
        raise ValueError("strokes of the brush on the page Erasing")
    return text


PARAMETERS = (
    Parameter("fill", choice(FILLS)),
    Parameter("painted", Notation(_read_painted)),
)
