"""The basket: views that were sent to the page Figures. It is part of the state, so it stands in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from wsss_viz.app import methods, session, workspace
from wsss_viz.app.services import checkpoints, samples, workspaces
from wsss_viz.app.services.steps import MODES
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import BASKET, BASKET_KINDS, Item
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.workspace import KIND, MAPS, data_string, parts_of
from wsss_viz.figures import FigureSpec, Row
from wsss_viz.figures.columns import PICTURES
from wsss_viz.figures.spec import CLASSIFIER_PER_IMAGE, MOST_ROWS

USER_IMAGE_NOTE = (
    "For a paper: a figure is drawn from files, so that the command line gives the same bytes; what is in a tab's "
    "memory alone cannot be. Put the picture into a folder and name it in a spec of Figures: "
    '`"image": "folder:pictures:0"`.'
)
NO_UPLOAD = (
    "A figure is made again from its spec, which cannot hold a picture of your own: take a photograph or a drawn scene"
)
Take = Callable[[ViewState], tuple[Item | None, str]]
"""What a page sends: the view as a row and the kind of figure it is meant for, or None and the reason."""


def from_compare(state: ViewState) -> tuple[Item | None, str]:
    """The image, the class that is looked at, the methods side by side at the step: a row of a grid."""
    if state.source == "own":
        return None, NO_UPLOAD
    return Item(state.example, _focus(state), state.k, selected(state)), "grid"


def selected(state: ViewState) -> tuple[str, ...]:
    """The methods side by side: those asked for, of maps those of the workspace; else the source's own choice."""
    of = workspaces.of_state(state)
    if of is None or state.source == "own":
        asked = tuple(name for name in state.methods if not methods.is_maps(name))
        name = checkpoints.SCENES if state.source != "own" and state.is_scene else checkpoints.PHOTOGRAPHS
        return methods.selection(asked, name)
    maps = tuple(f"{MAPS}{name}" for name in of.maps)
    asked = tuple(name for name in state.methods if name in maps or not methods.is_maps(name))
    return (asked or ("cam", *maps))[: methods.MOST]


def from_erasing(state: ViewState) -> tuple[Item | None, str]:
    """The image, the class and the method that is stepped through, with its own settings: a filmstrip."""
    if state.source == "own":
        return None, NO_UPLOAD
    mode = MODES[state.mode]
    if not mode.method or state.mode == "cs-ae-epochs":
        return None, f"A figure shows what a method computes on an image; “{mode.label or mode.group}” is no method"
    return Item(state.example, _focus(state), FINAL, (mode.method,)), "filmstrip"


def unasked(state: ViewState) -> ViewState:
    """The view without methods of anybody's choice."""
    return replace(state, methods=())


def _focus(state: ViewState) -> str:
    sample = samples.example(state.example)
    wanted = [name for name in (state.focus, *state.classes, *(sample.labels or ())) if name in sample.classes]
    return next(iter(wanted), "")


def send_button(take: Take) -> None:
    """The button that puts the page's view into the basket."""
    st.button(
        "Send to Figures",
        icon=":material/add_photo_alternate:",
        help="Puts this view into the basket of the page Figures: image, class, methods and step.",
        key="send_to_figures",
        on_click=_send,
        args=(take,),
    )


def _send(take: Take) -> None:
    state = session.state()
    item, kind = take(state)
    if item is None:
        st.toast(f"{kind}.", icon=":material/info:")
    elif item in state.basket:
        st.toast("This view is in the basket already: open Figures.", icon=":material/info:")
    elif len(state.basket) >= MOST_ROWS:
        st.toast(f"The basket holds {MOST_ROWS} views: take one out on Figures.", icon=":material/info:")
    else:
        fields = {} if state.basket else {"basket_kind": kind}
        session.change(basket=(*state.basket, item), figure=BASKET, **fields)
        st.toast(f"Row {len(state.basket) + 1} of the basket: {words(item)}. Open Figures.", icon=":material/check:")


def words(item: Item) -> str:
    """One view of the basket as text."""
    step = "" if item.k == FINAL else f"k = {item.k}, "
    titles = ", ".join(methods.title_of(name) for name in item.methods)
    return f"{item.example}, {item.name or 'first label'}, {step}{titles}"


def editor(state: ViewState) -> None:
    """The rows of the basket, each to be taken out, and how they are laid out."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            "Laid out as",
            BASKET_KINDS,
            format_func=lambda kind: {"grid": "Grid", "filmstrip": "Filmstrip", "curves": "Score curves"}[kind],
            **session.control("basket_kind", state.basket_kind),
        )
        st.button("Empty the basket", icon=":material/delete:", type="tertiary", on_click=_empty, key="basket_empty")
    with st.container(gap=None, key="basket"):
        for number, item in enumerate(state.basket):
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.button(
                    f"Take out row {number + 1}",
                    icon=":material/close:",
                    type="tertiary",
                    key=f"basket_out_{number}",
                    on_click=_take_out,
                    args=(number,),
                )
                st.markdown(f"{number + 1}. {words(item)}")


def _take_out(number: int) -> None:
    rest = tuple(item for position, item in enumerate(session.state().basket) if position != number)
    session.change(basket=rest)


def _empty() -> None:
    session.change(basket=(), figure="")


def spec_of(items: tuple[Item, ...], state: ViewState) -> FigureSpec:
    """The figure of the basket's rows, shown as the view has it: normalisation, views, opacity, map or mask."""
    folders = _folders(items) if state.basket_kind == "grid" else {}
    run = tuple(name for name in methods.METHODS if any(name in item.methods for item in items))
    names = (*run, *(f"{MAPS}{name}" for name in folders)) or ("cam",)
    pictures = PICTURES if state.basket_kind == "grid" else ()
    spec = FigureSpec(
        state.basket_kind,
        (*pictures, *names),
        tuple(_row(item, pictures, names) for item in items),
        views=state.views,
        normalisation=state.normalisation,
        colours=state.colours,
        opacity=state.opacity,
        align=state.align,
        classifier=_classifier(items),
        maps=folders,
    )
    if state.show == "mask" and state.basket_kind != "curves":
        return replace(spec, show="mask", threshold=state.threshold)
    return spec


def _folders(items: tuple[Item, ...]) -> dict[str, str]:
    """The folders of the maps that rows ask for, by name; of two workspaces' maps of one name the first's."""
    folders: dict[str, str] = {}
    for item in items:
        if item.example.startswith(f"{KIND}:"):
            maps = workspace.workspaces()[parts_of(item.example)[0]].maps
            asked = [name.removeprefix(MAPS) for name in item.methods if methods.is_maps(name)]
            folders = {**{name: maps[name] for name in asked if name in maps}, **folders}
    return folders


def _classifier(items: tuple[Item, ...]) -> str:
    """The scenes' where all are drawn, so that their figures stay as they are; a workspace's first; else each's own."""
    opened = {parts_of(item.example)[0] if item.example.startswith(f"{KIND}:") else "" for item in items}
    if len(opened) == 1 and (name := opened.pop()):
        return next(iter(workspace.workspaces()[name].networks.values()))
    drawn = all(item.example.startswith("scenes:") for item in items)
    return checkpoints.SCENES if drawn else CLASSIFIER_PER_IMAGE


def _row(item: Item, pictures: tuple[str, ...], names: tuple[str, ...]) -> Row:
    run = tuple(name for name in item.methods if name in names) or names[:1]
    methods = () if run == names else (*pictures, *run)
    return Row(data_string(item.example), item.name, item.k if pictures else FINAL, methods)
