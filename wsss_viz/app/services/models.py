"""Who looks: the shipped classifier with what was trained from it, or a network of a person's own.

A page asks the same of both: which methods it can do, what is there at once, and what is to be computed as a job.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from wsss_viz.app import methods
from wsss_viz.app.services import caches
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.app.services.jobs.requests import most_steps, request_for
from wsss_viz.app.services.steps import DEFAULT_STEPS
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Step, Trace

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

_VIEWS_SEEN = {"single": (1, 1.0), "mirror": (1, 2.0), "multi-scale": (4, 15.0)}
"""Forwards that a set of views takes, and the pixels in all of them as multiples of the image's."""
_FORWARD_AND_BACKWARD = 3


class Looker(Protocol):
    """What a page needs of a network."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the maps."""

    def why_not(self, method: str) -> str:
        """Why it cannot do the method, in one line; "" where it can."""

    def at_once(self, method: str, sample: Sample, views: str) -> Trace | None:
        """What needs no job."""

    def request(self, method: str, sample: Sample, views: str) -> Request:
        """The job of a method that it can do."""


class Shipped:
    """The shipped classifier."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The scenes' ten."""
        return caches.entry().classes

    def why_not(self, method: str) -> str:
        """Whether the network the method looks with is there."""
        return methods.why_not(method, caches.CLASSIFIER)

    def at_once(self, method: str, sample: Sample, views: str) -> Trace | None:
        """CAM, and what was precomputed."""
        if method == "cam":
            return caches.trace(sample, views)
        return caches.precomputed(sample, method, views)

    def request(self, method: str, sample: Sample, views: str) -> Request:
        """With the method's defaults."""
        return request_for(method, sample, views, most_steps(method, sample))


SHIPPED = Shipped()


@dataclass(frozen=True, eq=False)
class OwnNetwork:
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
    partner: OwnNetwork | None = None
    private: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """The checkpoint's."""
        return self.classifier.classes

    def why_not(self, method: str) -> str:
        """Whether the method looks with this network alone, or with the partner that is there."""
        look = methods.METHODS[method]
        if look.role is None:
            return ""
        if look.role != "cgnet":
            return (
                f"{look.title} looks with networks that were trained from this one: the command line takes them "
                f"(--network {look.role}=FILE)"
            )
        if self.partner is None:
            return "CS-AE looks with two networks: choose the CGNet that was trained against this one"
        if self.partner.classes != self.classes:
            return f"{self.partner.name} has other classes than {self.name}: choose the CGNet of this one"
        return ""

    def at_once(self, method: str, sample: Sample, views: str) -> Trace | None:
        """Nothing: CAM of a large network takes seconds, and is a job like the others."""
        return None

    def request(self, method: str, sample: Sample, views: str) -> Request:
        """With the settings for published networks; RIB on image and mirror image, without companions."""
        known = [name for name in sample.labels or () if name in self.classes]
        total = (len(known) or 1) if method == "cs-ae" else DEFAULT_STEPS.get(method, 0) + 1
        partner = self.partner.digest if self.partner else ""
        return Request(
            ("own", method, self.digest, partner, caches.digest(sample.image), sample.labels, views),
            partial(self._steps, method, sample, views),
            total,
            caches.device_label(),
            self.private or caches.is_private(sample),
        )

    def _steps(self, method: str, sample: Sample, views: str) -> Iterator[Step]:
        from wsss_viz.methods import bind
        from wsss_viz.methods.views import MIRROR, PRESETS

        networks = {"cgnet": (self.partner.classifier,)} if self.partner else {}
        options: dict[str, Any] = {"gradient_views": MIRROR} if method in ("rib", "rib-bce") else {}
        return bind(method, self.classifier, networks, **options)(sample, PRESETS[views])

    def seconds(self, method: str, size: tuple[int, int], views: str) -> float:
        """About how long the method takes on an image of `size` (H, W), by the network's pace; 0: not known."""
        forwards, seen = _VIEWS_SEEN[views]
        steps = DEFAULT_STEPS.get(method, 0)
        tuned = steps * _FORWARD_AND_BACKWARD if method in ("rib", "rib-bce", "cs-ae-single") else 0
        looks = {"cam": 1, "cs-ae": 3}.get(method, steps + 1)
        fixed, pixels = self.pace
        millions = size[0] * size[1] / 1e6
        return fixed * (looks * forwards + tuned) + pixels * millions * (looks * seen + 2 * tuned)
