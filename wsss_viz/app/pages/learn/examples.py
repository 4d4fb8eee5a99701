"""Which scenes the lecture shows: of the showcase's, so that their traces are there before anybody waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from wsss_viz.app.services import checkpoints, samples, traces
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase import SHOWCASE_SCENES, Showcase, lessons, read_showcase
from wsss_viz.traces import Trace

if TYPE_CHECKING:
    from wsss_viz.models.segmenter import Segmenter


def sources() -> tuple[str, ...]:
    """The scenes there are traces of, as data strings; those that would be computed where there is no showcase."""
    stored = traces.showcase()
    return stored.scenes if stored and stored.scenes else SHOWCASE_SCENES


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
    labels = samples.scene(source).labels or ()
    name = state.focus if state.focus in labels else focus
    return replace(state, example=source, classes=(), focus=name, views="single")


def elsewhere(state: ViewState) -> ViewState:
    """The state without what is the lecture's own: for the address of another page."""
    return replace(state, present=False)


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
def _lessons(stamps: tuple[tuple[str, int], ...]) -> Showcase | None:
    try:
        return read_showcase(lessons.lessons_path())
    except InputError:
        return None


@st.cache_resource(max_entries=1, show_spinner=False)
def _segmenter(digest: str) -> Segmenter:
    from wsss_viz.models.segmenter import load_segmenter

    return load_segmenter(lessons.SEGMENTER)


@st.cache_resource(max_entries=32, show_spinner=False)
def _lesson_trace(checkpoint: str, name: str, source: str, stamps: tuple[tuple[str, int], ...]) -> tuple[Trace, str]:
    stored = _lessons(stamps)
    if stored and stored.has(name, source):
        return stored.trace(name, source), "precomputed"
    kind, _, label = name.rpartition("-")
    sample, classifier = samples.scene(source), checkpoints.classifier()
    if kind == "looks":
        return lessons.erased_above_thresholds(classifier, sample, label), "computed now"
    if name == "segmented":
        return lessons.segmented(_segmenter(checkpoints.entry(lessons.SEGMENTER).sha256), sample), "computed now"
    if kind == "spill":
        return lessons.spill(classifier, checkpoints.trained("cs-ae"), sample, label), "computed now"
    return lessons.class_sum(classifier, sample), "computed now"


def lesson_trace(name: str, source: str) -> tuple[Trace, str]:
    """One of the lecture's own traces, `showcase.lessons`, and where it is from; computed where it is not stored.

    Raises:
        InputError: a network it is computed with is missing.
    """
    files = (lessons.lessons_path(), checkpoints_folder() / "manifest.json")
    stamps = tuple((str(file), file.stat().st_mtime_ns if file.is_file() else 0) for file in files)
    return _lesson_trace(checkpoints.entry().sha256, name, source, stamps)


def largest_part(sample: Sample) -> str:
    """The label whose object is the largest in the picture."""
    labels: Sequence[str] = sample.labels or ()
    return max(labels, key=lambda name: int(sample.class_mask(name).sum()))
