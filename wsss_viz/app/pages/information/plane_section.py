"""The information plane: stored runs, measured with an estimator of one's choice, or a training that is watched."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any, cast

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import current
from wsss_viz.app.pages.information import plane_exports, plane_words
from wsss_viz.app.pages.information.chart_style import activation_name
from wsss_viz.app.pages.information.plane_chart import Measured, plane_chart, planes_chart
from wsss_viz.app.services.jobs.manager import Request, Snapshot
from wsss_viz.app.services.jobs.panel import follow
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import MOST_SEEDS, NETWORK_ACTIVATIONS, NETWORK_LAYERS
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import plotly_figure, show
from wsss_viz.errors import InputError
from wsss_viz.information.estimator_names import DEFAULTS, ESTIMATORS, check_estimator
from wsss_viz.information.live import Update, stream, updates
from wsss_viz.information.plane import Plane, measured_epochs, measuring, stored_plane
from wsss_viz.information.runs import LAYERS, Run, recipe, stored_run

LABEL_ONLY = ("ross", "probe")
MOST_EPOCHS = 16
PRECOMPUTED = "Stored run, precomputed"
ESTIMATOR_LABELS = {
    "default": "the usual bins",
    "bins": "bins on [−1, 1]",
    "idnns": "Shwartz-Ziv's bins",
    "width": "bins of one width",
    "range": "bins over the range",
    "quantile": "equally filled bins",
    "preactivation": "bins before f",
    "mixture": "mixture bounds",
    "noise": "noise on the layer",
    "noisy": "noise in every layer",
    "ross": "neighbours",
    "probe": "probe",
}
"""The estimators as a person chooses them; `ESTIMATORS` says what each is."""


@st.cache_resource(show_spinner=False)
def _run(activation: str) -> Run:
    return stored_run(activation)


@st.cache_resource(show_spinner=False)
def _stored(activation: str, estimator: str) -> Plane | None:
    try:
        return stored_plane(activation, estimator)
    except InputError:
        return None


@st.cache_resource(max_entries=16, show_spinner=False)
def _stored_figure(
    names: tuple[str, ...], estimator: str, layer_names: tuple[str, ...], seeds: int, epoch: int, language: str
) -> tuple[Any, str]:
    """The chart of stored planes, and the address of a still picture of it, drawn once for all sessions of a language.

    The picture is seen until the chart's own script is there.
    """
    measured = _measured({name: plane for name in names if (plane := _stored(name, estimator)) is not None}, seeds)
    layers = [LAYERS.index(name) for name in layer_names]
    still = chart_exports.svg(planes_chart(measured, layers, seeds=False), on_page=True)
    address = f"data:image/svg+xml;base64,{base64.b64encode(still).decode()}"
    return plotly_figure(plane_chart(measured, layers, epoch)), address


def _measured(planes: Mapping[str, Plane], seeds: int, runs: Mapping[str, Run] | None = None) -> dict[str, Measured]:
    return {
        name: Measured((runs or {}).get(name) or _run(name), plane, min(seeds, plane.bits.shape[1]))
        for name, plane in planes.items()
    }


def prepare() -> None:
    """Draws the default view, so that the first visitor does not wait for it."""
    view = ViewState()
    _stored_figure(view.activations, view.estimator, view.drawn_layers, view.seeds, view.epoch, current())


def lead(state: ViewState) -> str:
    """What the stored planes of the view say, in words."""
    planes = {name: plane for name in state.activations if (plane := _stored(name, state.estimator)) is not None}
    if state.live or len(planes) < len(state.activations):
        return plane_words.GENERIC
    return plane_words.seen(planes, [LAYERS.index(name) for name in state.drawn_layers])


def plane_section(state: ViewState) -> None:
    """Controls, the linked figure, what the numbers are, and the downloads."""
    _controls(state)
    if state.live:
        _live(state)
        return
    planes = {name: _stored(name, state.estimator) for name in state.activations}
    missing = [name for name, plane in planes.items() if plane is None]
    if not missing:
        _draw(state, {name: plane for name, plane in planes.items() if plane is not None}, PRECOMPUTED)
        return
    request = Request(
        ("plane", state.estimator, tuple(missing)),
        lambda: _work(missing, state.estimator),
        _total(missing, state.estimator),
    )

    def draw(now: Snapshot) -> None:
        latest = {plane.activation: plane for plane in cast("tuple[Any, ...]", now.steps)}
        current = {name: planes[name] or latest.get(name) for name in state.activations}
        _draw(state, {name: plane for name, plane in current.items() if plane is not None}, "Stored run, measured now")

    follow(request, f"Measuring with {state.estimator}", draw)


def _work(names: list[str], estimator: str) -> Iterator[Any]:
    for name in names:
        yield from measuring(_run(name), estimator, snapshots=_most(estimator))


def _most(estimator: str) -> int:
    return 8 if check_estimator(estimator)[0] in ("probe", "noisy") else MOST_EPOCHS


def _total(names: list[str], estimator: str) -> int:
    return sum(len(measured_epochs(_run(name), _most(estimator))) for name in names)


def _live(state: ViewState) -> None:
    """Trains four networks for 400 epochs in a process of its own, measured with the usual bins as they come."""
    wanted = recipe("ci", state.live)
    request = Request(("live", state.live), lambda: cast("Iterator[Any]", stream(wanted)), updates(wanted))

    def draw(now: Snapshot) -> None:
        snapshots = [snapshot for update in cast("tuple[Update, ...]", now.steps) for snapshot in update.snapshots]
        run = Run.collect(wanted, snapshots)
        plane = list(measuring(run, "default"))[-1]
        _draw(state, {state.live: plane}, f"Trained now: {len(snapshots)} snapshots of seeds 0 to 3", {state.live: run})

    follow(request, f"Training {activation_name(state.live)}", draw)


def _controls(state: ViewState) -> None:
    kind, value = check_estimator(state.estimator)
    with st.container(horizontal=True, gap="medium"):
        st.pills(
            "Networks",
            NETWORK_ACTIVATIONS,
            format_func=activation_name,
            selection_mode="multi",
            **session.control("activations", list(state.activations), lambda picked: _in_order("activations", picked)),
        )
        st.selectbox(
            "Estimator",
            list(ESTIMATORS),
            format_func=lambda name: ESTIMATOR_LABELS[name] + (", label only" if name in LABEL_ONLY else ""),
            help="  \n".join(f"**{ESTIMATOR_LABELS[name]}** (`{name}`): {text}" for name, text in ESTIMATORS.items()),
            width=210,
            **session.control("estimator", kind, _estimator),
        )
        if kind not in ("default", "probe"):
            options = dict.fromkeys([value, DEFAULTS[kind], *_values(kind)])
            st.selectbox(
                "Its value",
                list(options),
                width=110,
                **session.control("estimator", value, lambda picked: {"estimator": f"{kind}:{picked}"}, f"_{kind}"),
            )
        st.slider("Seeds", 1, MOST_SEEDS, width=120, **session.control("seeds", state.seeds))
        st.selectbox(
            "Run",
            ["", *NETWORK_ACTIVATIONS],
            format_func=lambda name: f"train {activation_name(name)} now" if name else "stored, 1500 epochs",
            width=180,
            help="Now: four networks, 400 epochs, some 15 seconds on a free core; it can be cancelled.",
            **session.control("live", state.live),
        )
        st.pills(
            "Layers",
            NETWORK_LAYERS,
            selection_mode="multi",
            **session.control(
                "drawn_layers", list(state.drawn_layers), lambda picked: _in_order("drawn_layers", picked)
            ),
        )


def _in_order(field: str, picked: list[str]) -> dict[str, Any]:
    options = NETWORK_ACTIVATIONS if field == "activations" else NETWORK_LAYERS
    names = tuple(name for name in options if name in picked)
    return {field: names} if names else {}


def _estimator(kind: str) -> dict[str, Any]:
    return {"estimator": f"{kind}:{DEFAULTS[kind]}" if kind in DEFAULTS else kind}


def _values(kind: str) -> tuple[str, ...]:
    if kind in ("mixture", "noise", "noisy"):
        return ("0.0001", "0.001", "0.01", "0.1", "1")
    if kind == "width":
        return ("0.01", "0.03", "0.07", "0.2", "0.5")
    return ("1", "3", "10") if kind == "ross" else ("5", "10", "30", "100", "1000")


def _draw(state: ViewState, planes: Mapping[str, Plane], origin: str, runs: Mapping[str, Run] | None = None) -> None:
    layers = [LAYERS.index(name) for name in state.drawn_layers]
    measured = _measured(planes, state.seeds, runs)
    if not measured:
        return
    with st.container(key="plane_chart"):
        if origin == PRECOMPUTED:
            drawn, still = _stored_figure(
                tuple(planes), state.estimator, state.drawn_layers, state.seeds, state.epoch, current()
            )
            st.html(f'<div class="wv-first"><img src="{still}" alt=""></div>')
        else:
            drawn = plane_chart(measured, layers, state.epoch)
        show(drawn, "plane", _alt(measured, layers))
    broken = plane_words.order(planes)
    if broken:
        st.html(f'<p class="wv-badge">{escape(broken)}</p>')
    st.caption(
        f"{plane_words.sentence(planes, layers)} ".lstrip()
        + f"{origin}. {plane_words.sources(planes)} No point of a true plane lies "
        "beyond the dashed walls H(X), H(Y) and I(T;Y) = I(X;T). I(X;T) itself is not plotted: without noise it is "
        "constant or infinite; what moves is the entropy of the layer as the estimator sees it."
    )
    with st.expander("Every layer in numbers"):
        st.dataframe(plane_words.layer_rows(measured, layers), hide_index=True, placeholder="–")
        st.caption("Bits, the mean over the seeds and their range. C_k = max over epochs − end; F_k = end − start.")
    rows = plane_exports.plane_rows(measured)
    about = {
        "estimator": state.estimator,
        "origin": origin,
        "recipes": {n: asdict(m.run.recipe) for n, m in measured.items()},
    }
    chart_exports.buttons("information-plane", rows, about, planes_chart(measured, layers))


def _alt(measured: Mapping[str, Measured], layers: Sequence[int]) -> str:
    rows = plane_words.layer_rows(measured, layers[-1:])
    losses = [f"{row['network']}, {row['layer']}: loses {row['C_k, lost again'] or 'no value'}" for row in rows]
    return f"information planes by epoch; bits of the input, {'; '.join(losses)}"
