"""RIB, the last sigmoid removed: what is left of the loss once a class is recognised, and what the map does then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.services import checkpoints, samples
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent, probability, signed
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.resampling import mean_intervals
from wsss_viz.evaluation.seeds import ImageScores, argmax_with_value, score_image
from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Plot, Points
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.showcase.photographs import photographs_path
from wsss_viz.traces import Trace

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

RUNS = ("rib", "rib-bce")
CLEAR = 0.1
"""The change of a share from which it is called one."""
MARGIN = 25.0
"""m of the runs that are shown, as the manifest has it for the shipped classifier; the tests hold the two together."""
LOGITS: NDArray[np.float64] = np.linspace(-8, 30, 191)


@dataclass(frozen=True, eq=False)
class Tuned:
    """One class of one scene, tuned by RIB and by its control.

    Attributes:
        traces: by the names in `RUNS`.
        start: of the class's pseudo mask by the first step's map, the CAM.
        end: the same of the last steps' accumulated maps, by the names in `RUNS`.
    """

    sample: Sample
    name: str
    traces: dict[str, Trace]
    start: ImageScores
    end: dict[str, ImageScores]

    def pooled(self, run: str) -> list[float]:
        """The pooled logit y that the loss sees, one per step: the mean over the gradient's views."""
        trace = self.traces[run]
        index = trace.classes.index(self.name)
        return [float(step.arrays["logits"][:, index].mean()) for step in trace]

    @property
    def gain(self) -> float:
        """By how much RIB's IoU ends above the control's."""
        return self.end["rib"].iou - self.end["rib-bce"].iou


def scored(trace: Trace, k: int, sample: Sample, name: str) -> ImageScores:
    """The class's part of the pseudo mask of step k, at the viewer's usual threshold."""
    labels = [trace.classes.index(label) for label in sample.labels or ()]
    step = trace.steps[k]
    values = step.image_values(sample.size, "relu_max", labels, ViewState().align)
    winner, value = argmax_with_value(values, range(len(labels)), sample.size, "raw")
    class_mask = (winner == labels.index(trace.classes.index(name)) + 1) & (value > ViewState().threshold)
    return score_image(class_mask, sample, name)


def tuned(source: str, name: str) -> Tuned:
    """The class of a photograph or a scene that has both runs precomputed."""
    sample = samples.example(source)
    traces = {run: examples.trace(sample, run) for run in RUNS}
    end = {run: scored(trace, -1, sample, name) for run, trace in traces.items()}
    return Tuned(sample, name, traces, scored(traces["rib"], 0, sample, name), end)


@dataclass(frozen=True, eq=False)
class Averages:
    """RIB and its control over photographs: `values` (3, 2, 3), of the start and both ends (`RUNS`) the recall of the
    rest and the IoU, each as mean, low and high of the 95 % interval; RIB ends above its control in IoU on `above`."""

    values: NDArray[np.float64]
    above: int
    count: int

    def said(self, measure: int) -> str:
        """A measure of the start, RIB and the control, in words."""
        names = ("CAM", "RIB", tr("the control"))
        rows = zip(names, self.values[:, measure], strict=True)
        return ", ".join(f"{name} {markup.interval(m, low, high)}" for name, (m, low, high) in rows)


def over_photographs() -> Averages:
    """The stored runs on all the photographs."""
    sha256 = checkpoints.entry(checkpoints.PHOTOGRAPHS).sha256
    return _averages(sha256, photographs_path().stat().st_mtime_ns, examples.photographs())


@st.cache_resource(max_entries=2, show_spinner=False)
def _averages(checkpoint: str, stamp: int, sources: tuple[str, ...]) -> Averages:
    every = [tuned(source, (samples.example(source).labels or ("",))[0]) for source in sources]
    rows = [
        [[one.non_discriminative, one.iou] for one in (runs.start, *(runs.end[run] for run in RUNS))] for runs in every
    ]
    return Averages(mean_intervals(np.array(rows)), sum(runs.gain > 0 for runs in every), len(every))


def lesson(state: ViewState) -> Lesson:
    """The step at the state's photograph and k."""
    source = examples.photograph_of(state)
    sample = samples.example(source)
    (name,) = sample.labels or ()
    runs, every = tuned(source, name), over_photographs()
    ground = sample
    view = replace(examples.at(state, source, name), focus=name)

    def draw(figure: SubFigure) -> None:
        index = runs.traces["rib"].classes.index(name)

        def over(run: str, k: int) -> NDArray[np.uint8]:
            step = runs.traces[run].steps[k]
            values = step.image_values(runs.sample.size, "relu_max", [index], ViewState().align)[0]
            return static_plots.map_over(ground, values, name)

        static_plots.row(
            figure,
            [
                (tr("CAM of {name}", name=name), over("rib", 0)),
                (tr("RIB, last step"), over("rib", -1)),
                (tr("Sigmoid kept, last step"), over("rib-bce", -1)),
                (tr("What the loss still asks for"), pull_chart(runs).panels[0]),
            ],
            (1, 1, 1, 1.5),
        )

    return Lesson(
        claim=claim(runs),
        lead=tr(
            "RIB is for reducing the information bottleneck. Its goal: find the non-discriminative "
            "region, and let what it tells of the class through. Once a class is recognised by its best "
            "part, the sigmoid is flat and the loss asks for nothing more. So RIB drops the sigmoid and "
            "tunes the network on one image, pooling the logit where the map is still low."
        ),
        view=lambda: _view(view, runs, every),
        control=tr("Move k: RIB and its control start from the same map and take the same steps, but for the sigmoid."),
        formula=Formula(
            r"L = -\log ",
            r"\sigma(y)",
            r" \quad\longrightarrow\quad -\min(m,\, y)",
            tr(
                "Where the image has the class; the second is RIB's. The first pulls at the logit $y$ with "
                "$1 - \\sigma(y)$, next to nothing once $y$ is high; the second with 1, up to the margin $m$. "
                "The sigmoid's own slope is $s(1 - s)$. $y$ is pooled by GNDRP, global non-discriminative "
                "region pooling: the mean of the map where it is at most 0.4 of its maximum."
            ),
        ),
        question=question(runs),
        sources=(
            Source("Lee et al., NeurIPS 2021 (RIB)", tr("loss and iterations, after the official code")),
            Source("Lee et al., NeurIPS 2021 (RIB)", tr("what the paper says of the bottleneck"), unverified=True),
        ),
        inspect=Inspect("erasing", examples.elsewhere(replace(view, mode="rib"))),
        caveat=tr(
            "Over {count} photographs, body: {body}. IoU: {iou}; RIB ends above its control on "
            "{above}. At its own best threshold no method is ahead of CAM on them.",
            count=every.count,
            body=every.said(0),
            iou=every.said(1),
            above=every.above,
        ),
        draw=draw,
    )


def claim(runs: Tuned) -> str:
    """What the two tunings do to the body."""
    before = runs.start.non_discriminative
    rib, control = (runs.end[run].non_discriminative for run in RUNS)
    name = runs.name
    if rib - before < CLEAR:
        return tr(
            "Without the sigmoid the logits rise; the body of the {name} is hardly taken in by the map", name=name
        )
    if rib - control >= CLEAR:
        return tr(
            "Without the sigmoid the map takes in the body of the {name}: {before}, then {rib}",
            name=name,
            before=percent(before),
            rib=percent(rib),
        )
    return tr(
        "The map takes in the body of the {name}, {before}, then {rib}; with the sigmoid as well",
        name=name,
        before=percent(before),
        rib=percent(rib),
    )


def pull(logit: float) -> float:
    """1 - sigma(y), the slope that binary cross-entropy has left at the logit y of a class that is there."""
    return 1 - probability(logit)


def rib_pull(logit: float) -> float:
    """The slope of RIB's loss -min(m, y): 1 below the margin, 0 from it on."""
    return float(logit < MARGIN)


def question(runs: Tuned) -> Question:
    """How much the sigmoid leaves of the loss, at the logit the classifier starts from."""
    trace = runs.traces["rib-bce"]
    index = trace.classes.index(runs.name)
    whole, last = float(trace.steps[0].scores[index]), runs.pooled("rib-bce")[-1]
    left = pull(last)
    options = (tr("nearly all of it"), tr("about half"), tr("less than a quarter"))
    return Question(
        tr("At the end of the control's steps, with the sigmoid kept: how much of its pull has the loss left?"),
        options,
        0 if left > 0.75 else 1 if left >= 0.25 else 2,
        tr(
            "{left:.2f} of 1, at a pooled logit of {last}. At the classifier's own logit of the whole "
            "image, {whole}, it would have been {pull:.2f} from the start.",
            left=left,
            last=signed(last),
            whole=signed(whole),
            pull=pull(whole),
        ),
    )


def _view(view: ViewState, runs: Tuned, every: Averages) -> None:
    rib, control = (runs.traces[run] for run in RUNS)
    panels: tuple[Panel, ...] = (
        Panel(tr("CAM, the start"), (PanelStep.of(rib.steps[0]),)),
        Panel.of(rib, "RIB", colour=METHODS["rib"].colour),
        Panel.of(control, tr("Control: sigmoid kept")),
        Panel(tr("Head and body"), note=tr("outlines, not used in training"), truth=True),
    )
    if view.present:  # a slide is low: three maps beside the chart, and what the table says is the claim
        panels = panels[:3]
    content = examples.content_of(runs.sample, panels, rib.classes, runs.sample.labels or ())

    def maps() -> None:
        with st.container(key="tuned"):
            examples.photograph_choice(runs.sample.source)
            viewer("learn_sigmoid", content, view, offered=("k",))

    def pulls() -> None:
        st.html(markup.panel_title(tr("What the loss still asks of the logit"), tr("one dot per step")))
        end = pull(runs.pooled("rib-bce")[-1])
        show(
            pull_chart(runs),
            "learn_pull",
            tr("slope of the loss at the pooled logits; the control ends at {end:.2f}", end=end),
        )

    if view.present:
        for column, part in zip(st.columns([8, 5], gap="large"), (maps, pulls), strict=True):
            with column:
                part()
        return
    maps()
    grid = st.grid(2, min_column_width=400, gap="large", key="pulls")
    with grid.cell():
        st.html(table(runs))
        average = tr(
            "<b>Over {count} photographs</b>, of the body: {body}; IoU: {iou}.",
            count=every.count,
            body=every.said(0),
            iou=every.said(1),
        )
        st.html(f'<p class="wv-note">{average}</p>')
    with grid.cell():
        pulls()


def table(runs: Tuned) -> str:
    """The start and the two ends: logit, slope of the loss, and what the mask recalls."""
    start = runs.pooled("rib")[0]
    rows: list[tuple[str, float, float | None, ImageScores]] = [(tr("CAM, the start"), start, None, runs.start)]
    raised, last = runs.pooled("rib")[-1], runs.pooled("rib-bce")[-1]
    rows.append((tr("RIB, last step"), raised, rib_pull(raised), runs.end["rib"]))
    rows.append((tr("control, last step"), last, pull(last), runs.end["rib-bce"]))
    body = "".join(
        f"<tr><th>{escape(title)}</th><td>{signed(logit)}</td><td>{'–' if slope is None else f'{slope:.2f}'}</td>"
        f"<td>{percent(scores.discriminative)}</td><td>{percent(scores.non_discriminative)}</td>"
        f"<td>{percent(scores.iou)}</td></tr>"
        for title, logit, slope, scores in rows
    )
    at = tr("at t = {threshold:.2f}", threshold=ViewState().threshold)
    heads = (at, tr("pooled logit"), tr("pull of the loss"), tr("head"), tr("body"), "IoU")
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f'<table class="wv-step"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _slopes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """1 - s and s(1 - s) over `LOGITS`."""
    s = 1 / (1 + np.exp(-LOGITS))
    return 1 - s, s * (1 - s)


def pull_chart(runs: Tuned) -> Chart:
    """The slopes of both losses over the pooled logit, with a dot for each step of the two tunings."""
    left, slope = _slopes()
    marks: list[Mark] = [Line(LOGITS, slope, tr("sigmoid's slope s(1 − s)"), "#8a8f98", width=2.0, dash="dot")]
    for run, line, colour, name in (
        ("rib-bce", left, METHODS["rib-bce"].colour, tr("sigmoid kept, 1 − s")),
        (
            "rib",
            np.where(LOGITS < MARGIN, 1.0, 0.0),
            METHODS["rib"].colour,
            tr("RIB, 1 up to m = {margin:.0f}", margin=MARGIN),
        ),
    ):
        logits = runs.pooled(run)
        inside = np.clip(logits, LOGITS[0], LOGITS[-1])
        hover = [f"k = {k}, y = {logit:.1f}" for k, logit in enumerate(logits)]
        sizes = np.linspace(6, 13, len(inside)).tolist()
        marks.append(Line(LOGITS, line, name, colour, width=2.5))
        marks.append(
            Points(
                inside, np.interp(inside, LOGITS, line), name, colour, sizes, opacity=0.75, hover=hover, listed=False
            )
        )
    x = Axis(tr("pooled logit y (beyond {edge:.0f}: at the edge)", edge=LOGITS[-1]))
    panel = Plot(tuple(marks), x, Axis(tr("pull of the loss on y"), -0.04, 1.1))
    return Chart((panel,), 220, margin=(50, 8, 8, 44), legend="inside", legend_at=(0.36, 0.5))
