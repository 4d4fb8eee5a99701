"""What an ordinary classifier can still see: the experiment behind CS-AE, on one scene and over many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from wsss_viz.app.pages.erasing.averages import KINDS, THETA
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.services import samples, traces
from wsss_viz.app.services.steps import Frame, frames
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent, signed
from wsss_viz.app.widgets.viewer import Content, Panel, PanelStep, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.figures.chart import Axis, Chart, Line, Plot, Rule
from wsss_viz.showcase import REBUILD

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

Row = dict[str, Any]
DRAWN_KINDS = ("class", "random")
DEFAULT_STEP = 5


def lesson(state: ViewState) -> Lesson:
    """The step at the state's k."""
    source = examples.sources()[0]
    sample, ground = samples.scene(source), samples.fine_scene(source)
    name = examples.largest_part(sample)
    trace, origin = examples.lesson_trace(f"looks-{name}", source)
    k = min(DEFAULT_STEP if state.k == FINAL else state.k, len(trace) - 1)
    view = replace(examples.at(state, source, name), focus=name, k=k)
    steps = frames("experiment", trace, name)
    experiment = averages()
    whole, headless = row(experiment["rows"], "class", 1.0), row(experiment["rows"], "discriminative", None)

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [("Whole image", ground.image)]
        seen = steps[min(DEFAULT_STEP, len(steps) - 1)]
        if seen.seen is not None:
            cells.append((f"Erased above {seen.name}", seen.seen))
        cells.append((f"Probability, {experiment['images']} scenes", probability_chart(experiment["rows"]).panels[0]))
        static_plots.row(figure, cells, (1, 1, 1.6))

    return Lesson(
        claim=claim(whole, headless),
        lead="CS-AE rests on an observation: a classifier that learnt from whole images also answers to the less "
        "discriminative parts once the most discriminative one is erased. So erase more and more, and measure what "
        "it still says.",
        view=lambda: _view(view, sample, ground, steps, experiment, name),
        control="Move the step: from theta = 1, nothing erased, to 0.1, and watch score and map.",
        formula=Formula(
            r"A' = \mathrm{CAM}(x\,(1 - E_\theta)), \quad E_\theta = ",
            r"\{u : M(u) > \theta\}",
            "",
            "What the map $M$ of the whole image shows above $\\theta$ is erased in one go. $A'$ is read as it is, for "
            "divided by its own maximum a map of nothing looks as bright as any.",
        ),
        question=_question(whole, headless),
        sources=(
            Source("Kweon et al., ICCV 2021 (OC-CSE)", "the observation, from the abstract"),
            Source("Kweon et al., ICCV 2021", "the protocol of its figure; this one is our own", unverified=True),
        ),
        inspect=Inspect("erasing", examples.elsewhere(replace(view, mode="experiment"))),
        caveat=f"{experiment['observations']} objects of {experiment['images']} drawn scenes ({experiment['data']}), "
        "one small classifier. That it holds or fails here says little of a large network on photographs.",
        draw=draw,
        origin=origin,
    )


def averages() -> dict[str, Any]:
    """The experiment over many scenes. Raises InputError where it was not computed."""
    stored = traces.showcase()
    if stored is None or not stored.experiment:
        raise InputError(traces.showcase_note() or f"The showcase has no erasing experiment: {REBUILD}")
    return stored.experiment


def row(rows: list[Row], kind: str, threshold: float | None) -> Row:
    """The averages of one kind of erasure at one threshold."""
    return next(r for r in rows if r["kind"] == kind and r["threshold"] == threshold)


def claim(whole: Row, headless: Row) -> str:
    """What the averages say of the observation that CS-AE rests on."""
    remaining = headless["probability"] / whole["probability"]
    rises = headless["non_discriminative_absolute"] > whole["non_discriminative_absolute"]
    if remaining > 0.8:
        seen = "this classifier still sees the class"
    elif remaining > 0.35:
        seen = "this classifier is only half sure of the class"
    else:
        seen = "this classifier forgets the class"
    body = "the rest of the object lights up" if rises else "the rest of the object does not light up for it"
    link = "and" if (remaining > 0.8) == rises or not rises else "but"
    return f"With the discriminative part erased {seen}, {link} {body}"


def _question(whole: Row, headless: Row) -> Question:
    before, after = whole["non_discriminative_absolute"], headless["non_discriminative_absolute"]
    options = ("it rises", "it stays, within a tenth", "it falls")
    right = 0 if after > 1.1 * before else 1 if after >= 0.9 * before else 2
    return Question(
        "Erase the true discriminative part. What happens to the raw activation on the rest of the object?",
        options,
        right,
        f"From {signed(before)} to {signed(after)} on average, while the probability of the class goes from "
        f"{whole['probability']:.2f} to {headless['probability']:.2f}. Of what was not erased the map recalls "
        f"{percent(headless['recall_of_remainder'])}, before {percent(whole['recall_of_remainder'])}.",
    )


def _view(
    view: ViewState, sample: Sample, ground: Sample, steps: tuple[Frame, ...], experiment: dict[str, Any], name: str
) -> None:
    index = sample.classes.index(name)
    maps = (PanelStep(f.class_map[None], f.scores[index : index + 1], note=f.name) for f in steps)
    panels = (
        Panel("What is left", tuple(PanelStep(image=f.seen, note=f.name) for f in steps)),
        Panel("Current map", tuple(maps)),
    )
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.html(markup.panel_title("One scene", f"the {name}"))
        viewer("learn_looks", Content(sample, panels, (name,), (name,), ground), view, offered=("k",))
    with right:
        theta = float(steps[view.k].name.rpartition(" ")[2])
        count = f"{experiment['observations']} objects of {experiment['images']} scenes"
        st.html(markup.panel_title(count, "mean probability"))
        show(probability_chart(experiment["rows"], theta), "learn_seen", _described(experiment["rows"]))


def _lines(rows: list[Row]) -> list[Line]:
    lines = []
    for kind in DRAWN_KINDS:
        label, colour, dash = KINDS[kind]
        of_kind = [r for r in rows if r["kind"] == kind]
        thetas, values = [r["threshold"] for r in of_kind], [r["probability"] for r in of_kind]
        lines.append(Line(thetas, values, f"erased: {label}", colour, width=2.6, dash=dash, symbol="circle", size=6.0))
    return lines


def _described(rows: list[Row]) -> str:
    return "; ".join(f"{line.name}: from {line.y[0]:.2f} to {line.y[-1]:.2f}" for line in _lines(rows))


def probability_chart(rows: list[Row], theta: float | None = None) -> Chart:
    """The probability of the class over the threshold of erasing, and once the true discriminative part is erased.

    Args:
        theta: of the step that is open, marked on a page.
    """
    head = row(rows, "discriminative", None)["probability"]
    text = f"the true discriminative part erased: {head:.2f}"
    rules = [Rule(y=head, colour="#b4552d", dash="dash", text=text)]
    if theta is not None:
        rules.append(Rule(x=theta, on_paper=False))
    panel = Plot((*_lines(rows), *rules), THETA, Axis("probability of the class", 0, 1.02))
    return Chart((panel,), 310)
