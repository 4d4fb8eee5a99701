"""A person's own picture: read into this session's memory, never to disk, and gone with the session.

It is kept at no more than `STORED_SIDE` pixels, so that a room of people can use one server. The network looks at far
fewer.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from wsss_viz.app import session
from wsss_viz.app.services import samples
from wsss_viz.app.settings import PICTURE_MEGABYTES
from wsss_viz.app.state import ViewState
from wsss_viz.app.turns import BusyError, turn
from wsss_viz.app.widgets.rendering import LARGEST_SIDE, Picture
from wsss_viz.data.findings import in_words
from wsss_viz.data.images import SUFFIXES, read_picture
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

_IMAGE = "own_image"
_ERROR = "own_error"
_FILE = "own_file"
_NOTICED = "own_noticed"
_WIDGET = "own_upload"
_SCENE = "scene"
STORED_SIDE = 2048
_LABELS = {"china": "temple", "flower": "flower"}
"""Photographs that nobody has labelled: how an upload looks."""


def uploader() -> None:
    """The field a picture is dropped on."""
    with st.container(width=330, gap="xsmall"):
        st.file_uploader(
            "PNG, JPEG or WebP",
            type=SUFFIXES,
            key=_WIDGET,
            on_change=_taken,
            max_upload_size=PICTURE_MEGABYTES,
        )
        _read()
        if line := noticed():
            st.caption(f"Your image: {line}.")


def _taken() -> None:
    st.session_state[_IMAGE] = st.session_state[_ERROR] = None
    with contextlib.suppress(BusyError):  # the page asks again
        _read()
    session.change(classes=(), focus="")


def _read() -> None:
    """Reads the upload, where there is one that has not been read. Raises `BusyError`."""
    file = st.session_state[_WIDGET]
    if file is None or file.file_id == st.session_state.get(_FILE):
        return
    with turn("upload"):
        try:
            picture = read_picture(file.getvalue(), file.name)
            samples.check_aspect(picture.image.shape[:2])
            st.session_state[_IMAGE] = bounded(picture.image, STORED_SIDE)
            st.session_state[_NOTICED] = "; ".join(in_words(note) for note in picture.notes)
        except InputError as error:
            st.session_state[_ERROR] = str(error)
    st.session_state[_FILE] = file.file_id
    forget(file)


def forget(file: UploadedFile) -> None:
    """Empties an upload that has been read: Streamlit would hold its bytes for as long as the page is open."""
    context = get_script_run_ctx(suppress_warning=True)
    add_file = getattr(context.uploaded_file_mgr, "add_file", None) if context else None
    if context is not None and add_file is not None:
        add_file(context.session_id, UploadedFileRec(file.file_id, file.name, file.type, b""))


def is_there() -> bool:
    """Whether a picture was uploaded."""
    return st.session_state.get(_IMAGE) is not None


def sample(wanted: tuple[str, ...] = ()) -> Sample | None:
    """The uploaded picture, or None.

    Args:
        wanted: the classes that are looked at in it, see `samples.user_sample`.
    """
    image = st.session_state.get(_IMAGE)
    return None if image is None else samples.user_sample(image, "own image", wanted)


def current(state: ViewState) -> Sample | None:
    """What is looked at in place of the example: the uploaded picture, else the view's photograph; None: neither."""
    wanted = state.classes or ((state.focus,) if state.focus else ())
    if is_there():
        return sample(wanted)
    return samples.sklearn_photograph(state.photograph, wanted) if state.photograph else None


def noticed() -> str:
    """How the uploaded picture was read where that was not as it stands, in one line; "" where it was."""
    return str(st.session_state.get(_NOTICED, "")) if sample() else ""


def error() -> str | None:
    """Why the last upload could not be used, in one line, or None."""
    line: str | None = st.session_state.get(_ERROR)
    return line


def examples(state: ViewState) -> None:
    """What is looked at before anything is uploaded: the view's example, or a photograph that nobody has labelled.

    Beside an upload it is another widget, so that a late value of the first cannot take the upload's place.
    """

    def read(name: str) -> dict[str, object]:
        st.session_state[_IMAGE] = st.session_state[_ERROR] = None
        return {"photograph": "" if name == _SCENE else name, "classes": (), "focus": ""}

    st.segmented_control(
        "or look at an example",
        (_SCENE, *PHOTOGRAPHS),
        format_func=lambda name: _LABELS.get(name) or ("drawn scene" if state.is_scene else "photograph with outlines"),
        required=True,
        **(
            session.control("photograph", None, read, variant="_instead")
            if is_there()
            else session.control("photograph", state.photograph or _SCENE, read)
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
    return replace(whole, image=bounded(whole.image, LARGEST_SIDE), mask=None, parts=None)
