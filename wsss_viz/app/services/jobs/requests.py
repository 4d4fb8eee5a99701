"""A method on a sample as a job."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from wsss_viz.app.services import caches
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.app.services.steps import DEFAULT_STEPS
from wsss_viz.data.sample import Sample
from wsss_viz.models.manifest import trained_names


def most_steps(method: str, sample: Sample) -> int:
    """How many Steps the method gives at most on the sample, with its defaults."""
    if method == "ae-rounds":
        return 1 + len(trained_names("ae", caches.CLASSIFIER))
    if method == "cs-ae":
        return len(sample.labels or ()) or 1
    return DEFAULT_STEPS.get(method, 0) + 1


def request_for(method: str, sample: Sample, views: str, total: int, **options: Any) -> Request:
    """The job whose key is all its result depends on: checkpoints, image, labels, views and options.

    Args:
        method: one that `methods.why_not` has nothing against.
        total: Steps it gives at most.
        options: of the method, plain values.
    """
    key: tuple[Hashable, ...] = (
        method,
        caches.checkpoints_of(method),
        caches.digest(sample.image),
        sample.labels,
        views,
        tuple(sorted(options.items())),
    )
    return Request(
        key,
        lambda: caches.steps_of(method, sample, views, **options),
        total,
        caches.device_label(),
        caches.is_private(sample),
    )
