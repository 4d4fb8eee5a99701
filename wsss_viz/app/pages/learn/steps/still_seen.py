"""What an ordinary classifier can still see: the claim behind CS-AE, on photographs and on drawn scenes."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.pictures import titled
from wsss_viz.app.pages.learn.steps.parts_erased import (
    BODY_ERASED,
    ERASED,
    HEAD_ERASED,
    OBJECT_ERASED,
    Answers,
    over_photographs,
    over_scenes,
)
from wsss_viz.app.services import samples
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent, signed
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.figures.chart import Axis, Chart, Plot, Points, Rule
from wsss_viz.showcase.photograph_lessons import fill_colour
from wsss_viz.traces import Trace, normalise, upsample

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

DEFAULT_STEP = 1
HALFWAY = 5
"""The step of the experiment on the page Erasing that erases what is above half of the map's maximum."""
SEEN, HALF = 0.8, 0.35
"""The shares of the logit from which the class is called seen, and half sure: our own reading."""
COLOURS = {mark("photographs"): "#2a9088", mark("drawn scenes"): "#b4552d"}


def lesson(state: ViewState) -> Lesson:
    """The step at the state's photograph and k."""
    source = examples.photograph_of(state)
    sample = samples.example(source)
    trace = examples.photograph_lesson("parts", source)
    (name,) = sample.labels or ()
    k = min(DEFAULT_STEP if state.k == FINAL else state.k, len(ERASED) - 1)
    view = replace(examples.at(state, source, name), focus=name, k=k, normalisation="shared")
    pictures = erased_pictures(sample, name)
    photographs, scenes = over_photographs(), over_scenes()

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = []
        highest = float(trace.steps[0].maps[0].max())
        for i, words in ((0, tr("Whole")), (HEAD_ERASED, tr("Head erased"))):
            values = normalise(upsample(trace.steps[i].maps[[0]], sample.size), "shared", highest)[0]
            drawn = static_plots.map_over(replace(sample, image=pictures[i]), values, name)
            cells.append(
                (tr("{words}, logit {scores}", words=words, scores=signed(float(trace.steps[i].scores[0]))), drawn)
            )
        cells.append((tr("Activation on the body, whole image = 1"), chart(photographs, scenes).panels[0]))
        static_plots.row(figure, cells, (1, 1, 1.6))

    return Lesson(
        claim=claim(photographs, scenes),
        lead=tr(
            "CS-AE rests on an observation: a classifier that learnt from whole images also answers to "
            "the less discriminative parts once the most discriminative one is erased. So erase the true "
            "head, the true body, or both, and measure what it still says."
        ),
        view=lambda: _view(view, sample, trace, pictures, name, photographs, scenes),
        control=tr(
            "Move the step: nothing, the head, the body, the whole object erased. All maps have one "
            "scale, that of the brightest."
        ),
        formula=Formula(
            r"A' = \mathrm{CAM}(x\,(1 - R)), \quad ",
            r"\frac{1}{|B|} \sum_{u \in B} A'(u)",
            "",
            tr(
                "$R$ is what is erased by its true outline, $B$ the body. $A'$ is read as it is, for divided "
                "by its own maximum a map of nothing looks as bright as any."
            ),
        ),
        question=_question(photographs),
        sources=(
            Source("Kweon et al., ICCV 2021 (OC-CSE)", tr("the observation, from the abstract")),
            Source("Kweon et al., ICCV 2021", tr("the protocol of its figure; this one is our own"), unverified=True),
        ),
        inspect=Inspect("erasing", examples.elsewhere(replace(view, mode="experiment", k=HALFWAY))),
        caveat=tr(
            "{count} photographs of one animal each and {scenes} drawn scenes, one network each; a "
            "photograph's logit is of a softmax over a thousand classes, a scene's of a sigmoid. Erased "
            "means painted grey, which no classifier has seen.",
            count=photographs.count,
            scenes=scenes.count,
        ),
        draw=draw,
        why_shipped=tr(examples.NO_PARTS),
        setup=lambda: titled(tr("Head erased"), pictures[HEAD_ERASED], tr("{what} erased", what=tr("head"))),
        seen=examples.on_photograph(state),
    )


def erased_pictures(sample: Sample, name: str) -> tuple[NDArray[np.uint8], ...]:
    """The photograph as each of `ERASED` leaves it, at its own size."""
    there = sample.class_mask(name)
    assert sample.parts is not None
    head, body = (there & (sample.parts == part) for part in (DISCRIMINATIVE, NON_DISCRIMINATIVE))
    grey = np.round(fill_colour()).astype(np.uint8)
    return tuple(np.where(m[..., None], grey, sample.image) for m in (np.zeros_like(there), head, body, head | body))


def seen(answered: Answers) -> str:
    """How sure the classifier still is with the head erased."""
    left = answered.left(HEAD_ERASED)
    return tr("still sees") if left > SEEN else tr("is half sure of") if left > HALF else tr("forgets")


def body(answered: Answers) -> str:
    """What the body's activation does once the head is erased."""
    _, low, high = answered.change
    return tr("lights up") if low > 0 else tr("fades") if high < 0 else tr("answers as before")


def claim(photographs: Answers, scenes: Answers) -> str:
    """What the averages say of the observation that CS-AE rests on."""
    first = tr(
        "Head erased, the photographs' network {seen} the animal, and its body {body}",
        seen=seen(photographs),
        body=body(photographs),
    )
    if (seen(photographs), body(photographs)) == (seen(scenes), body(scenes)):
        return tr("{first}; so it is on drawn scenes", first=first)
    return tr(
        "{first}; the drawn scenes' one {seen} its class, and the non-discriminative part {body}",
        first=first,
        seen=seen(scenes),
        body=body(scenes),
    )


def reason(photographs: Answers, scenes: Answers) -> str:
    """Why the two differ, as far as the numbers say it."""
    numbers = tr(
        "With the head erased {head} of the logit is left on photographs and {head_scenes} on drawn "
        "scenes; with the body erased {body} and {body_scenes}; with the whole object erased {object} "
        "and {object_scenes}, which outline and surroundings alone still say.",
        head=percent(photographs.left(HEAD_ERASED)),
        head_scenes=percent(scenes.left(HEAD_ERASED)),
        body=percent(photographs.left(BODY_ERASED)),
        body_scenes=percent(scenes.left(BODY_ERASED)),
        object=percent(photographs.left(OBJECT_ERASED)),
        object_scenes=percent(scenes.left(OBJECT_ERASED)),
    )
    if scenes.left(HEAD_ERASED) < min(scenes.left(BODY_ERASED), photographs.left(HEAD_ERASED)):
        return tr(
            "{numbers} The drawn classifier hangs on the one sign that every object of a class has, so "
            "without it there is no second best; the other network knows the animal by its body too.",
            numbers=numbers,
        )
    return tr("{numbers} That does not set the two apart.", numbers=numbers)


def signed_percent(share: float) -> str:
    """A share with its sign as "+18 %".

    >>> signed_percent(-0.184).replace("\N{NO-BREAK SPACE}", " ")
    '−18 %'
    """
    return ("\N{MINUS SIGN}" if share < 0 else "+") + percent(abs(share))


def _question(photographs: Answers) -> Question:
    mean, low, high = photographs.relative
    options = (tr("it rises"), tr("it stays, within its interval"), tr("it falls"))
    return Question(
        tr("Erase the true head in a photograph. What happens to the raw activation on the body, on average?"),
        options,
        0 if low > 0 else 2 if high < 0 else 1,
        tr(
            "It changes by {mean} ({low} to {high}, 95 % over {count} photographs), from "
            "{before} to {after}, while {left} of the logit is left.",
            mean=signed_percent(mean),
            low=signed_percent(low),
            high=signed_percent(high),
            count=photographs.count,
            before=signed(float(photographs.values[0, 2, 0])),
            after=signed(float(photographs.values[HEAD_ERASED, 2, 0])),
            left=percent(photographs.left(HEAD_ERASED)),
        ),
    )


def _view(
    view: ViewState,
    sample: Sample,
    trace: Trace,
    pictures: tuple[NDArray[np.uint8], ...],
    name: str,
    photographs: Answers,
    scenes: Answers,
) -> None:
    steps = trace.steps[: len(ERASED)]
    notes = [tr("{what} erased", what=tr(what)) for what in ERASED]
    images = (PanelStep(image=p, note=n) for p, n in zip(pictures, notes, strict=True))
    maps = (
        PanelStep(s.maps[[0]], s.scores[:1], image=p, note=n) for s, p, n in zip(steps, pictures, notes, strict=True)
    )
    panels = (
        Panel(tr("What is left"), tuple(images), always="image"),
        Panel(tr("Map of {name}, one scale", name=name), tuple(maps), always="map"),
    )
    left, right = st.columns([5, 7] if view.present else [6, 5], gap="large")  # a slide has width, but no height
    with left:
        if not view.present:
            examples.photograph_choice(sample.source)
        viewer("learn_looks", examples.content_of(sample, panels, (name,), (name,)), view, offered=("k",))
        logit, share = float(steps[view.k].scores[0]), float(steps[view.k].scores[0] / steps[0].scores[0])
        now = tr(
            "With {what} erased: logit {logit}, {share} of the whole image's; on the body {body}, in the whole image "
            "{whole}.",
            what=escape(tr(ERASED[view.k])),
            logit=signed(logit),
            share=percent(share),
            body=signed(steps[view.k].terms["body"]),
            whole=signed(steps[0].terms["body"]),
        )
        st.html(f'<p class="wv-note">{now}</p>')
    with right:
        st.html(markup.panel_title(tr("Activation on the body"), tr("whole image = 1")))
        show(chart(photographs, scenes, view.k), "learn_seen", described(photographs, scenes))
        if view.present:  # a slide is low, and there is room under the chart
            examples.photograph_choice(sample.source)
        st.html(f'<p class="wv-note"><b>{tr("Why.")}</b> {escape(reason(photographs, scenes))}</p>')
        st.html(table(photographs) + table(scenes))


def described(*every: Answers) -> str:
    """The chart in one line."""
    return "; ".join(
        f"{tr(one.name)}: "
        + ", ".join(
            f"{tr('{what} erased', what=tr(what))} {v:.2f}" for what, v in zip(one.erased, _body(one)[0], strict=True)
        )
        for one in every
    )


def _body(one: Answers) -> NDArray[np.float64]:
    """(3, E) the body's activation as a share of that in the whole image: mean, low and high."""
    values: NDArray[np.float64] = one.values[:, 2].T / one.values[0, 2, 0]
    return values


def chart(photographs: Answers, scenes: Answers, k: int | None = None) -> Chart:
    """The activation on the body by what is erased, as a share of that in the whole image, with 95 % intervals.

    Args:
        k: of the step that is open, marked on a page.
    """
    marks: list[Points | Rule] = [Rule(y=1)]
    for shift, one in ((-0.08, photographs), (0.08, scenes)):
        mean, low, high = _body(one)[:, : len(ERASED)]
        at = np.arange(len(ERASED)) + shift
        label = f"{one.count} {tr(one.name)}"
        marks.append(Points(at, mean, label, COLOURS[one.name], 9.0, low=low, high=high))
    if k is not None:
        marks.append(Rule(x=float(k), on_paper=False))
    x = Axis(
        tr("erased"), -0.5, len(ERASED) - 0.5, ticks=list(range(len(ERASED))), labels=[tr(what) for what in ERASED]
    )
    return Chart((Plot(tuple(marks), x, Axis(tr("on the body"))),), 250)


def table(one: Answers) -> str:
    """What is left of logit and map by what is erased: means with their intervals."""
    heads = (
        tr("{count} {images}, erased", count=one.count, images=tr(one.name)),
        tr("logit"),
        tr("on the head"),
        tr("on the body"),
    )
    if one.name != "photographs":
        heads = (*heads[:2], tr("discriminative"), tr("non-discriminative"))
    body = ""
    for what, values in zip(one.erased, one.values, strict=True):
        cells = "".join(
            f"<td>{signed(mean)} <small>({tr('{low} to {high}', low=signed(low), high=signed(high))})</small></td>"
            for mean, low, high in values
        )
        body += f"<tr><th>{escape(tr(what))}</th>{cells}</tr>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f'<table class="wv-step wv-intervals"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
