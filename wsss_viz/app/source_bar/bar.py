"""The source bar: what is looked at, and which of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import tr
from wsss_viz.app.services import samples, upload
from wsss_viz.app.source_bar.kinds import fields_of, kind_of, kinds, remember
from wsss_viz.app.source_bar.pickers import photograph_picker, scene_picker, workspace_picker
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError


@dataclass(frozen=True)
class Beside:
    """What a page looks at that no other page does, as one more choice of the source bar.

    Attributes:
        kind, title: of the choice.
        active: whether the page looks at it.
        read: from a choice, this or another, to the fields of the page's own that it changes.
    """

    kind: str
    title: str
    active: bool
    read: Callable[[str], dict[str, object]]


def source_bar(state: ViewState, beside: Beside | None = None) -> None:
    """Photographs, drawn scenes, a workspace or one's own picture, and which of them.

    Args:
        beside: what the page looks at that others do not.
    """
    titles = {**kinds(), **({beside.kind: beside.title} if beside else {})}
    kind = beside.kind if beside and beside.active else kind_of(state)
    remember(kind_of(state), state.example)

    def read(name: str) -> dict[str, object]:
        of_page = beside.read(name) if beside else {}
        return of_page if beside and name == beside.kind else {**fields_of(name), **of_page}

    with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="picker"):
        st.segmented_control(
            tr("Look at"),
            list(titles),
            format_func=lambda name: titles.get(name, name),
            required=True,
            label_visibility="collapsed",
            **session.control("kind", kind, read),
        )
        if beside and beside.active:
            return
        picker(state)
    if kind == "own" and (problem := upload.error()):
        raise InputError(problem)


def picker(state: ViewState) -> None:
    """Which photograph, drawn scene, image of the workspace or picture of one's own."""
    kind = kind_of(state)
    if kind == "photos":
        photograph_picker(state, kind)
    elif kind == "scenes":
        scene_picker(state, kind)
    elif kind == "own":
        upload.uploader(state)
    else:
        workspace_picker(state)


def sample(state: ViewState) -> Sample | None:
    """What the view looks at; None where it is to be one's own picture and there is none yet."""
    return upload.current(state) if state.source == "own" else samples.example(state.example)


def no_picture() -> None:
    """What to do where there is no picture of one's own yet."""
    st.info(
        "Drop a picture on the field above. It stays in this server's memory for as long as the page is open; nothing "
        "is kept on disk or sent on. Links do not hold it: whoever opens one adds the picture again.",
        icon=":material/add_photo_alternate:",
    )
