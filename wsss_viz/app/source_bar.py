"""The source bar: what is looked at, a photograph, a drawn scene or a picture of one's own; the same on every page."""

from __future__ import annotations

import random

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.services import samples, upload
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH, DEFAULT_SCENE, photograph_names
from wsss_viz.data.photographs import read_photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import SPLITS
from wsss_viz.errors import InputError

KINDS = {"photos": "Photographs", "scenes": "Drawn scenes", "own": "Your own"}
_LAST = "source_last"
"""In the session: the example of each kind that was looked at last, to come back to."""


def kind_of(state: ViewState) -> str:
    """Which of `KINDS` the view looks at."""
    return "own" if state.source == "own" else "scenes" if state.is_scene else "photos"


def title_of(name: str) -> str:
    """A photograph by its name and what ImageNet calls it: "dog (German shepherd)"."""
    photo = next(photo for photo in read_photographs() if photo.name == name)
    plain = name.replace("_", " ")
    return plain if plain == photo.imagenet else f"{plain} ({photo.imagenet})"


def source_bar(state: ViewState, uploads: bool = True) -> None:
    """Photographs, drawn scenes or one's own picture, and which of them.

    Args:
        uploads: whether the page can show a picture of one's own.
    """
    kind = kind_of(state) if uploads or state.source != "own" else ("scenes" if state.is_scene else "photos")
    st.session_state.setdefault(_LAST, {})[kind] = state.example
    with st.container(horizontal=True, vertical_alignment="bottom", width="content", gap="small", key="picker"):
        st.segmented_control(
            "Look at",
            [name for name in KINDS if uploads or name != "own"],
            format_func=lambda name: KINDS[name],
            required=True,
            **session.control("kind", kind, _of_kind),
        )
        if kind == "photos":
            photograph_picker(state)
        elif kind == "scenes":
            scene_picker(state)
        else:
            upload.uploader()
    if kind == "own" and (problem := upload.error()):
        raise InputError(problem)


def sample(state: ViewState) -> Sample | None:
    """What the view looks at; None where it is to be one's own picture and there is none yet."""
    return upload.current(state) if state.source == "own" else samples.example(state.example)


def no_picture() -> None:
    """What to do where there is no picture of one's own yet."""
    st.info(
        "Drop a picture on the field above. It stays in this server's memory for as long as the page is open; nothing "
        "is kept on disk or sent on.",
        icon=":material/add_photo_alternate:",
    )


def label_lead(sample: Sample) -> str:
    """What goes before an image's labels."""
    if sample.source.startswith("photos:"):
        return "The photograph's label:"
    return "Image-level labels:" if sample.source else "Looked for:"


def label_title(label: str) -> str:
    """A label as it is shown: ImageNet's name of a photograph's class with the plain one, "dog (German shepherd)"."""
    photo = next((photo for photo in read_photographs() if photo.imagenet == label), None)
    return title_of(photo.name) if photo else label


def recognition(sample: Sample) -> None:
    """Under the bar: what a photograph is and whose, and what the network takes it for; nothing of a drawn scene."""
    if sample.source.startswith("scenes:"):
        return
    first = samples.guesses(sample)
    takes = ", ".join(f"{name} {p:.2f}" for name, p in list(zip(first.names, first.probabilities, strict=True))[:3])
    photo = samples.about(sample)
    if photo is not None:
        parts = "" if photo.head else " No head is outlined, so parts are not measured."
        credit = f"Photograph: {photo.author}, {photo.licence}."
        st.caption(f"Of ImageNet's thousand classes the network says {takes}.{parts} {credit}")


def _of_kind(kind: str) -> dict[str, object]:
    fresh: dict[str, object] = {"classes": (), "focus": "", "k": FINAL, "pair": ()}
    if kind == "own":
        return {"source": "own", **fresh}
    first = DEFAULT_PHOTOGRAPH if kind == "photos" else DEFAULT_SCENE
    return {"source": "scene", "example": st.session_state.get(_LAST, {}).get(kind, first), **fresh}


def photograph_picker(state: ViewState) -> None:
    """Which photograph, one back, one on, any."""
    names = photograph_names()
    st.selectbox(
        "Photograph",
        names,
        format_func=title_of,
        width=210,
        **session.control("example", state.example.partition(":")[2], lambda name: _fields(state.at(f"photos:{name}"))),
    )
    _steppers("photograph", len(names))


def scene_picker(state: ViewState) -> None:
    """Split and number of the drawn scene, one back, one on, any."""
    _, split, index = state.scene.split(":")
    st.selectbox(
        "Scenes",
        ["test", "val", "train"],
        width=95,
        **session.control("split", split, lambda name: _fields(state.at(f"scenes:{name}:{int(index) % SPLITS[name]}"))),
    )
    st.number_input(
        "Number",
        min_value=0,
        max_value=SPLITS[split] - 1,
        step=1,
        width=110,
        **session.control("index", int(index), lambda number: _fields(state.at(f"scenes:{split}:{number}"))),
    )
    _steppers("scene", SPLITS[split])


def _steppers(what: str, count: int) -> None:
    with st.container(horizontal=True, width="content", gap="xsmall", key="steppers"):
        for label, icon, key in (
            (f"Previous {what}", "chevron_left", "previous"),
            (f"Next {what}", "chevron_right", "next"),
            (f"Any {what}", "shuffle", "any"),
        ):
            by = {"previous": -1, "next": 1}.get(key, 0)
            st.button(label, icon=f":material/{icon}:", key=key, on_click=_move, args=(by, count))


def _fields(state: ViewState) -> dict[str, object]:
    return {"example": state.example, "classes": state.classes, "focus": state.focus}


def _move(by: int, count: int) -> None:
    state = session.state()
    if not state.is_scene and not state.example.startswith("photos:"):
        return
    session.set_state(state.moved(by or random.randrange(1, count)))
