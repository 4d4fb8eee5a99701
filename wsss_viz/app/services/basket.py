"""The basket: views that were sent to the page Figures. It is part of the state, so it stands in the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from wsss_viz.app import methods, session, workspace
from wsss_viz.app.methods import METHODS
from wsss_viz.app.services import checkpoints, samples, sent_pictures, upload, user_networks, workspaces
from wsss_viz.app.services.figure_material import Material, material_of
from wsss_viz.app.services.refining import panel_names
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import BASKET, BASKET_KINDS, UPLOAD, Item
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.app.workspace import KIND, MAPS, parts_of
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec, Row
from wsss_viz.figures.columns import PICTURES, column
from wsss_viz.figures.spec import CLASSIFIER_PER_IMAGE, MOST_ROWS

NO_UPLOAD = "There is no picture of your own yet: drop one on the field above"
NO_CHECKPOINT = (
    "The view is looked at by a checkpoint of your own, which no link holds: open it in a workspace "
    "(`app --data DATA --classifier FILE`), whose figures have it"
)
GONE = (
    "Left out: a picture of your own, which is in the memory of the page that sent it and in no link. Send it again; "
    "the folder (ZIP) keeps it."
)
_PRESSED = "basket_pressed"
_SAID = "basket_said"
"""In the session: what the last press of "Send to Figures" gave, and the view that it was pressed at."""
Take = Callable[[ViewState], tuple[Item | None, str]]
"""What a page sends: the view as a row and the kind of figure it is meant for, or None and the reason."""


def from_compare(state: ViewState) -> tuple[Item | None, str]:
    """The image, the class that is looked at, the methods side by side as they are shown: a row of a grid."""
    if user_networks.in_use(state):
        return None, NO_CHECKPOINT
    return replace(viewed(state, selected(state), state.k), refine=state.refine), "grid"


def viewed(
    state: ViewState, names: tuple[str, ...], k: int = FINAL, settings: tuple[tuple[str, Any], ...] = ()
) -> Item:
    """The view as an item of the basket; a picture of one's own goes into the session's memory.

    Raises:
        InputError: there is none, or too many are there already.
    """
    example, sample = state.example, None
    if state.source == "own":
        sample = upload.current(state)
        if sample is None:
            raise InputError(NO_UPLOAD)
        example = sent_pictures.hold(sample, state.basket)
    mask = state.show == "mask"
    threshold = state.threshold if mask else Item.threshold
    name = _focus(state, sample or samples.example(example))
    return Item(example, name, k, names, state.views, "mask" if mask else "map", threshold, settings)


def selected(state: ViewState) -> tuple[str, ...]:
    """The methods side by side: those asked for, of maps those of the workspace; else the source's own choice."""
    of = workspaces.of_state(state)
    if user_networks.in_use(state):
        return tuple(name for name in state.methods if not methods.is_maps(name))[: methods.MOST] or ("cam",)
    if of is None or state.source == "own":
        asked = tuple(name for name in state.methods if not methods.is_maps(name))
        name = checkpoints.SCENES if state.source != "own" and state.is_scene else checkpoints.PHOTOGRAPHS
        return methods.selection(asked, name)
    maps = tuple(f"{MAPS}{name}" for name in of.maps)
    asked = tuple(name for name in state.methods if name in maps or not methods.is_maps(name))
    return (asked or ("cam", *maps))[: methods.MOST]


def unasked(state: ViewState) -> ViewState:
    """The view without methods of anybody's choice."""
    return replace(state, methods=())


def _focus(state: ViewState, sample: Sample) -> str:
    wanted = [name for name in (state.focus, *state.classes, *(sample.labels or ())) if name in sample.classes]
    return next(iter(wanted), "")


def send_button(take: Take) -> None:
    """The button that puts the page's view into the basket."""
    st.button(
        "Send to Figures",
        icon=":material/add_photo_alternate:",
        help="Puts this view into the basket of the page Figures: image, class, methods, refiner, views, step, map or "
        "mask.",
        key="send_to_figures",
        on_click=_press,
        args=(take,),
    )


def _press(take: Take) -> None:
    st.session_state[_PRESSED] = take


def deliver() -> None:
    """Puts what a press of the button sends into the basket: once everything that was changed before it has arrived.

    To be called at the beginning of a run. Streamlit tells a button before it tells what else has changed since.
    """
    take: Take | None = st.session_state.pop(_PRESSED, None)
    if take is not None:
        _send(take)


def _send(take: Take) -> None:
    state = session.state()
    try:
        item, kind = take(state)
    except InputError as error:
        item, kind = None, str(error)
    if item is None:
        line = f"{kind}."
    elif item in state.basket:
        line = "This view is in the basket already."
    elif len(state.basket) >= MOST_ROWS:
        line = f"The basket holds {MOST_ROWS} views: take one out on Figures."
    else:
        fields = {} if state.basket else {"basket_kind": kind}
        session.change(basket=(*state.basket, item), figure=BASKET, **fields)
        line = f"Row {len(state.basket) + 1} of the basket: {words(item)}."
    st.session_state[_SAID] = (line, session.state())


def said() -> str:
    """What "Send to Figures" gave, for as long as the view is what it was then; else ""."""
    line, view = st.session_state.get(_SAID, ("", None))
    return line if view == session.state() else ""


def words(item: Item) -> str:
    """One view of the basket as text."""
    step = "" if item.k == FINAL else f"k = {item.k}"
    titles = ", ".join(methods.title_of(name) for name in item.methods)
    settings = ", ".join(f"{name} {value}" for name, value in item.settings)
    views = "" if item.views in ("", "single") else f"{item.views} views"
    mask = f"mask at {item.threshold:g}" if item.show == "mask" else ""
    refined = f"refined by {item.refine}" if item.refine else ""
    return ", ".join(
        filter(None, (_image(item.example), item.name or "first label", step, titles, settings, views, mask, refined))
    )


def _image(example: str) -> str:
    """What a person calls an image: of a workspace by the image's name."""
    if example.startswith(f"{UPLOAD}:"):
        return "your own picture"
    if example.startswith("photos:"):
        return example.partition(":")[2].replace("_", " ")
    if not example.startswith(f"{KIND}:"):
        return example
    try:
        return f"{samples.example(example).name} of {parts_of(example)[0]}"
    except InputError:
        return example.partition(":")[2]


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
                st.markdown(f"{number + 1}. {plain_line(words(item))}")


def _take_out(number: int) -> None:
    rest = tuple(item for position, item in enumerate(session.state().basket) if position != number)
    session.change(basket=rest)


def _empty() -> None:
    session.change(basket=(), figure="")


def spec_of(items: tuple[Item, ...], state: ViewState, material: Material | None = None) -> FigureSpec:
    """The figure of the basket's rows, each as it was sent: views, step, settings, map or mask at its threshold.

    Args:
        state: says the rest: how they are laid out, normalisation, opacity; and what older links' items do not.
        material: what the rows are drawn from; None: `material_of` the items.
    """
    material = material or material_of(items)
    folders = _folders(items) if state.basket_kind == "grid" else {}
    run = tuple(name for name in methods.METHODS if any(name in item.methods for item in items))
    plain = (*run, *(f"{MAPS}{name}" for name in folders)) or ("cam",)
    pictures: tuple[str, ...] = PICTURES if state.basket_kind == "grid" else ()
    by_item = [_columns(item, plain, state) for item in items]
    asked = dict.fromkeys(name for columns in by_item for name in columns)
    names = tuple(name for base in plain for name in asked if column(name).base == base)
    if pictures and not any(material.may_have_mask(item.example) for item in items):
        pictures = ("image",)
    rows = tuple(
        _row(item, () if columns == names else (*pictures, *columns), state, material)
        for item, columns in zip(items, by_item, strict=True)
    )
    views, show, settings = (_shared(rows, name) for name in ("views", "show", "settings"))
    thresholds = {row.threshold for row in rows if row.threshold is not None}
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    return FigureSpec(
        state.basket_kind,
        (*pictures, *names),
        tuple(
            replace(
                row,
                views="" if views else row.views,
                show="" if show else row.show,
                threshold=row.threshold if threshold is None else None,
                settings=row.settings if settings is None else {},
            )
            for row in rows
        ),
        views=views or state.views,
        show=show or "map",
        threshold=FigureSpec.threshold if threshold is None else threshold,
        settings=settings or {},
        normalisation=state.normalisation,
        colours=state.colours,
        opacity=state.opacity,
        align=state.align,
        classifier=material.classifier or _classifier(items),
        maps=folders,
        companions=material.companions if any(METHODS[name].companions for name in run) else "",
    )


def _shared(rows: tuple[Row, ...], name: str) -> Any:
    """What all rows have alike, which is the figure's then; else None."""
    values = [getattr(row, name) for row in rows]
    return values[0] if all(value == values[0] for value in values) else None


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
    """The scenes' where all are drawn, so that their figures stay as they are; else each its own."""
    drawn = all(item.example.startswith("scenes:") for item in items)
    return checkpoints.SCENES if drawn else CLASSIFIER_PER_IMAGE


def _display_of(item: Item, state: ViewState) -> str:
    """What a row shows, "map" or "mask"."""
    sent = item.show or ("mask" if state.show == "mask" else "map")
    return "map" if state.basket_kind == "curves" else state.figure_show or sent


def _columns(item: Item, plain: tuple[str, ...], state: ViewState) -> tuple[str, ...]:
    """The columns of one view: its methods and maps, in a grid with their refined ones where Compare has them."""
    run = tuple(name for name in plain if name in item.methods) or plain[:1]
    if not item.refine or state.basket_kind != "grid":
        return run
    part = "+map" if _display_of(item, state) == "map" else ""
    sides = panel_names(run, item.refine, methods.MOST)
    return tuple(f"{name}{part}" if methods.refiner_of(name) else name for name in sides)


def _row(item: Item, columns: tuple[str, ...], state: ViewState, material: Material) -> Row:
    show = _display_of(item, state)
    threshold = item.threshold if item.show and not state.figure_show else state.threshold
    return Row(
        material.data_string(item.example),
        item.name,
        item.k if state.basket_kind == "grid" else FINAL,
        columns,
        views=item.views or state.views,
        show=show,
        threshold=threshold if show == "mask" else None,
        settings={item.methods[0]: dict(item.settings)} if item.settings else {},
    )
