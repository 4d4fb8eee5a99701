"""The charts of the page Gradients with their words, and the numbers beside them."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.pages.gradients import charts
from wsss_viz.app.services import gradient_measurements, gradients
from wsss_viz.app.services.gradients import NAMES, Picture
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.gradients import LARGEST_RIB_STEP
from wsss_viz.app.widgets import chart_exports, markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import percent
from wsss_viz.gradients.published import NOTE
from wsss_viz.gradients.ratio import Curve
from wsss_viz.gradients.stored import Entry, Stored


def source_line(picture: Picture) -> str:
    """What the strip shows, and whether it was computed just now."""
    how = "computed now" if picture.computed else "precomputed"
    return f'<p class="wv-source">{escape(picture.title)} · {how} · each map by its own scale, bright = high</p>'


def chart_title(stored: Stored, entry: Entry, state: ViewState) -> tuple[str, str]:
    """The chart's title and what it was measured on."""
    count = int(entry.curve.counts.max())
    if state.subject == "toy":
        seeds = int(stored.about["seeds"])
        return "High gradient ratio by layer", f"{count // seeds} pictures, seeds 0 to {seeds - 1}"
    if state.subject == "photos":
        return "High gradient ratio by layer", f"{count} photographs, head, body and background by outlines"
    step = f" at RIB's step {state.rib_step}" if state.rib_step else ""
    return f"High gradient ratio by layer{step}", f"{count} scenes, {stored.about['data']}"


def numbers(stored: Stored, entry: Entry, state: ViewState) -> str:
    """What the page says in words before anything else, with its numbers; of scenes the chart by step has them."""
    if state.subject == "toy":
        return gradient_measurements.toy_sentence(entry, state)
    return gradient_measurements.photos_sentence(stored, state) if state.subject == "photos" else ""


def chart_note(state: ViewState, note: str, numbers: str = "") -> str:
    """What the marks of the chart are, after the numbers at its end."""
    parts = [numbers] if numbers else []
    parts += [
        f"Mean over pictures at τ = {state.tau:.2f} with its 95 % bootstrap interval; the band is τ from 0.2 to 0.4."
    ]
    if state.subject == "toy":
        parts.append(f"Thin: each seed. Dotted: {NOTE}, another network on other pictures.")
    if note:
        parts.append(f"Shown as measured: {note}.")
    return " ".join(parts)


def chart_words(curve: Curve, state: ViewState) -> str:
    """The chart in one line."""
    values = curve.at(state.tau)[..., 0]
    said = (
        f"{NAMES[state.subject][region]} {', '.join(f'{value:.2f}' for value in values[:, r])}"
        for r, region in enumerate(curve.regions)
    )
    return f"high gradient ratio over {', '.join(curve.layers)}: {'; '.join(said)}"


def marked(state: ViewState, layers: tuple[str, ...], charted: tuple[str, ...]) -> int:
    """The index in the chart of the view's layer, which may be left of what the chart has: then its first."""
    return max(0, gradients.layer_number(state, layers) - (len(layers) - len(charted)))


def layer_chart(stored: Stored, entry: Entry, state: ViewState, layers: tuple[str, ...], note: str) -> None:
    """The curves by layer, on which a layer can be chosen, with what their marks are.

    Args:
        layers: of the strip; the chart may have the last of them alone.
    """
    of_toy, charted = state.subject == "toy", entry.curve.layers
    seeds = (
        [gradient_measurements.toy_entry(stored, state, n).curve for n in gradient_measurements.toy_seeds(stored)]
        if of_toy
        else []
    )
    st.html(markup.panel_title(*chart_title(stored, entry, state)))
    first = 1 + len(layers) - len(charted)
    at = marked(state, layers, charted)
    chart = charts.layers_chart(entry.curve, state.tau, state.subject, at, seeds, of_toy, first)
    show(chart, "layer_chart", chart_words(entry.curve, state), lambda x: layer_clicked(round(x), len(layers)))
    st.caption(chart_note(state, note, numbers(stored, entry, state)))


def layer_clicked(number: int, last: int) -> None:
    """A click on a point of the chart chooses its layer, 0 for the last."""
    if 1 <= number <= last:
        session.change(layer=0 if number == last else number)


def toy_facts(stored: Stored, entry: Entry, state: ViewState) -> str:
    """Accuracies without any estimator, the relative losses, the background, the sigmoid's own factor."""
    accuracy, drop = (
        entry.facts["accuracy"],
        dict(zip(entry.curve.regions, entry.curve.drop_at(state.tau), strict=True)),
    )
    cells = [
        ("Accuracy, whole picture", percent(accuracy["whole"], 1), "Held-out digits, each with its shape."),
        (
            "Shape alone",
            percent(accuracy["shape only"], 1),
            "Everything else black. The shape determines the class: 1 bit.",
        ),
        ("Shape erased", percent(accuracy["shape erased"], 1), "The digit alone."),
        (
            "Background, most from G2 on",
            _background(stored, entry, state),
            "The largest HGR of the background from the second layer on: over all pictures, and in the worst seed.",
        ),
        ("Lost at the last step, digit", _loss(drop["discriminative"]), "Of HGR at G5, relative; 95 % over pictures."),
        ("Lost, shape", _loss(drop["non_discriminative"]), "Of HGR at G5, relative; 95 % over pictures."),
        (
            "Mean s(1 − s)",
            f"{entry.facts['sigmoid_slope']:.4f}",
            "The sigmoid multiplies the whole last map by this, at most 0.25. A ratio cannot show it.",
        ),
    ]
    body = "".join(
        f'<div title="{escape(why)}"><dt>{escape(name)}</dt><dd>{text}</dd></div>' for name, text, why in cells
    )
    return f'<dl class="wv-facts">{body}</dl>'


def _background(stored: Stored, entry: Entry, state: ViewState) -> str:
    every = [
        entry,
        *(gradient_measurements.toy_entry(stored, state, seed) for seed in gradient_measurements.toy_seeds(stored)),
    ]
    row = entry.curve.regions.index("irrelevant")
    pooled, *seeds = (float(one.curve.at(state.tau)[1:, row, 0].max()) for one in every)
    return f"{pooled:.2f}<small>worst seed {max(seeds):.2f}</small>"


def _loss(values: NDArray) -> str:
    mean, low, high = values
    return percent(mean) + ("" if np.isnan(mean) else f"<small>{percent(low)} to {percent(high)}</small>")


def rib_panel(stored: Stored, state: ViewState) -> None:
    """HGR of the logit through RIB's steps beside the control, and the sigmoid's own factor."""
    curves = {loss: gradient_measurements.rib_curves(stored, state, loss) for loss in ("rib", "bce")}
    count = int(stored.about["tuned_images"])
    st.html(markup.panel_title("The logit through RIB's steps", f"{count} scenes, regions by parts, signed sum"))
    regions = stored.entries[f"tuned-rib/{state.divided_by}/0"].curve.regions

    def clicked(x: float) -> None:
        if 0 <= (k := round(x)) <= LARGEST_RIB_STEP:
            session.change(rib_step=k)

    ends = "; ".join(
        f"{NAMES['scenes'][region]} {curves['rib'][0, r, 0]:.3f} to {curves['rib'][-1, r, 0]:.3f}"
        for r, region in enumerate(regions)
    )
    alt = f"high gradient ratio of the logit by RIB's step: {ends}"
    chart = charts.steps_chart(curves, regions, state.rib_step)
    show(chart, "step_chart", alt, clicked)
    rows = []
    for loss, title in (("rib", "RIB"), ("bce", "control, sigmoid kept")):
        change = gradient_measurements.rib_change(stored, state, loss) * 100
        cells = "".join(
            f"<td>{mean:+.1f} <small>({low:+.1f} to {high:+.1f})</small></td>" for mean, low, high in change
        )
        first, last = (stored.entries[f"tuned-{loss}/{state.divided_by}/{k}"].facts for k in (0, LARGEST_RIB_STEP))
        cells += f"<td>{first['logit']:.1f} → {last['logit']:.1f}</td>"
        cells += f"<td>{first['sigmoid_slope']:.4f} → {last['sigmoid_slope']:.4f}</td>"
        rows.append(f"<tr><th>{title}</th>{cells}</tr>")
    heads = [*(f"{NAMES['scenes'][region]}, points" for region in regions), "mean logit", "mean s(1 − s)"]
    head = "".join(f"<th>{escape(text)}</th>" for text in ("change, k = 0 to 10", *heads))
    body = "".join(rows).replace("-", "\N{MINUS SIGN}")
    st.html(f'<table class="wv-changes"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')
    st.caption(
        f"{gradient_measurements.scenes_sentence(stored, state)} Changes are paired by scene, 95 % bootstrap interval "
        "over scenes. Where a scene stopped early, its last step counts on. The control tunes with the sigmoid kept: "
        "its own factor s(1 − s) is what a ratio cannot show."
    )
    about = {**stored.about, "tau": state.tau}
    chart_exports.buttons("gradient-ratio-rib", gradient_measurements.rib_rows(stored, state), about, chart)
