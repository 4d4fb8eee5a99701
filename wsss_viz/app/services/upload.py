"""A person's own picture: read into this session's memory, never to disk, and gone with the session.

It is kept at no more than `STORED_SIDE` pixels, so that a room of people can use one server. The network looks at far
fewer.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from wsss_viz.app import session
from wsss_viz.app.services import samples, uploaded_mask
from wsss_viz.app.services.held import held
from wsss_viz.app.services.uploaded_files import forget
from wsss_viz.app.settings import PICTURE_MEGABYTES
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.turns import BusyError, turn
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.app.widgets.rendering import LARGEST_SIDE, Picture
from wsss_viz.data.findings import in_words
from wsss_viz.data.images import SUFFIXES, read_picture
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

_PICTURES = "own_pictures"
_ERROR = "own_error"
_FILES = "own_files"
_AT = "own_at"
_WIDGET = "own_upload"
STORED_SIDE = 2048
MOST_PICTURES = 6
_LABELS = {"china": "temple", "flower": "flower"}
"""Photographs that nobody has labelled: how an upload looks."""
NOT_IN_LINK = "A link does not hold it: whoever opens one is asked for the picture."


@dataclass(frozen=True, eq=False)
class UploadedPicture:
    """A picture as the session keeps it.

    Attributes:
        name: of its file.
        image: (H, W, 3) uint8, no side longer than `STORED_SIDE`.
        size, orientation: (H, W) upright of its file, and EXIF's orientation: what a mask is held against.
        noticed: how it was read where that was not as it stands, in one line.
    """

    name: str
    image: Picture
    size: tuple[int, int]
    orientation: int
    noticed: str = ""


def uploader(state: ViewState) -> None:
    """The field that pictures are dropped on, which of several is looked at, and the field for its mask."""
    st.file_uploader(
        "PNG, JPEG or WebP, one or several",
        type=SUFFIXES,
        key=_WIDGET,
        accept_multiple_files=True,
        on_change=_taken,
        max_upload_size=PICTURE_MEGABYTES,
        width=330,
    )
    _read()
    there = pictures()
    if not there:
        examples(state)
    if len(there) > 1:
        st.selectbox(
            "Picture",
            range(len(there)),
            index=_at(),
            format_func=lambda index: there[index].name if index < len(there) else "",
            width=210,
            **session.control("own_picture", _at(), _turn_to, variant=f"_{len(there)}"),
        )
    if there:
        uploaded_mask.uploader(there[_at()], there)
        if line := noticed():
            st.caption(f"Your image: {line}.")
        st.caption(NOT_IN_LINK)
        if problem := st.session_state.get(_ERROR):
            st.error(plain_line(problem), icon=":material/error:")


def _taken() -> None:
    st.session_state[_ERROR] = None
    # What is looked at is said before anything that may be put off or broken off: who has to wait looks at no example.
    session.change(classes=(), focus="", source="own")
    with contextlib.suppress(BusyError):  # the page asks again
        _read(taken=True)


def _read(taken: bool = False) -> None:
    """Reads those uploads that have not been read, and gives up those that were removed. Raises `BusyError`.

    Args:
        taken: the field was changed; else an empty one is that of another page, and what was uploaded there is held.
    """
    files = st.session_state[_WIDGET] or []
    if not files and not taken:
        return
    read: dict[str, UploadedPicture | None] = st.session_state.get(_FILES, {})
    held = {file.file_id: read[file.file_id] for file in files if file.file_id in read}
    for file in files[:MOST_PICTURES]:
        if file.file_id in held:
            continue
        held[file.file_id] = None
        with turn("upload", short=True):
            try:
                held[file.file_id] = _picture(file)
            except InputError as error:
                st.session_state[_ERROR] = str(error)
        forget(file)
    if len(files) > MOST_PICTURES:
        st.session_state[_ERROR] = f"{len(files)} pictures; {MOST_PICTURES} are kept at a time: take some out"
        for file in files[MOST_PICTURES:]:
            forget(file)
    if held != read:
        st.session_state[_FILES] = held
        st.session_state[_PICTURES] = there = [picture for picture in held.values() if picture]
        came = [index for index, picture in enumerate(there) if picture not in read.values()]
        st.session_state[_AT] = came[-1] if came else 0


def _picture(file: UploadedFile) -> UploadedPicture:
    picture = read_picture(file.getvalue(), file.name)
    samples.check_aspect(picture.image.shape[:2])
    said = "; ".join(in_words(note) for note in picture.notes)
    image = held().hold(bounded(picture.image, STORED_SIDE))
    return UploadedPicture(file.name, image, picture.image.shape[:2], picture.orientation, said)


def pictures() -> list[UploadedPicture]:
    """Those that were uploaded and could be read."""
    held: list[UploadedPicture] = st.session_state.get(_PICTURES, [])
    return held


def _at() -> int:
    """Which of them is looked at."""
    return min(st.session_state.get(_AT, 0), len(pictures()) - 1)


def _turn_to(index: int) -> dict[str, object]:
    st.session_state[_AT] = index
    return {"classes": (), "focus": "", "k": FINAL}


def is_there() -> bool:
    """Whether a picture was uploaded."""
    return bool(pictures())


def sample(wanted: tuple[str, ...] = ()) -> Sample | None:
    """The uploaded picture, or None.

    Args:
        wanted: the classes that are looked at in it, see `samples.user_sample`.
    """
    if not is_there():
        return None
    looked_at = pictures()[_at()]
    return uploaded_mask.with_mask(samples.user_sample(looked_at.image, "own image", wanted), looked_at)


def current(state: ViewState) -> Sample | None:
    """What is looked at in place of the example: the uploaded picture, else the view's photograph; None: neither."""
    wanted = state.classes or ((state.focus,) if state.focus else ())
    if is_there():
        return sample(wanted)
    return samples.sklearn_photograph(state.photograph, wanted) if state.photograph else None


def mask_choices(sample: Sample) -> None:
    """Of an uploaded picture with a mask, which of its numbers each class looked for is."""
    if is_there() and not sample.source:
        uploaded_mask.choices(sample, pictures()[_at()])


def noticed() -> str:
    """How the uploaded picture was read where that was not as it stands, in one line; "" where it was."""
    return pictures()[_at()].noticed if is_there() else ""


def error() -> str | None:
    """Why the last upload could not be used, in one line, where there is no other; else None."""
    line: str | None = st.session_state.get(_ERROR)
    return None if is_there() else line


def examples(state: ViewState) -> None:
    """Photographs that nobody has labelled, to try before anything is uploaded; beside an upload there are none."""
    st.segmented_control(
        "or try",
        PHOTOGRAPHS,
        format_func=lambda name: _LABELS[name],
        **session.control(
            "photograph",
            state.photograph or None,
            lambda name: {"photograph": name, "classes": (), "focus": "", "k": FINAL, "source": "own"},
        ),
    )


def bounded(image: Picture, side: int) -> Picture:
    """The image, reduced in its aspect where it is longer than `side` pixels."""
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    ratio = side / max(height, width)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def display_copy(whole: Sample) -> Sample:
    """The sample at no more than `LARGEST_SIDE` pixels: what is drawn, while the network sees the whole."""
    if max(whole.size) <= LARGEST_SIDE:
        return whole
    image = bounded(whole.image, LARGEST_SIDE)
    mask = None if whole.mask is None else rendering.enlarge_mask(whole.mask, image.shape[:2])
    return replace(whole, image=image, mask=mask, parts=None)
