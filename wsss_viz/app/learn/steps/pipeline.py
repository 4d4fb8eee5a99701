"""From labels to a segmentation: the stages on one scene, each measured against the ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import caches, markup
from wsss_viz.app.learn import scenes, stills
from wsss_viz.app.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.state import ViewState
from wsss_viz.app.viewer import Content, Panel, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.seeds import pseudo_mask, score_image
from wsss_viz.traces import Trace, normalise, upsample

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure


def lesson(state: ViewState) -> Lesson:
    """The step at the state's threshold."""
    source = scenes.sources()[0]
    sample, ground = caches.scene(source), caches.fine_scene(source)
    trace = scenes.trace(sample, "cam")
    name = scenes.largest_part(sample)
    view = scenes.at(state, source, name)
    seed = overlap(mask_at(trace, sample, ViewState().threshold), sample)

    def draw(figure: SubFigure) -> None:
        values = normalise(upsample(trace.maps[[trace.classes.index(name)]], sample.size), "relu_max")[0]
        mask = mask_at(trace, sample, ViewState().threshold)
        stills.row(
            figure,
            [
                (f"Image, told: {', '.join(sample.labels or ())}", ground.image),
                (f"Class map of {name}", stills.map_over(ground, values, name)),
                (f"Pseudo mask, IoU {seed:.2f}", stills.classes_overlay(ground.image, mask, trace.classes)),
                ("Ground truth", stills.classes_overlay(ground.image, ground.mask, sample.classes)),
            ],
        )

    return Lesson(
        claim="From two words to a mask: image, class map, pseudo mask, and then a network that never saw a true one",
        lead="The classifier is told which classes are in the image. Its maps, cut at a threshold, are pseudo masks, "
        "and these stand in for the annotation that a segmentation network is trained on.",
        view=lambda: _view(view, sample, ground, trace, name),
        control="Move the threshold: the whole pipeline hangs on this number, and no image label says what it is.",
        formula=Formula(
            r"\hat y(u) = \mathrm{arg\,max}\{",
            r"t",
            r", M_c(u) : c \in y\}",
            "At each pixel $u$ the label with the highest map $M_c$, or the background where none exceeds the "
            "threshold $t$.",
        ),
        question=Question(
            "How good is the pseudo mask of this scene, as IoU with the ground truth averaged over its labels?",
            ("under 0.4", "0.4 to 0.7", "over 0.7"),
            0 if seed < 0.4 else 1 if seed <= 0.7 else 2,
            f"IoU {seed:.2f} at the threshold {ViewState().threshold:.2f}. A network trained on many such masks "
            "averages over their faults, as far as they are not the same fault every time.",
        ),
        sources=(
            Source("Ahn and Kwak, CVPR 2018 (AffinityNet)", "class maps as seeds of a segmentation network"),
            Source("Ahn, Cho and Kwak, CVPR 2019 (IRN)", "the background as a constant score, the threshold"),
        ),
        inspect=Inspect("compare", scenes.elsewhere(view)),
        caveat="The threshold is tuned with pixel ground truth in the field, which image labels alone do not give.",
        draw=draw,
        origin=caches.origin(sample, "cam", "single"),
    )


def mask_at(trace: Trace, sample: Sample, threshold: float) -> NDArray[np.uint8]:
    """The pseudo mask of the image's labels."""
    labels = [trace.classes.index(name) for name in sample.labels or ()]
    return pseudo_mask(trace.maps, labels, sample.size, threshold).astype(np.uint8)


def overlap(mask: NDArray[np.uint8], sample: Sample) -> float:
    """The IoU of a mask with the ground truth, averaged over the image's labels."""
    classes = sample.classes
    found = [score_image(mask == classes.index(name) + 1, sample, name).iou for name in sample.labels or ()]
    return float(np.mean(found))


def _view(view: ViewState, sample: Sample, ground: Sample, trace: Trace, name: str) -> None:
    found = overlap(mask_at(trace, sample, view.threshold), sample)
    panels = (
        Panel("1 Image", note=f"told: {', '.join(sample.labels or ())}", always="image"),
        Panel.of(trace, f"2 Class map of {name}", always="map"),
        Panel.of(trace, "3 Pseudo mask", f"IoU {found:.2f}", always="mask"),
        Panel("5 Ground truth", note="never shown to it", truth=True),
    )
    content = Content(sample, panels, trace.classes, sample.labels or (), ground)
    st.html(markup.chips(sample.labels or (), "All the classifier was told:"))
    viewer("learn_pipeline", content, view, offered=("threshold",))
