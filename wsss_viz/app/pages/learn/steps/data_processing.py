"""The data-processing inequality: a bit passed on through noisy links, and nothing that would bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import HIGHLIGHT, Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.markup import percent
from wsss_viz.figures.chart import Axis, Bars, Plot
from wsss_viz.information.chains import binary_symmetric, cascade
from wsss_viz.information.plane import INPUT, stored_plane
from wsss_viz.information.runs import LAYERS

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

FAIR = (0.5, 0.5)
REPAIRS = {
    mark("leave it as it is"): ((1.0, 0.0), (0.0, 1.0)),
    mark("flip it back"): ((0.0, 1.0), (1.0, 0.0)),
    mark("always say 0"): ((1.0, 0.0), (1.0, 0.0)),
    mark("always say 1"): ((0.0, 1.0), (0.0, 1.0)),
}
"""All four things that can be done with one bit."""


def bits_after_links(flip: float, links: int) -> list[float]:
    """I(X;T_k) in bits, k = 1 to `links`, of a fair bit through links that each flip it with probability `flip`."""
    return [result.value_bits for result in cascade(FAIR, [binary_symmetric(flip)] * links)]


def repaired(flip: float, links: int) -> dict[str, float]:
    """I(X;g(T)) in bits of the last node for each g in `REPAIRS`."""
    chain = [binary_symmetric(flip)] * links
    return {name: cascade(FAIR, [*chain, np.array(g)])[-1].value_bits for name, g in REPAIRS.items()}


def lesson(state: ViewState) -> Lesson:
    """The step at the state's flip probability."""
    flip = min(state.flip, 0.5)
    values, tried = bits_after_links(flip, state.links), repaired(flip, state.links)

    def draw(figure: SubFigure) -> None:
        static_plots.row(
            figure,
            [
                (tr("I(X;T), bits; each link flips {flip} of the bits", flip=percent(flip)), chain_panel(values)),
                (
                    tr("What can be done with T{links}, and what it then tells of X", links=state.links),
                    repairs_panel(tried),
                ),
            ],
            (1.5, 1),
        )

    return Lesson(
        claim=claim(values),
        lead=tr(
            "A network is such a chain: each layer is computed from the one before it and from nothing "
            "else. What a layer has dropped of its input is not there for any later layer to use."
        ),
        view=lambda: _view(state, flip, values, tried),
        control=tr("Move how often a link flips the bit: the first link decides the most."),
        formula=Formula(
            r"I(X;T_1) ",
            r"\geq",
            r" I(X;T_2) \geq \cdots \geq I(X;T_L) \geq I(X;\hat{Y})",
            tr(
                "The chain is Markov: $T_2$ depends on $X$ through $T_1$ alone. Then no function of $T_1$, "
                "however clever, tells more of $X$ than $T_1$ does; and so on along a network of $L$ layers "
                "to its output $\\hat{Y}$."
            ),
        ),
        question=question(tried, values[-1], state.links),
        sources=(Source("Cover and Thomas, Elements of Information Theory", tr("the inequality, section 2.8")),),
        inspect=Inspect("information", examples.elsewhere(replace(state, section="chain", flip=flip))),
        caveat=tr(
            "It holds for information, not for what one reader makes of it: what a probe reads of a "
            "layer may grow with depth, for a later layer can be easier to read."
        ),
        draw=draw,
        setup=lambda: _asked(flip, state.links),
        origin=tr("computed exactly"),
    )


def _asked(flip: float, links: int) -> None:
    st.html(markup.panel_title(tr("What each node still tells of X"), tr("exact, bits")))
    st.html(chain(flip, [None] * links))


def claim(values: list[float]) -> str:
    """What the chain keeps."""
    if values[-1] > 1 - 1e-9:
        return tr("A chain of links without noise passes everything on")
    if values[0] < 1e-9:
        return tr("A link that flips every second bit loses everything, and nothing after it brings it back")
    return tr(
        "What one link has lost, no later one brings back: {first:.2f} bits, in the end {last:.2f}",
        first=values[0],
        last=values[-1],
    )


def question(tried: dict[str, float], last: float, links: int) -> Question:
    """Whether anything helps, from what was tried."""
    options = (tr("by computing it cleverly"), tr("by a longer chain"), tr("not at all"))
    best = max(tried.values())
    helps = best > last + 1e-9
    return Question(
        tr("How could a node after T{links} get back what the first link lost?", links=links),
        options,
        0 if helps else 2,
        tr(
            "Of all four functions of one bit the best tells {best:.3f} bits of X, T{links} itself tells {last:.3f}.",
            best=best,
            links=links,
            last=last,
        )
        if not helps
        else tr(
            "One of the four functions of one bit tells {best:.3f} bits of X, more than T{links} itself.",
            best=best,
            links=links,
        ),
    )


def _view(state: ViewState, flip: float, values: list[float], tried: dict[str, float]) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(markup.panel_title(tr("What each node still tells of X"), tr("exact, bits")))
        st.html(chain(flip, values))
        st.html(f'<p class="wv-note"><b>{tr("Along a real network.")}</b> {escape(along_a_network())}</p>')
        st.slider(
            tr("How often a link flips the bit"), 0.0, 0.5, step=0.01, **session.control("flip", flip, variant="_link")
        )
    with right:
        st.html(markup.panel_title(tr("Everything that can be done with T{links}", links=state.links)))
        st.html(repairs(tried, values[-1]))


def along_a_network() -> str:
    """What the layers of the stored tanh network tell of the input in the end, and whether they are in order."""
    bits = stored_plane("tanh", "default").mean[-1, :, INPUT]
    words = ", ".join(f"{name} {value:.2f}" for name, value in zip(LAYERS, bits, strict=True))
    order = tr("in order") if (np.diff(bits) < 1e-9).all() else tr("not in order, which the bins have done")
    return tr(
        "A trained tanh network on 12 bits of input, as bins read its layers: {words} bits, {order}.",
        words=words,
        order=order,
    )


def chain(flip: float, values: Sequence[float | None]) -> str:
    """The nodes from X on, each filled as far as it tells of X, with the links between them; None where that is asked.

    >>> chain(0.1, [0.531, None]).count("?")
    2
    """
    nodes = [("X", 1.0), *((f"T{k}", value) for k, value in enumerate(values, start=1))]
    flips = tr("flips with probability {flip:.2f}", flip=flip)
    arrow = f'<i class="wv-link" title="{flips}">→<small>{percent(flip)}</small></i>'
    drawn = [(name, "?" if value is None else f"{abs(value):.2f}", value or 0.0) for name, value in nodes]
    parts = [
        f'<div class="wv-node"><b>{text}</b><div><i style="height:{height:.1%}"></i></div><span>{name}</span></div>'
        for name, text, height in drawn
    ]
    words = tr("bits told of X: {said}", said=", ".join(f"{name} {text}" for name, text, _ in drawn))
    return f'<div class="wv-chain" role="img" aria-label="{words}">{arrow.join(parts)}</div>'


def repairs(tried: dict[str, float], last: float) -> str:
    """A row for each function of the last bit."""
    rows = "".join(
        f"<tr><th>{escape(tr(name))}</th><td>{abs(value):.3f} bits</td></tr>" for name, value in tried.items()
    )
    itself = tr(
        "T itself tells {bits:.3f} bits. None of what can be done with it tells more.",
        bits=abs(last),
    )
    return (
        f'<table class="wv-step"><thead><tr><th>{tr("the next node could")}</th><th>{tr("tells of X")}</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
        f'<p class="wv-note">{itself}</p>'
    )


def chain_panel(values: list[float]) -> Plot:
    """What each node from X on tells of X, as bars."""
    nodes, heights = ["X", *(f"T{k}" for k in range(1, len(values) + 1))], [1.0, *values]
    colours = ["#999999", *[HIGHLIGHT] * len(values)]
    bars = Bars(nodes, heights, colour=colours, text=[f"{abs(height):.2f}" for height in heights], outside=True)
    return Plot((bars,), y=Axis(tr("bits"), 0, 1.12))


def repairs_panel(tried: dict[str, float]) -> Plot:
    """What each function of the last bit tells of X, as bars."""
    bars = Bars([tr(name) for name in tried][::-1], list(tried.values())[::-1], colour="#999999", across=True)
    return Plot((bars,), Axis(tr("bits"), 0, 1))
