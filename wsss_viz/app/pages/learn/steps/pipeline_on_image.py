"""From labels to a pseudo mask on any image: its class map and what a dense CRF makes of it, as jobs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app import methods, session
from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import at_hand, examples
from wsss_viz.app.pages.learn.at_hand import AtHand
from wsss_viz.app.pages.learn.lesson import Inspect, Lesson
from wsss_viz.app.services import refining
from wsss_viz.app.services.results import MethodResults, collect_results, follow_results
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Panel, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.seeds import score_image
from wsss_viz.traces import Step, Trace
from wsss_viz.traces.pseudo_masks import mask_of_values, numbered


def labels_of(trace: Trace, sample: Sample) -> tuple[str, ...]:
    """The image's labels, in the order of the trace's classes."""
    return tuple(name for name in trace.classes if name in (sample.labels or ()))


def mask_at(trace: Trace, sample: Sample, threshold: float) -> NDArray[np.unsignedinteger]:
    """The pseudo mask of the image's labels."""
    labels = [trace.classes.index(name) for name in sample.labels or ()]
    values = trace.steps[-1].image_values(sample.size, "relu_max", labels, ViewState().align)
    return mask_of_values(values, labels, threshold)


def lesson(state: ViewState, scene: Lesson) -> Lesson:
    """The step on the image that one looks at.

    Args:
        scene: the step as it ships, whose question is of held-out scenes, and which is what is printed.
    """
    at = at_hand.image(state)
    view = at.view(state)
    return replace(
        scene,
        lead=tr(
            "The classifier is given the classes that are in the image. Its maps are refined along the "
            "image's colours and become pseudo masks, which stand in for the annotation that a "
            "segmentation network is trained on."
        ),
        view=lambda: _view(view, at),
        inspect=Inspect("compare", at.elsewhere(replace(view, methods=("cam",), refine=refiner(view)))),
        caveat=tr(
            "The threshold is tuned with pixel ground truth in the field, which image labels alone do not give. The "
            "lecture's segmentation network learnt from drawn scenes, so it is not asked about this image."
        ),
        origin=at_hand.origin(at),
        any_image=True,
        shipped=False,
    )


def refiner(view: ViewState) -> str:
    """The dense CRF whose background's score is the threshold."""
    return f"crf:irn@{min(round(view.threshold, 2), 0.99):g}"


def scored(mask: NDArray[np.uint8], sample: Sample) -> float | None:
    """The IoU of a mask averaged over the labels that the sample's mask has; None where it has none of them."""
    if sample.mask is None:
        return None
    there = [name for name in sample.labels or () if sample.class_mask(name).any()]
    ious = [score_image(mask == sample.classes.index(name) + 1, sample, name).iou for name in there]
    return float(np.mean(ious)) if ious else None


def _view(view: ViewState, at: AtHand) -> None:
    key = methods.refined_name("cam", refiner(view))
    display, labels = at.display, tuple(name for name in at.model.classes if name in (at.sample.labels or ()))
    results = collect_results(at.sample, ("cam",), "single", at.model)
    results = refining.with_refined(results, display, replace(view, refine=refiner(view)), labels)
    follow_results(results, ("cam", key), lambda now: _draw(now, key, at, display, labels), at.model)


def _draw(results: MethodResults, key: str, at: AtHand, display: Sample, labels: tuple[str, ...]) -> None:
    view = at.view(session.state())
    title, refined = tr("Class map of {name}", name=at.name), (tr("Refined"), tr("Pseudo mask"))
    panels = [Panel(tr("Image"), note=tr("labels: {labels}", labels=", ".join(labels)), always="image")]
    if cam := results.traces.get("cam"):
        note = _iou(scored(mask_at(cam, display, view.threshold), display), tr("cut at t"))
        panels.append(Panel.of(cam, title, note, always="map"))
    else:
        panels.append(Panel(title, missing=results.missing["cam"]))
    if trace := results.traces.get(key):
        last = trace.steps[-1]
        step = refining.panel_step(last, labels, at.model.classes)
        note = _iou(scored(renumbered(last, labels, at.model.classes), display), tr("by a dense CRF"))
        panels += [
            Panel(name, (step,), note, always=always) for name, always in zip(refined, ("map", "mask"), strict=True)
        ]
    else:
        panels += [Panel(name, missing=results.missing.get(key, "")) for name in refined]
    if at.measured:
        panels.append(at.truth_panel())
    content = examples.content_of(
        display, panels, at.model.classes, labels, sigmoids=at.model.sigmoids, whole=at.sample
    )
    viewer("learn_pipeline", content, view, offered=("threshold",))


def _iou(value: float | None, note: str) -> str:
    """A panel's note, with the IoU where there is one."""
    return note if value is None else f"IoU {value:.2f}, {note}"


def renumbered(step: Step, labels: tuple[str, ...], classes: tuple[str, ...]) -> NDArray[np.unsignedinteger]:
    """The mask of a refiner's Step of `labels`, by the numbers of `classes`."""
    return numbered(step.arrays[refining.MASK], [classes.index(name) for name in labels])
