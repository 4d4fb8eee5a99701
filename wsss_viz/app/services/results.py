"""The traces of several methods on one image: what is there at once, and the one job that is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from wsss_viz.app import caching, methods, session
from wsss_viz.app.language import tr
from wsss_viz.app.services import workspaces
from wsss_viz.app.services.jobs.manager import CANCELLED, FAILED, Request, Snapshot
from wsss_viz.app.services.jobs.panel import ended, follow, offer_again, reach
from wsss_viz.app.services.models import ModelHandle, builtin
from wsss_viz.app.services.steps import early_end
from wsss_viz.app.widgets.viewer import Panel, PanelStep
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces import Step, Trace


@dataclass(frozen=True, eq=False)
class MethodResults:
    """The methods of a page, as far as they are.

    Attributes:
        traces: by method, in the order they were asked for; of a job that was stopped, what there was of it.
        missing: why a method shows nothing, or nothing yet, by method.
        going: the method whose job goes on, its request and how far it is; None where none does.
        stopped: those that were cancelled or failed, by method.
        classes: of the traces that are not of the model's classes, by method.
        image: the digest of the image that all of it is of.
    """

    traces: Mapping[str, Trace]
    missing: Mapping[str, str]
    going: tuple[str, Request, Snapshot] | None
    stopped: Mapping[str, tuple[Request, Snapshot]]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image: str = ""


def collect_results(
    sample: Sample, names: Sequence[str], views: str, model: ModelHandle | None = None
) -> MethodResults:
    """What is there at once, and the other methods by one job after the other.

    Args:
        model: who looks; None: the classifier that ships for such a sample.

    Raises:
        InputError: a checkpoint is missing, or too many computations are waiting.
    """
    traces: dict[str, Trace] = {}
    missing: dict[str, str] = {}
    stopped: dict[str, tuple[Request, Snapshot]] = {}
    going: tuple[str, Request, Snapshot] | None = None
    image = caching.digest(sample.image)
    session.set_subject(image)
    model = model or builtin(sample)
    for name in names:
        if methods.is_maps(name):
            try:
                traces[name] = workspaces.read_maps(sample, name)
            except InputError as error:
                missing[name] = str(error)
            continue
        missing[name] = model.why_not(name)
        if missing[name]:
            continue
        stored = model.stored_results(name, sample, views)
        if stored is not None:
            traces[name] = stored
            continue
        request = model.request(name, sample, views)
        going = advance(name, request, going, missing, stopped, partial(_put, traces, name, model))
    return MethodResults(traces, missing, going, stopped, image=image)


def advance(
    key: str,
    request: Request,
    going: tuple[str, Request, Snapshot] | None,
    missing: dict[str, str],
    stopped: dict[str, tuple[Request, Snapshot]],
    put: Callable[[Snapshot], None],
) -> tuple[str, Request, Snapshot] | None:
    """Brings one job as far as it may go, and says what goes on now.

    Args:
        key: of what it computes, in `missing` and `stopped`, which are filled.
        going: the job that goes on already: then this one is only read where it has ended.
        put: takes what there is of it, at least one Step.
    """
    snapshot = ended(request) if going else reach(request)
    if snapshot is None:
        missing[key] = "Computed next."
        return going
    if snapshot.going:
        going = (key, request, snapshot)
    elif snapshot.state in (FAILED, CANCELLED):
        stopped[key] = (request, snapshot)
    if snapshot.steps:
        put(snapshot)
    else:
        missing[key] = "On its way." if snapshot.going else "Stopped before its first step."
    return going


def _put(traces: dict[str, Trace], name: str, model: ModelHandle, snapshot: Snapshot) -> None:
    traces[name] = as_trace(name, snapshot, model)


def as_trace(method: str, snapshot: Snapshot, model: ModelHandle) -> Trace:
    """What there is of a job, as a trace."""
    return Trace(snapshot.steps, method, model.classes)


def follow_results(
    results: MethodResults, names: Sequence[str], draw: Callable[[MethodResults], None], model: ModelHandle
) -> None:
    """Draws what there is; while a job goes on, its progress and what has come of it; what was stopped, to start again.

    Args:
        names, model: as `collect_results` was asked for.
        draw: draws the methods as far as they are.

    Raises:
        InputError: too many computations are waiting.
    """
    if results.going is None:
        draw(results)
    else:
        waited, request, snapshot = results.going

        def grown(now: Snapshot) -> None:
            trace = Trace(now.steps, waited, results.classes.get(waited, tuple(model.classes)))
            order = {name: results.traces.get(name) for name in names} | {waited: trace}
            draw(replace(results, traces={name: trace for name, trace in order.items() if trace}))

        follow(request, methods.title_of(waited), grown, snapshot, lambda: draw(results))
    for name, (ask, end) in results.stopped.items():
        offer_again(end, ask, methods.title_of(name))


def method_panel(name: str, results: MethodResults, classes: Sequence[str] | None = None) -> Panel:
    """The panel of one of the gathered methods.

    Args:
        classes: those whose maps and scores it has; None: all of the trace's.
    """
    title, colour = methods.title_of(name), methods.colour_of(name)
    if name not in results.traces:
        return Panel(title, missing=results.missing[name], colour=colour, image=results.image)
    erased = name in ("ae", "ae-rounds")
    note = tr("scores of what is left") if erased else tr("from files") if methods.is_maps(name) else ""
    trace = results.traces[name]
    indices = [trace.classes.index(kind) for kind in classes or trace.classes]

    def panel_step(step: Step) -> PanelStep:
        note = early_end(step)
        scores = None if methods.is_maps(name) else step.scores[indices]
        grids = None if step.grids is None else step.grids.rows(indices)
        return PanelStep(step.maps[indices], scores, note=note, centres=step.centres, grids=grids)

    panel = Panel.of(trace, title, note, colour, panel_step)
    return replace(panel, image=results.image, unit=methods.unit_of(name))
