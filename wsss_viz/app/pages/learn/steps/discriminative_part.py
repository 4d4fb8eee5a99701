"""Only the discriminative part: what a threshold on the map recalls of the head and of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.services import checkpoints, provenance, samples, traces
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.rendering import PART_COLOURS
from wsss_viz.app.widgets.viewer import Content, Panel, viewer
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.evaluation.seeds import argmax_with_value, score_image
from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Note, Plot, Rule
from wsss_viz.traces import Trace, normalise, upsample

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

THRESHOLDS = tuple(round(t, 2) for t in np.arange(0, 0.96, 0.01))
WIDE_GAP = 0.2
LINES = ((DISCRIMINATIVE, "discriminative part"), (NON_DISCRIMINATIVE, "rest of the object"))


@dataclass(frozen=True)
class Recalls:
    """Recall of the two parts of one class, one value for each of `THRESHOLDS`."""

    name: str
    discriminative: tuple[float, ...]
    rest: tuple[float, ...]

    def at(self, threshold: float) -> tuple[float, float]:
        """The two recalls at the threshold, to its second decimal."""
        index = min(len(THRESHOLDS) - 1, round(threshold * 100))
        return self.discriminative[index], self.rest[index]


def recalls(trace: Trace, sample: Sample, name: str) -> Recalls:
    """What the class's part of the pseudo mask recalls of the class's two parts, over thresholds."""
    labels = sample.labels or ()
    indices, centres = [trace.classes.index(label) for label in labels], trace.steps[-1].aligned(ViewState().align)
    winner, value = argmax_with_value(trace.maps, indices, sample.size, centres=centres)
    covered = winner == trace.classes.index(name) + 1
    scores = [score_image(covered & (value > t), sample, name) for t in THRESHOLDS]
    return Recalls(name, tuple(s.discriminative for s in scores), tuple(s.non_discriminative for s in scores))


def lesson(state: ViewState) -> Lesson:
    """The step at the state's threshold."""
    source = examples.sources()[0]
    sample, ground = samples.scene(source), samples.fine_scene(source)
    trace = examples.trace(sample, "cam")
    name = widest(trace, sample)
    view = examples.at(state, source, name)
    measured = recalls(trace, sample, name)
    first, rest = measured.at(ViewState().threshold)
    gap = first - rest

    def draw(figure: SubFigure) -> None:
        centres = trace.steps[-1].aligned(ViewState().align)
        values = normalise(upsample(trace.maps[[trace.classes.index(name)]], sample.size, centres), "relu_max")[0]
        static_plots.row(
            figure,
            [
                (f"Map of {name}", static_plots.map_over(ground, values, name)),
                ("Ground truth: discriminative, rest", static_plots.truth(ground)),
                ("Recall over the threshold", recalls_chart(measured, ViewState().threshold).panels[0]),
            ],
            (1, 1, 1.5),
        )

    return Lesson(
        claim=f"The map covers the discriminative part of the {name}, and misses much of the rest"
        if gap >= WIDE_GAP
        else f"On this scene the map of the {name} covers both kinds of parts alike",
        lead="A classifier needs one sure sign of a class, not all of the object. Its map lies on the sign, and a "
        "pseudo mask made of that map leaves the rest of the object to the background.",
        view=lambda: _view(view, sample, ground, trace, measured),
        control="Move the threshold: low enough to hold all of the object, and the mask takes the background with it.",
        formula=Formula(
            r"\mathrm{recall}(R) = ",
            r"\frac{|\{u \in R : M_c(u) > t\}|}{|R|}",
            "",
            "Of the true pixels $R$ of a part, discriminative or rest, the share the mask claims at the threshold $t$. "
            "Of drawn scenes it is known which part is discriminative, of photographs it is not.",
        ),
        question=_question(name, first, rest),
        sources=(
            Source("Zhou et al., CVPR 2016", "the class activation map"),
            Source("Wei et al., CVPR 2017", "that it lies on small discriminative regions"),
        ),
        inspect=Inspect("compare", examples.elsewhere(view)),
        caveat=provenance.held_out(checkpoints.entry().scores)
        or "One scene, one classifier; the page Results has the numbers of many.",
        draw=draw,
        origin=traces.origin(sample, "cam", "single"),
    )


def widest(trace: Trace, sample: Sample) -> str:
    """The label whose two recalls differ most at the default threshold."""

    def gap(name: str) -> float:
        first, rest = recalls(trace, sample, name).at(ViewState().threshold)
        return first - rest

    return max(sample.labels or (), key=gap)


def _question(name: str, first: float, rest: float) -> Question:
    options = ("less than a third", "between a third and two thirds", "more than two thirds")
    t = ViewState().threshold
    return Question(
        f"At the threshold {t:.2f}, how much of the rest of the {name} does the mask hold?",
        options,
        min(2, int(rest * 3)),
        f"{markup.percent(rest)} of the rest of it, and {markup.percent(first)} of the discriminative part.",
    )


def _view(view: ViewState, sample: Sample, ground: Sample, trace: Trace, measured: Recalls) -> None:
    panels = (
        Panel.of(trace, f"Map of {measured.name}", always="map"),
        Panel.of(trace, "Pseudo mask", always="mask"),
        Panel("Ground truth", note="not used in training", truth=True),
    )
    labels = sample.labels or ()
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="top")
    with left:
        content = Content(sample, panels, trace.classes, labels, ground)
        viewer("learn_parts", content, view, offered=("threshold", "table"))
    with right:
        st.html(markup.panel_title("Recall over the threshold", f"t = {view.threshold:.2f}"))
        described = ", ".join(
            f"{label} {markup.percent(share)}"
            for (_, label), share in zip(LINES, measured.at(view.threshold), strict=True)
        )
        alt = f"recall at the threshold {view.threshold:.2f}: {described}"
        show(recalls_chart(measured, view.threshold), "learn_recalls", alt)


def recalls_chart(measured: Recalls, threshold: float) -> Chart:
    """The recall of both parts over the threshold, and what it is at the one that is set."""
    marks: list[Mark] = [
        Line(THRESHOLDS, line, label, tuple(channel / 255 for channel in PART_COLOURS[part]), width=3.0)
        for (part, label), line in zip(LINES, (measured.discriminative, measured.rest), strict=True)
    ]
    marks.append(Rule(x=threshold))
    marks += [
        Note(threshold, share, markup.percent(share), side="right", bold=True) for share in measured.at(threshold)
    ]
    x, y = Axis("threshold", 0, 0.95), Axis("recall", 0, 1.03, form=".0%")
    return Chart((Plot(tuple(marks), x, y),), 300)
