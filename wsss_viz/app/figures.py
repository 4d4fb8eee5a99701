"""The page Figures: a preset and its settings to a spec, the spec to a preview and to files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from wsss_viz.app import caches
from wsss_viz.app.explanations import Explanation
from wsss_viz.figures import PRESETS, FigureSpec, Row, caption, preset, spec_bytes
from wsss_viz.figures.sources import compute_trace, why_not
from wsss_viz.figures.spec import COLOUR_MAPS, WIDTHS
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase import showcase_path
from wsss_viz.traces import Trace

EXPLANATION = Explanation(
    "A figure for a paper, described by a small JSON file: which images, which methods, how wide, in which colours. "
    "The same file gives the same bytes on the command line.",
    r"M_c(u) = \frac{\max(A_c(u), 0)}{\max_v \max(A_c(v), 0)}",
    "Each map is divided by its maximum, so brightness does not compare across panels, unless the spec says shared.",
)
OWN = "own"
TITLES = {**PRESETS, OWN: "The scene of this view"}
WIDTH_LABELS = {name: f"{name} column, {inches:g} in" for name, inches in WIDTHS.items()}
PARTS = {"labels": "labels", "letters": "letters", "colour_bar": "colour bar", "contours": "outlines"}
MIME = {"png": "image/png", "pdf": "application/pdf", "svg": "image/svg+xml"}
ICONS = {"png": "image", "pdf": "picture_as_pdf", "svg": "shapes"}


def chosen(example: str) -> FigureSpec:
    """Draws the controls.

    Args:
        example: the data string of the scene that the view is of.

    Returns:
        The spec they describe.
    """
    name = st.pills("Figure", list(TITLES), format_func=lambda key: TITLES[key], default="grid", key="figure_preset")
    start = replace(preset("grid"), rows=(Row(example),)) if name == OWN else preset(name or "grid")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="settings"):
        width = st.selectbox(
            "Width", list(WIDTHS), index=1, format_func=lambda key: WIDTH_LABELS[key], width=190, key="figure_width"
        )
        dpi = st.selectbox("Resolution, dpi", [150, 300, 600], index=1, width=130, key="figure_dpi")
        first = COLOUR_MAPS.index(start.colours)
        colours = st.selectbox("Colours", COLOUR_MAPS, index=first, width=130, key=f"figure_colours_{first}")
        parts = st.pills(
            "With",
            list(PARTS),
            format_func=lambda key: PARTS[key],
            selection_mode="multi",
            default=list(PARTS),
            key="figure_parts",
        )
    return replace(
        start,
        width=width,
        dpi=dpi,
        colours=colours,
        labels="labels" in parts,
        letters="letters" in parts,
        colour_bar="colour_bar" in parts,
        contours="contours" in parts,
    )


def without_missing(spec: FigureSpec) -> tuple[FigureSpec, tuple[str, ...]]:
    """The spec without the methods that cannot be drawn, and one line on each."""
    reasons = {method: why_not(method, spec.classifier) for method in spec.methods}
    kept = tuple(name for name in spec.columns if not reasons.get(name))
    return replace(spec, columns=kept), tuple(reason for reason in reasons.values() if reason)


def _stamp() -> tuple[int, ...]:
    """Changes with the checkpoints and the showcase."""
    files = (checkpoints_folder() / "manifest.json", showcase_path())
    return tuple(file.stat().st_mtime_ns if file.is_file() else 0 for file in files)


@st.cache_data(max_entries=64, show_spinner=False)
def _trace(stamp: tuple[int, ...], key: tuple[str, str, str, str], _spec: FigureSpec) -> Trace:
    return compute_trace(_spec, key[2], key[3])


@st.cache_data(max_entries=48, show_spinner=False)
def _rendered(stamp: tuple[int, ...], spec: bytes, kind: str, _spec: FigureSpec) -> bytes:
    from wsss_viz.figures.rendering import render

    return render(_spec, kind, lambda s, method, image: _trace(stamp, (s.classifier, s.views, method, image), s))


def rendered(spec: FigureSpec, kind: str) -> bytes:
    """The figure's bytes, those of the command line, drawn once."""
    caches.entry()  # a missing classifier is said before any work
    return _rendered(_stamp(), spec_bytes(spec), kind, spec)


def show(spec: FigureSpec) -> None:
    """The preview, the caption and the downloads."""
    text = caption(spec)
    with st.spinner("Drawing the figure", show_time=True):
        picture = rendered(spec, "png")
    with st.container(horizontal_alignment="center"):
        st.image(picture, output_format="PNG", width="stretch" if spec.width == "double" else 520, alt=text)
    with st.container(horizontal=True, gap="small", key="downloads"):
        for kind, mime in MIME.items():
            st.download_button(
                kind.upper(),
                data=partial(rendered, spec, kind),
                file_name=f"figure.{kind}",
                mime=mime,
                icon=f":material/{ICONS[kind]}:",
                on_click="ignore",
            )
        st.download_button(
            "Spec (figure.json)",
            data=spec_bytes(spec),
            file_name="figure.json",
            mime="application/json",
            icon=":material/data_object:",
            on_click="ignore",
        )
    st.caption("Caption")
    st.code(text, language=None, wrap_lines=True)
    st.caption("The same bytes from the command line")
    st.code("python -m wsss_viz figure figure.json figure.pdf", language="bash")
