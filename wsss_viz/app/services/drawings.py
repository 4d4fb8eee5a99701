"""What was painted on an image with the brush, and what the classifier says of the image without it."""

from __future__ import annotations

import zlib

import streamlit as st

from wsss_viz.app import caching
from wsss_viz.app.services.models import ModelHandle
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.by_hand import BY_NUMBER
from wsss_viz.app.state.view_state import LONGEST
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets.markup import rgb
from wsss_viz.data.sample import Sample
from wsss_viz.data.strokes import painted, read_strokes, strokes_of
from wsss_viz.traces import Step

GREY = (0.5, 0.5, 0.5)
_LONG = "long_strokes"
"""In the session: strokes that no address holds, by the number that it has in their place, the latest last."""
_MOST_LONG = 8


def mark(sample: Sample) -> str:
    """Eight digits that tell the image from others: strokes belong to one."""
    return f"{zlib.crc32((sample.source or caching.digest(sample.image)).encode()):08x}"


def strokes_on(sample: Sample, state: ViewState) -> str:
    """The strokes on this image as a text; "" where there are none, or the session no longer has them."""
    of, _, strokes = state.painted.partition(".")
    if of != mark(sample):
        return ""
    return _long().get(strokes[1:], "") if strokes.startswith(BY_NUMBER) else strokes


def are_gone(sample: Sample, state: ViewState) -> bool:
    """Whether the state means strokes on this image that this session does not have."""
    return bool(state.painted) and state.painted.startswith(f"{mark(sample)}.") and not strokes_on(sample, state)


def as_field(sample: Sample, strokes: str) -> dict[str, str]:
    """The field of the state that holds these strokes on the image. To be called where a control changes them.

    Of strokes that are too long for an address it is their number in this session, so that Back and forward find them.
    """
    painted = f"{mark(sample)}.{strokes}" if strokes else ""
    if len(painted) <= LONGEST:
        return {"painted": painted}
    number = f"{zlib.crc32(strokes.encode()):08x}"
    others = {key: text for key, text in _long().items() if key != number}
    st.session_state[_LONG] = dict(list({**others, number: strokes}.items())[-_MOST_LONG:])
    return {"painted": f"{mark(sample)}.{BY_NUMBER}{number}"}


def _long() -> dict[str, str]:
    long: dict[str, str] = st.session_state.get(_LONG, {})
    return long


def of_part(sample: Sample, name: str, part: int, model: ModelHandle) -> str:
    """The strokes that paint the true outline of a part of the class, as the network sees it."""
    from wsss_viz.evaluation.part_erasing import part_masks

    size = model.on_image(sample)[0].preprocessing.size(*sample.size)
    return ".".join(map(str, strokes_of(part_masks(sample, name, size)[part])))


def paint(sample: Sample, fill: str, model: ModelHandle) -> str:
    """A colour for CSS, about as the network sees what is painted; of a blur the mean colour."""
    colour = GREY if fill == "grey" else model.on_image(sample)[0].preprocessing.mean
    return rgb([round(255 * channel) for channel in colour])


def erased(sample: Sample, strokes: str, fill: str, views: str, model: ModelHandle) -> Step:
    """Scores and maps of the sample's classes without what is painted; kept for the whole image and the last strokes.

    Raises:
        BusyError: others are first.
    """
    key = model.key, caching.digest(sample.image), sample.classes
    return _erased(*key, strokes, fill if strokes else "mean", views, sample, model)


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def _erased(
    network: tuple[object, ...],
    image: str,
    classes: tuple[str, ...],
    strokes: str,
    fill: str,
    views: str,
    _sample: Sample,
    _model: ModelHandle,
) -> Step:
    from wsss_viz.evaluation.hand_erasing import erased_by_hand
    from wsss_viz.methods.views import PRESETS

    with turn("strokes", short=True):
        classifier, sample, in_words = _model.on_image(_sample)
        size = classifier.preprocessing.size(*sample.size)
        return in_words(erased_by_hand(classifier, sample, painted(read_strokes(strokes), size), fill, PRESETS[views]))
