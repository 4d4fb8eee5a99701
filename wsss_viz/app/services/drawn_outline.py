"""The object of an uploaded picture, drawn by hand with the brush: what its maps are scored against without a mask.

It stays in the session, as the picture does. What the paint encloses is the object's too, so an outline will do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.brush import brush
from wsss_viz.data.sample import BACKGROUND, Sample
from wsss_viz.data.strokes import painted, read_strokes

if TYPE_CHECKING:
    from wsss_viz.app.services.upload import UploadedPicture

SIDE = 512
"""Pixels of the longer side that strokes are painted at."""
_OUTLINE = "own_outline"
_OPENED = "own_outline_opened"
_PAINT = "#e8590c"


@dataclass(frozen=True, eq=False)
class DrawnOutline:
    """The strokes on a picture, a text of `data.strokes`."""

    of: UploadedPicture
    strokes: str


def strokes_of(picture: UploadedPicture) -> str:
    """What was drawn on this picture; "" for nothing."""
    drawn: DrawnOutline | None = st.session_state.get(_OUTLINE)
    return drawn.strokes if drawn is not None and drawn.of is picture else ""


def board(picture: UploadedPicture) -> None:
    """The button that opens the picture with a brush."""
    opened = st.popover(
        "Draw the object", icon=":material/draw:", key=_OPENED, on_change="rerun", help="To score the maps against it."
    )
    if not opened.open:
        return

    def changed(text: str) -> None:
        st.session_state[_OUTLINE] = DrawnOutline(picture, text)
        session.change()

    with opened, st.container(width=430, key="outline"):
        st.caption("Paint the object, or once around it: what the line encloses is the object too.")
        brush(
            "outline",
            picture.image,
            strokes_of(picture),
            changed,
            label="Brush: what you paint, and what it encloses, is the object",
            colour=_PAINT,
            opacity=0.6,
        )


def with_outline(sample: Sample, picture: UploadedPicture) -> Sample:
    """The sample with what was drawn on its picture as the mask of its first label; as it is where nothing was.

    Raises:
        BusyError: others are first.
    """
    strokes = strokes_of(picture)
    if not strokes or not sample.labels:
        return sample
    height, width = sample.size
    ratio = min(1.0, SIDE / max(height, width))
    with turn("strokes", short=True):
        object_ = enclosed(strokes, (max(1, round(height * ratio)), max(1, round(width * ratio))))
    number = sample.classes.index(sample.labels[0]) + 1
    mask = np.where(rendering.enlarge_mask(object_, sample.size) > 0, number, BACKGROUND).astype(np.uint8)
    return replace(sample, mask=mask)


@lru_cache(maxsize=16)
def enclosed(strokes: str, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) of `size`: what is painted and what the paint encloses; to be left as it is.

    Examples:
        >>> from wsss_viz.data.strokes import Stroke
        >>> ring = Stroke(200, ((800, 800), (3200, 800), (3200, 3200), (800, 3200), (800, 800)))
        >>> enclosed(str(ring), (10, 15))[5, 7]
        np.True_
    """
    from scipy.ndimage import binary_fill_holes  # type: ignore[attr-defined]  # not before somebody draws

    filled: NDArray[np.bool_] = binary_fill_holes(painted(read_strokes(strokes), size))
    return filled
