"""The information bottleneck: the best trade-off between forgetting the input and telling of the label, exactly."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from wsss_viz.app.language import tr
from wsss_viz.app.pages.information import bottleneck_chart as drawn
from wsss_viz.app.pages.information.bottleneck_section import controls, in_a_network, trade_off
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import BETAS
from wsss_viz.app.widgets.markup import percent

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure


def lesson(state: ViewState) -> Lesson:
    """The step at the state's beta and joint."""

    def draw(figure: SubFigure) -> None:
        static_plots.row(
            figure,
            [
                (tr("I(T;Y) by I(X;T), label noisy"), drawn.curve_panel("noisy", state.beta)),
                (tr("Its encoder p(t|x), beta {beta:g}", beta=state.beta), drawn.encoder_panel("noisy", state.beta)),
                (tr("Label a function of x"), drawn.curve_panel("function", state.beta)),
            ],
            (1.1, 1.2, 0.9),
        )

    return Lesson(
        claim=claim(state.joint, state.beta),
        lead=tr(
            "The information bottleneck asks for the smallest T: forget as much of X as possible, but "
            "keep what tells of Y. Beta says what a bit of Y is worth in bits of X, and a network's "
            "layers are said to be on their way to such a T."
        ),
        view=lambda: _view(state),
        control=tr(
            "Move beta: where does the encoder begin to tell inputs apart, and which ones first? Then "
            "let the label be a function of x."
        ),
        formula=Formula(
            r"\min_{p(t|x)} \; I(X;T) - ",
            r"\beta",
            r"\, I(T;Y)",
            tr(
                "Over all ways of making $T$ out of $X$ alone. The data-processing inequality bounds what "
                "can be won: $I(T;Y) \\leq I(X;Y)$. Where the curve is bent, $1/\\beta$ is its slope at the "
                "point."
            ),
        ),
        question=question(),
        sources=(
            Source("Tishby, Pereira and Bialek, 1999", tr("the trade-off and its equations"), unverified=True),
            Source("Kolchinsky et al., ICLR 2019", tr("what goes wrong where Y is a function of X, from the abstract")),
        ),
        inspect=Inspect("information", examples.elsewhere(replace(state, section="bottleneck"))),
        caveat=tr(
            "Five bits and a label, where everything can be computed. Of a network's layers the two "
            "numbers can only be estimated, which is the next step."
        ),
        draw=draw,
        origin=tr("computed exactly"),
    )


def claim(joint: str, beta: float) -> str:
    """What the encoder of beta keeps of the joint that is shown."""
    one, whole = drawn.at(joint, beta), drawn.shared(joint)
    share = one.of_label.value_bits / whole
    if len(one.weights) == 1:
        return tr("At beta {beta:g} the best bottleneck forgets everything: Y is not worth a bit of X", beta=beta)
    return tr(
        "{value_bits:.2f} of 5 bits of X keep {share} of what X tells of Y: the bottleneck keeps what matters",
        value_bits=one.of_input.value_bits,
        share=percent(share),
    )


def question() -> Question:
    """What the betas reach where Y is a function of X."""
    _, between = drawn.reached("function")
    options = (tr("every point of the curve"), tr("its two ends alone"), tr("the upper end alone"))
    origin = any(one.of_input.value_bits < drawn.REACH for one in drawn.compressed("function"))
    return Question(
        tr("Let the label be a function of x, as in most data sets. Which points of the curve do the betas lead to?"),
        options,
        0 if between else 1 if origin else 2,
        tr(
            "Of {count} betas {between} lead between the ends: below 1 everything is forgotten, above 1 "
            "the whole label is kept, for the curve is straight there and every point of it equally good "
            "at beta 1. With the noisy label {reached} lead between.",
            count=len(BETAS),
            between=between,
            reached=drawn.reached("noisy")[1],
        ),
    )


def _view(state: ViewState) -> None:
    controls(state)
    said = drawn.said(state.joint, state.beta)
    trade_off(state, "learn_trade_off")
    st.html(f'<p class="wv-note">{escape(said)} {escape(drawn.joint_words(state.joint))}</p>')
    if not state.present:
        in_a_network(state)
