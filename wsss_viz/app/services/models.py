"""Who looks: a classifier that ships with what was trained from it, or a network of a person's own.

A page asks the same of both: which methods it can do, what is there at once, and what is to be computed as a job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wsss_viz.app import caching, methods
from wsss_viz.app.services import checkpoints, traces
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.app.services.jobs.requests import most_steps, request_for
from wsss_viz.data.sample import Sample
from wsss_viz.methods.availability import why_not
from wsss_viz.models.manifest import settings_of
from wsss_viz.traces import Step, Trace

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

_VIEWS_SEEN = {"single": (1, 1.0), "mirror": (1, 2.0), "multi-scale": (4, 15.0)}
"""Forwards that a set of views takes, and the pixels in all of them as multiples of the image's."""
_FORWARD_AND_BACKWARD = 3


OnImage = tuple["Classifier", Sample, Callable[[Step], Step]]
"""The Classifier that runs on an image, the sample in its words, and what brings a Step back into the sample's."""


def _as_it_is(step: Step) -> Step:
    return step


class ModelHandle(Protocol):
    """What a page needs of a network."""

    @property
    def key(self) -> tuple[object, ...]:
        """What is computed with it depends on this."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the maps."""

    @property
    def sigmoids(self) -> bool:
        """Whether the sigmoid of a logit is a probability."""

    def why_not(self, method: str) -> str:
        """Why it cannot do the method, in one line; "" where it can."""

    def stored_results(self, method: str, sample: Sample, views: str) -> Trace | None:
        """What needs no job."""

    def request(self, method: str, sample: Sample, views: str, **options: Any) -> Request:
        """The job of a method that it can do, its settings changed by `options`."""

    def settings(self, name: str) -> Mapping[str, Any]:
        """Its own settings of what `Method.settings_name` names; empty where it has none."""

    def on_image(self, sample: Sample) -> OnImage:
        """What computes on the sample where no method does."""


@dataclass(frozen=True)
class BuiltinModel:
    """A classifier that ships.

    Attributes:
        name: in the register.
        classes: the scenes' ten; of ImageNet's network those of the image that it looks at.
    """

    name: str
    classes: tuple[str, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Its file's SHA-256."""
        return (checkpoints.entry(self.name).sha256,)

    def settings(self, name: str) -> Mapping[str, Any]:
        """Those of the register."""
        settings: Mapping[str, Any] = settings_of(self.name).get(name, {})
        return settings

    def on_image(self, sample: Sample) -> OnImage:
        """With the rows of the sample's classes."""
        return checkpoints.classifier_for(sample), sample, _as_it_is

    @property
    def sigmoids(self) -> bool:
        """Whether the sigmoid of a logit is a probability: ImageNet's network was trained with a softmax."""
        return self.name == checkpoints.SCENES

    def why_not(self, method: str) -> str:
        """Whether the network the method looks with is there."""
        return methods.why_not(method, self.name)

    def stored_results(self, method: str, sample: Sample, views: str) -> Trace | None:
        """CAM, and what was precomputed."""
        if method == "cam":
            return traces.trace(sample, views)
        return traces.precomputed(sample, method, views)

    def request(self, method: str, sample: Sample, views: str, **options: Any) -> Request:
        """With the method's defaults, changed by `options`."""
        return request_for(method, sample, views, most_steps(method, sample, **options), **options)

    @property
    def known(self) -> tuple[str, ...]:
        """All of its classes."""
        return self.classes


def builtin(sample: Sample) -> BuiltinModel:
    """What looks at a sample where nobody chose a network: the scenes' classifier at scenes, else ImageNet's."""
    name = checkpoints.name_for(sample)
    checkpoints.entry(name)
    return BuiltinModel(name, sample.classes)


@dataclass(frozen=True, eq=False)
class UserModel:
    """A network of a person's own, with its CGNet where it has one.

    Attributes:
        name: of its file.
        digest: of the file.
        classifier: loaded, on the server's device.
        pace: seconds of one forward, those of every million pixels in it; (0, 0): not measured.
        partner: CGNet, whose ordinary classifier this is.
        private: it was uploaded: what is computed with it stays in its session.
    """

    name: str
    digest: str
    classifier: Classifier
    pace: tuple[float, float] = (0.0, 0.0)
    partner: UserModel | None = None
    private: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """The checkpoint's."""
        return self.classifier.classes

    @property
    def key(self) -> tuple[object, ...]:
        """Its file's digest."""
        return ("own", self.digest)

    def settings(self, name: str) -> Mapping[str, Any]:
        """Those that stand in the file, or are its layout's."""
        settings: Mapping[str, Any] = self.classifier.settings.get(name, {})
        return settings

    def on_image(self, sample: Sample) -> OnImage:
        """The network as it is, on a sample of its classes."""
        return self.classifier, sample, _as_it_is

    @property
    def sigmoids(self) -> bool:
        """As the networks of the field are trained; the card says where that may not be so."""
        return True

    def why_not(self, method: str) -> str:
        """Whether the network does alone for the method, or the CGNet is there."""
        role = methods.METHODS[method].role
        remedy = "choose the CGNet that was trained against this one" if role == "cgnet" else ""
        paired = {"cgnet": [self.partner.classes]} if self.partner else {}
        return why_not(method, self.classes, paired, remedy or f"the command line takes one (--network {role}=FILE)")

    def stored_results(self, method: str, sample: Sample, views: str) -> Trace | None:
        """Nothing: CAM of a large network takes seconds, and is a job like the others."""
        return None

    def request(self, method: str, sample: Sample, views: str, **options: Any) -> Request:
        """With its own settings, else the defaults, changed by the method's `quick` and `options`; RIB without
        companions."""
        known = [name for name in sample.labels or () if name in self.classes]
        entry = methods.METHODS[method]
        total = entry.most_steps(len(known), settings={**self.settings(entry.settings_name), **options})
        partner = self.partner.digest if self.partner else ""
        return Request(
            (
                "own",
                method,
                self.digest,
                partner,
                caching.digest(sample.image),
                sample.labels,
                views,
                tuple(sorted(options.items())),
            ),
            partial(self._steps, method, sample, views, options),
            total,
            checkpoints.device_label(),
            self.private or caching.is_private(sample),
        )

    def _steps(self, method: str, sample: Sample, views: str, options: dict[str, Any]) -> Iterator[Step]:
        from wsss_viz.methods import bind
        from wsss_viz.methods.views import PRESETS

        networks = {"cgnet": (self.partner.classifier,)} if self.partner else {}
        changes = {**dict(methods.METHODS[method].quick), **options}
        return bind(method, self.classifier, networks, **changes)(sample, PRESETS[views])

    def seconds(self, method: str, size: tuple[int, int], views: str) -> float:
        """About how long the method takes on an image of `size` (H, W), by the network's pace; 0: not known."""
        forwards, seen = _VIEWS_SEEN[views]
        entry = methods.METHODS[method]
        steps = entry.default_steps
        tuned = (steps or 1) * _FORWARD_AND_BACKWARD if entry.tunes else 0
        passes = entry.forwards + steps
        fixed, pixels = self.pace
        millions = size[0] * size[1] / 1e6
        return fixed * (passes * forwards + tuned) + pixels * millions * (passes * seen + 2 * tuned)
