"""Where the page Gradients has its numbers from: what ships, and what is computed of one scene when it is asked for."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import caches, gradients
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.gradients import stored as storage
from wsss_viz.gradients.regions import part_regions
from wsss_viz.gradients.stored import Stored
from wsss_viz.models.manifest import read_manifest

Maps = tuple[tuple[str, ...], NDArray[np.float32]]


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored(subject: str, modified: int, digests: tuple[tuple[str, str], ...]) -> Stored:
    return storage.shipped(subject, dict(digests))


def stored(subject: str) -> Stored:
    """The measurements that ship, read once for all sessions.

    Raises:
        InputError: missing, damaged, or of another checkpoint; one line with the command that measures again.
    """
    path = storage.FOLDER / f"{subject}.npz"
    modified = path.stat().st_mtime_ns if path.is_file() else 0
    digests = tuple(sorted((name, entry.sha256) for name, entry in read_manifest().items()))
    return _stored(subject, modified, digests)


def stored_or_why_not(subject: str) -> tuple[Stored | None, str]:
    """The measurements that ship and "", or None and the line that says why not."""
    try:
        return stored(subject), ""
    except InputError as error:
        return None, str(error)


@st.cache_resource(max_entries=32, show_spinner="Computing the gradients of this scene")
def _maps(network: str, checkpoint: str, example: str, name: str, measure: str) -> Maps:
    from wsss_viz.gradients.scenes import scene_maps

    found = scene_maps(caches.classifier(network), caches.scene(example), [name], measure)
    return found.layers, found.maps[0]


@st.cache_resource(max_entries=8, show_spinner="Tuning on this scene with RIB, step by step")
def _rib_maps(checkpoint: str, example: str, name: str) -> list[Maps]:
    from wsss_viz.gradients.scenes import known_labels, rib_maps

    classifier, sample = caches.classifier(), caches.scene(example)
    names = known_labels(classifier, sample)
    row = names.index(name)
    return [(found.layers, found.maps[row]) for found in rib_maps(classifier, sample, names)]


@st.cache_resource(max_entries=32, show_spinner=False)
def _map_regions(network: str, checkpoint: str, example: str, name: str, share: float) -> NDArray[np.bool_]:
    from wsss_viz.gradients.scenes import MAP, scene_regions

    return scene_regions(caches.classifier(network), caches.scene(example), [name], MAP, share)[0]


def scene_picture(found: Stored | None, state: ViewState, sample: Sample, name: str) -> gradients.Picture:
    """The view's scene with its gradient maps and regions, stored where they are, else computed."""
    network = gradients.network_name(found, state)
    checkpoint = caches.entry(network).sha256
    kept = gradients.stored_scene_maps(found, state, name)
    regions = (
        part_regions(sample, name)
        if state.regions == "parts"
        else _map_regions(network, checkpoint, state.example, name, float(state.regions.removeprefix("map")))
    )
    if kept is not None and found is not None:
        layers = gradients.scenes_entry(found, state)[0].curve.layers
        return gradients.picture(sample.image, layers, kept, regions, state, f"scene with {name}", computed=False)
    tuning = state.rib_step > 0 and network == gradients.CLASSIFIER
    measure = "sum" if tuning else state.measure
    layers, maps = _maps(network, checkpoint, state.example, name, measure)
    title = f"scene with {name}"
    if tuning:
        steps = _rib_maps(checkpoint, state.example, name)
        k = min(state.rib_step, len(steps) - 1)
        tuned, late = steps[k]
        maps = np.concatenate([maps[: len(layers) - len(tuned)], late])
        title += f", RIB's step {k}" + ("" if k == state.rib_step else ", where it stopped")
    return gradients.picture(sample.image, layers, maps, regions, state, title, computed=True)
