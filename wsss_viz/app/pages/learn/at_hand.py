"""The image that the lecture is walked on, and a step's traces of it: those that are stored, else computed as jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from wsss_viz.app import caching, methods, session, source_bar, workspace
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import examples
from wsss_viz.app.services import checkpoints, drawings, samples, upload, workspaces
from wsss_viz.app.services.jobs.manager import DONE, Request, Snapshot
from wsss_viz.app.services.jobs.panel import ended, reach
from wsss_viz.app.services.models import BuiltinModel, ModelHandle, builtin
from wsss_viz.app.services.workspaces import WorkspaceModel
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Panel
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.errors import InputError
from wsss_viz.showcase.photograph_lessons import ERASINGS
from wsss_viz.traces import Step, Trace

ERASING = {"steps": ERASINGS, "stop_probability": 0.0, "stop_area": 1.0}
"""The settings of `ae` that the stored erasings have (`showcase.photograph_lessons`)."""


FEW, PATIENCE = 8, 2.0
"""Of a job with so few Steps the seconds that a step waits: it then opens at once as what it is."""


class StillComputingError(Exception):
    """A step waits for a job.

    Attributes:
        request, snapshot: the job, and how far it is.
        title: of what is computed.
    """

    def __init__(self, request: Request, title: str, snapshot: Snapshot) -> None:
        super().__init__(title)
        self.request, self.title, self.snapshot = request, title, snapshot


@dataclass(frozen=True, eq=False)
class AtHand:
    """What a step is about.

    Attributes:
        sample: its labels are those that the network knows, and at least one.
        model: who looks at it.
        name: the label whose map is shown.
        shipped: whether it is one of the lecture's photographs, whose traces are stored.
    """

    sample: Sample
    model: BuiltinModel | WorkspaceModel
    name: str
    shipped: bool

    @property
    def display(self) -> Sample:
        """The sample as large as it is drawn."""
        return upload.display_copy(self.sample)

    @property
    def measured(self) -> bool:
        """Whether the sample's mask has the class, so that there is something to score."""
        mask = self.sample.mask
        return mask is not None and bool((self.sample.class_mask(self.name) & (mask != IGNORE)).any())

    def truth_panel(self) -> Panel:
        """The viewer's panel of the sample's outlines."""
        title = tr("Head and body") if self.sample.source.startswith("photos:") else tr("Ground truth")
        return Panel(title, note=tr("outlines, not used in training"), truth=True)

    def view(self, state: ViewState, **changes: Any) -> ViewState:
        """The state on this image, at its class."""
        return replace(state, example=self.sample.source or state.example, classes=(), focus=self.name, views="single",
                       **changes)  # fmt: skip

    def elsewhere(self, view: ViewState) -> ViewState:
        """`elsewhere` of a view of this image."""
        return elsewhere(self.sample, view)

    def trace(self, method: str, **options: Any) -> Trace:
        """A method's trace: the stored one of its defaults, else computed.

        Raises:
            StillComputingError: it is being computed, or was stopped.
            InputError: the network cannot do the method, or too many computations are waiting.
        """
        if not options and (stored := self.model.stored_results(method, self.sample, "single")):
            return stored
        if reason := self.model.why_not(method):
            raise InputError(reason)
        return computed(self._request(method, options), method, self.model.classes, methods.title_of(method))

    def ended(self, method: str, **options: Any) -> Trace | None:
        """The same where it is there already; None where it would have to be computed."""
        if not options and (stored := self.model.stored_results(method, self.sample, "single")):
            return stored
        if self.model.why_not(method):
            return None
        snapshot = ended(self._request(method, options))
        return Trace(snapshot.steps, method, self.model.classes) if snapshot and snapshot.state == DONE else None

    def _request(self, method: str, options: dict[str, Any]) -> Request:
        return self.model.request(method, self.sample, "single", **options)

    def erasing(self) -> Trace:
        """Adversarial erasing, without rules to stop by. Raises as `trace`."""
        if self.shipped:
            return examples.photograph_lesson("erasing", self.sample.source)
        return self.trace("ae", **ERASING)

    def class_sum(self) -> Trace:
        """`showcase.lessons.class_sum`, of the one class. Raises as `trace`."""
        if self.shipped:
            return examples.photograph_lesson("class-sum", self.sample.source)
        sample = replace(self.sample, labels=(self.name,))
        key = ("class-sum", self.model.key, caching.digest(sample.image), self.name)
        request = Request(
            key, lambda: _class_sum(self.model, sample), 1, checkpoints.device_label(), caching.is_private(sample)
        )
        return computed(request, "class-sum", (self.name,), tr("Features and weights"))


def _class_sum(model: ModelHandle, sample: Sample) -> Iterator[Step]:
    from wsss_viz.models.narrowing import narrow
    from wsss_viz.showcase.lessons import class_sum

    classifier, in_words, _ = model.on_image(sample)
    yield from class_sum(narrow(classifier, in_words.labels or ()), in_words)


def computed(request: Request, method: str, classes: tuple[str, ...], title: str) -> Trace:
    """What a job has computed, started where it was not. Raises StillComputingError where it has not ended."""
    snapshot = reach(request, PATIENCE) if request.total <= FEW else reach(request)
    if snapshot.state != DONE:
        raise StillComputingError(request, title, snapshot)
    return Trace(snapshot.steps, method, classes)


def is_lectures(state: ViewState) -> bool:
    """Whether what one looks at is one of the lecture's own photographs, and no image of one's own."""
    return state.source != "own" and state.example.startswith("photos:")


def is_scene(state: ViewState) -> bool:
    """Whether it is a drawn scene."""
    return state.source != "own" and state.is_scene


def picked(state: ViewState) -> Sample | None:
    """What one looks at on the other pages, as it is; None where that is one of the lecture's photographs, or nothing.

    Raises:
        InputError: an image of a workspace cannot be read.
    """
    if state.source == "own":
        return upload.current(state)
    return None if state.example.startswith("photos:") else source_bar.sample(state)


def image(state: ViewState) -> AtHand:
    """What a step about one image shows: what one looks at on the other pages, a photograph of the lecture's too.

    Of an image without labels that the network knows it is the class with the highest logit, or the view's.

    Raises:
        InputError: the image cannot be read, or its network cannot look at it.
    """
    sample = picked(state)
    if sample is None:
        sample = samples.example(examples.photograph_of(state))
        (name,) = sample.labels or ()
        return AtHand(sample, builtin(sample), name, shipped=True)
    model = workspaces.looking(sample, state)
    if reason := model.why_not("cam"):
        raise InputError(reason)
    known = model.known
    labels = tuple(name for name in sample.labels or () if name in known)
    if not is_labelled(sample) and state.focus in known:
        labels = (state.focus,)
    labels = labels or (_highest(sample, model),)
    name = state.focus if state.focus in labels else labels[0]
    return AtHand(replace(sample, labels=labels), model, name, shipped=False)


def class_choice(state: ViewState) -> None:
    """Which class the step is about, where the image has several labels, or none that anybody gave it."""
    at = image(state)
    choices = (at.sample.labels or ()) if is_labelled(at.sample) else at.model.known
    if at.shipped or len(choices) < 2:
        return
    st.selectbox(
        tr("Class"),
        choices,
        label_visibility="collapsed",
        width=190,
        **session.control("focus", at.name, variant=f"_{caching.digest(at.sample.image)[:12]}_{len(choices)}"),
    )


def _highest(sample: Sample, model: ModelHandle) -> str:
    scores = drawings.erased(sample, "", "mean", "single", model).scores
    return sample.classes[int(np.nanargmax(scores))]


def elsewhere(sample: Sample, view: ViewState) -> ViewState:
    """A view of the sample without what is the lecture's own, for the address of another page."""
    return examples.elsewhere(view) if sample.source else replace(view, present=False, answered=False)


def is_labelled(sample: Sample) -> bool:
    """Whether its labels were given, and are no guess of a network's."""
    if not sample.source.startswith(f"{workspace.KIND}:"):
        return bool(sample.source)
    name, _ = workspace.parts_of(sample.source)
    return bool(sample.labels) and bool(workspace.samples_of(name).classes)


def shipped(state: ViewState) -> ViewState:
    """The state on what ships with the lecture."""
    return replace(state, source="scene", example=ViewState().example, classes=(), focus="", looking_network="")


def origin(at: AtHand) -> str:
    """Where what a step shows of it is from."""
    return tr("precomputed") if at.shipped else tr("computed now")


def about(state: ViewState) -> str:
    """What the page is of where that is none of the lecture's own examples, in one line."""
    sample = picked(state)
    if sample is None:
        return ""
    if sample.source.startswith(f"{workspace.KIND}:"):
        of = workspaces.of_sample(sample)
        network = state.looking_network or next(iter(of.networks)) if of else ""
        return tr(OF_WORKSPACE, name=sample.name, network=network)
    return tr(OF_SCENE) if sample.source else tr(OF_UPLOAD)


AVERAGES = mark("Averages over photographs are of the lecture's own.")
OF_WORKSPACE = mark("This step is of your image {name}, looked at by {network}, computed here.")
OF_SCENE = mark("This step is of the drawn scene that you have been looking at.")
OF_UPLOAD = mark("This step is of your own picture, looked at by ImageNet's network, computed here.")
