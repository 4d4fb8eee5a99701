"""Which pictures the lecture shows: photographs and scenes whose traces are there before anybody waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from wsss_viz.app import caching, session
from wsss_viz.app.encoded import Ground
from wsss_viz.app.language import mark, tr
from wsss_viz.app.services import checkpoints, samples, traces
from wsss_viz.app.source_bar import title_of
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH, photograph_names
from wsss_viz.app.widgets.viewer import Content, Panel, of_image
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase import REBUILD, SHOWCASE_SCENES, Showcase, lessons, read_showcase
from wsss_viz.showcase.photograph_lessons import (
    PhotographLessons,
    guest_of,
    photograph_lessons_path,
    read_photograph_lessons,
    side_by_side,
)
from wsss_viz.showcase.photographs import photographs_path
from wsss_viz.traces import Trace

if TYPE_CHECKING:
    from wsss_viz.models.segmenter import Segmenter


NO_PARTS = mark("This step measures head and body by outlines, which the lecture's photographs alone have.")
"""Why a step is of no other image."""
Stamps = tuple[tuple[str, int], ...]


def _stamps(path: Path) -> Stamps:
    files = (path, checkpoints_folder() / "manifest.json")
    return tuple((str(file), file.stat().st_mtime_ns if file.is_file() else 0) for file in files)


def sources() -> tuple[str, ...]:
    """The scenes there are traces of, as data strings; those that would be computed where there is no showcase."""
    stored = traces.showcase()
    return stored.scenes if stored and stored.scenes else SHOWCASE_SCENES


def photograph_of(state: ViewState) -> str:
    """The photograph that the steps of photographs show: the view's, else the first."""
    return state.example if state.example.startswith("photos:") else DEFAULT_PHOTOGRAPH


def on_photograph(state: ViewState) -> ViewState:
    """The state on the photograph that the steps of photographs show, whatever one looks at."""
    return replace(state, source="scene", example=photograph_of(state), looking_network="")


def photographs() -> tuple[str, ...]:
    """All photographs, as data strings."""
    return tuple(f"photos:{name}" for name in photograph_names())


def photograph_choice(source: str) -> None:
    """The photograph as a control: the one that is chosen stays for all steps that show photographs."""
    st.selectbox(
        tr("Photograph"),
        photographs(),
        format_func=lambda one: title_of(one.partition(":")[2]),
        label_visibility="collapsed",
        width=260,
        **session.control("photograph_choice", source, lambda one: {"example": one, "focus": "", "cell": ()}),
    )


def with_labels(*names: str) -> tuple[str, ...]:
    """The scenes whose labels hold one of `names` and another class."""
    scenes = []
    for source in sources():
        labels = samples.scene(source).labels or ()
        if len(labels) > 1 and any(name in labels for name in names):
            scenes.append(source)
    return tuple(scenes)


def at(state: ViewState, source: str, focus: str = "") -> ViewState:
    """The state on a scene of the lecture; its class is kept where it is one of the scene's, else it is `focus`."""
    labels = samples.example(source).labels or ()
    name = state.focus if state.focus in labels else focus
    return replace(state, example=source, classes=(), focus=name, views="single")


def content_of(
    sample: Sample,
    panels: Sequence[Panel],
    classes: Sequence[str],
    visible: Sequence[str],
    ground: Ground | None = None,
    sigmoids: bool = False,
    whole: Sample | None = None,
) -> Content:
    """What a step's viewer shows: the page is of the sample from here on, and so is each panel.

    Args:
        whole: the sample at its own size, where `sample` is as large as it is drawn.
    """
    image = caching.digest((whole or sample).image)
    session.set_subject(image)
    return Content(sample, of_image(image, panels), classes, visible, ground, sigmoids=sigmoids, image=image)


def elsewhere(state: ViewState) -> ViewState:
    """The state without what is the lecture's own, of what the lecture shows: for the address of another page."""
    return replace(state, present=False, answered=False, source="scene")


def trace(sample: Sample, method: str) -> Trace:
    """The method's trace from the showcase.

    Raises:
        InputError: it has none of this scene, with the command that computes it.
    """
    if method == "cam":
        return traces.trace(sample, "single")
    precomputed = traces.precomputed(sample, method, "single")
    if precomputed is None:
        raise InputError(traces.showcase_note() or f"The showcase has no {method} of this scene.")
    return precomputed


@st.cache_resource(max_entries=2, show_spinner=False)
def _photograph_lessons(stamps: Stamps) -> PhotographLessons:
    return read_photograph_lessons()


@st.cache_resource(max_entries=48, show_spinner=False)
def _photograph_lesson(stamps: Stamps, kind: str, source: str) -> Trace:
    stored = _photograph_lessons(stamps)
    if not stored.has(kind, source):
        raise InputError(f"There is no `{kind}` of {source} for the lecture. Compute it: `{REBUILD}`.")
    return stored.trace(kind, source, beside(source) if kind.startswith("beside") else samples.example(source))


def photograph_lesson(kind: str, source: str) -> Trace:
    """One of the lecture's own traces of a photograph, `showcase.photograph_lessons`.

    Raises:
        InputError: it is not stored, or of another network, with the command that computes it.
    """
    return _photograph_lesson(photograph_stamps(), kind, source)


def stored_photograph_lessons() -> PhotographLessons:
    """The lecture's own traces of the photographs. Raises InputError where there are none of this network."""
    return _photograph_lessons(photograph_stamps())


def photograph_stamps() -> Stamps:
    """What changes where the photographs' traces or the register do, for what is kept of them."""
    return _stamps(photograph_lessons_path())


def trace_stamps() -> Stamps:
    """What changes where the photographs' traces, those of the methods too, or the register do."""
    return (*_stamps(photographs_path()), *photograph_stamps())


@st.cache_resource(max_entries=16, show_spinner=False)
def beside(source: str) -> Sample:
    """A photograph beside another in one picture, of the classes of both."""
    from wsss_viz.showcase.photographs import with_classes

    pictures = [samples.photograph(name) for name in (source.partition(":")[2], guest_of(source.partition(":")[2]))]
    pair = side_by_side(*pictures)
    return with_classes(pair, pair.labels or ())


@st.cache_resource(max_entries=2, show_spinner=False)
def _lessons(stamps: Stamps) -> Showcase | None:
    try:
        return read_showcase(lessons.lessons_path())
    except InputError:
        return None


@st.cache_resource(max_entries=1, show_spinner=False)
def _segmenter(digest: str) -> Segmenter:
    from wsss_viz.models.segmenter import load_segmenter

    return load_segmenter(lessons.SEGMENTER)


@st.cache_resource(max_entries=32, show_spinner=False)
def _lesson_trace(checkpoint: str, name: str, source: str, stamps: Stamps) -> tuple[Trace, str]:
    stored = _lessons(stamps)
    if stored and stored.has(name, source):
        return stored.trace(name, source), mark("precomputed")
    sample = samples.scene(source)
    if name == "segmented":
        return lessons.segmented(_segmenter(checkpoints.entry(lessons.SEGMENTER).sha256), sample), mark("computed now")
    if name == "refined":
        return lessons.refined_cam(checkpoints.classifier(), sample), mark("computed now")
    networks = checkpoints.classifier(), checkpoints.trained("cs-ae")
    return lessons.spill(*networks, sample, name.removeprefix("spill-")), mark("computed now")


def lesson_trace(name: str, source: str) -> tuple[Trace, str]:
    """One of the lecture's own traces, `showcase.lessons`, and where it is from; computed where it is not stored.

    Raises:
        InputError: a network it is computed with is missing.
    """
    trace, origin = _lesson_trace(checkpoints.entry().sha256, name, source, _stamps(lessons.lessons_path()))
    return trace, tr(origin)


def largest_part(sample: Sample) -> str:
    """The label whose object is the largest in the picture."""
    labels: Sequence[str] = sample.labels or ()
    return max(labels, key=lambda name: int(sample.class_mask(name).sum()))
