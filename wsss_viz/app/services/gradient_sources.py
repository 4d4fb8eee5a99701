"""Where the page Gradients has its numbers from: what ships, and what is computed of one scene when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.services import checkpoints, gradients, samples
from wsss_viz.app.services.jobs.manager import Request, Snapshot
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.gradients import LARGEST_RIB_STEP
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.gradients import stored as storage
from wsss_viz.gradients.regions import part_regions
from wsss_viz.gradients.stored import Stored
from wsss_viz.models.manifest import read_manifest

Maps = tuple[tuple[str, ...], NDArray]


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


@st.cache_resource(max_entries=32, show_spinner=False)
def _map_regions(network: str, checkpoint: str, example: str, name: str, share: float) -> NDArray[np.bool_]:
    from wsss_viz.gradients.scenes import MAP, scene_regions

    return scene_regions(checkpoints.classifier(network), samples.scene(example), [name], MAP, share)[0]


def stored_maps(stored_run: Stored | None, state: ViewState, name: str) -> Maps | None:
    """The layers and maps of the view's scene that ship, where they do."""
    maps = gradients.stored_scene_maps(stored_run, state, name)
    if maps is None or stored_run is None:
        return None
    return gradients.scenes_entry(stored_run, state)[0].curve.layers, maps


def request(stored_run: Stored | None, state: ViewState, sample: Sample, name: str) -> Request:
    """The job that computes the scene's maps: of the network as it is, then of each of RIB's steps where one is asked.

    Its steps are (layers, maps (L, H, W)); in those of RIB the layers that it does not tune stay as they were.
    """
    network = gradients.network_name(stored_run, state)
    tuning = _tuning(state, network)
    measure = "sum" if tuning else state.measure

    def work() -> Iterator[Any]:
        from wsss_viz.gradients.scenes import known_labels, rib_steps, scene_maps

        classifier = checkpoints.classifier(network)
        first = scene_maps(classifier, sample, [name], measure)
        yield first.layers, first.maps[0]
        if not tuning:
            return
        names = known_labels(classifier, sample)
        for tuned in rib_steps(classifier, sample, names):
            still = len(first.layers) - len(tuned.layers)
            yield first.layers, np.concatenate([first.maps[0, :still], tuned.maps[names.index(name)]])

    key = ("gradients", checkpoints.entry(network).sha256, state.example, name, measure, tuning)
    return Request(key, work, LARGEST_RIB_STEP + 2 if tuning else 1, checkpoints.device_label())


def job_title(job: Request) -> str:
    """What the job of `request` computes, in words."""
    return "The gradients of this scene" + (" through RIB's steps" if job.total > 1 else "")


def maps_of(now: Snapshot) -> list[Maps]:
    """What the job of `request` has given so far."""
    return [cast("Maps", step) for step in now.steps]


def _tuning(state: ViewState, network: str) -> bool:
    return state.rib_step > 0 and network == gradients.CLASSIFIER


def scene_picture(
    stored_run: Stored | None, state: ViewState, sample: Sample, name: str, maps: Sequence[Maps], computed: bool
) -> gradients.Picture:
    """The view's scene with its gradient maps and regions.

    Args:
        maps: what ships of it, or what `request` has given so far, at least one.
    """
    network = gradients.network_name(stored_run, state)
    regions = (
        part_regions(sample, name)
        if state.regions == "parts"
        else _map_regions(
            network,
            checkpoints.entry(network).sha256,
            state.example,
            name,
            float(state.regions.removeprefix("map")),
        )
    )
    title, (layers, arrays) = f"scene with {name}", maps[0]
    if _tuning(state, network) and len(maps) > 1:
        k = min(state.rib_step, len(maps) - 2)
        layers, arrays = maps[k + 1]
        title += f", RIB's step {k}" + ("" if k == state.rib_step else ", the last so far")
    return gradients.picture(sample.image, layers, arrays, regions, state, title, computed)
