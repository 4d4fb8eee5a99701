"""Still panels: title, picture, legend. Where maps are moved about, it is the viewer's.

Each draws on a `ground`: the sample itself, or the same scene drawn with more pixels. Values, masks and scores are
those of the sample the classifier saw, whatever the ground.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from wsss_viz.app import caches, markup, rendering
from wsss_viz.app.findings import ClassFinding, Findings, listed, probability
from wsss_viz.app.state import ViewState
from wsss_viz.data.palette import class_colour
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Trace

NORMALISATION_LABELS = {
    "relu_max": "own maximum",
    "shared": "shared maximum",
    "minmax": "own range",
    "raw": "raw, signed",
}


def _picture(ground: Sample, key: tuple[object, ...], draw: Callable[[], rendering.Picture], alt: str) -> None:
    """Shows what `draw` makes of the ground; drawn once for each ground and `key`."""
    whole = (caches.digest(ground.image, ground.mask), *key)
    content = caches.picture(ground, whole, lambda: rendering.png(draw()))
    st.image(content, width="stretch", output_format="PNG", alt=alt)


def image_panel(ground: Sample, title: str, note: str) -> None:
    """The image as it is."""
    labels = f": {listed(ground.labels)}" if ground.labels else ""
    with st.container(gap="xsmall"):
        st.html(markup.panel_title(title, note))
        _picture(ground, ("image",), lambda: rendering.enlarge(ground.image), f"{title}{labels}")


def pixels(sample: Sample) -> str:
    """The size of the image, width first as cameras have it."""
    return f"{sample.size[1]} x {sample.size[0]}"


def truth_panel(ground: Sample) -> None:
    """The ground truth with its parts. The ground has masks."""
    mask, parts = ground.mask, ground.parts
    assert mask is not None
    assert parts is not None

    def draw() -> rendering.Picture:
        return rendering.parts_overlay(ground.image, parts, mask)

    with st.container(gap="xsmall"):
        st.html(markup.panel_title("Ground truth", "never shown to it"))
        _picture(ground, ("parts",), draw, "the ground truth with its parts")
        st.html(markup.part_legend())


def map_panel(ground: Sample, finding: ClassFinding, findings: Findings, state: ViewState) -> None:
    """The map of one class over the image, with its colour bar and the contour of the class's ground truth."""
    ends = findings.value_range
    truth = ground.class_mask(finding.name) if ground.mask is not None else None
    key = ("map", caches.digest(finding.values, truth), ends, state.colours, state.opacity)

    def draw() -> rendering.Picture:
        return rendering.map_overlay(ground.image, finding.values, ends, state.colours, state.opacity, truth)

    with st.container(gap="xsmall"):
        colour = markup.rgb(class_colour(finding.name))
        st.html(markup.panel_title(f"Map of {finding.name}", f"logit {markup.signed(finding.logit)}", colour))
        _picture(ground, key, draw, describe(finding, state))
        st.html(markup.colour_bar(state.colours, *ends, NORMALISATION_LABELS[state.normalisation]))


def describe(finding: ClassFinding, state: ViewState) -> str:
    """A line that says what the map shows: where its peak is and how much lies above the threshold."""
    height, width = finding.values.shape
    row, column = np.unravel_index(int(finding.values.argmax()), (height, width))
    where = f"highest {column / width:.0%} from the left and {row / height:.0%} from the top"
    above = float((finding.values > state.threshold).mean())
    share = "" if state.normalisation == "raw" else f"; {above:.0%} of the image lies above the threshold"
    overlap = "" if finding.scores is None else f"; IoU {markup.percent(finding.scores.iou)}"
    return f"class activation map of {finding.name}: {where}{share}{overlap}"


MOST_SCORES = 24


def scores_panel(trace: Trace, sample: Sample) -> None:
    """The probability and the logit of every class; of many classes, the highest and the labels."""
    order = np.argsort(-trace.scores, kind="stable")
    few = len(trace.classes) <= MOST_SCORES
    listed_names = trace.classes if few else [trace.classes[i] for i in order[: MOST_SCORES - 4]]
    kept = {*listed_names, *(sample.labels or ())}
    bars = [
        markup.ScoreBar(name, float(score), probability(float(score)), name in (sample.labels or ()))
        for name, score in zip(trace.classes, trace.scores, strict=True)
        if name in kept
    ]
    if not few:
        bars.sort(key=lambda bar: -bar.logit)
    count = "" if few else f"the highest of {len(trace.classes)}"
    notes = [note for note in (count, "labels in colour" if sample.labels else "") if note]
    st.html(markup.panel_title("Scores of the image", ", ".join(notes)))
    st.html(markup.score_bars(bars))
