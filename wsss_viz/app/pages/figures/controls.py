"""The page Figures: a preset and its settings to a spec, the spec to a preview and to files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.methods import is_maps
from wsss_viz.app.services import basket, checkpoints
from wsss_viz.app.settings import threads
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import BASKET, PARTS, RESOLUTIONS, SCENE
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.errors import InputError
from wsss_viz.figures import PRESETS, FigureSpec, caption, preset, spec_bytes
from wsss_viz.figures.ratios import measured
from wsss_viz.figures.spec import WIDTHS
from wsss_viz.figures.tracing import Tracer
from wsss_viz.gradients.stored import FOLDER
from wsss_viz.methods.catalogue import METHODS, why_not_registered
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
KINDS = ("png", "pdf", "svg")
MOST_PIXELS = 40e6
PREVIEW_DPI = 300


def spec_of(state: ViewState) -> FigureSpec:
    """Draws the controls and gives the spec they describe."""
    name = state.figure or (BASKET if state.basket else "grid")
    title = {**TITLES, BASKET: f"Basket ({len(state.basket)})"}
    st.pills("Figure", list(title), format_func=lambda key: title[key], wrap=True, **session.control("figure", name))
    if name == BASKET and not state.basket:
        st.caption(
            ":material/info: The basket is empty: “Send to Figures” on Compare and Erasing puts a view into it. "
            "Until then, the first preset."
        )
        name = "grid"
    if name == BASKET:
        basket.editor(state)
    if name == BASKET and state.basket_kind != "grid" and any(is_maps(one) for i in state.basket for one in i.methods):
        st.caption(":material/info: Maps from files have no steps: they are columns of a grid.")
    start = _start(name, state)
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
    return replace(spec, normalisation=state.normalisation) if spec.kind in OF_PICTURES else spec


def _start(name: str, state: ViewState) -> FigureSpec:
    """The figure before its settings."""
    if name == BASKET:
        return basket.spec_of(state.basket, state)
    if name == SCENE:
        item, _ = basket.from_compare(state)
        assert item is not None
        return basket.spec_of((item,), replace(state, basket_kind="grid"))
    return preset(name)


def _settings(state: ViewState, start: FigureSpec, free: bool) -> None:
    """The controls below the choice of the figure.

    Args:
        free: whether the figure is the person's own, so that masks may stand for maps.
    """
    with st.container(horizontal=True, gap="medium", key="settings"):
        st.selectbox(
            "Width",
            list(WIDTHS),
            format_func=lambda key: WIDTH_LABELS[key],
            width=190,
            **session.control("figure_width", state.figure_width),
        )
        st.selectbox("Resolution, dpi", RESOLUTIONS, width=130, **session.control("dpi", state.dpi))
        if "colour-bar" in PARTS_OF[start.kind]:
            st.selectbox(
                "Colours",
                COLOUR_MAPS,
                width=120,
                **session.control("figure_colours", state.figure_colours or start.colours),
            )
        if start.kind in OF_PICTURES:
            st.selectbox(
                "Scale of the maps",
                NORMALISATIONS,
                format_func=lambda key: SCALE_LABELS[key],
                width=220,
                **session.control("normalisation", state.normalisation),
            )
            if free:
                st.selectbox("Over the image", ["map", "mask"], width=110, **session.control("show", start.show))
                if start.show == "mask":
                    st.number_input(
                        "Threshold", 0.0, 1.0, step=0.05, width=120, **session.control("threshold", state.threshold)
                    )
        parts = PARTS_OF[start.kind]
        st.pills(
            "With",
            parts,
            format_func=lambda key: PART_LABELS[key],
            selection_mode="multi",
            **session.control(
                "figure_parts",
                [part for part in parts if part in state.figure_parts],
                lambda picked: _read_parts(picked, parts),
                variant=start.kind,
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
    rows = tuple(replace(row, columns=tuple(name for name in row.columns if name in columns)) for row in spec.rows)
    lines = tuple(dict.fromkeys(reason for reason in reasons.values() if reason))
    return replace(spec, columns=columns, rows=rows), lines


def _why_not(spec: FigureSpec, column: str) -> str:
    if column in METHODS:
        rows = [row for row in spec.rows if column in spec.columns_of(row)] or spec.rows
        return next(filter(None, (why_not_registered(column, spec.classifier_of(row.image)) for row in rows)), "")
    if spec.kind == "hgr":
        try:
            measured(column)
        except InputError as error:
            return str(error)
    return ""


def _stamp() -> tuple[int, ...]:
    """Changes with the checkpoints, the showcase and the stored gradient ratios."""
    runs = (FOLDER / f"{subject}.npz" for subject in ("toy", "scenes"))
    files = (checkpoints_folder() / "manifest.json", showcase_path(), photographs_path(), *runs)
    return tuple(file.stat().st_mtime_ns if file.is_file() else 0 for file in files)


@dataclass(frozen=True)
class Drawn:
    """A figure's bytes, and what its caption says of them."""

    content: bytes
    caption: str


@st.cache_data(max_entries=48, show_spinner=False)
def _drawn(stamp: tuple[int, ...], spec: bytes, kind: str, _spec: FigureSpec) -> Drawn:
    from wsss_viz.figures.rendering import render

    tracer = Tracer(threads=threads())
    content = render(_spec, kind, tracer, MOST_PIXELS)
    return Drawn(content, caption(_spec, tracer.companions, tracer.labels))


def drawn(spec: FigureSpec, kind: str) -> Drawn:
    """The figure, drawn once."""
    checkpoints.entry()  # a missing classifier is said before any work
    with turn("figure"):
        return _drawn(_stamp(), spec_bytes(spec), kind, spec)


def rendered(spec: FigureSpec, kind: str) -> bytes:
    """The figure's bytes, those of the command line."""
    return drawn(spec, kind).content


def show(spec: FigureSpec) -> None:
    """The preview, the caption and the downloads."""
    with st.spinner("Drawing the figure", show_time=True):
        preview = drawn(replace(spec, dpi=min(spec.dpi, PREVIEW_DPI)), "png")
    picture, text = preview.content, preview.caption
    with st.container(horizontal_alignment="center"):
        st.image(picture, output_format="PNG", width="stretch" if spec.width == "double" else 520, alt=text)
    with st.container(horizontal=True, gap="small", key="downloads"):
        for kind in KINDS:
            file_button(kind.upper(), f"figure.{kind}", partial(rendered, spec, kind))
        file_button("Spec (figure.json)", "figure.json", spec_bytes(spec))
    st.caption("Caption")
    st.code(text, language=None, wrap_lines=True)
    st.caption("The same bytes from the command line")
    st.code("python -m wsss_viz figure figure.json figure.pdf", language="bash")
