"""Class-specific erasing on two photographs in one picture: what is left of the one's score with the other erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import at_hand, diagrams, examples, static_plots
from wsss_viz.app.pages.learn.at_hand import AtHand
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.pictures import titled
from wsss_viz.app.services import upload
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent, signed
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.evaluation.resampling import mean_intervals
from wsss_viz.figures.chart import Axis, Chart, Line, Plot, Rule
from wsss_viz.traces import Trace

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

STAYS = 0.8
"""The share of its logit from which the other class is said to be left alone: our own reading."""
WORDS = {1: mark("once"), 2: mark("twice"), 3: mark("three times")}
ON_PHOTOGRAPH = mark(
    "CGNet was trained on drawn scenes only. On this photograph the ordinary classifier's own map stands in for "
    "CGNet's, so both networks are one here, and what is erased is the mask of k = 1. The numbers are logits; the "
    "drawn scenes have CGNet's own."
)
ON_IMAGE = mark(
    "On this image the ordinary classifier's own map stands in for CGNet's, so both networks are one here, and what is "
    "erased is the mask of k = 1. The numbers are logits; the drawn scenes of a sofa have CGNet's own."
)
ONE_LABEL = mark("This step erases one class beside another: it needs an image of two labels that its network knows.")
UNSEEN = mark("The network does not see both classes in your image, so the step has nothing to take away from one.")
SPECIFIC, TOGETHER = "#2a9088", "#b4552d"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two animals in one picture, erased one class at a time and both together.

    Attributes:
        sample: the picture of both.
        erased, other: their classes.
        specific, together: (K + 1, 2) the logits of both, with the first one erased k times, and with both.
        pictures: the same two, (K + 1) pictures each.
        class_map: (h, w) the map of the first one's class before anything is erased.
    """

    sample: Sample
    erased: str
    other: str
    specific: NDArray[np.float32]
    together: NDArray[np.float32]
    pictures: tuple[tuple[NDArray[np.uint8], ...], tuple[NDArray[np.uint8], ...]]
    class_map: NDArray[np.float32]

    @property
    def left(self) -> tuple[float, float]:
        """The share of the other's logit that is left at the end: class by class, and erased together."""
        first = float(self.specific[0, 1])
        return float(self.specific[-1, 1]) / first, float(self.together[-1, 1]) / first


def pair_of(sample: Sample, specific: Trace, together: Trace, labels: tuple[str, ...] = ()) -> Pair:
    """The two erasings (`showcase.photograph_lessons`) of a picture of both classes.

    Args:
        labels: the class that is erased, and the other; default the sample's labels.
    """
    erased, other = labels or sample.labels or ("", "")
    indices = [specific.classes.index(name) for name in (erased, other)]
    row = specific.steps[0].targets.index(indices[0])
    # class by class each target has an image of its own, together there is one
    rows = ((specific, row), (together, 0))
    scores = [np.stack([step.arrays["all_scores"][at][indices] for step in trace]) for trace, at in rows]
    pictures = [tuple(step.arrays["all_images"][at] for step in trace) for trace, at in rows]
    first = specific.steps[0].arrays["looks"][row]
    count = min(map(len, scores))  # where nothing is left to erase, one of them ends before the other
    return Pair(
        sample, erased, other, scores[0][:count], scores[1][:count], (pictures[0][:count], pictures[1][:count]), first
    )


def flowing(pair: Pair) -> diagrams.Flowing:
    """What flows through CS-AE's scheme with the network's own map in CGNet's place: the first erasing."""
    before, after = (dict(zip((pair.erased, pair.other), map(float, pair.specific[k]), strict=True)) for k in (0, 1))
    return diagrams.Flowing(pair.erased, pair.pictures[0][0], pair.class_map, pair.pictures[0][1], before, after)


def over_pairs() -> NDArray[np.float64]:
    """(2, 3) the share of the other's logit that is left, class by class and erased together: mean, low and high over
    all photographs beside another."""
    scores = np.array(list(examples.stored_photograph_lessons().pairs.values()))
    return mean_intervals(scores[:, :, -1, 1] / scores[:, :, 0, 1])


def lesson(state: ViewState, formula: Callable[[str], Formula], sources: tuple[Source, ...]) -> Lesson:
    """The step at the state's photograph and k.

    Args:
        formula: of the step, with the class that must remain.
    """
    at, why = image_of_two(state)
    if at is not None:
        pair = pair_on(at)
        if min(pair.specific[0]) > 0:
            caveat = tr("One image. Over the lecture's {count} pairs of photographs: {said}.",
                        count=len(examples.photographs()), said=said(over_pairs()))  # fmt: skip
            mine = _lesson(pair, at.view(state), caveat, tr(ON_IMAGE), formula, sources)
            inspect = Inspect("erasing", at.elsewhere(replace(at.view(state), mode="ae")))
            return replace(mine, inspect=inspect, origin=at_hand.origin(at), shipped=False)
        why = tr(UNSEEN)
    source = examples.photograph_of(state)
    specific, together = (examples.photograph_lesson(kind, source) for kind in ("beside", "beside-all"))
    pair = pair_of(examples.beside(source), specific, together)
    caveat = tr(
        "Two photographs laid side by side are no photograph of both, and their network was trained "
        "to see one class per image. Over {count} such pairs: {said}.",
        count=len(examples.photographs()),
        said=said(over_pairs()),
    )
    view = replace(examples.at(state, source), focus=pair.erased)
    lectures = _lesson(pair, view, caveat, tr(ON_PHOTOGRAPH), formula, sources)
    return replace(lectures, why_shipped=why, seen=examples.on_photograph(state))


def image_of_two(state: ViewState) -> tuple[AtHand | None, str]:
    """The image that one looks at where its network knows two of its labels; else why it is not of that."""
    if at_hand.picked(state) is None:
        return None, ""
    at = at_hand.image(state)
    two = len(at.sample.labels or ()) > 1 and at_hand.is_labelled(at.sample)
    return (at, "") if two else (None, tr(ONE_LABEL))


def pair_on(at: AtHand) -> Pair:
    """The class that one looks at and the first other label, erased one by one and together. Raises as `trace`."""
    other = next(name for name in at.sample.labels or () if name != at.name)
    options = {**at_hand.ERASING, "classes": (at.name, other)}
    specific, together = at.trace("ae", **options), at.trace("ae", **options, agnostic=True)
    return pair_of(at.sample, specific, together, (at.name, other))


def _lesson(
    pair: Pair,
    view: ViewState,
    caveat: str,
    stand_in: str,
    formula: Callable[[str], Formula],
    sources: tuple[Source, ...],
) -> Lesson:
    every, both = over_pairs(), markup.listed((pair.erased, pair.other))

    def draw(figure: SubFigure) -> None:
        times = len(pair.specific) - 1
        cells: list[tuple[str, static_plots.Cell]] = [
            (tr("{erased} erased {times}", erased=pair.erased, times=tr(WORDS.get(times, ""))), pair.pictures[0][-1]),
            (tr("Both erased"), pair.pictures[1][-1]),
            (tr("Logit of {other}", other=pair.other), chart(pair).panels[0]),
        ]
        static_plots.row(figure, cells, (1.5, 1.5, 1))

    return Lesson(
        claim=claim(pair),
        lead=tr(
            "The map of one class is made by its own row of weights, so erasing what it covers need not "
            "touch the other: the {other} is still there to be seen. One mask for all labels erases "
            "both, and nothing tells them apart.",
            other=pair.other,
        ),
        view=lambda: _view(view, pair, every, stand_in),
        control=tr("Move k, or take another photograph: whose logit falls, and whose stays?"),
        formula=formula(pair.other),
        question=_question(pair),
        sources=sources,
        inspect=Inspect("erasing", examples.elsewhere(replace(view, mode="ae"))),
        caveat=caveat,
        draw=draw,
        any_image=True,
        setup=lambda: titled(tr("Image"), pair.pictures[0][0], tr("the image: {labels}", labels=both), both),
    )


def said(every: NDArray[np.float64]) -> str:
    """What is left of the other's logit over all pairs, in words."""
    rows = zip((tr("one class erased"), tr("both erased")), every, strict=True)
    return ", ".join(
        tr("{words} leaves {share}", words=words, share=markup.interval(m, low, high)) for words, (m, low, high) in rows
    )


def claim(pair: Pair) -> str:
    """What the erasing of one class does to the score of the other in this picture."""
    before, after, together = float(pair.specific[0, 1]), float(pair.specific[-1, 1]), float(pair.together[-1, 1])
    start = tr("Erase the {erased} {times}", erased=pair.erased, times=tr(WORDS.get(len(pair.specific) - 1, "")))
    if pair.left[0] < STAYS:
        return tr(
            "{start}: here the {other}'s logit falls too, from {before} to {after}",
            start=start,
            other=pair.other,
            before=signed(before),
            after=signed(after),
        )
    end = tr("; one mask for both takes it to {together}", together=signed(together)) if pair.left[1] < STAYS else ""
    return tr(
        "{start}: the {other}'s logit stays, {before}, then {after}{end}",
        start=start,
        other=pair.other,
        before=signed(before),
        after=signed(after),
        end=end,
    )


def _question(pair: Pair) -> Question:
    options = (
        tr("about what it was, more than {share} of it", share=percent(STAYS)),
        tr("clearly less"),
        tr("next to nothing, under a fifth"),
    )
    rest, left = float(pair.specific[-1, 0] / pair.specific[0, 0]), pair.left[0]
    return Question(
        tr(
            "The {erased} is erased {times}. What is left of the logit of the {other}?",
            erased=pair.erased,
            times=tr(WORDS.get(len(pair.specific) - 1, "")),
            other=pair.other,
        ),
        options,
        0 if left > STAYS else 2 if left < 0.2 else 1,
        tr(
            "{left} of it, and {rest} of the {erased}'s own. With both erased from one picture {together} "
            "of the {other}'s is left.",
            left=percent(max(left, 0)),
            rest=percent(max(rest, 0)),
            erased=pair.erased,
            together=percent(max(pair.left[1], 0)),
            other=pair.other,
        ),
    )


def _view(view: ViewState, pair: Pair, every: NDArray[np.float64], stand_in: str) -> None:
    titles = (tr("The {erased} erased", erased=pair.erased), tr("Both erased, one mask for all"))
    panels = tuple(
        Panel(title, tuple(PanelStep(image=picture) for picture in pictures), always="image")
        for title, pictures in zip(titles, pair.pictures, strict=True)
    )
    left, right = st.columns([8, 5], gap="large")
    with left:
        display = upload.display_copy(pair.sample)
        content = examples.content_of(display, panels, (pair.erased,), (pair.erased,), whole=pair.sample)
        viewer("learn_beside", content, view, offered=("k",))
        st.html(table(pair))
    with right:
        st.html(markup.panel_title(tr("Logit of the {other}", other=pair.other), tr("by erasing k")))
        show(chart(pair), "learn_other", described(pair))
        pairs = tr("<b>Over all pairs</b>, of the other's logit: {said}.", said=escape(said(every)))
        st.html(f'<p class="wv-note">{pairs}</p>')
    st.html(diagrams.cs_ae(flowing(pair), stand_in))


def described(pair: Pair) -> str:
    """The chart in one line."""
    series = ((tr("{erased} erased", erased=pair.erased), pair.specific), (tr("both erased"), pair.together))
    return "; ".join(f"{words}: " + ", ".join(f"{v:.2f}" for v in values[:, 1]) for words, values in series)


def chart(pair: Pair) -> Chart:
    """The other's logit by erasing, class by class and erased together."""
    k = list(range(len(pair.specific)))
    marks = (
        Line(k, pair.specific[:, 1], tr("{erased} erased", erased=pair.erased), SPECIFIC, symbol="circle"),
        Line(k, pair.together[:, 1], tr("both erased"), TOGETHER, symbol="square", dash="dash"),
        Rule(y=0),
    )
    most = 1.2 * float(max(pair.specific[:, 1].max(), pair.together[:, 1].max(), 0.1))
    low = min(0.0, float(pair.together[:, 1].min()), float(pair.specific[:, 1].min()))
    return Chart(
        (Plot(marks, Axis("k", ticks=k, labels=[str(i) for i in k]), Axis(tr("logit"), 1.2 * low, most)),), 220
    )


def table(pair: Pair) -> str:
    """Both logits by erasing, class by class and erased together."""
    one, other = (tr("{erased} erased: ", erased=pair.erased), tr("both erased: "))
    heads = ("k", f"{one}{pair.erased}", pair.other, f"{other}{pair.erased}", pair.other)
    rows = "".join(
        f"<tr><th>{k}</th>" + "".join(f"<td>{float(v):.2f}</td>" for v in (*a, *b)) + "</tr>"
        for k, (a, b) in enumerate(zip(pair.specific, pair.together, strict=True))
    ).replace("-", "\N{MINUS SIGN}")
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f'<table class="wv-step wv-on-page"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
