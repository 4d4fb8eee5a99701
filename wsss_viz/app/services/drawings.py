"""What was painted on an image with the brush, and what the classifier says of the image without it."""

from __future__ import annotations

import zlib

import streamlit as st

from wsss_viz.app import caching
from wsss_viz.app.services.models import ModelHandle
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.view_state import LONGEST
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets.markup import rgb
from wsss_viz.data.sample import Sample
from wsss_viz.data.strokes import painted, read_strokes, strokes_of
from wsss_viz.traces import Step

GREY = (0.5, 0.5, 0.5)
_LONG = "long_strokes"
"""In the session: strokes by their image's mark, the latest last."""
_MOST_LONG = 8


def mark(sample: Sample) -> str:
    """Eight digits that tell the image from others: strokes belong to one."""
    return f"{zlib.crc32((sample.source or caching.digest(sample.image)).encode()):08x}"


def strokes_on(sample: Sample, state: ViewState) -> str:
    """The strokes on this image as a text: the state's, else those that are too long for an address; else ""."""
    of, _, strokes = state.painted.partition(".")
    long: dict[str, str] = st.session_state.get(_LONG, {})
    return strokes if of == mark(sample) else long.get(mark(sample), "")


def as_field(sample: Sample, strokes: str) -> dict[str, str]:
    """The field of the state that holds these strokes on the image. To be called where a control changes them.

    Strokes that no address holds stay with the session, so that they are there when a person comes back.
    """
    painted = f"{mark(sample)}.{strokes}" if strokes else ""
    long: dict[str, str] = dict(st.session_state.get(_LONG, {}))
    long.pop(mark(sample), None)
    if len(painted) > LONGEST:
        long[mark(sample)] = strokes
    st.session_state[_LONG] = dict(list(long.items())[-_MOST_LONG:])
    return {"painted": painted}


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
