"""The traces of several methods on one image: what is there at once, and the one job that is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from wsss_viz.app.methods import METHODS
from wsss_viz.app.services.jobs.manager import CANCELLED, FAILED, Request, Snapshot
from wsss_viz.app.services.jobs.panel import ended, follow, offer_again, reach
from wsss_viz.app.services.models import SHIPPED, Looker
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Trace


@dataclass(frozen=True, eq=False)
class Gathered:
    """The methods of a page, as far as they are.

    Attributes:
        traces: by method, in the order they were asked for; of a job that was stopped, what there was of it.
        missing: why a method shows nothing, or nothing yet, by method.
        going: the method whose job goes on, its request and how far it is; None where none does.
        stopped: those that were cancelled or failed, by method.
    """

    traces: Mapping[str, Trace]
    missing: Mapping[str, str]
    going: tuple[str, Request, Snapshot] | None
    stopped: Mapping[str, tuple[Request, Snapshot]]


def gather(sample: Sample, chosen: Sequence[str], views: str, looker: Looker = SHIPPED) -> Gathered:
    """What is there at once, and the other methods by one job after the other.

    Raises:
        InputError: a checkpoint is missing, or too many computations are waiting.
    """
    traces: dict[str, Trace] = {}
    missing: dict[str, str] = {}
    stopped: dict[str, tuple[Request, Snapshot]] = {}
    going: tuple[str, Request, Snapshot] | None = None
    for name in chosen:
        missing[name] = looker.why_not(name)
        if missing[name]:
            continue
        stored = looker.at_once(name, sample, views)
        if stored is not None:
            traces[name] = stored
            continue
        request = looker.request(name, sample, views)
        found = ended(request) if going else reach(request)
        if found is None:
            missing[name] = "Computed next."
            continue
        if found.going:
            going = (name, request, found)
        elif found.state in (FAILED, CANCELLED):
            stopped[name] = (request, found)
        if found.steps:
            traces[name] = as_trace(name, found, looker)
        else:
            missing[name] = "On its way." if found.going else "Stopped before its first step."
    return Gathered(traces, missing, going, stopped)


def at_once(sample: Sample, chosen: Sequence[str], views: str, otherwise: str, looker: Looker = SHIPPED) -> Gathered:
    """What is there at once, CAM and what was precomputed; no job.

    Args:
        otherwise: what the panel of another method says.

    Raises:
        InputError: a checkpoint is missing.
    """
    missing = {name: looker.why_not(name) for name in chosen}
    found = {name: looker.at_once(name, sample, views) for name in chosen if not missing[name]}
    traces = {name: trace for name, trace in found.items() if trace is not None}
    return Gathered(traces, {name: reason or otherwise for name, reason in missing.items()}, None, {})


def as_trace(method: str, found: Snapshot, looker: Looker = SHIPPED) -> Trace:
    """What there is of a job, as a trace."""
    return Trace(found.steps, method, looker.classes)


def follow_all(
    gathered: Gathered, chosen: Sequence[str], draw: Callable[[Gathered], None], looker: Looker = SHIPPED
) -> None:
    """Draws what there is; while a job goes on, its progress and what has come of it; what was stopped, to start again.

    Args:
        chosen, looker: as `gather` was asked for.
        draw: draws the methods as far as they are.

    Raises:
        InputError: too many computations are waiting.
    """
    if gathered.going is None:
        draw(gathered)
    else:
        waited, request, snapshot = gathered.going

        def grown(now: Snapshot) -> None:
            order = {name: gathered.traces.get(name) for name in chosen} | {waited: as_trace(waited, now, looker)}
            draw(replace(gathered, traces={name: trace for name, trace in order.items() if trace}))

        follow(request, METHODS[waited].title, grown, snapshot, lambda: draw(gathered))
    for name, (ask, end) in gathered.stopped.items():
        offer_again(end, ask, METHODS[name].title)
