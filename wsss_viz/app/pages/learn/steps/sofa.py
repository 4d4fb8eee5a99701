"""Class-specific erasing: two photographs in one picture, or the drawn sofa: what a judge says when the mask of a class
runs over what stands on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import at_hand, diagrams, examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.pictures import picture, titled
from wsss_viz.app.pages.learn.steps import two_animals
from wsss_viz.app.pages.results import leakage
from wsss_viz.app.services import samples, traces
from wsss_viz.app.source_bar import Beside
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.markup import percent, probability
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_results import stored_leakage
from wsss_viz.showcase.lessons import CARRIER
from wsss_viz.traces import Step, Trace

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

ON_SOFA = mark("You have chosen a sofa scene; any other choice beside it leads back to what you looked at.")
OUTLINED = mark("the scene: {carrier} and {other}, the {carrier} outlined")
SEEN = 0.5
REPORT = "scenes-test"
TITLES = (mark("Its own mask"), mark("The mask runs over the {other}"), mark("One mask for all labels"))


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the ordinary classifier says of the image with a mask erased.

    Attributes:
        title: what was erased.
        trace_step: its number in the trace `spill-sofa`.
        carrier, other: the probabilities of the two labels.
        covered: the mean of the mask on the other object.
        loss: L_cse against the labels that should remain.
    """

    title: str
    trace_step: int
    carrier: float
    other: float
    covered: float
    loss: float


def judgements(trace: Trace, other: str) -> tuple[Judgement, ...]:
    """The three erasures of the trace `spill-sofa`."""

    def p(scores: np.ndarray, name: str) -> float:
        return probability(float(scores[trace.classes.index(name)]))

    return tuple(
        Judgement(
            tr(TITLES[k], other=other),
            k,
            p(step.scores, CARRIER),
            p(step.scores, other),
            step.terms[f"object/{other}"],
            step.terms["l_cse"],
        )
        for k, step in enumerate(trace)
    )


def sources() -> tuple[Source, ...]:
    """What the step is from."""
    return (
        Source("Kweon et al., ICCV 2021 (OC-CSE)", tr("class-specific erasing and its loss, from the official code")),
        Source("Kweon et al., ICCV 2021", tr("that its own example is of a sofa"), unverified=True),
    )


def formula(other: str) -> Formula:
    """CS-AE's loss, and what it says of the class that must remain."""
    return Formula(
        r"L_{cse} = \mathrm{BCE}(\mathrm{OC}(x\,(1 - m_r)),\; ",
        r"y - y_r",
        r")",
        tr(
            "The labels that must remain: all but the erased class $r$. For one mask of all labels it "
            "would be 0, and nothing would speak for the {other}.",
            other=other,
        ),
    )


def sofa_scene(state: ViewState) -> str:
    """The drawn scene of a sofa that the step is to show; "": what one looks at."""
    choices = examples.with_labels(CARRIER)
    looked_at = state.example if at_hand.is_scene(state) else ""
    return next((source for source in (state.sofa, looked_at) if source in choices), "")


def lesson(state: ViewState) -> Lesson:
    """The step on the state's photograph, or on a drawn scene of a sofa with an animal on it where one is chosen."""
    source = sofa_scene(state)
    if source:
        return scene_lesson(state, source)
    return two_animals.lesson(state, formula, sources())


def scene_lesson(state: ViewState, source: str) -> Lesson:
    """The step on a drawn scene of a sofa with an animal on it."""
    sample, ground = samples.scene(source), samples.fine_scene(source)
    trace, origin = examples.lesson_trace(f"spill-{CARRIER}", source)
    other = next(name for name in sample.labels or () if name != CARRIER)
    judged_masks = judgements(trace, other)
    specific, spilled, together = judged_masks

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (tr("The {carrier}, outlined", carrier=CARRIER), outlined(ground)),
            (
                tr("Its mask, {covered} of the {other}", covered=percent(specific.covered), other=other),
                mask_over(ground, trace.steps[0]),
            ),
        ]
        for judged, step in zip(judged_masks, trace, strict=True):
            if step.image is not None:
                cells.append(
                    (f"{judged.title}\n{other} {judged.other:.2f}, {CARRIER} {judged.carrier:.2f}", step.image)
                )
        static_plots.row(figure, cells)

    return Lesson(
        claim=claim(judged_masks, other),
        lead=tr(
            "CS-AE erases one class and asks a frozen classifier two things: the {carrier} must be gone, "
            "and the {other} must still be there. A mask that eats the {other} is penalised; a mask for "
            "all labels never is.",
            carrier=CARRIER,
            other=other,
        ),
        view=lambda: _view(sample, ground, trace, judged_masks, other),
        control=tr(
            "Choose another drawn scene: does the judge miss the {carrier}'s guest every time?", carrier=CARRIER
        ),
        formula=formula(other),
        question=Question(
            tr(
                "The mask of the {carrier} runs over the whole {other} as well. What does the judge say of "
                "the {other}?",
                carrier=CARRIER,
                other=other,
            ),
            (tr("it still sees the {other}", other=other), tr("it has lost the {other}", other=other)),
            0 if spilled.other >= SEEN else 1,
            tr(
                "{other} {alone:.2f} with the {carrier}'s own mask erased, {spilled:.2f} with the {other} "
                "under it too. The loss goes from {loss:.2f} to {higher:.2f}: that is what pushes the mask "
                "back. With one mask for all labels the {other} is at {together:.2f}.",
                other=other,
                alone=specific.other,
                carrier=CARRIER,
                spilled=spilled.other,
                loss=specific.loss,
                higher=spilled.loss,
                together=together.other,
            ),
        ),
        sources=sources(),
        inspect=Inspect("erasing", examples.elsewhere(_in_erasing(state, sample))),
        caveat=_held_out(),
        draw=draw,
        origin=origin,
        any_image=True,
        shipped=state.sofa == source,
        why_shipped=tr(ON_SOFA),
        setup=lambda: titled(tr("Image"), outlined(ground), tr(OUTLINED, carrier=CARRIER, other=other)),
        choice=(lambda: scene_choice(source)) if state.sofa == source else None,
        seen=replace(state, source="scene", example=source, classes=(), focus="", looking_network=""),
    )


def claim(judged_masks: tuple[Judgement, ...], other: str) -> str:
    """What the judge says on this scene."""
    specific, spilled, together = judged_masks
    if specific.other >= SEEN > spilled.other:
        if together.other < SEEN:
            return tr(
                "Find the mask of the {carrier}: class-specific erasing is penalised where it covers the {other}, one "
                "mask for all labels is not",
                carrier=CARRIER,
                other=other,
            )
        return tr(
            "Find the mask of the {carrier}: class-specific erasing is penalised where it covers the {other}",
            carrier=CARRIER,
            other=other,
        )
    if spilled.other >= SEEN:
        return tr(
            "Find the mask of the {carrier}: here the judge sees the {other} even through the mask",
            carrier=CARRIER,
            other=other,
        )
    return tr(
        "Find the mask of the {carrier}: here the judge has lost the {other} from the start",
        carrier=CARRIER,
        other=other,
    )


def _in_erasing(state: ViewState, sample: Sample) -> ViewState:
    """The page Erasing at the step where CS-AE, which goes class by class, erases the carrier."""
    k, _ = trained_step(sample) or (0, None)
    return replace(examples.at(state, sample.source), focus=CARRIER, mode="cs-ae", k=k)


def trained_step(sample: Sample) -> tuple[int, diagrams.Flowing] | None:
    """At which step CS-AE erases the carrier, and what flows through it there; None where no trace of it is stored."""
    try:
        trace = examples.trace(sample, "cs-ae")
    except InputError:
        return None
    for k, step in enumerate(trace):
        if step.sampled is not None and trace.classes[step.sampled] == CARRIER:
            return k, diagrams.flowing(step, trace.classes, sample.image)
    return None


def _held_out() -> str:
    """What was measured over many scenes: how often the rest of the labels survives each kind of erasing."""
    stored = traces.showcase()
    rows = stored.experiment["rows"] if stored and stored.experiment else []
    at = {r["kind"]: r for r in rows if r["threshold"] == 0.5}
    if "class" not in at or "agnostic" not in at:
        return tr("One classifier, drawn scenes; what CS-AE gains over all held-out scenes is on the page Results.")
    count = stored.experiment["images"] if stored and stored.experiment else 0
    per_class, together = at["class"]["other_probability"], at["agnostic"]["other_probability"]
    return tr(
        "Over {count} scenes, the ordinary classifier's maps erased above 0.5: the other labels are "
        "at {per_class:.2f} after class-specific and at {together:.2f} after class-agnostic erasing. "
        "More of what the trained masks gain by it is on the page Results.",
        count=count,
        per_class=per_class,
        together=together,
    )


def _view(
    sample: Sample,
    ground: Sample,
    trace: Trace,
    judged_masks: tuple[Judgement, ...],
    other: str,
) -> None:
    with st.grid(4, min_column_width=210, gap="medium") as grid:
        with grid.cell(), st.container(gap="xsmall"):
            st.html(markup.panel_title(tr("Image"), tr("{carrier} and {other}", carrier=CARRIER, other=other)))
            picture(
                outlined(ground),
                tr(OUTLINED, carrier=CARRIER, other=other),
            )
            st.html(markup.chips((CARRIER, other), ground.classes, plain=True))
        for judged, step in zip(judged_masks, trace, strict=True):
            with grid.cell(), st.container(gap="xsmall"):
                st.html(
                    markup.panel_title(
                        judged.title, tr("{covered} of the {other}", covered=percent(judged.covered), other=other)
                    )
                )
                assert step.image is not None
                picture(
                    mask_over(ground, step),
                    tr("{title}: what is erased, the {carrier} outlined", title=judged.title, carrier=CARRIER),
                )
                picture(step.image, f"{judged.title}: {other} {judged.other:.2f}, {CARRIER} {judged.carrier:.2f}")
                st.html(_verdict(judged, other))
    if trained := trained_so():
        st.html(f'<p class="wv-note"><b>{tr("Trained so, and measured.")}</b> {escape(trained)}</p>')
    _, data = trained_step(sample) or (0, None)
    said = (
        tr("CGNet's own map of the {carrier} on this scene; the numbers are logits.", carrier=CARRIER) if data else ""
    )
    st.html(diagrams.cs_ae(data, said))


def outlined(ground: Sample) -> rendering.Picture:
    """The scene with the true outline of the carrier."""
    return rendering.with_contour(ground.image, ground.class_mask(CARRIER))


def mask_over(ground: Sample, step: Step) -> rendering.Picture:
    """What a step erases, bright where all of the picture goes, over the scene with the carrier's true outline."""
    assert step.mask is not None
    return rendering.map_overlay(ground.image, step.mask, (0, 1), "inferno", 0.6, ground.class_mask(CARRIER))


def trained_so() -> str:
    """What the trained networks' maps leak onto neighbours, from the stored report; "" where there is none."""
    report = stored_leakage(REPORT)
    sentence = leakage.finding(report) if report is not None else ""
    if report is None or not sentence:
        return ""
    return tr(
        "On {count} scenes where objects touch: {lower}{sentence}",
        count=report["count"],
        lower=sentence[0].lower(),
        sentence=sentence[1:],
    )


def beside(state: ViewState) -> Beside:
    """The drawn scenes of a sofa as one more choice of the source bar."""
    choices = examples.with_labels(CARRIER)

    def read(kind: str) -> dict[str, object]:
        return {"sofa": choices[0] if kind == CARRIER and choices else "", "classes": (), "focus": ""}

    return Beside(CARRIER, tr("Sofa scenes"), state.sofa in choices, read)


def scene_choice(scene: str) -> None:
    """Which of the drawn scenes of a sofa."""

    def title(choice: str) -> str:
        guest = next(name for name in samples.scene(choice).labels or () if name != CARRIER)
        return tr("{name} on a sofa", name=guest)

    st.selectbox(
        tr("Sofa scenes"),
        examples.with_labels(CARRIER),
        format_func=title,
        width=190,
        label_visibility="collapsed",
        **session.control("sofa", scene, lambda choice: {"sofa": choice, "classes": (), "focus": ""}),
    )


def _verdict(judged: Judgement, other: str) -> str:
    """The judge's two answers and the loss, each with what is wanted of it."""
    rows = (
        (CARRIER, judged.carrier, tr("should vanish"), judged.carrier < SEEN),
        (other, judged.other, tr("should remain"), judged.other >= SEEN),
    )
    body = "".join(
        f'<div class="wv-score {"wv-label" if fine else ""}"><span>{escape(name)}</span>'
        f'<div><i style="width:{max(p * 100, 0.6):.1f}%"></i></div><b>{p:.2f}</b><em>{wanted}</em></div>'
        for name, p, wanted, fine in rows
    )
    return f'<div class="wv-scores">{body}</div><p class="wv-note">{tr("loss")} {judged.loss:.2f}</p>'
