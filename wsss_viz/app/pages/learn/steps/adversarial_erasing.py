"""Adversarial erasing: find, erase, repeat, until the score is low; and what goes wrong on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import at_hand, diagrams, examples, shared_network, static_plots
from wsss_viz.app.pages.learn.at_hand import AtHand
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.services import samples
from wsss_viz.app.services.steps import Frame, frames
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.markup import percent, signed
from wsss_viz.app.widgets.rendering import enlarge_mask
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.evaluation.resampling import mean_intervals
from wsss_viz.traces.normalisation import EPSILON

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

NO_MASK = mark("This image has no mask of the class, so where an erasing fell is not known.")
SEEN = 0.5
"""The share of the whole image's logit from which a classifier is said to see a class: our own reading."""


@dataclass(frozen=True)
class Erasing:
    """One erasing: what the class's score was before it, and where it fell.

    Attributes:
        before, after: the logit of the class in the image it starts from and in the one it leaves, as a share of that
            of the whole image.
        area: the share of the image it erases.
        on, others: the share of it on the class's object, and on other objects; the rest is background. NaN where the
            image has no mask of the class.
        logits: of the class, before and after.
    """

    before: float
    after: float
    area: float
    on: float
    others: float
    logits: tuple[float, float] = (math.nan, math.nan)

    @property
    def off(self) -> float:
        """The share of it on the background."""
        return 1 - self.on - self.others

    @property
    def measured(self) -> bool:
        """Whether it is known where it fell."""
        return not math.isnan(self.on)


def erasings(steps: tuple[Frame, ...], sample: Sample, name: str) -> tuple[Erasing, ...]:
    """The erasings between the frames of AE on one class; those that erase nothing are left out."""
    index = sample.classes.index(name)
    whole = max(float(steps[0].scores[index]), EPSILON)
    results = []
    for before, after in pairwise(steps):
        assert after.region is not None
        new = enlarge_mask(np.asarray(after.region) > 0.5, sample.size) > 0
        if not new.any():
            continue
        logits = float(before.scores[index]), float(after.scores[index])
        shares = logits[0] / whole, logits[1] / whole
        results.append(Erasing(*shares, float(new.mean()), *_on(new, sample, name), logits))
    return tuple(results)


def _on(region: NDArray[np.bool_], sample: Sample, name: str) -> tuple[float, float]:
    """The shares of a region on the class's object and on others, of the pixels that are not to be ignored."""
    if sample.mask is None or not (there := sample.class_mask(name)).any():
        return math.nan, math.nan
    counted = region & (sample.mask != IGNORE)
    if not counted.any():
        return math.nan, math.nan
    return float(there[counted].mean()), float(((sample.mask > 0) & ~there)[counted].mean())


def lesson(state: ViewState) -> Lesson:
    """The step at the state's image and k."""
    at = at_hand.image(state)
    sample, name, trace = at.sample, at.name, at.erasing()
    view = at.view(state)
    steps = frames("ae", trace, name, sigmoids=False)
    results = erasings(steps, sample, name)
    every = over_photographs()

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (
                tr(
                    "{name}, logit {scores}",
                    name=frame.name,
                    scores=signed(float(frame.scores[sample.classes.index(name)])),
                ),
                frame.seen,
            )
            for frame in steps
            if frame.seen is not None
        ]
        static_plots.row(figure, [*cells, (tr("Head and body"), static_plots.truth(sample))])

    return Lesson(
        claim=claim(results, name),
        lead=tr(
            "Adversarial erasing paints over what the map covers and computes the map again, in the hope "
            "that the next best part of the object comes to light. The score of what is left says when "
            "to stop."
        ),
        view=lambda: _view(view, at, steps, results, every),
        control=tr("Move k: what was erased, the current map, and what is left of the score."),
        formula=Formula(
            r"x_{k+1} = x\,(1 - E_{k+1}), \quad E_{k+1} = E_k \cup ",
            r"\{u : M_k(u) > t\}",
            "",
            tr(
                "$M_k$ is the map of the image erased so far, divided by its own maximum. So it is always "
                "somewhere above the threshold $t$, whether or not anything of the object is left."
            ),
        ),
        question=_question(every),
        sources=(
            Source("Wei et al., CVPR 2017 (AE-PSL)", tr("erase and train again; here the classifier stays as it is")),
            Source("Wei et al., CVPR 2017", tr("that a fourth erasing step hurts"), unverified=True),
            Source("Li et al., CVPR 2018 (GAIN)", tr("one network that finds and judges at once")),
        ),
        inspect=Inspect("erasing", at.elsewhere(replace(view, mode="ae"))),
        caveat=tr(
            "AE-PSL trains a new classifier on the erased images at every step; that run is on the page "
            "Erasing, of drawn scenes, retrained each round."
        ),
        draw=draw,
        origin=at_hand.origin(at),
        any_image=True,
        shipped=at.shipped,
    )


def claim(results: tuple[Erasing, ...], name: str) -> str:
    """What the erasings of this image show."""
    if not results:
        return tr("Find, erase, repeat: here there was nothing to erase")
    if results[0].logits[0] <= 0:
        return tr("Find, erase, repeat: in this image the classifier does not see the {name} to begin with", name=name)
    late = [e for e in results if e.before < SEEN]
    if not all(erasing.measured for erasing in results):
        times = _times(_steps_seen(results))
        if late:
            return tr("Find, erase, repeat: the score of the {name} is low after {times}", times=times, name=name)
        return tr("Find, erase, repeat: after {times} the classifier still sees the {name}", times=times, name=name)
    return _measured_claim(results, late, name)


def _measured_claim(results: tuple[Erasing, ...], late: list[Erasing], name: str) -> str:
    """`claim` where it is known where the erasings fell; `late` are those from where the class is hardly seen."""
    if late:
        area = sum(e.area for e in late)
        on = sum(e.on * e.area for e in late) / area
        times = _times(_steps_seen(results))
        if on > 0.5:
            return tr(
                "Find, erase, repeat: the score is low after {times}, and much of the {name} is still missing",
                times=times,
                name=name,
            )
        return tr(
            "Find, erase, repeat: the score is low after {times}, and what the map covers then is not the {name}",
            times=times,
            name=name,
        )
    if results[-1].on > 0.5:
        return tr("Find, erase, repeat: each iteration covers more of the {name}", name=name)
    return tr("Find, erase, repeat: the classifier still sees the {name}, and finds it elsewhere", name=name)


def _times(count: int) -> str:
    return {1: tr("one erasing"), 2: tr("two erasings")}.get(count, tr("{count} erasings", count=count))


def _steps_seen(results: tuple[Erasing, ...]) -> int:
    """After how many erasings the class is not seen any more; all of them where it still is."""
    return next((k for k, erasing in enumerate(results, start=1) if erasing.after < SEEN), len(results))


@dataclass(frozen=True, eq=False)
class Averages:
    """The erasings over photographs: `values` (K, 3, 3), of each erasing the share on the object and on the background
    and the share of the logit that is left after it, each as mean, low and high of the 95 % interval."""

    values: NDArray[np.float64]
    count: int

    def said(self) -> str:
        """Where each erasing falls on average, in words."""
        rows = [markup.interval(m, low, high) for m, low, high in self.values[:, 0]]
        return ", ".join(rows)


def over_photographs() -> Averages:
    """The stored erasings of all the photographs."""
    return _averages(examples.photograph_stamps(), examples.photographs())


@st.cache_resource(max_entries=2, show_spinner=False)
def _averages(stamps: examples.Stamps, sources: tuple[str, ...]) -> Averages:
    rows = []
    for source in sources:
        sample = samples.example(source)
        (name,) = sample.labels or ()
        trace = examples.photograph_lesson("erasing", source)
        results = erasings(frames("ae", trace, name, sigmoids=False), sample, name)
        row = [[one.on, one.off, one.after] for one in results]
        rows.append(row + [[np.nan] * 3] * (len(trace) - 1 - len(row)))
    return Averages(mean_intervals(np.array(rows)), len(rows))


def _question(every: Averages) -> Question:
    first, last = float(every.values[0, 0, 0]), float(every.values[-1, 0, 0])
    return Question(
        tr(
            "Over {count} photographs: where does the last of {erasings} erasings fall?",
            count=every.count,
            erasings=len(every.values),
        ),
        (tr("mostly on the object"), tr("about as much on the background"), tr("mostly on the background")),
        0 if last > 0.6 else 1 if last >= 0.4 else 2,
        tr(
            "On the object on average, erasing by erasing: {shares}. The first falls more on the object than the last.",
            shares=every.said(),
        )
        if first > last
        else tr(
            "On the object on average, erasing by erasing: {shares}. The first falls less on the object than the last.",
            shares=every.said(),
        ),
    )


def _view(
    view: ViewState,
    at: AtHand,
    steps: tuple[Frame, ...],
    results: tuple[Erasing, ...],
    every: Averages,
) -> None:
    sample, name = at.sample, at.name
    index = sample.classes.index(name)
    maps = (
        PanelStep(f.class_map[None], f.scores[index : index + 1], note=f.note, centres=f.centres, grids=f.grids)
        for f in steps
    )
    panels = [
        Panel(
            tr("What is left"),
            tuple(PanelStep(image=f.seen, region=f.region) for f in steps),
            tr("outlined: newly erased"),
        ),
        Panel(tr("Current map"), tuple(maps)),
    ]
    if at.measured:
        panels.append(at.truth_panel())
    left, right = st.columns([8, 5], gap="large")
    with left:
        content = examples.content_of(at.display, panels, (name,), (name,), samples.ground(sample), whole=sample)
        viewer("learn_erasing", content, view, offered=("k",))
    with right:
        st.html(markup.panel_title(tr("Each erasing"), tr("logit of {name}", name=name)))
        st.html(table(results, name))
        average = tr(
            "<b>Over {count} photographs</b> on the object, erasing by erasing: {shares}.",
            count=every.count,
            shares=every.said(),
        )
        st.html(f'<p class="wv-note">{average}</p>')
        judge = shared_network.clearest(shared_network.judged())
        if judge is not None:
            st.html(shared_network.note(judge))
    if judge is not None:
        said = tr("Of the drawn scene above, by the trained GAIN; the numbers are logits.")
        st.html(diagrams.flow(diagrams.GAIN, "GAIN: L = L_cl + α L_am", judge.flowing, said))


def table(results: tuple[Erasing, ...], name: str) -> str:
    """One row per erasing: the logit before and after it, and where it fell, or how much it erased where no mask says
    that."""
    measured = all(erasing.measured for erasing in results)
    where = (tr("on {name}", name=name), tr("background")) if measured else (tr("erased, of the image"),)
    heads = (tr("erasing"), tr("before"), tr("after"), *where)
    rows = ""
    for k, e in enumerate(results, start=1):
        shares = (e.on, e.off) if measured else (e.area,)
        cells = [*map(signed, e.logits), *map(percent, shares)]
        rows += f"<tr><th>{k}</th>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    note = "" if measured else f'<p class="wv-note">{tr(NO_MASK)}</p>'
    return f'<table class="wv-step"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}'
