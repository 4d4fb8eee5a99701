"""Which scenes the lecture shows: of the showcase's, so that their traces are there before anybody waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wsss_viz.app import caches
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.showcase import SHOWN_SCENES
from wsss_viz.traces import Trace


def sources() -> tuple[str, ...]:
    """The scenes there are traces of, as data strings; those that would be computed where there is no showcase."""
    shown = caches.showcase()
    return shown.scenes if shown and shown.scenes else SHOWN_SCENES


def with_labels(*names: str) -> tuple[str, ...]:
    """The scenes whose labels hold one of `names` and another class."""
    found = []
    for source in sources():
        labels = caches.scene(source).labels or ()
        if len(labels) > 1 and any(name in labels for name in names):
            found.append(source)
    return tuple(found)


def at(state: ViewState, source: str, focus: str = "") -> ViewState:
    """The state on a scene of the lecture; its class is kept where it is one of the scene's, else it is `focus`."""
    _, split, index = source.split(":")
    labels = caches.scene(source).labels or ()
    kept = state.focus if state.focus in labels else focus
    return replace(state, split=split, index=int(index), classes=(), focus=kept, views="single")


def elsewhere(state: ViewState) -> ViewState:
    """The state without what is the lecture's own: for the address of another page."""
    return replace(state, present=False)


def trace(sample: Sample, method: str) -> Trace:
    """The method's trace from the showcase.

    Raises:
        InputError: it has none of this scene, with the command that computes it.
    """
    if method == "cam":
        return caches.trace(sample, "single")
    found = caches.precomputed(sample, method, "single")
    if found is None:
        raise InputError(caches.showcase_note() or f"The showcase has no {method} of this scene.")
    return found


def largest_part(sample: Sample) -> str:
    """The label whose object is the largest in the picture."""
    labels: Sequence[str] = sample.labels or ()
    return max(labels, key=lambda name: int(sample.class_mask(name).sum()))
