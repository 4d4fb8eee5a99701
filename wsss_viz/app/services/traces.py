"""The traces of the classifiers that ship: from the showcase where it has them, else computed and kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st

from wsss_viz.app.caching import digest, is_private
from wsss_viz.app.language import tr
from wsss_viz.app.services.checkpoints import SCENES, classifier, entry, name_for, networks_of
from wsss_viz.app.turns import turn
from wsss_viz.data.file_status import last_change
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase import Showcase, read_showcase, showcase_path
from wsss_viz.showcase.photographs import PhotographTraces, photographs_path, read_photographs
from wsss_viz.traces import Step, Trace


@st.cache_resource(max_entries=2, show_spinner=False)
def _showcase(stamps: tuple[tuple[str, int], ...]) -> Showcase | str:
    try:
        return read_showcase()
    except InputError as error:
        return str(error)


def _read_showcase() -> Showcase | str:
    """The showcase, or why there is none; read again once its file or the register has changed."""
    files = (showcase_path(), checkpoints_folder() / "manifest.json")
    return _showcase(tuple((str(file), last_change(file)) for file in files))


def showcase() -> Showcase | None:
    """The traces that were computed beforehand; None where there are none of these checkpoints."""
    read = _read_showcase()
    return None if isinstance(read, str) else read


def showcase_note() -> str:
    """Why there is no showcase and how to make it, in one line; "" where it is there."""
    read = _read_showcase()
    return read if isinstance(read, str) else ""


@st.cache_resource(max_entries=2, show_spinner=False)
def _photographs(stamps: tuple[tuple[str, int], ...]) -> PhotographTraces | None:
    try:
        return read_photographs()
    except InputError:
        return None


def photograph_traces() -> PhotographTraces | None:
    """The photographs' traces that were computed beforehand; None where there are none of this network."""
    files = (photographs_path(), checkpoints_folder() / "manifest.json")
    return _photographs(tuple((str(file), last_change(file)) for file in files))


def is_precomputed(sample: Sample, method: str, views: str) -> bool:
    """Whether the method's defaults on this sample are in the showcase."""
    stored = showcase() if name_for(sample) == SCENES else photograph_traces()
    return stored is not None and bool(sample.source) and stored.has(method, sample.source, views)


@st.cache_resource(max_entries=64, show_spinner=False)
def _stored_trace(stamp: int, method: str, source: str, _showcase: Showcase) -> Trace:
    return _showcase.trace(method, source)


@st.cache_resource(max_entries=64, show_spinner=False)
def _photograph_trace(stamp: int, method: str, source: str, _opened: PhotographTraces, _sample: Sample) -> Trace:
    return _opened.trace(method, _sample)


def precomputed(sample: Sample, method: str, views: str) -> Trace | None:
    """The trace of the method's defaults on this sample from the showcase, without torch; None where it has none."""
    if not is_precomputed(sample, method, views):
        return None
    stored, photographs = showcase(), photograph_traces()
    if name_for(sample) == SCENES:
        assert stored is not None
        return _stored_trace(last_change(showcase_path()), method, sample.source, stored)
    assert photographs is not None
    trace = _photograph_trace(last_change(photographs_path()), method, sample.source, photographs, sample)
    return trace if trace.classes == sample.classes else None


def origin(sample: Sample, method: str, views: str) -> str:
    """Where a trace of the method's defaults comes from, for the page to say."""
    return tr("precomputed") if is_precomputed(sample, method, views) else tr("computed now")


def _cam(sample: Sample, views: str) -> Trace:
    with turn("maps", short=views != "multi-scale"):
        return Trace.collect(steps_of("cam", sample, views), "cam", sample.classes)


@st.cache_data(max_entries=1024, show_spinner=False)
def _shared_trace(checkpoint: str, image: str, classes: tuple[str, ...], views: str, _sample: Sample) -> Trace:
    return _cam(_sample, views)


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def _private_trace(checkpoint: str, image: str, classes: tuple[str, ...], views: str, _sample: Sample) -> Trace:
    return _cam(_sample, views)


def trace(sample: Sample, views: str) -> Trace:
    """The CAM trace of a sample: from the showcase, else computed once for each checkpoint, image and views."""
    key = entry(name_for(sample)).sha256, digest(sample.image), sample.classes
    stored = precomputed(sample, "cam", views)
    if stored is not None:
        return stored
    compute = _private_trace if is_private(sample) else _shared_trace
    return compute(*key, views, sample)


def steps_of(method: str, sample: Sample, views: str, **options: Any) -> Iterator[Step]:
    """The method's Steps on the sample, computed as they are asked for; may be run by any thread.

    Their classes are the sample's: all that the scenes' classifier knows, and of ImageNet's thousand a few.
    """
    from wsss_viz.methods import bind
    from wsss_viz.methods.few_rows import run_with_few_rows
    from wsss_viz.methods.views import PRESETS

    name = name_for(sample)
    if name != SCENES:
        return run_with_few_rows(method, classifier(name), sample, PRESETS[views], **options)
    return bind(method, classifier(name), networks_of(method, name), **options)(sample, PRESETS[views])
