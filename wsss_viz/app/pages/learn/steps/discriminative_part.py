"""Only the discriminative part: what a threshold on the map recalls of the head and of the body."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.pictures import titled
from wsss_viz.app.services import checkpoints, provenance, samples, traces
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent
from wsss_viz.app.widgets.rendering import PART_COLOURS
from wsss_viz.app.widgets.viewer import Panel, viewer
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.evaluation.resampling import mean_intervals
from wsss_viz.evaluation.seeds import argmax_with_value
from wsss_viz.figures.chart import Axis, Band, Chart, Line, Mark, Note, Plot, Rule
from wsss_viz.traces import Trace

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

THRESHOLDS = tuple(round(t, 2) for t in np.arange(0, 0.96, 0.01))
WIDE_GAP = 0.2
LINES = ((DISCRIMINATIVE, mark("head")), (NON_DISCRIMINATIVE, mark("body")))


@dataclass(frozen=True)
class Recalls:
    """Recall of the two parts of one class, one value for each of `THRESHOLDS`."""

    name: str
    discriminative: tuple[float, ...]
    rest: tuple[float, ...]

    def at(self, threshold: float) -> tuple[float, float]:
        """The two recalls at the threshold, to its second decimal."""
        index = at(threshold)
        return self.discriminative[index], self.rest[index]


def at(threshold: float) -> int:
    """Where a threshold is in `THRESHOLDS`."""
    return min(len(THRESHOLDS) - 1, round(threshold * 100))


def recalls(trace: Trace, sample: Sample, name: str) -> Recalls:
    """What the class's part of the pseudo mask recalls of the class's two parts, over thresholds."""
    labels = sample.labels or ()
    indices = [trace.classes.index(label) for label in labels]
    values = trace.steps[-1].image_values(sample.size, "relu_max", indices, ViewState().align)
    winner, value = argmax_with_value(values, range(len(indices)), sample.size, "raw")
    covered = np.where(winner == indices.index(trace.classes.index(name)) + 1, value, -np.inf)
    there = sample.class_mask(name)
    assert sample.parts is not None

    def over(part: int) -> tuple[float, ...]:
        values = np.sort(covered[there & (sample.parts == part)])
        above = len(values) - np.searchsorted(values, np.array(THRESHOLDS, dtype=values.dtype), side="right")
        return tuple((above / len(values) if len(values) else np.full(len(THRESHOLDS), np.nan)).tolist())

    return Recalls(name, over(DISCRIMINATIVE), over(NON_DISCRIMINATIVE))


@dataclass(frozen=True, eq=False)
class Averages:
    """Recall of head and body over photographs.

    Attributes:
        values: (2, T, 3), by part and threshold the mean over photographs with its 95 % bootstrap interval.
        count: of the photographs.
    """

    values: NDArray[np.float64]
    count: int

    def said(self, threshold: float) -> str:
        """The two recalls at a threshold, in words."""
        rows = zip(LINES, self.values[:, at(threshold)], strict=True)
        return ", ".join(f"{tr(label)} {markup.interval(m, low, high)}" for (_, label), (m, low, high) in rows)


def over_photographs() -> Averages:
    """The recalls over all the photographs, by their stored maps."""
    return _averages(examples.photograph_stamps(), examples.photographs())


@st.cache_resource(max_entries=2, show_spinner=False)
def _averages(stamps: examples.Stamps, sources: tuple[str, ...]) -> Averages:
    every = []
    for source in sources:
        sample = samples.example(source)
        one = recalls(examples.trace(sample, "cam"), sample, (sample.labels or ("",))[0])
        every.append((one.discriminative, one.rest))
    values = np.array(every)
    return Averages(mean_intervals(values), len(values))


def lesson(state: ViewState) -> Lesson:
    """The step at the state's photograph and threshold."""
    source = examples.photograph_of(state)
    sample = samples.example(source)
    trace = examples.trace(sample, "cam")
    name = widest(trace, sample)
    view = examples.at(state, source, name)
    measured, every = recalls(trace, sample, name), over_photographs()
    t = ViewState().threshold
    first, rest = measured.at(t)
    gap = first - rest

    def draw(figure: SubFigure) -> None:
        index = trace.classes.index(name)
        values = trace.steps[-1].image_values(sample.size, "relu_max", [index], ViewState().align)[0]
        static_plots.row(
            figure,
            [
                (tr("Map of {name}", name=name), static_plots.map_over(sample, values, name)),
                (tr("Outlines: head, body"), static_plots.truth(sample)),
                (
                    tr("Recall over the threshold, {count} photographs", count=every.count),
                    recalls_chart(measured, every, t).panels[0],
                ),
            ],
            (1, 1, 1.5),
        )

    return Lesson(
        claim=tr("The map covers the head of the {name}, and misses much of its body", name=name)
        if gap >= WIDE_GAP
        else tr("On this photograph the map of the {name} covers head and body about alike", name=name),
        lead=tr(
            "A classifier needs one sure sign of a class, not all of the object. Its map lies on the "
            "sign, and a pseudo mask made of that map leaves the body to the background."
        ),
        view=lambda: _view(view, sample, trace, measured, every),
        control=tr(
            "Move the threshold: low enough to hold all of the object, and the mask takes the background with it."
        ),
        formula=Formula(
            r"\mathrm{recall}(R) = ",
            r"\frac{|\{u \in R : M_c(u) > t\}|}{|R|}",
            "",
            tr(
                "Of the true pixels $R$ of a part, head or body, the share the mask claims at the threshold "
                "$t$. The heads of the photographs are outlined by hand; of drawn scenes it is known which "
                "part is discriminative."
            ),
        ),
        question=_question(name, every),
        sources=(
            Source("Zhou et al., CVPR 2016", tr("the class activation map")),
            Source("Wei et al., CVPR 2017", tr("that it lies on small discriminative regions")),
        ),
        inspect=Inspect("compare", examples.elsewhere(view)),
        caveat=tr(
            "That the head is the discriminative part of an animal is our reading. {drawn_scenes}",
            drawn_scenes=drawn_scenes(),
        ),
        draw=draw,
        origin=traces.origin(sample, "cam", "single"),
        why_shipped=tr(examples.NO_PARTS),
        setup=lambda: titled(tr("Head and body"), static_plots.truth(sample), tr("Outlines: head, body")),
        seen=examples.on_photograph(state),
    )


def drawn_scenes() -> str:
    """The same measured on drawn scenes, whose discriminative parts are known; "" where it was not."""
    measured = provenance.held_out(checkpoints.entry().scores)
    return (
        tr(
            "Drawn scenes, discriminative and non-discriminative part: {measured}",
            measured=measured[0].lower() + measured[1:],
        )
        if measured
        else ""
    )


def widest(trace: Trace, sample: Sample) -> str:
    """The label whose two recalls differ most at the default threshold."""

    def gap(name: str) -> float:
        first, rest = recalls(trace, sample, name).at(ViewState().threshold)
        return first - rest

    return max(sample.labels or (), key=gap)


def _question(name: str, every: Averages) -> Question:
    options = (tr("less than half"), tr("between half and three quarters"), tr("more than three quarters"))
    t = ViewState().threshold
    rest = float(every.values[1, at(t), 0])
    return Question(
        tr(
            "At the threshold {t:.2f}, how much of the body does the mask hold, on average over {count} photographs?",
            t=t,
            count=every.count,
        ),
        options,
        0 if rest < 0.5 else 1 if rest <= 0.75 else 2,
        tr("In the mean with 95 % intervals over photographs: {said}.", said=every.said(t)),
    )


def _view(view: ViewState, sample: Sample, trace: Trace, measured: Recalls, every: Averages) -> None:
    panels = (
        Panel.of(trace, tr("Map of {name}", name=measured.name), always="map"),
        Panel.of(trace, tr("Pseudo mask"), always="mask"),
        Panel(tr("Head and body"), note=tr("outlines, not used in training"), truth=True),
    )
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="top")
    with left:
        if not view.present:
            examples.photograph_choice(sample.source)
        content = examples.content_of(sample, panels, trace.classes, sample.labels or ())
        viewer("learn_parts", content, view, offered=("threshold", "table"))
    with right:
        st.html(markup.panel_title(tr("Recall over the threshold"), f"t = {view.threshold:.2f}"))
        described = ", ".join(
            f"{tr(label)} {percent(share)}"
            for (_, label), share in zip(LINES, measured.at(view.threshold), strict=True)
        )
        average = tr(
            "Dashed: the mean of {count} photographs, at t: {said}.", count=every.count, said=every.said(view.threshold)
        )
        alt = tr(
            "recall at the threshold {threshold:.2f}: {described}. {average}",
            threshold=view.threshold,
            described=described,
            average=average,
        )
        show(recalls_chart(measured, every, view.threshold), "learn_recalls", alt)
        if view.present:  # a slide is low, and there is room under the chart
            examples.photograph_choice(sample.source)
        st.html(f'<p class="wv-note">{escape(average)}</p>')


def recalls_chart(measured: Recalls, every: Averages, threshold: float) -> Chart:
    """The recall of both parts over the threshold, and what it is at the one that is set; dashed the mean over
    photographs with its interval."""
    marks: list[Mark] = []
    curves = zip(LINES, (measured.discriminative, measured.rest), every.values, strict=True)
    for (part, label), line, (mean, low, high) in ((a, b, c.T) for a, b, c in curves):
        colour = tuple(channel / 255 for channel in PART_COLOURS[part])
        marks += [
            Band(THRESHOLDS, low, high, colour),
            Line(THRESHOLDS, mean, tr("{part}, mean", part=tr(label)), colour, width=1.8, dash="dash"),
            Line(THRESHOLDS, line, tr("{part} of this {name}", part=tr(label), name=measured.name), colour, width=3.0),
        ]
    marks.append(Rule(x=threshold))
    marks += [Note(threshold, share, percent(share), side="right above", bold=True) for share in measured.at(threshold)]
    x, y = Axis(tr("threshold"), 0, 0.95), Axis(tr("recall"), 0, 1.03, form=".0%")
    return Chart((Plot(tuple(marks), x, y),), 300)
