"""From labels to a segmentation: the stages on one scene, each measured against the ground truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import at_hand, examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.steps import pipeline_on_image
from wsss_viz.app.pages.learn.steps.pipeline_on_image import labels_of, mask_at
from wsss_viz.app.services import refining, samples, traces
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.seeds import score_image
from wsss_viz.models.manifest import read_manifest
from wsss_viz.showcase.lessons import REFINED, SEGMENTER
from wsss_viz.traces import Step, Trace

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure


@dataclass(frozen=True, eq=False)
class Segmented:
    """What the segmentation network makes of the scene, and what it and its teacher score on held-out scenes.

    Attributes:
        mask: (H, W) uint8, class index + 1, 0 background.
        network, with_labels, teacher: mIoU in percent of the network, of the network where it is given the labels, and
            of the pseudo masks it learnt from, which are made with them.
    """

    mask: NDArray[np.uint8]
    network: float
    with_labels: float
    teacher: float


def segmented(source: str) -> tuple[Segmented, str] | None:
    """The end of the pipeline on a scene, and where it is from; None where the register has no such network."""
    entry = read_manifest().get(SEGMENTER)
    if entry is None:
        return None
    trace, origin = examples.lesson_trace("segmented", source)
    (scores,) = (scores for name, scores in entry.scores.items() if name.startswith("scenes:test"))
    network, with_labels, teacher = (
        float(scores[name]["miou"]) for name in ("network", "network_told_the_labels", "pseudo_masks")
    )
    return Segmented(trace.steps[0].arrays["found"].astype(np.uint8), network, with_labels, teacher), origin


@st.cache_resource(max_entries=32, show_spinner=False)
def _refined(source: str, level: float) -> Step:
    sample = samples.scene(source)
    if level == REFINED:
        return refining.stored_step(examples.lesson_trace("refined", source)[0].steps[-1])
    trace = examples.trace(sample, "cam")
    rows = [trace.classes.index(name) for name in labels_of(trace, sample)]
    maps = trace.steps[-1].image_maps(sample.size, rows, ViewState().align)
    *_, last = refining.refining(sample.image, maps, f"crf:irn@{level}")
    return last


def refined(source: str, threshold: float) -> Step:
    """The scene's map after a dense CRF, whose background's score the threshold is; of `labels_of` alone."""
    return _refined(source, min(round(threshold, 2), 0.99))


def lesson(state: ViewState) -> Lesson:
    """The step at the state's threshold, on a drawn scene or on an image of one's own."""
    scene = scene_lesson(state, state.scene if at_hand.is_scene(state) else examples.sources()[0])
    if at_hand.is_scene(state) or at_hand.picked(state) is None or SEGMENTER not in read_manifest():
        return scene
    return pipeline_on_image.lesson(state, scene)


def scene_lesson(state: ViewState, source: str) -> Lesson:
    """The step on a drawn scene, with the network that learnt from such."""
    sample, ground = samples.scene(source), samples.fine_scene(source)
    trace = examples.trace(sample, "cam")
    name = examples.largest_part(sample)
    view = examples.at(state, source, name)
    seed = overlap(mask_at(trace, sample, ViewState().threshold), sample)
    stored = segmented(source)
    end = stored[0] if stored else None
    after = refined(source, ViewState().threshold)

    def draw(figure: SubFigure) -> None:
        index = trace.classes.index(name)
        values = trace.steps[-1].image_values(sample.size, "relu_max", [index], ViewState().align)[0]
        mask = mask_at(trace, sample, ViewState().threshold)
        cells: list[tuple[str, static_plots.Cell]] = [
            (tr("Image, labels: {labels}", labels=", ".join(sample.labels or ())), ground.image),
            (tr("Class map of {name}", name=name), static_plots.map_over(ground, values, name)),
            (
                tr("Its mask, IoU {seed:.2f}", seed=seed),
                static_plots.classes_overlay(ground.image, mask, trace.classes),
            ),
            (
                tr("Refined mask, IoU {overlap:.2f}", overlap=overlap(finished(after, trace, sample), sample)),
                static_plots.classes_overlay(ground.image, finished(after, trace, sample), trace.classes),
            ),
        ]
        if end is not None:
            title = tr("Network, IoU {overlap:.2f}", overlap=overlap(end.mask, sample))
            cells.append((title, static_plots.classes_overlay(ground.image, end.mask, sample.classes)))
        cells.append((tr("Ground truth"), static_plots.classes_overlay(ground.image, ground.mask, sample.classes)))
        static_plots.row(figure, cells)

    return Lesson(
        claim=tr("Image labels become maps, maps become pseudo masks, and these train a segmentation network"),
        lead=tr(
            "The classifier is given the classes that are in the image. Its maps are refined along the "
            "image's colours and become pseudo masks, which stand in for the annotation that a "
            "segmentation network is trained on. Here the scene is drawn, for the network has learnt from such."
        ),
        view=lambda: _view(view, sample, ground, trace, name, end, refined(source, view.threshold)),
        control=tr("Move the threshold: the whole pipeline hangs on this number, and no image label says what it is."),
        formula=Formula(
            r"\hat y(u) = \mathrm{arg\,max}\{",
            r"t",
            r", M_c(u) : c \in y\}",
            tr(
                "At each pixel $u$ the label with the highest map $M_c$, or the background where none "
                "exceeds the threshold $t$. The CRF starts from this."
            ),
        ),
        question=_question(seed, end),
        sources=(
            Source("Ahn and Kwak, CVPR 2018 (AffinityNet)", tr("class maps as seeds of a segmentation network")),
            Source("Ahn, Cho and Kwak, CVPR 2019 (IRN)", tr("the background as a constant score, the threshold")),
            Source("Krähenbühl and Koltun, NeurIPS 2011", tr("the dense CRF, with the settings of IRN's code")),
        ),
        inspect=Inspect(
            "compare", examples.elsewhere(replace(view, methods=("cam",), refine=f"crf:irn@{view.threshold:g}"))
        ),
        caveat=tr(
            "The threshold is tuned with pixel ground truth in the field, which image labels alone do "
            "not give. Drawings with flat colours flatter a refiner that goes by colour. This network "
            "learnt from masks without the refiner."
        ),
        draw=draw,
        origin=stored[1] if stored else traces.origin(sample, "cam", "single"),
        any_image=not at_hand.is_lectures(state),
        shipped=not at_hand.is_scene(state),
    )


def _question(seed: float, end: Segmented | None) -> Question:
    if end is None:
        return Question(
            tr("How good is the pseudo mask of this scene, as IoU with the ground truth averaged over its labels?"),
            ("under 0.4", tr("0.4 to 0.7"), "over 0.7"),
            0 if seed < 0.4 else 1 if seed <= 0.7 else 2,
            tr("IoU {seed:.2f} at the threshold {threshold:.2f}.", seed=seed, threshold=ViewState().threshold),
        )
    return Question(
        tr(
            "The network never saw a true mask. On held-out scenes, and given the labels as they are, is "
            "it better than the pseudo masks it learnt from?"
        ),
        (tr("better"), tr("no better")),
        0 if end.with_labels > end.teacher else 1,
        tr(
            "mIoU {with_labels:.1f} against {teacher:.1f} of the pseudo masks; without labels, the "
            "network has {network:.1f}. Faults that differ from mask to mask average out, the same fault "
            "in every mask is learnt.",
            with_labels=end.with_labels,
            teacher=end.teacher,
            network=end.network,
        ),
    )


def finished(step: Step, trace: Trace, sample: Sample) -> NDArray[np.unsignedinteger]:
    """The refiner's mask by the trace's classes."""
    return pipeline_on_image.renumbered(step, labels_of(trace, sample), trace.classes)


def overlap(mask: NDArray[np.uint8], sample: Sample) -> float:
    """The IoU of a mask with the ground truth, averaged over the image's labels."""
    classes = sample.classes
    ious = [score_image(mask == classes.index(name) + 1, sample, name).iou for name in sample.labels or ()]
    return float(np.mean(ious))


def _view(
    view: ViewState,
    sample: Sample,
    ground: Sample,
    trace: Trace,
    name: str,
    end: Segmented | None,
    after: Step,
) -> None:
    iou = overlap(mask_at(trace, sample, view.threshold), sample)
    end_of_crf = refining.panel_step(after, labels_of(trace, sample), trace.classes)
    refined_iou = overlap(finished(after, trace, sample), sample)
    panels = [
        Panel(tr("Image"), note=tr("labels: {labels}", labels=", ".join(sample.labels or ())), always="image"),
        Panel.of(trace, tr("Class map of {name}", name=name), tr("IoU {iou:.2f}, cut at t", iou=iou), always="map"),
        Panel(
            tr("Refined"),
            (end_of_crf,),
            tr("IoU {refined_iou:.2f}, by a dense CRF", refined_iou=refined_iou),
            always="map",
        ),
        Panel(tr("Pseudo mask"), (end_of_crf,), f"IoU {refined_iou:.2f}", always="mask"),
    ]
    if end is not None:
        picture = static_plots.classes_overlay(ground.image, end.mask, sample.classes)
        note = tr("IoU {overlap:.2f}, without labels", overlap=overlap(end.mask, sample))
        panels.append(Panel(tr("Segmentation network"), (PanelStep(image=picture),), note, always="image"))
    panels.append(Panel(tr("Ground truth"), note=tr("IoU 1.00, not used in training"), truth=True))
    content = examples.content_of(
        sample, panels, trace.classes, sample.labels or (), samples.ground(sample), sigmoids=True
    )
    viewer("learn_pipeline", content, view, offered=("threshold",))
