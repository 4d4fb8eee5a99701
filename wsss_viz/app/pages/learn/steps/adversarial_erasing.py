"""Adversarial erasing: find, erase, repeat, until the score is low; and what goes wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.services import samples
from wsss_viz.app.services.steps import Frame, frames
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.markup import percent, probability
from wsss_viz.app.widgets.viewer import Content, Panel, PanelStep, viewer
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

SEEN = 0.5
"""The probability from which a classifier is said to see a class."""


@dataclass(frozen=True)
class Erasing:
    """One erasing: what the class's score was before it, and where it fell.

    Attributes:
        before, after: the probability of the class, seen in the image it starts from and in the one it leaves.
        area: the share of the image it erases.
        on, others: the share of it on the class's object, and on other objects; the rest is background.
    """

    before: float
    after: float
    area: float
    on: float
    others: float

    @property
    def off(self) -> float:
        """The share of it on the background."""
        return 1 - self.on - self.others


def erasings(steps: tuple[Frame, ...], sample: Sample, name: str) -> tuple[Erasing, ...]:
    """The erasings between the frames of AE on one class; those that erase nothing are left out."""
    index = sample.classes.index(name)
    assert sample.mask is not None
    class_mask, object_ = sample.class_mask(name), sample.mask > 0
    results = []
    for before, after in pairwise(steps):
        assert after.region is not None
        new = np.asarray(after.region) > 0.5
        if not new.any():
            continue
        on, others = float(class_mask[new].mean()), float((object_ & ~class_mask)[new].mean())
        scores = probability(float(before.scores[index])), probability(float(after.scores[index]))
        results.append(Erasing(*scores, float(new.mean()), on, others))
    return tuple(results)


def lesson(state: ViewState) -> Lesson:
    """The step at the state's k."""
    source = examples.sources()[0]
    sample, ground = samples.scene(source), samples.fine_scene(source)
    trace = examples.trace(sample, "ae")
    name = examples.largest_part(sample)
    view = replace(examples.at(state, source, name), focus=name)
    steps = frames("ae", trace, name)
    results = erasings(steps, sample, name)
    shared = shared_network(sample, name)

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (f"{frame.name}, p = {probability(float(frame.scores[sample.classes.index(name)])):.2f}", frame.seen)
            for frame in steps
            if frame.seen is not None
        ]
        static_plots.row(figure, [*cells, ("Ground truth", static_plots.truth(ground))])

    return Lesson(
        claim=claim(results, name),
        lead="Adversarial erasing paints over what the map covers and computes the map again, in the hope that the "
        "next best part of the object comes to light. The score of what is left says when to stop.",
        view=lambda: _view(view, sample, ground, steps, results, name, shared),
        control="Move k: what was erased, the current map, and what is left of the score.",
        formula=Formula(
            r"x_{k+1} = x\,(1 - E_{k+1}), \quad E_{k+1} = E_k \cup ",
            r"\{u : M_k(u) > t\}",
            "",
            "$M_k$ is the map of the image erased so far, divided by its own maximum. So it is always somewhere above "
            "the threshold $t$, whether or not anything of the object is left.",
        ),
        question=_question(results, name),
        sources=(
            Source("Wei et al., CVPR 2017 (AE-PSL)", "erase and train again; here the classifier stays as it is"),
            Source("Wei et al., CVPR 2017", "that a fourth erasing step hurts", unverified=True),
            Source("Li et al., CVPR 2018 (GAIN)", "one network that finds and judges at once"),
        ),
        inspect=Inspect("erasing", examples.elsewhere(replace(view, mode="ae"))),
        caveat="AE-PSL trains a new classifier on the erased images at every step; that run is on the page Erasing, "
        "retrained each round.",
        draw=draw,
    )


def claim(results: tuple[Erasing, ...], name: str) -> str:
    """What the erasings of this scene show."""
    if not results:
        return "Find, erase, repeat: here there was nothing to erase"
    last, late = results[-1], [e for e in results if e.before < SEEN]
    if late:
        area = sum(e.area for e in late)
        on = sum(e.on * e.area for e in late) / area
        prefix = f"the score is low after {_times(_steps_seen(results))}"
        if on > 0.5:
            return f"Find, erase, repeat: {prefix}, and much of the {name} is still missing"
        return f"Find, erase, repeat: {prefix}, and what the map covers then is not the {name}"
    if last.on > 0.5:
        return f"Find, erase, repeat: each iteration covers more of the {name}"
    return f"Find, erase, repeat: the classifier still sees the {name}, and finds it elsewhere"


def _times(count: int) -> str:
    return {1: "one erasing", 2: "two erasings"}.get(count, f"{count} erasings")


def _steps_seen(results: tuple[Erasing, ...]) -> int:
    """After how many erasings the class is not seen any more; all of them where it still is."""
    return next((k for k, erasing in enumerate(results, start=1) if erasing.after < SEEN), len(results))


def shared_network(sample: Sample, name: str) -> tuple[float, float] | None:
    """What GAIN's network says of the class once its own mask of it is erased, and what the ordinary classifier says
    of the same image, as probabilities; None without GAIN's trace."""
    try:
        trace = examples.trace(sample, "gain")
    except InputError:
        return None
    index = trace.classes.index(name)
    for step in trace:
        if step.sampled == index or (step.sampled is None and index in step.targets):
            shared, other = step.arrays["after"][index], step.arrays["ordinary_after"][index]
            return probability(float(shared)), probability(float(other))
    return None


def _question(results: tuple[Erasing, ...], name: str) -> Question:
    options = (f"mostly on the {name}", "mostly on something else")
    asked = "Where does the last erasing fall?"
    if not results:
        return Question(asked, options, 1, "Nothing was erased at all on this scene.")
    last = results[-1]
    return Question(
        asked,
        options,
        0 if last.on > 0.5 else 1,
        f"{percent(last.on)} of it is on the {name}, {percent(last.others)} on another object and {percent(last.off)} "
        f"on the background. The probability of the {name} before it was {last.before:.2f}.",
    )


def _view(
    view: ViewState,
    sample: Sample,
    ground: Sample,
    steps: tuple[Frame, ...],
    results: tuple[Erasing, ...],
    name: str,
    shared: tuple[float, float] | None,
) -> None:
    index = sample.classes.index(name)
    maps = (PanelStep(f.class_map[None], f.scores[index : index + 1], note=f.note) for f in steps)
    panels = (
        Panel("What is left", tuple(PanelStep(image=f.seen, region=f.region) for f in steps), "outlined: newly erased"),
        Panel("Current map", tuple(maps)),
        Panel("Ground truth", note="not used in training", truth=True),
    )
    left, right = st.columns([8, 5], gap="large")
    with left:
        viewer("learn_erasing", Content(sample, panels, (name,), (name,), ground), view, offered=("k",))
    with right:
        st.html(markup.panel_title("Each erasing", f"probability of {name}"))
        st.html(table(results, name))
        if shared is not None:
            gain, other = shared
            st.html(
                f'<p class="wv-note"><b>One network for both.</b> GAIN trains the network that finds to judge what is '
                f"left. After its own mask it says {escape(name)} with {gain:.2f}, the ordinary classifier says "
                f"{other:.2f} of the same picture: {verdict(gain, other)}. Where all labels are erased at once, a "
                "neighbour is erased along: step 7.</p>"
            )


def verdict(gain: float, other: float) -> str:
    """What the two judges' probabilities say of a network that judges itself."""
    if (gain >= SEEN) == (other >= SEEN):
        return "here the two agree"
    return "it has learnt to see no more than it masks" if gain < other else "it sees what the other does not"


def table(results: tuple[Erasing, ...], name: str) -> str:
    """One row per erasing: the score before and after it, and where it fell."""
    heads = ("erasing", "p before", "p after", f"on {name}", "other", "background")
    rows = "".join(
        f"<tr><th>{k}</th><td>{e.before:.2f}</td><td>{e.after:.2f}</td>"
        f"<td>{percent(e.on)}</td><td>{percent(e.others)}</td><td>{percent(e.off)}</td></tr>"
        for k, e in enumerate(results, start=1)
    )
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f'<table class="wv-step"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
