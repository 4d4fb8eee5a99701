"""A method on a sample as a job."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from wsss_viz.app import caching
from wsss_viz.app.services import checkpoints, traces
from wsss_viz.app.services.beside import steps_beside
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import settings_of, trained_names


def most_steps(method: str, sample: Sample, **changes: Any) -> int:
    """How many Steps the method gives at most on the sample, with these changes of its settings."""
    entry = METHODS[method]
    name = checkpoints.name_for(sample)
    paired = trained_names(entry.role, name) if entry.role else ()
    shipped = settings_of(name).get(entry.settings_name, {})
    return entry.most_steps(len(sample.labels or ()), len(paired), {**shipped, **changes})


def request_for(method: str, sample: Sample, views: str, total: int, **options: Any) -> Request:
    """The job whose key is all its result depends on: checkpoints, image, labels, views and options.

    Args:
        method: one that `methods.why_not` has nothing against.
        total: Steps it gives at most.
        options: of the method, plain values.
    """
    key: tuple[Hashable, ...] = (
        method,
        checkpoints.checkpoints_of(method, checkpoints.name_for(sample)),
        caching.digest(sample.image),
        sample.classes,
        sample.labels,
        views,
        tuple(sorted(options.items())),
    )
    return Request(
        key,
        lambda: steps_beside(traces.steps_of, method, sample, views, **options),
        total,
        checkpoints.device_label(),
        caching.is_private(sample),
    )
