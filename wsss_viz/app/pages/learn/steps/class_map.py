"""The class activation map: one cell of it as the sum it is, over channels and their weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import at_hand, examples, static_plots
from wsss_viz.app.pages.learn.at_hand import AtHand
from wsss_viz.app.pages.learn.lesson import HIGHLIGHT, Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.pictures import titled
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.markup import signed
from wsss_viz.app.widgets.viewer import Panel, PanelStep, viewer
from wsss_viz.figures.chart import Bars, Plot, Rule
from wsss_viz.traces import Trace, upsample

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

MOST, LEAST = 5, 2


@dataclass(frozen=True, eq=False)
class CellSum:
    """One cell u of a class's map written out: A_c(u) = sum_d W_cd f_d(u).

    Attributes:
        row, column: of the cell, from 0.
        features: (D,), f(u).
        weights: (D,), W_c.
    """

    row: int
    column: int
    features: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def products(self) -> NDArray[np.float64]:
        """(D,), what each channel adds."""
        return self.features * self.weights

    @property
    def value(self) -> float:
        """A_c(u)."""
        return float(self.products.sum())

    @property
    def listed(self) -> tuple[int, ...]:
        """The channels that add most, and those that take most away, by what they add."""
        order = np.argsort(-self.products, kind="stable").tolist()
        return (*order[:MOST], *order[-LEAST:])

    @property
    def rest(self) -> float:
        """What the channels that are not shown add together."""
        return self.value - float(self.products[list(self.listed)].sum())

    @property
    def half(self) -> int:
        """How many channels, the largest products first, make half of what all positive ones add."""
        positive = np.sort(self.products[self.products > 0])[::-1]
        return int(np.searchsorted(positive.cumsum(), positive.sum() / 2)) + 1


def cell_sum(trace: Trace, name: str, cell: tuple[int, ...]) -> CellSum:
    """The sum at a cell of the trace `class-sum`; at the map's highest where `cell` is empty or outside of it."""
    arrays = trace.steps[0].arrays
    features, weights = arrays["features"].astype(np.float64), arrays["weights"].astype(np.float64)
    class_weights = weights[trace.classes.index(name)]
    height, width = features.shape[1:]
    if len(cell) != 2 or cell[0] >= height or cell[1] >= width:
        highest = np.tensordot(class_weights, features, axes=1).argmax()
        cell = tuple(int(i) for i in np.unravel_index(highest, (height, width)))
    return CellSum(cell[0], cell[1], features[:, cell[0], cell[1]], class_weights)


def lesson(state: ViewState) -> Lesson:
    """The step at the state's image and cell."""
    at = at_hand.image(state)
    sample, trace = at.sample, at.class_sum()
    (name,) = trace.classes
    view = at.view(state, normalisation="raw")
    summed, peak = cell_sum(trace, name, view.cell), cell_sum(trace, name, ())
    count = len(summed.weights)
    mean, logit = float(trace.maps[0].mean()), float(trace.scores[0])
    share = peak.half / count
    channels = trace.steps[0].arrays["features"].astype(np.float64)
    pooled = float(summed.weights @ channels.mean(axis=(1, 2)))

    def draw(figure: SubFigure) -> None:
        values = trace.steps[-1].image_values(sample.size, "relu_max")[0]
        cells: list[tuple[str, static_plots.Cell]] = [
            (tr("Map of {name}", name=name), static_plots.map_over(sample, values, name)),
            (tr("Its highest cell, {value}: what the channels add", value=signed(peak.value)), products_panel(peak)),
        ]
        static_plots.row(figure, cells, (1, 1.6))

    return Lesson(
        claim=tr("Every value of a class map is a sum over channels that can be written out"),
        lead=tr(
            "The last layer weighs the channels of the features, the same weights at every position. So "
            "the score of a class, a number for the whole image, is a sum of one number per position: "
            "the class activation map."
        ),
        view=lambda: _view(view, at, trace, name, summed, peak.value),
        control=tr("Click a cell of the map: which channels answer there, and with what weight?"),
        formula=Formula(
            r"s_c - b_c = \sum_d W_{cd}\, \bar{f}_d = \frac{1}{|\Omega|} \sum_u ",
            r"\sum_d W_{cd}\, f_d(u)",
            "",
            tr(
                "On the left the network's order: pool each channel $f_d$, then weigh, {pooled:+.2f}. On the "
                "right weigh at each position, then pool, {mean:+.2f}: the same numbers added in another "
                "order. What is pooled there is the map $A_c(u)$. With the class's bias $b_c$, {bias:+.2f}, "
                "it is the logit, {logit:+.2f}.",
                pooled=pooled,
                mean=mean,
                bias=logit - mean,
                logit=logit,
            ),
        ),
        question=Question(
            tr(
                "How many of the {count} channels make half of what speaks for the {name} at its highest cell?",
                count=count,
                name=name,
            ),
            (tr("a few, under 5 %"), tr("about a tenth, 5 to 15 %"), tr("more than 15 %")),
            0 if share < 0.05 else 1 if share <= 0.15 else 2,
            tr("{half} of {count} channels, {share}.", half=peak.half, count=count, share=markup.percent(share)),
        ),
        sources=(
            Source("Zhou et al., CVPR 2016", tr("class activation maps; global average pooling makes the sum exact")),
        ),
        inspect=Inspect("compare", at.elsewhere(replace(view, methods=("cam",), cell=()))),
        caveat=tr(
            "A large value says that a position raised the score, not that the object ends there: each "
            "cell depends on a good part of the image around it."
        ),
        draw=draw,
        origin=at_hand.origin(at),
        any_image=True,
        setup=lambda: titled(tr("Image"), at.display.image, tr("the image: {labels}", labels=name), name),
        shipped=at.shipped,
    )


def _view(view: ViewState, at: AtHand, trace: Trace, name: str, summed: CellSum, peak: float) -> None:
    step = trace.steps[0]
    height, width = step.maps.shape[1:]
    cell = np.zeros((height, width), dtype=bool)
    cell[summed.row, summed.column] = True
    panels = (
        Panel(tr("Image"), (PanelStep(region=cell),), always="image"),
        Panel(
            tr("Map of {name}, raw", name=name),
            (PanelStep(step.maps, step.scores, region=cell),),
            tr("click a cell"),
            always="map",
        ),
    )
    left, right = st.columns([5, 6], gap="large")
    with left:
        content = examples.content_of(at.display, panels, trace.classes, (name,), whole=at.sample)
        picked = viewer("learn_sum", content, view, picks=True, offered=())
    if picked and (picked.row, picked.column) != (summed.row, summed.column):
        session.change(cell=(picked.row, picked.column))
        st.rerun()
    with right:
        where = tr(
            "row {row}, column {column} of {height} x {width}",
            row=summed.row + 1,
            column=summed.column + 1,
            height=height,
            width=width,
        )
        st.html(
            markup.panel_title(tr("The sum at {where}", where=where), tr("{count} channels", count=len(summed.weights)))
        )
        st.html(table(summed, step.arrays["features"]))
        st.html(f'<p class="wv-note">{maxima(step.maps[0], peak, at.sample.size)}</p>')


def maxima(cells: NDArray[np.float32], peak: float, size: tuple[int, int]) -> str:
    """Why the highest cell, `peak` by its sum, is above the highest value of the map on the image."""
    laid = float(upsample(cells[None], size)[0].max())
    return tr(
        "The highest cell is {max}. Laid over the image the map is interpolated between the cells' "
        "centres, and its highest value is {laid}.",
        max=_signed(peak),
        laid=_signed(laid),
    )


def table(summed: CellSum, features: NDArray[np.float32]) -> str:
    """The sum as rows of channel, picture, f, W and product; they add up to the map's value."""
    longest = float(np.abs([*summed.products[list(summed.listed)], summed.rest]).max()) or 1.0
    rows = [_row(summed, features[d], d, longest) for d in summed.listed]
    others = len(summed.weights) - len(summed.listed)
    rows.insert(
        MOST, f"<tr><th>{tr('the other {count}', count=others)}</th><td></td><td></td>{_bar(summed.rest, longest)}</tr>"
    )
    name = tr("A(u), the map's value")
    total = f'<tr class="wv-total"><th>{name}</th><td></td><td></td><td>{_signed(summed.value)}</td></tr>'
    head = "".join(f"<th>{escape(text)}</th>" for text in (tr("channel d"), "f(u)", "W", "f(u) · W"))
    body = "".join(rows) + total
    return f'<table class="wv-step wv-sum"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _row(summed: CellSum, channel: NDArray[np.float32], d: int, longest: float) -> str:
    named = tr("channel {number}", number=d)
    return (
        f'<tr><th><img src="{_thumbnail(channel)}" alt="{named}"> {d}</th><td>{summed.features[d]:.2f}</td>'
        f"<td>{_signed(summed.weights[d])}</td>{_bar(summed.products[d], longest)}</tr>"
    )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def _bar(value: float, longest: float) -> str:
    width = abs(value) / longest * 100
    kind = "wv-plus" if value >= 0 else "wv-minus"
    return f'<td><span>{_signed(value)}</span><i class="{kind}" style="width:{width:.1f}%"></i></td>'


def _thumbnail(channel: NDArray[np.float32]) -> str:
    levels = channel / max(float(channel.max()), 1e-9)
    picture = rendering.colour_table("inferno")[np.round(np.clip(levels, 0, 1) * 255).astype(np.uint8)]
    return rendering.data_address(picture)


def products_panel(summed: CellSum) -> Plot:
    """What each of the channels adds, as bars, the largest on top."""
    indices = list(summed.listed)
    names = [
        *map(str, indices[:MOST]),
        tr("{count} more", count=len(summed.weights) - len(indices)),
        *map(str, indices[MOST:]),
    ]
    values = [*summed.products[indices[:MOST]].tolist(), summed.rest, *summed.products[indices[MOST:]].tolist()]
    colours = [HIGHLIGHT if value >= 0 else "#b4552d" for value in values]
    return Plot((Bars(names[::-1], values[::-1], colour=colours[::-1], across=True), Rule(x=0, dash="solid")))
