"""The whole lecture as one row of pictures of one image, and where in it a step is.

Image, class map, erased image, tuned map, mask, network: a picture comes to its place once the lecture has been there,
so that none answers a question that is still to come. Until then the place says which step fills it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import caching
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import at_hand, examples, static_plots
from wsss_viz.app.pages.learn.syllabus import SYLLABUS
from wsss_viz.app.services import samples
from wsss_viz.app.services.steps import frames
from wsss_viz.app.services.thumbnails import small
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import rendering
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces import Step

STATIONS = {
    mark("image"): ("labels_only",),
    mark("class map"): ("class_map", "discriminative_part"),
    mark("erased"): ("adversarial_erasing", "still_seen", "sofa"),
    mark("tuned"): (
        "mutual_information", "data_processing", "trade_off", "information_plane", "gradient_ratio", "last_sigmoid",
    ),
    mark("mask"): ("pipeline", "results"),
    mark("network"): ("pipeline",),
}  # fmt: skip
"""By the name of each place the steps that are about it, by their modules."""
FIRST_STEP = {
    "image": "labels_only",
    "class map": "class_map",
    "erased": "adversarial_erasing",
    "tuned": "last_sigmoid",
    "mask": "pipeline",
    "network": "pipeline",
}
"""The step with whose answer a place's picture is there."""
SCENES_ONLY = mark("The segmentation network learnt from drawn scenes, so there is no mask of this image by it.")
_SIDE = 116
"""Of a picture, twice what it is drawn at."""
_MODULES = tuple(topic.module for topic in SYLLABUS)


def reached(name: str, step: int, answered: bool) -> bool:
    """Whether the lecture has come so far that the place's picture is seen.

    >>> [reached("class map", step, answered) for step, answered in ((3, False), (3, True), (4, False))]
    [False, True, True]
    """
    number = _first_step(name)
    return name == "image" or step > number or (step == number and answered)


def _first_step(name: str) -> int:
    return _MODULES.index(FIRST_STEP[name]) + 1


def show(state: ViewState, answered: bool) -> None:
    """Draws the row at the state's step, of its image."""
    sample = at_hand.picked(state)
    if sample is None:
        pictures = _pictures(examples.photograph_of(state), examples.trace_stamps())
    else:
        pictures = _computed_pictures(sample, state)
        if at_hand.is_scene(state) and reached("network", state.step, answered):
            pictures |= _of_network(sample)
    st.html(overview(state.step, answered, pictures, sample is not None and at_hand.is_scene(state)))


def overview(step: int, answered: bool, pictures: dict[str, str], of_scene: bool = False) -> str:
    """The row at a step.

    Args:
        pictures: addresses by the names of `STATIONS`; what is missing is a name alone, and of the network it is said.
        of_scene: they are of a drawn scene, which the segmentation network knows.

    Examples:
        >>> row = overview(3, False, {"image": "data:,i", "class map": "data:,m"})
        >>> row.count("<img"), row.count('aria-current="step"')  # the map is what step 3 asks for
        (1, 1)
    """
    items = ""
    for name, modules in STATIONS.items():
        at = _MODULES[step - 1] in modules
        there = reached(name, step, answered)
        picture = pictures.get(name, "") if there else ""
        drawn = f'<img src="{escape(picture)}" alt="">' if picture else _empty(name, there, of_scene)
        current = ' aria-current="step"' if at else ""
        either = f' data-or="{escape(tr("or"))}"' if name == "tuned" else ""
        items += f"<li{current}{either}>{drawn}<span>{escape(tr(name))}</span></li>"
    return f'<ol class="wv-map" aria-label="{escape(tr("The lecture, and where this step is"))}">{items}</ol>'


def _empty(name: str, there: bool, of_scene: bool) -> str:
    """A place without a picture: which step fills it, or why none does."""
    if not there:
        return f"<i>{escape(tr('step {number}', number=_first_step(name)))}</i>"
    if name == "network" and not of_scene:
        return f'<i title="{escape(tr(SCENES_ONLY))}">{escape(tr("scenes only"))}</i>'
    return "<i></i>"


@st.cache_data(max_entries=32, show_spinner=False)
def _pictures(source: str, stamps: examples.Stamps) -> dict[str, str]:
    """The pictures of a photograph as addresses; of what is not stored there is none."""
    sample = samples.example(source)
    (name,) = sample.labels or ("",)
    index = sample.classes.index(name)
    pictures = {"image": sample.image}

    def class_map(method: str) -> NDArray[np.float32]:
        step = examples.trace(sample, method).steps[-1]
        return step.image_values(sample.size, "relu_max", [index], ViewState().align)[0]

    with suppress(InputError):
        cam = class_map("cam")
        pictures["class map"] = static_plots.map_over(sample, cam, name)
        mask = (cam > ViewState().threshold) * (index + 1)
        pictures["mask"] = static_plots.classes_overlay(sample.image, mask, sample.classes)
        pictures["tuned"] = static_plots.map_over(sample, class_map("rib"), name)
        erased = frames("ae", examples.photograph_lesson("erasing", source), name, sigmoids=False)[1].seen
        if erased is not None:
            pictures["erased"] = erased
    return {station: _address(picture) for station, picture in pictures.items()}


def _computed_pictures(sample: Sample, state: ViewState) -> dict[str, str]:
    """The pictures of an image as addresses; of what was not computed there is none."""
    key = ("overview", caching.digest(sample.image))
    draws: dict[str, tuple[object, Callable[[], rendering.Picture]]] = {"image": ("", lambda: sample.image)}
    with suppress(InputError):
        at = at_hand.image(state)
        index, shape = at.sample.classes.index(at.name), at.display.size

        def values(step: Step) -> NDArray[np.float32]:
            return step.image_values(shape, "relu_max", [index], ViewState().align)[0]

        of = (at.model.key, at.name, at.sample.labels)
        cam, rib, erasing = at.ended("cam"), at.ended("rib"), at.ended("ae", **at_hand.ERASING)
        first = next((trace.steps[0] for trace in (cam, rib, erasing) if trace), None)  # all begin with the CAM
        if first is not None:
            draws["class map"] = (of, lambda: static_plots.map_over(at.display, values(first), at.name))
            draws["mask"] = (
                of,
                lambda: static_plots.classes_overlay(
                    at.display.image, (values(first) > ViewState().threshold) * (index + 1), at.sample.classes
                ),
            )
        if rib:
            draws["tuned"] = (of, lambda: static_plots.map_over(at.display, values(rib.steps[-1]), at.name))
        if erasing:
            seen = frames("ae", erasing, at.name, sigmoids=False)[1].seen
            draws |= {} if seen is None else {"erased": (of, lambda: seen)}
    return {
        station: _encoded(caching.picture(sample, (*key, station, of), partial(_small, draw)))
        for station, (of, draw) in draws.items()
    }


def _of_network(scene: Sample) -> dict[str, str]:
    """What the segmentation network makes of a drawn scene, which is stored or computed within a moment."""
    from wsss_viz.app.pages.learn.steps.pipeline import segmented  # a step's module is imported when it is needed

    with suppress(InputError):
        stored = segmented(scene.source)
        if stored is not None:
            mask = stored[0].mask

            def draw() -> rendering.Picture:
                return static_plots.classes_overlay(scene.image, mask, scene.classes)

            key = ("overview", caching.digest(scene.image), "network", caching.digest(mask))
            return {"network": _encoded(caching.picture(scene, key, partial(_small, draw)))}
    return {}


def _small(draw: Callable[[], rendering.Picture]) -> bytes:
    return small(draw(), _SIDE)


def _encoded(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"


def _address(picture: rendering.Picture) -> str:
    return _encoded(small(picture, _SIDE))
