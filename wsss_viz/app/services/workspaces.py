"""The images of a workspace, the networks that look at them, the maps that others made of them.

Everything is in the data set's own words: a network's classes, and those of the maps, are matched to them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from wsss_viz.app import caching, methods, workspace
from wsss_viz.app.services import checkpoints
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.app.services.models import BuiltinModel, OnImage, builtin
from wsss_viz.app.state import ViewState
from wsss_viz.app.turns import turn
from wsss_viz.app.workspace import Workspace
from wsss_viz.data.files import stamp_of
from wsss_viz.data.matching import matching
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.scores import image_ious
from wsss_viz.evaluation.stored_maps import count_stored_sample, stored_trace
from wsss_viz.figures.spec import PHOTOGRAPHS_CLASSIFIER
from wsss_viz.methods.availability import why_not
from wsss_viz.models.manifest import read_manifest, trained_names
from wsss_viz.traces import Step, Trace
from wsss_viz.traces.centres import FIELD
from wsss_viz.traces.map_folder import MapFolder

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.renaming import RenamedClassifier

UNLABELLED = 8
"""Of a network's many classes, how many are offered where a data set names none."""


def of_state(state: ViewState) -> Workspace | None:
    """The workspace whose image the view looks at."""
    return workspace.workspaces().get(state.workspace)


def of_sample(sample: Sample) -> Workspace | None:
    """The workspace that a sample is of."""
    if not sample.source.startswith(f"{workspace.KIND}:"):
        return None
    return workspace.workspaces().get(workspace.parts_of(sample.source)[0])


def classes_are_guessed(sample: Sample) -> bool:
    """Whether a sample's classes are those that its workspace's network finds most likely: the data set has none."""
    of = of_sample(sample)
    return of is not None and not workspace.samples_of(of.name).classes


@contextmanager
def _without_folders(of: Workspace | None) -> Iterator[None]:
    """Cuts the workspace's paths in what is said of a bad input."""
    try:
        yield
    except InputError as error:
        raise InputError(workspace.without_folders(str(error), of) if of else str(error)) from None


@contextmanager
def without_folders() -> Iterator[None]:
    """Cuts the paths of all workspaces in what is said of a bad input."""
    try:
        yield
    except InputError as error:
        text = str(error)
        for of in workspace.workspaces().values():
            text = workspace.without_folders(text, of)
        raise InputError(text) from None


@st.cache_resource(max_entries=64, show_spinner=False)
def example(source: str) -> Sample:
    """The sample of `workspace:NAME:INDEX`, which it has as its source; to be left as it is.

    Of a data set without classes they are those that the workspace's first network finds most likely.

    Raises:
        InputError: it cannot be read.
    """
    name, index = workspace.parts_of(source)
    with _without_folders(workspace.workspaces()[name]), turn("image", short=True):
        sample = replace(workspace.samples_of(name)[index], source=source)
    if sample.classes:
        return sample
    checkpoint = next(iter(workspace.workspaces()[name].networks.values()))
    with turn("recognition", short=True):
        names = _first_classes(opened(checkpoint, name).looking, sample)
    return replace(sample, classes=names, labels=names[:1])


def _first_classes(looking: Classifier | RenamedClassifier, sample: Sample) -> tuple[str, ...]:
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.narrowing import narrow_to_top

    assert isinstance(looking, Classifier)  # nothing is renamed where there are no names
    return narrow_to_top(looking, sample.image, count=UNLABELLED).classes


@dataclass(frozen=True, eq=False)
class OpenedNetwork:
    """A network of a workspace as it looks at its data set.

    Attributes:
        key: of its file, or its name in the register: what is computed with it depends on this.
        looking: narrowed to the data set's classes, or renamed, where it has a thousand.
        registered: its name in the register of checkpoints, or "".
        sigmoids: whether the sigmoid of a logit is a probability.
    """

    key: tuple[object, ...]
    looking: Classifier | RenamedClassifier
    registered: str
    sigmoids: bool


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(checkpoint: str, name: str, data: str, stamp: tuple[object, ...], device: str) -> OpenedNetwork:
    from wsss_viz.commands.networks import open_networks
    from wsss_viz.models.renaming import for_data_set

    samples = workspace.samples_of(name)
    with turn("checkpoint", 1000.0):
        classifier, _ = open_networks((), checkpoint, device, None, (), None, samples)
    registered = checkpoint if checkpoint in read_manifest() else ""
    softmax = registered == PHOTOGRAPHS_CLASSIFIER or not (registered or stamp)
    key = ("workspace", checkpoint, data, *stamp, read_manifest()[registered].sha256 if registered else "")
    return OpenedNetwork(key, for_data_set(classifier, samples.classes), registered, not softmax)


def opened(checkpoint: str, name: str) -> OpenedNetwork:
    """A network for the data set of the workspace `name`, read once for all sessions, again once its file has changed.

    Raises:
        InputError: it cannot be read, or knows none of the data set's classes.
    """
    path = Path(checkpoint.partition("#")[0])
    stamp = stamp_of(path) if path.is_absolute() else ()
    if path.is_absolute() and not stamp:
        raise InputError(f"the network's file {path.name} is no longer there: put it back")
    data = workspace.workspaces()[name].data
    return _opened(checkpoint, name, data, stamp, checkpoints.wanted_device())


@dataclass(frozen=True, eq=False)
class WorkspaceModel:
    """A network of a workspace, as a page asks it; its maps are of the sample's classes.

    Attributes:
        name: in the register, or "".
        classes: the sample's.
        network: None where it cannot be used.
        refusal: why, in one line.
    """

    name: str
    classes: tuple[str, ...]
    network: OpenedNetwork | None
    refusal: str = ""

    @property
    def sigmoids(self) -> bool:
        """Whether the sigmoid of a logit is a probability."""
        return self.network is not None and self.network.sigmoids

    @property
    def known(self) -> tuple[str, ...]:
        """Of the classes those that the network knows."""
        return () if self.network is None else tuple(name for name in self.classes if name in self._words)

    @property
    def _words(self) -> dict[str, str]:
        """The network's word for each class that it knows."""
        assert self.network is not None
        return matching(self.classes, self.network.looking.classes).renamed

    def why_not(self, method: str) -> str:
        """Why the method cannot be run, in one line; "" where it can."""
        if self.network is None:
            return self.refusal
        if not self.known:
            return f"the network knows none of the classes {', '.join(self.classes[:6])}: give another network"
        role, registered = methods.METHODS[method].role, self.network.registered
        if role and not (registered and self._is_plain):
            return why_not(method, self.network.looking.classes, {}, f"`evaluate` takes one (--network {role}=FILE)")
        return methods.why_not(method, registered) if role else ""

    @property
    def _is_plain(self) -> bool:
        from wsss_viz.models.classifier import Classifier

        return self.network is not None and isinstance(self.network.looking, Classifier)

    def stored_results(self, method: str, sample: Sample, views: str) -> Trace | None:
        """Nothing is there at once."""
        return None

    @property
    def key(self) -> tuple[object, ...]:
        """Of the network; () where there is none."""
        return () if self.network is None else self.network.key

    def settings(self, name: str) -> Mapping[str, Any]:
        """Those of the network's file or layout; none of one whose classes were renamed."""
        settings: Mapping[str, Any] = {} if self.network is None else getattr(self.network.looking, "settings", {})
        return settings.get(name, {})

    def on_image(self, sample: Sample) -> OnImage:
        """The network in its own words; what it does not know has no map."""
        from wsss_viz.methods.few_rows import arranged
        from wsss_viz.models.classifier import Classifier

        assert self.network is not None
        looking, words = self.network.looking, self._words
        rows = [looking.classes.index(words[name]) if name in words else None for name in self.classes]
        classifier = looking if isinstance(looking, Classifier) else looking.for_image(sample.image)
        in_words = matching(self.classes, looking.classes).of(sample)
        return classifier, in_words, lambda step: arranged(step, rows)

    def request(self, method: str, sample: Sample, views: str, **options: Any) -> Request:
        """The job of a method, changed as on a network of a person's own, and by `options`."""
        assert self.network is not None
        entry = methods.METHODS[method]
        labels = [name for name in sample.labels or () if name in self.known]
        settings = {**self.settings(entry.settings_name), **options}
        paired = trained_names(entry.role, self.network.registered) if entry.role else ()
        key = (*self.network.key, method, caching.digest(sample.image), sample.classes, sample.labels, views)
        return Request(
            (*key, tuple(sorted(options.items()))),
            lambda: self._steps(method, sample, views, options),
            entry.most_steps(max(1, len(labels)), len(paired), settings),
            checkpoints.device_label(),
        )

    def _steps(self, method: str, sample: Sample, views: str, options: dict[str, Any]) -> Iterator[Step]:
        """The Steps in the sample's classes; what the network does not know has no map."""
        from wsss_viz.methods import bind
        from wsss_viz.methods.few_rows import arranged
        from wsss_viz.methods.views import PRESETS

        assert self.network is not None
        looking, words = self.network.looking, self._words
        samples = workspace.samples_of(workspace.parts_of(sample.source)[0])
        paired = checkpoints.networks_of(method, self.network.registered) if self.network.registered else {}
        changes = {**dict(methods.METHODS[method].quick), **options}
        if "classes" in changes:
            changes["classes"] = tuple(words[name] for name in changes["classes"] if name in words)
        run = bind(method, looking, paired, samples, **changes)
        rows = [looking.classes.index(words[name]) if name in words else None for name in self.classes]
        for step in run(matching(self.classes, looking.classes).of(sample), PRESETS[views]):
            yield arranged(step, rows)


def looking(sample: Sample, state: ViewState) -> BuiltinModel | WorkspaceModel:
    """Who looks at a sample: a workspace's network, the one of the view or its first; else what ships for it."""
    of = of_sample(sample)
    if of is None:
        return builtin(sample)
    name = state.looking_network if state.looking_network in of.networks else next(iter(of.networks))
    try:
        with _without_folders(of):
            network = opened(of.networks[name], of.name)
    except InputError as error:
        return WorkspaceModel("", sample.classes, None, str(error))
    return WorkspaceModel(network.registered, sample.classes, network)


@st.cache_resource(max_entries=16, show_spinner=False)
def _folder(folder: str, name: str, data: str) -> MapFolder:
    return MapFolder(Path(folder), workspace.samples_of(name).numbering)


def _maps(sample: Sample, name: str) -> MapFolder:
    """The folder `name` of the sample's workspace; a copy, for reading takes notes."""
    of = of_sample(sample)
    plain = name.removeprefix(workspace.MAPS)
    if of is None or plain not in of.maps:
        raise InputError(f"{plain}: no maps of that name are of these images")
    if not Path(of.maps[plain]).is_dir():
        raise InputError(f"the folder of the maps {plain} is no longer there: put it back")
    maps = copy.copy(_folder(of.maps[plain], of.name, of.data))
    maps.notes = []
    return maps


def read_maps(sample: Sample, name: str, align: str = FIELD) -> Trace:
    """The maps of a folder of the workspace on a sample, as a trace of one Step in the sample's classes.

    Finished masks, and maps with a background's score, are maps of 0 and 1.

    Raises:
        InputError: as `evaluation.stored_maps.read_sample_maps`; the folder is not there.
    """
    with _without_folders(of_sample(sample)):
        return stored_trace(_maps(sample, name), sample, name)


@dataclass(frozen=True)
class MapScores:
    """What `evaluate --maps` counts of one image: by class that is in its mask the IoU in percent, to one decimal."""

    ious: dict[str, float]

    @property
    def mean(self) -> float:
        """Over the classes; NaN without any."""
        return sum(self.ious.values()) / len(self.ious) if self.ious else float("nan")


def score_maps(sample: Sample, name: str, threshold: float, align: str = FIELD) -> MapScores:
    """The image's row of the report of `evaluate --maps`, at a threshold of its hundredths.

    Raises:
        InputError: as `read_maps`, and for a sample without a mask.
    """
    with _without_folders(of_sample(sample)):
        counts = count_stored_sample(_maps(sample, name), sample, align)
    inside: Sequence[int] = np.flatnonzero(counts.target[1:]).tolist()
    return MapScores(dict(zip((sample.classes[i] for i in inside), image_ious([counts], threshold)[0], strict=True)))
