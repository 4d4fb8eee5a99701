"""The page Figures: a preset and its settings to a spec, the spec to a preview and to files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Any

import streamlit as st
from PIL import Image

from wsss_viz.app import session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.methods import is_maps
from wsss_viz.app.services import basket, checkpoints, workspaces
from wsss_viz.app.services.beside import made_beside
from wsss_viz.app.services.figure_material import Material, material_of
from wsss_viz.app.services.sent_pictures import without_gone
from wsss_viz.app.settings import threads
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import BASKET, PARTS, RESOLUTIONS, SCENE, Item
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.app.widgets.markup import image_room, plain_line
from wsss_viz.data.file_status import last_change
from wsss_viz.errors import InputError
from wsss_viz.figures import PRESETS, FigureSpec, caption, preset, spec_bytes
from wsss_viz.figures.columns import column
from wsss_viz.figures.folder import FigureFolder, command
from wsss_viz.figures.ratios import measured
from wsss_viz.figures.spec import DISPLAYS, WIDTHS, WITHOUT_ROWS
from wsss_viz.figures.trace_cache import CACHE
from wsss_viz.figures.tracing import Tracer
from wsss_viz.gradients.stored import FOLDER
from wsss_viz.methods.availability import why_not_registered
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase import showcase_path
from wsss_viz.showcase.photographs import photographs_path
from wsss_viz.traces.normalisation import NORMALISATIONS
from wsss_viz.traces.overlay import COLOUR_MAPS

EXPLANATION = Explanation(
    "A figure for a paper, described by a small JSON file: which images, which methods, how wide, in which colours. "
    "The same file gives the same bytes on the command line.",
    r"M_c(u) = \frac{\max(A_c(u), 0)}{\max_v \max(A_c(v), 0)}",
    "Each map is divided by its maximum, so brightness does not compare across panels, unless the spec says shared.",
)
TITLES = {**PRESETS, SCENE: "The image of this view", BASKET: "Basket"}
FIRST = next(iter(PRESETS))
WIDTH_LABELS = {name: f"{name} column, {inches:g} in" for name, inches in WIDTHS.items()}
SCALE_LABELS = {
    "relu_max": "each by its own maximum",
    "shared": "one scale a row",
    "minmax": "each over its own range",
    "raw": "raw, one scale",
}
PART_LABELS = {"labels": "labels", "letters": "letters", "colour-bar": "colour bar", "contours": "outlines"}
OF_PICTURES = ("grid", "filmstrip")
PARTS_OF = {
    "grid": PARTS,
    "filmstrip": PARTS,
    "curves": ("labels", "letters"),
    "plane": ("labels", "letters", "colour-bar"),
    "hgr": ("labels", "letters"),
}
"""What may stand around the pictures of each kind of figure."""
COLOUR_BAR = "colour-bar"
KINDS = ("png", "pdf", "svg")
IN_THE_FOLDER = "The same bytes from the command line, in the folder of the ZIP"
MOST_PIXELS = 40e6
PREVIEW_DPI = 300


def figure_of(state: ViewState) -> tuple[FigureSpec, Material]:
    """Draws the controls and gives the figure they describe, and what it is drawn from."""
    name = state.figure or (BASKET if state.basket else FIRST)
    title = {**TITLES, BASKET: f"Basket ({len(state.basket)})"}
    st.pills("Figure", list(title), format_func=lambda key: title[key], wrap=True, **session.control("figure", name))
    if name == BASKET and not state.basket:
        st.caption(
            ":material/info: The basket is empty: “Send to Figures” on Compare and Erasing puts a view into it. "
            "Until then, the first preset."
        )
        name = FIRST
    if name == BASKET:
        basket.editor(state)
    if name == BASKET and state.basket_kind != "grid" and any(is_maps(one) for i in state.basket for one in i.methods):
        st.caption(":material/info: Maps from files have no steps: they are columns of a grid.")
    items = _items(name, state)
    if name in (BASKET, SCENE) and not items:
        name = FIRST
    material = material_of(items)
    laid_out = replace(state, basket_kind="grid") if name == SCENE else state
    start = basket.spec_of(items, laid_out, material) if items else preset(name)
    _settings(state, start, free=name in (BASKET, SCENE))
    spec = replace(
        start,
        width=state.figure_width,
        dpi=int(state.dpi),
        colours=state.figure_colours or start.colours,
        labels="labels" in state.figure_parts,
        letters="letters" in state.figure_parts,
        colour_bar="colour-bar" in state.figure_parts,
        contours="contours" in state.figure_parts,
    )
    return (replace(spec, normalisation=state.normalisation) if spec.kind in OF_PICTURES else spec), material


def _items(name: str, state: ViewState) -> tuple[Item, ...]:
    """The views that the figure is made of; none of a preset, and none of what is not there any more, which is said."""
    if name == BASKET:
        items = without_gone(state.basket)
        if len(items) < len(state.basket):
            st.caption(f":material/info: {basket.GONE}")
        return items
    if name == SCENE:
        try:
            item, _ = basket.from_compare(state)
        except InputError as error:
            st.caption(f":material/info: {plain_line(str(error))}.")
            return ()
        return () if item is None else (item,)
    return ()


def parts_of(figure: FigureSpec) -> tuple[str, ...]:
    """What may stand around its pictures: no colour bar where no map is drawn, only masks.

    >>> parts_of(preset("masks"))
    ('labels', 'letters', 'contours')
    """
    parts = PARTS_OF[figure.kind]
    if figure.kind in OF_PICTURES and "map" not in figure.drawn:
        return tuple(part for part in parts if part != COLOUR_BAR)
    return parts


def _scale(state: ViewState, start: FigureSpec) -> None:
    """How maps are scaled: as they are drawn, or before the threshold of a mask, to which raw is as each by its own."""
    masks = "map" not in start.drawn
    options = [name for name in NORMALISATIONS if not (masks and name == "raw")]
    st.selectbox(
        "Scale before the threshold" if masks else "Scale of the maps",
        options,
        format_func=lambda key: SCALE_LABELS[key],
        width=220,
        **session.control(
            "normalisation", state.normalisation if state.normalisation in options else "relu_max",
            variant="of_masks" if masks else "",
        ),
    )  # fmt: skip


def _settings(state: ViewState, start: FigureSpec, free: bool) -> None:
    """The controls below the choice of the figure.

    Args:
        free: whether the figure is the person's own, so that masks may stand for maps.
    """
    with st.container(horizontal=True, gap="medium", key="figure_settings"):
        st.selectbox(
            "Width",
            list(WIDTHS),
            format_func=lambda key: WIDTH_LABELS[key],
            width=190,
            **session.control("figure_width", state.figure_width),
        )
        st.selectbox("Resolution, dpi", RESOLUTIONS, width=130, **session.control("dpi", state.dpi))
        parts = parts_of(start)
        if COLOUR_BAR in parts:
            st.selectbox(
                "Colours",
                COLOUR_MAPS,
                width=120,
                **session.control("figure_colours", state.figure_colours or start.colours),
            )
        if start.kind in OF_PICTURES:
            if start.drawn:
                _scale(state, start)
            if free:
                st.selectbox(
                    "Over the image",
                    ["", *DISPLAYS],
                    format_func=lambda key: key or "as sent",
                    width=120,
                    **session.control("figure_show", state.figure_show),
                )
                if state.figure_show == "mask":
                    st.number_input(
                        "Threshold", 0.0, 1.0, step=0.05, width=120, **session.control("threshold", state.threshold)
                    )
        st.pills(
            "With",
            parts,
            format_func=lambda key: PART_LABELS[key],
            selection_mode="multi",
            **session.control(
                "figure_parts",
                [part for part in parts if part in state.figure_parts],
                lambda picked: _read_parts(picked, parts),
                variant=start.kind if parts == PARTS_OF[start.kind] else f"{start.kind}_of_masks",
            ),
        )


def _read_parts(picked: list[str], offered: tuple[str, ...]) -> dict[str, object]:
    """What is not offered stays as it is."""
    stored = session.state().figure_parts
    return {"figure_parts": tuple(part for part in PARTS if part in (picked if part in offered else stored))}


def without_missing(spec: FigureSpec) -> tuple[FigureSpec, tuple[str, ...]]:
    """The spec without the columns that cannot be drawn, and one line on each."""
    reasons = {name: _why_not(spec, name) for name in spec.columns}
    columns = tuple(name for name in spec.columns if not reasons[name])

    def of_columns(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {name: values for name, values in settings.items() if name in columns}

    rows = tuple(
        replace(row, columns=tuple(name for name in row.columns if name in columns), settings=of_columns(row.settings))
        for row in spec.rows
    )
    lines = tuple(dict.fromkeys(reason for reason in reasons.values() if reason))
    return replace(spec, columns=columns, rows=rows, settings=of_columns(spec.settings)), lines


def _why_not(spec: FigureSpec, name: str) -> str:
    if spec.kind not in WITHOUT_ROWS and column(name).base in METHODS:
        rows, method = [row for row in spec.rows if name in spec.columns_of(row)] or spec.rows, column(name).base
        return next(filter(None, (why_not_registered(method, spec.classifier_of(row.image)) for row in rows)), "")
    if spec.kind == "hgr":
        try:
            measured(name)
        except InputError as error:
            return str(error)
    return ""


def _stamp() -> tuple[int, ...]:
    """Changes with the checkpoints, the showcase and the stored gradient ratios."""
    runs = (FOLDER / f"{subject}.npz" for subject in ("toy", "scenes"))
    files = (checkpoints_folder() / "manifest.json", showcase_path(), photographs_path(), *runs)
    return tuple(map(last_change, files))


@dataclass(frozen=True)
class Drawn:
    """A figure's bytes, and what its caption says of them."""

    content: bytes
    caption: str


Held = dict[tuple[tuple[object, ...], str], Drawn]
"""Figures by what they depend on and their kind."""
_HELD = "figures_drawn"
MOST_PRIVATE = 6


def _draw(folder: FigureFolder, kind: str, private: bool) -> Drawn:
    """What was uploaded is drawn from memory, and nothing of it is kept on disk."""
    with workspaces.without_folders():
        return made_beside(_draw_here, folder, kind, private)


def _draw_here(folder: FigureFolder, kind: str, private: bool) -> Drawn:
    from wsss_viz.figures.rendering import render

    tracer = Tracer(threads=threads(), cache=None if private else CACHE, data=folder.open)
    content = render(folder.spec, kind, tracer, MOST_PIXELS)
    return Drawn(content, caption(folder.portable(), tracer.companions, tracer.labels))


@st.cache_data(max_entries=48, show_spinner=False)
def _drawn(key: tuple[object, ...], kind: str, _folder: FigureFolder) -> Drawn:
    return _draw(_folder, kind, private=False)


def _privately_drawn(key: tuple[object, ...], kind: str, folder: FigureFolder, held: Held) -> Drawn:
    """Kept in the session's memory alone; Streamlit's caches of a session cannot be reached by its downloads."""
    if (key, kind) not in held:
        held[key, kind] = _draw(folder, kind, private=True)
        for oldest in list(held)[:-MOST_PRIVATE]:
            held.pop(oldest, None)
    return held[key, kind]


def drawn(spec: FigureSpec, kind: str, material: Material | None = None, held: Held | None = None) -> Drawn:
    """The figure, drawn once.

    Args:
        held: where a session keeps what is drawn of its uploads.
    """
    checkpoints.entry()  # a missing classifier is said before any work
    of = material or Material()
    key = (*_stamp(), of.digest, spec_bytes(spec))
    with turn("figure"):
        if of.private:
            return _privately_drawn(key, kind, of.folder(spec), {} if held is None else held)
        return _drawn(key, kind, of.folder(spec))


def rendered(spec: FigureSpec, kind: str, material: Material | None = None, held: Held | None = None) -> bytes:
    """The figure's bytes, those of the command line."""
    return drawn(spec, kind, material, held).content


def _archive(folder: FigureFolder, text: str, count: int) -> bytes:
    """The folder (ZIP); what is said against a file does not say where it lies on the server."""
    with workspaces.without_folders():
        return folder.archive(text, count)


def show(spec: FigureSpec, material: Material) -> None:
    """The preview, the caption and the downloads."""
    held: Held = st.session_state.setdefault(_HELD, {})
    with st.spinner("Drawing the figure", show_time=True):
        preview = drawn(replace(spec, dpi=min(spec.dpi, PREVIEW_DPI)), "png", material, held)
    picture, text = preview.content, preview.caption
    width, height = Image.open(BytesIO(picture)).size
    with st.container(horizontal_alignment="center", key="preview"):
        st.html(image_room("preview", height, width))
        st.image(picture, output_format="PNG", width="stretch" if spec.width == "double" else 520, alt=text)
    with st.container(horizontal=True, gap="small", key="downloads"):
        for kind in KINDS:
            file_button(kind.upper(), f"figure.{kind}", partial(rendered, spec, kind, material, held))
        if material.sets:
            file_button(
                "Folder (ZIP)",
                "figure.zip",
                partial(_archive, material.folder(spec), text, threads()),
                meaning="Pictures, masks, maps from files, the spec, and a README with the command.",
            )
        else:
            file_button("Spec (figure.json)", "figure.json", spec_bytes(spec))
    st.caption("Caption")
    st.code(text, language=None, wrap_lines=True)
    if material.sets and (absent := material.folder(spec).absent):
        line = f"{', '.join(absent)} is too large for the folder: its README says where to put it."
        st.caption(f":material/info: {plain_line(line)}")
    st.caption(IN_THE_FOLDER if material.sets else "The same bytes from the command line")
    st.code(command(threads()), language="bash", wrap_lines=True)
