"""The information bottleneck on five bits and a label: the best trade-off between forgetting X and telling of Y."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.catalogue import CATALOGUE
from wsss_viz.app.language import tr
from wsss_viz.app.pages.information import bottleneck_chart as drawn
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import BETAS, JOINTS
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import show


def lead(state: ViewState) -> str:
    """What the encoder of the slider's beta keeps."""
    return tr(
        "The smallest T that still tells of Y: min I(X;T) − β I(T;Y). {said}",
        said=drawn.said(state.joint, state.beta),
    )


def bottleneck_section(state: ViewState) -> None:
    """The curve, the point and the encoder of beta, exactly."""
    controls(state)
    chart = drawn.trade_off_chart(state.joint, state.beta, 420)
    trade_off(state, "bottleneck", 420)
    ends, between = drawn.reached(state.joint)
    st.caption(
        tr(
            "{joint_words} Exact, by Blahut-Arimoto. Dashed: I(T;Y) can exceed neither I(X;T) nor "
            "I(X;Y); it is the bound that is drawn in the information plane of the stored networks too, "
            "whose label is a function of the input. Dotted: the slope 1 / beta. Of {count} betas "
            "{between} lead between the ends of the curve, {ends} to an end.",
            joint_words=drawn.joint_words(state.joint),
            count=len(BETAS),
            between=between,
            ends=ends,
        )
    )
    rows = [
        {
            "beta": one.beta, "I(X;T)": one.of_input.value_bits, "I(T;Y)": one.of_label.value_bits,
            "symbols": len(one.weights), "estimator": one.of_input.estimator,
        }
        for one in drawn.compressed(state.joint)
    ]  # fmt: skip
    in_a_network(state)
    chart_exports.buttons("bottleneck", rows, {"joint": state.joint, "beta": state.beta}, chart)


def trade_off(state: ViewState, key: str, height: int = 360) -> None:
    """The curve and the encoder, beside each other where there is room, else one under the other."""
    curve, encoder = st.columns(2, gap="medium")
    with curve:
        show(drawn.curve_chart(state.joint, state.beta, height), f"{key}_curve", drawn.said(state.joint, state.beta))
    with encoder:
        alt = tr("The encoder: what becomes of each x")
        show(drawn.encoder_chart(state.joint, state.beta, height), f"{key}_encoder", alt)


def controls(state: ViewState) -> None:
    """Beta, and which joint is compressed."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            tr("Joint"
), JOINTS, format_func=lambda name: tr(drawn.NAMES[name]), required=True, label_visibility="collapsed",
            **session.control("joint", state.joint),
        )  # fmt: skip
        st.select_slider(
            tr("Beta: what a bit of Y is worth, in bits of X"
), BETAS, format_func=lambda beta: f"{beta:g}", width=420,
            **session.control("beta", state.beta),
        )  # fmt: skip


def in_a_network(state: ViewState) -> None:
    """Where the same trade-off is a method: IBA, with the link to its map of the state's photograph, beside CAM."""
    st.markdown(
        tr(
            "**In a trained classifier** nothing is made anew: IBA (Schulz et al., ICLR 2020) replaces a "
            "stage's features R in part by noise, Z, and looks for the most noise that the class bears, "
            "by min -log p(y|Z) + beta I(R;Z). Here p(y|Z) is the class's own sigmoid, where the paper's "
            "network has a softmax over all classes, and beta counts the other way round, a large one forgets "
            "more. What is kept at a place, in bits per pixel, is its map."
        )
    )
    example = state.example if state.example.startswith("photos:") else DEFAULT_PHOTOGRAPH
    st.page_link(
        next(page.file for page in CATALOGUE if page.name == "compare"),
        label=tr("Bits per pixel: IBA beside CAM"),
        icon=":material/compare:",
        query_params=ViewState(example=example, methods=("cam", "iba")).to_query(),
        width="content",
    )
