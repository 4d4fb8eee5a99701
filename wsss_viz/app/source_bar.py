"""The source bar: what is looked at: a photograph, a drawn scene, an image of a workspace, a picture of one's own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from wsss_viz.app import caching, session, workspace
from wsss_viz.app.language import mark, tr
from wsss_viz.app.services import contact_sheet, samples, upload, workspaces
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.contact_sheet import LONGEST_TEXT
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH, DEFAULT_SCENE, in_order, photograph_names
from wsss_viz.app.widgets.markup import listed, plain_line
from wsss_viz.app.widgets.stepper import pressed, stepper
from wsss_viz.data.findings import KINDS, in_words
from wsss_viz.data.photographs import read_photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import SPLITS
from wsss_viz.errors import InputError

_LAST = "source_last"
"""In the session: the example of each kind that was looked at last, to come back to."""
_SHEET = "photographs_sheet"
NOTE = (
    "ImageNet's network knows a thousand classes and nothing else: hundreds of animals by breed, many things, no "
    "person. Chair, sofa, table, bottle, plant, horse and cow it knows under other names or badly. What it has no "
    "class for it takes for the nearest one it has. To look with a checkpoint of your own, put it into "
    "`checkpoints/`, or start with `python -m wsss_viz app --checkpoints FOLDER`."
)


def kinds() -> dict[str, str]:
    """What may be looked at, and how it is called: what ships, the server's workspaces, a picture of one's own."""
    opened = {f"{workspace.KIND}:{name}": name for name in workspace.workspaces()}
    return {**{kind: tr(shipped.name) for kind, shipped in workspace.SHIPPED.items()}, **opened, "own": tr("Your own")}


def kind_of(state: ViewState) -> str:
    """Which of `kinds` the view looks at."""
    if state.source == "own":
        return "own"
    if state.workspace:
        return f"{workspace.KIND}:{state.workspace}"
    return "scenes" if state.is_scene else "photos"


def title_of(name: str) -> str:
    """A photograph by its name and what ImageNet calls it: "dog (German shepherd)"."""
    photo = next(photo for photo in read_photographs() if photo.name == name)
    plain = name.replace("_", " ")
    return plain if plain == photo.imagenet else f"{plain} ({photo.imagenet})"


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
    if not (beside and beside.active):
        st.session_state.setdefault(_LAST, {})[kind] = state.example

    def read(name: str) -> dict[str, object]:
        of_page = beside.read(name) if beside else {}
        return of_page if beside and name == beside.kind else {**_of_kind(name), **of_page}

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
        "is kept on disk or sent on, and no link holds it: whoever opens one is asked for the picture.",
        icon=":material/add_photo_alternate:",
    )


def looked_for(sample: Sample) -> None:
    """Of a picture that nobody has labelled the network's first classes with their probabilities: those to look for."""
    if sample.source:
        return
    first = samples.guesses(sample)
    share = dict(zip(first.names, first.probabilities, strict=True))
    st.pills(
        "Look for",
        list(sample.classes),
        selection_mode="multi",
        format_func=lambda name: f"{name} {share[name]:.2f}" if name in share else name,
        wrap=True,
        help="The first of ImageNet's thousand classes, with their softmax probabilities.",
        **session.control(
            "classes",
            list(sample.labels or ()),
            lambda names: {"classes": in_order(names), "focus": "", "k": FINAL},
            variant=f"_{caching.digest(sample.image)}",
        ),
    )


def label_lead(sample: Sample) -> str:
    """What goes before an image's labels."""
    if sample.source.startswith("photos:"):
        return tr("The photograph's label:")
    if sample.source and sample.labels is None:
        return tr("No labels are known of this image.")
    if workspaces.classes_are_guessed(sample):
        return tr("No label is known; the network's most likely class:")
    return tr("Image-level labels:") if sample.source else tr("Looked for:")


def label_title(label: str) -> str:
    """A label as it is shown: ImageNet's name of a photograph's class with the plain one, "dog (German shepherd)"."""
    photo = next((photo for photo in read_photographs() if photo.imagenet == label), None)
    return title_of(photo.name) if photo else label


def recognition(sample: Sample) -> None:
    """Under the bar: what a photograph is and whose, and what the network takes it for; nothing of a drawn scene."""
    if sample.source.startswith("scenes:"):
        return
    if workspaces.of_sample(sample) is not None:
        _about_image(sample)
        return
    if not sample.source:
        upload.mask_choices(sample)
        st.caption(NOTE)
        return
    first = samples.guesses(sample)
    takes = ", ".join(f"{name} {p:.2f}" for name, p in list(zip(first.names, first.probabilities, strict=True))[:3])
    photo = samples.about(sample)
    if photo is not None:
        parts = "" if photo.head else tr(" No head is outlined, so parts are not measured.")
        credit = tr("Photograph: {author}, {licence}.", author=photo.author, licence=photo.licence)
        st.caption(
            tr(
                "Of ImageNet's thousand classes the network says {takes}.{parts} {credit}",
                takes=takes,
                parts=parts,
                credit=credit,
            )
        )


def _of_kind(kind: str) -> dict[str, object]:
    fresh: dict[str, object] = {"classes": (), "focus": "", "k": FINAL, "pair": ()}
    if kind == "own":
        return {"source": "own", **fresh}
    first = {"photos": DEFAULT_PHOTOGRAPH, "scenes": DEFAULT_SCENE}.get(kind, f"{kind}:0")
    example = st.session_state.get(_LAST, {}).get(kind, first)
    return {"source": "scene", "example": example, "methods": (), "looking_network": "", **fresh}


def _about_image(sample: Sample) -> None:
    """Name, size and labels of a workspace's image, and what was noticed while it was read."""
    labels = listed(sample.labels) if sample.labels else "none" if sample.labels == () else "not known"
    if workspaces.classes_are_guessed(sample):
        labels = f"not known (the network's most likely class is {labels})"
    mask = "with a mask" if sample.mask is not None else "without a mask, so nothing is scored"
    lines = [in_words(note) for note in sample.notes if note.kind in KINDS]
    noticed = "".join(f" {line[:1].upper()}{line[1:]}." for line in lines)
    name, index = workspace.parts_of(sample.source)
    which = f"Image {index} of 0 to {len(workspace.samples_of(name)) - 1:,}: "
    size = f"{sample.size[1]} x {sample.size[0]}"
    st.caption(plain_line(f"{which}{sample.name}, {size}, labels: {labels}, {mask}.{noticed}"))


def _as_long_as(kind: str, read: Callable[[Any], dict[str, object]]) -> Callable[[Any], dict[str, object]]:
    """`read`, which gives nothing once something else is looked at, or where Next or Previous was pressed.

    A browser sends what its fields hold with everything it says, those too that the run has just taken away or moved.
    """
    return lambda value: read(value) if kind in ("", kind_of(session.state())) and not pressed() else {}


def photograph_picker(state: ViewState, kind: str = "") -> None:
    """Which photograph, one back, one on, any; of the source bar its `kind`."""
    names = photograph_names()
    st.selectbox(
        tr("Photograph"),
        names,
        format_func=title_of,
        width=190,
        label_visibility="collapsed",
        **session.control(
            "example",
            state.example.partition(":")[2],
            _as_long_as(kind, lambda name: _fields(state.at(f"photos:{name}"))),
        ),
    )
    with st.container(horizontal=True, width="content", gap="xsmall", key="photographs"):
        _steppers(mark("photograph"), len(names))
        _sheet(state)


def _sheet(state: ViewState) -> None:
    """All photographs as thumbnails, made once somebody opens it; the one that is chosen closes it."""
    opened = st.popover("", icon=":material/grid_view:", help=tr("All photographs"), key=_SHEET, on_change="rerun")
    if not opened.open:
        return
    with opened, st.grid(4, min_column_width=84, gap="small", key="photographs_grid") as grid:
        for name in photograph_names():
            example = f"photos:{name}"
            with grid.cell():
                st.image(samples.thumbnail(name), width="stretch", alt=title_of(name))
                st.button(
                    name.replace("_", " "),
                    key=f"photograph_{name}",
                    type="primary" if state.example == example else "tertiary",
                    width="stretch",
                    on_click=_choose,
                    args=(example,),
                )


def _choose(example: str) -> None:
    st.session_state[_SHEET] = False
    session.set_state(session.state().at(example))


def scene_picker(state: ViewState, kind: str = "") -> None:
    """Split and number of the drawn scene, one back, one on, any; of the source bar its `kind`."""
    _, split, index = state.scene.split(":")
    st.selectbox(
        "Scenes",
        ["test", "val", "train"],
        width=95,
        label_visibility="collapsed",
        **session.control(
            "split",
            split,
            _as_long_as(kind, lambda name: _fields(state.at(f"scenes:{name}:{int(index) % SPLITS[name]}"))),
        ),
    )
    st.number_input(
        "Number",
        min_value=0,
        max_value=SPLITS[split] - 1,
        value=int(index),  # where two runs' answers come at once, the field begins at this, not at what was set
        step=1,
        width=110,
        label_visibility="collapsed",
        **session.control(
            "index", int(index), _as_long_as(kind, lambda number: _fields(state.at(f"scenes:{split}:{number}")))
        ),
    )
    _steppers(mark("scene"), SPLITS[split])


def workspace_picker(state: ViewState) -> None:
    """Number of the image, a search by name or class, one back, one on, any; of several networks which one looks."""
    name, index = workspace.parts_of(state.example)
    of, count = workspace.workspaces()[name], len(workspace.samples_of(name))
    st.number_input(
        f"Number, of {count:,}",
        min_value=0,
        max_value=count - 1,
        value=index,
        step=1,
        width=130,
        label_visibility="collapsed",
        **session.control(
            "image",
            index,
            _as_long_as(
                f"{workspace.KIND}:{name}", lambda number: _fields(state.at(f"{workspace.KIND}:{name}:{number}"))
            ),
        ),
    )
    st.text_input(
        "Find",
        placeholder="Find a name or a class",
        max_chars=LONGEST_TEXT,
        width=190,
        label_visibility="collapsed",
        **session.control("find", state.find, lambda text: contact_sheet.first_fitting(session.state(), text)),
    )
    if len(of.networks) > 1:
        names = list(of.networks)
        st.selectbox(
            "Network",
            names,
            width=190,
            label_visibility="collapsed",
            **session.control(
                "looking_network",
                state.looking_network if state.looking_network in names else names[0],
                lambda other: {"looking_network": "" if other == names[0] else other, "k": FINAL, "pair": ()},
            ),
        )
    _steppers(mark("image"), count)


def _steppers(what: str, count: int) -> None:
    stepper(what, _move, lambda: _move(random.randrange(1, max(2, count)), anywhere=True))


def _fields(state: ViewState) -> dict[str, object]:
    return {"example": state.example, "classes": state.classes, "focus": state.focus}


def _move(by: int, anywhere: bool = False) -> None:
    state = session.state()
    if not (state.workspace and state.find):
        session.set_state(state.moved(by))
        return
    for _ in range(1 if anywhere else abs(by)):
        session.change(**contact_sheet.moved(session.state(), 0 if anywhere else 1 if by > 0 else -1))
