"""The gradient-ratio experiment: where the gradient of each layer is high, on a digit and on a shape beside it."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.gradients import charts
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.learn.pictures import titled
from wsss_viz.app.services import gradient_measurements, gradients
from wsss_viz.app.services.gradients import COLOURS, NAMES
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.gradients import HEADS
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent
from wsss_viz.gradients.published import NOTE
from wsss_viz.gradients.stored import Entry, Stored

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

HEAD_NAMES = {"flatten": mark("fully connected"), "gap": mark("pooled, then linear")}
DIGIT, SHAPE = "discriminative", "non_discriminative"
CHANCE = 0.6
"""Up to this accuracy the shape alone is called next to useless: a guess is right half of the time."""


def lesson(state: ViewState) -> Lesson:
    """The step at the state's head."""
    state = replace(state, subject="toy")
    stored = gradient_measurements.read_stored("toy")
    entry = gradient_measurements.toy_entry(stored, state)

    def draw(figure: SubFigure) -> None:
        picture = gradients.toy_picture(stored, state)
        last = rendering.colour_table("inferno")[np.round(picture.maps[-1] * 255).astype(np.uint8)]
        chart = charts.paper_chart(entry.curve, state.tau, "toy", published=True)
        static_plots.row(
            figure,
            [
                (tr("A digit with its shape"), _large(picture.image)),
                (tr("High in the last gradient"), _large(last)),
                (
                    tr("Share of high gradients, by layer"),
                    chart.panels[0],
                ),
            ],
            (1, 1, 2.2),
        )

    return Lesson(
        claim=claim(entry, state.tau),
        lead=tr(
            "Every picture holds a digit; one in ten also a small shape that is just as sure evidence "
            "for the class. Either would do, and the network learns the one it always sees. Where is the "
            "gradient of each layer high?"
        ),
        view=lambda: _view(state, stored, entry),
        control=tr("Change the last layer: is it the last step alone that loses the shape?"),
        formula=Formula(
            r"G_k = |\nabla_x \sum_{uv} T_k(u,v)|, \quad \mathrm{HGR}_k(R) = \frac{1}{|R|} \sum_{p \in R} ",
            r"[\,g_k(p) > \tau\,]",
            "",
            tr(
                "$G_k(p)$ is how much the pixel $p$ moves the sum of layer $k$: the pictures above. $g_k$ is "
                "$G_k$ divided by its maximum; $R$ is the digit, the shape or the background: the share of "
                "its pixels where it is above $\\tau$ = {tau:.2f}.",
                tau=state.tau,
            ),
        ),
        question=question(entry, state.tau),
        sources=(
            Source("Lee et al., NeurIPS 2021 (RIB)", tr("the experiment, its figure 1; dotted: read off that figure")),
            Source("Lee et al., NeurIPS 2021 (RIB)", tr("threshold, network and canvas, inferred"), unverified=True),
        ),
        inspect=Inspect("gradients", examples.elsewhere(state)),
        caveat=tr(
            "A sigmoid multiplies the whole last map by one number, at most a quarter; a ratio cannot "
            "show that. Digits, canvas and training are our own."
        ),
        draw=draw,
        setup=lambda: _asked(gradients.toy_picture(stored, state)),
        origin=tr("stored runs, precomputed"),
    )


def _asked(picture: gradients.Picture) -> None:
    titled(picture.title.capitalize(), _large(picture.image), picture.title)


def losses(entry: Entry, tau: float) -> dict[str, NDArray[np.float64]]:
    """The share of the high gradients that the last step loses by region: mean and 95 % interval."""
    return dict(zip(entry.curve.regions, entry.curve.drop_at(tau), strict=True))


def claim(entry: Entry, tau: float) -> str:
    """What the last step does to the two regions of the network that is shown."""
    lost = losses(entry, tau)
    digit, shape = lost[DIGIT], lost[SHAPE]
    of_digit, of_shape = percent(digit[0]), percent(shape[0])
    if shape[1] > digit[2]:
        return tr(
            "The last step loses the shape: {of_shape} of its high gradients, {of_digit} of the digit's",
            of_shape=of_shape,
            of_digit=of_digit,
        )
    if digit[1] > shape[2]:
        return tr(
            "The last step loses more of the digit than of the shape: {of_digit} against {of_shape}",
            of_digit=of_digit,
            of_shape=of_shape,
        )
    return tr(
        "The last step loses about as much of the shape as of the digit: {of_shape} and {of_digit}",
        of_shape=of_shape,
        of_digit=of_digit,
    )


def conclusion(entry: Entry, tau: float) -> str:
    """What the numbers say of RIB's: that a double-sided saturation chokes the rarer sign, most in the last layer."""
    values, facts = entry.curve.at(tau)[..., 0], entry.facts
    worst = []
    for region in (SHAPE, DIGIT):
        of_layer = values[:, entry.curve.regions.index(region)]
        steps = 1 - of_layer[1:] / of_layer[:-1]
        k = int(np.argmax(steps))
        worst.append((entry.curve.layers[k + 1], percent(steps[k])))
    (shape_layer, shape), (digit_layer, digit) = worst
    return tr(
        "RIB blames activations that saturate on both sides, above all the last sigmoid. Measured: the shape's "
        "greatest relative loss is at {shape_layer}, {shape} and the digit's greatest relative loss is at "
        "{digit_layer}, {digit}. The logit lies {logit:.1f} from 0 on its class's side in the mean, the sigmoid's "
        "slope there averages {slope:.4f}, against 0.25 at 0. The ratio ends before the sigmoid: the two are measured "
        "side by side, not that the one causes the other.",
        shape_layer=shape_layer,
        shape=shape,
        digit_layer=digit_layer,
        digit=digit,
        logit=facts["logit"],
        slope=facts["sigmoid_slope"],
    )


def question(entry: Entry, tau: float) -> Question:
    """How far one gets with the shape alone."""
    accuracy = entry.facts["accuracy"]
    alone = accuracy["shape only"]
    options = (tr("nearly always, the shape decides it"), tr("about as often as a guess"), tr("somewhere between"))
    return Question(
        tr(
            "The digit is painted black, the shape alone is left. It determines the class. How often is "
            "the network right?"
        ),
        options,
        1 if alone <= CHANCE else 0 if alone >= 0.9 else 2,
        tr(
            "In {alone} of the pictures; with the whole picture in {whole}. The shape holds the full bit "
            "of the label, and the network has little use for it.",
            alone=percent(alone),
            whole=percent(accuracy["whole"]),
        ),
    )


def _view(state: ViewState, stored: Stored, entry: Entry) -> None:
    picture = gradients.toy_picture(stored, state)
    st.segmented_control(
        tr("Last layer"),
        list(HEADS),
        format_func=lambda name: tr(HEAD_NAMES[name]),
        **session.control("head", state.head),
    )
    grid = st.grid(2, min_column_width=360, gap="large", key="ratios")
    with grid.cell():
        st.html(
            markup.panel_title(
                tr("{picture}, and its gradient maps", picture=picture.title.capitalize()), tr("bright = high")
            )
        )
        st.html(strip(picture))
        st.html(table(entry, state.tau))
    with grid.cell():
        count, seeds = int(entry.curve.counts.max()), int(stored.about["seeds"])
        note = tr("{count} pictures, {seeds} seeds", count=count // seeds, seeds=seeds)
        st.html(markup.panel_title(tr("Share of high gradients by layer"), note))
        layers, last = entry.curve.layers, len(entry.curve.layers) - 1
        chart = charts.layers_chart(entry.curve, state.tau, "toy", last, published=True, height=330)
        means = entry.curve.at(state.tau)[..., 0]
        alt = "; ".join(
            f"{tr(NAMES['toy'][region])}: {', '.join(f'{value:.2f}' for value in means[:, r])}"
            for r, region in enumerate(entry.curve.regions)
        )
        show(chart, "learn_ratio", f"{', '.join(layers)}: {alt}")
        st.html(f'<p class="wv-note"><b>{tr("The conclusion.")}</b> {escape(conclusion(entry, state.tau))}</p>')
        dotted = tr("Dotted: {note}, another network on other pictures, not measured here.", note=escape(tr(NOTE)))
        st.html(f'<p class="wv-note">{dotted}</p>')


def strip(picture: gradients.Picture) -> str:
    """The picture and the maps of every layer, in rows of four."""
    table = rendering.colour_table("inferno")
    labelled = [(tr("picture"), picture.image)]
    labelled += [
        (f"G{k}", table[np.round(values * 255).astype(np.uint8)]) for k, values in enumerate(picture.maps, start=1)
    ]
    cells = "".join(
        f'<figure><img src="{rendering.data_address(pixels)}" alt="{escape(name)}"><figcaption>{name}</figcaption>'
        "</figure>"
        for name, pixels in labelled
    )
    return f'<div class="wv-layers">{cells}</div>'


def table(entry: Entry, tau: float) -> str:
    """What is left and lost at the last step by region, and the accuracies."""
    values, lost = entry.curve.at(tau)[..., 0], losses(entry, tau)
    rows = ""
    for r, region in enumerate(entry.curve.regions):
        mean, low, high = lost[region]
        share = percent(mean) + (
            "" if np.isnan(mean) else f" <small>({tr('{low} to {high}', low=percent(low), high=percent(high))})</small>"
        )
        rows += (
            f'<tr><th><i class="wv-dot" style="background:{markup.rgb(COLOURS[region])}"></i>'
            f"{tr(NAMES['toy'][region])}</th>"
            f"<td>{values[-2, r]:.2f}</td><td>{values[-1, r]:.2f}</td><td>{share}</td></tr>"
        )
    heads = "".join(
        f"<th>{name}</th>" for name in (tr("share of high gradients"), tr("before"), tr("at the logit"), tr("lost"))
    )
    return f'<table class="wv-step wv-on-page"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _large(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(np.repeat(image, 6, axis=0), 6, axis=1)
