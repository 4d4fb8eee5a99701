"""RIB, the last sigmoid removed: what is left of the loss once a class is recognised, and what the map does then."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import at_hand, examples, static_plots
from wsss_viz.app.pages.learn.at_hand import AtHand
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.steps.tunings import MARGIN, RUNS, Tuned, claim, tuned
from wsss_viz.app.services import checkpoints, samples
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent, probability, signed
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.evaluation.resampling import mean_intervals
from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Plot, Points
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.company import missing_companions
from wsss_viz.showcase.photographs import photographs_path

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

LOGITS: NDArray[np.float64] = np.linspace(-8, 30, 191)


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
    every = [tuned(at_hand.image(ViewState(example=source))) for source in sources]
    rows = [
        [[one.non_discriminative, one.iou] for one in (runs.start, *runs.end.values()) if one is not None]
        for runs in every
    ]
    return Averages(mean_intervals(np.array(rows)), sum(runs.gain > 0 for runs in every), len(every))


def lesson(state: ViewState) -> Lesson:
    """The step at the state's image and k."""
    at = at_hand.image(state)
    name, ground = at.name, at.sample
    runs, every = tuned(at), over_photographs()
    view = at.view(state)

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
        view=lambda: _view(view, at, runs, every),
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
        inspect=Inspect("erasing", at.elsewhere(replace(view, mode="rib"))),
        caveat=tr(
            "Over {count} photographs, body: {body}. IoU: {iou}; RIB ends above its control on "
            "{above}. At its own best threshold no method is ahead of CAM on them.",
            count=every.count,
            body=every.said(0),
            iou=every.said(1),
            above=every.above,
        ),
        draw=draw,
        origin=at_hand.origin(at),
        any_image=True,
        shipped=at.shipped,
    )


def pull(logit: float) -> float:
    """1 - sigma(y), the slope that binary cross-entropy has left at the logit y of a class that is there."""
    return 1 - probability(logit)


def rib_pull(logit: float, margin: float = MARGIN) -> float:
    """The slope of RIB's loss -min(m, y): 1 below the margin, 0 from it on."""
    return float(logit < margin)


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


def _view(view: ViewState, at: AtHand, runs: Tuned, every: Averages) -> None:
    rib, control = (runs.traces[run] for run in RUNS)
    note = missing_companions(rib.steps[-1])
    panels: tuple[Panel, ...] = (
        Panel(tr("CAM, the start"), (PanelStep.of(rib.steps[0]),)),
        Panel.of(rib, "RIB", note, METHODS["rib"].colour),
        Panel.of(control, tr("Control: sigmoid kept"), note),
    )
    if at.measured:
        panels = (*panels, at.truth_panel())
    if view.present:  # a slide is low: three maps beside the chart, and what the table says is the claim
        panels = panels[:3]
    ground = samples.ground(at.sample)
    content = examples.content_of(at.display, panels, rib.classes, at.sample.labels or (), ground, whole=at.sample)

    def maps() -> None:
        with st.container(key="tuned"):
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
    """The start and the two ends: logit, slope of the loss, and what the mask recalls, or covers where no truth is."""
    start, raised, last = runs.pooled("rib")[0], runs.pooled("rib")[-1], runs.pooled("rib-bce")[-1]
    pulls = ("–", f"{rib_pull(raised, runs.margin):.2f}", f"{pull(last):.2f}")
    titles = (tr("CAM, the start"), tr("RIB, last step"), tr("control, last step"))
    heads, shares = _shares(runs)
    rows = zip(titles, (start, raised, last), pulls, shares, strict=True)
    body = "".join(
        f"<tr><th>{escape(title)}</th><td>{signed(logit)}</td><td>{slope}</td>"
        + "".join(f"<td>{percent(share)}</td>" for share in row)
        + "</tr>"
        for title, logit, slope, row in rows
    )
    at = tr("at t = {threshold:.2f}", threshold=ViewState().threshold)
    heads = (at, tr("pooled logit"), tr("pull of the loss"), *heads)
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f'<table class="wv-step"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _shares(runs: Tuned) -> tuple[tuple[str, ...], list[tuple[float, ...]]]:
    """What is measured of the masks of the start and of both ends, by name."""
    if runs.start is None:
        return (tr("mask, of the image"),), [(area,) for area in runs.areas]
    every = (runs.start, *(runs.end[run] for run in RUNS))
    if math.isnan(runs.start.non_discriminative):
        return (tr("recall"), "IoU"), [(one.recall, one.iou) for one in every]
    heads = (tr("head"), tr("body"), "IoU")
    if not runs.sample.source.startswith("photos:"):
        heads = (tr("discriminative"), tr("non-discriminative"), "IoU")
    return heads, [(one.discriminative, one.non_discriminative, one.iou) for one in every]


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
            np.where(runs.margin > LOGITS, 1.0, 0.0),
            METHODS["rib"].colour,
            tr("RIB, 1 up to m = {margin:.0f}", margin=runs.margin) if math.isfinite(runs.margin) else "RIB, 1",
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
