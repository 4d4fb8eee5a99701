"""The layer looked at, with its high pixels; on it a rectangle can be drawn, a region of one's own."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.gradients.panels import drawn, enlarged, outlined, share
from wsss_viz.app.services import gradients
from wsss_viz.app.services.gradients import COLOURS, NAMES, Picture
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.chart import graph_objects

_LARGE = 512
_HEIGHT = 400
_HIGH = (255, 196, 0)
_KEY = "picture_chart"


def layer_panel(picture: Picture, state: ViewState) -> None:
    """Which pixels of the layer are high, with the regions' outlines; a rectangle drawn on it becomes one's own."""
    at = gradients.layer_number(state, picture.layers)
    st.html(markup.panel_title(f"High in G{at + 1}, {picture.layers[at]}", f"above {state.tau:.2f}, in yellow"))
    said = gradients.caption(picture.ratios[at], tuple(picture.regions), NAMES[state.subject])
    content = drawn(picture, ("high", at, state.tau, state.divided_by), lambda: _high(picture, at, state.tau))
    st.plotly_chart(
        picture_figure(content, (picture.image.shape[0], picture.image.shape[1])),
        key=_KEY,
        on_select=_selected,
        selection_mode="box",
        config={"displayModeBar": False, "scrollZoom": False, "doubleClick": False},
        alt=f"{picture.title}: pixels with a high gradient in {picture.layers[at]}: {said}",
    )
    words = NAMES[state.subject]
    items = "".join(
        f'<span class="wv-chip wv-plain"><i style="background:{markup.rgb(COLOURS[name])}"></i>'
        f"{escape(words[name])} <b>{share(ratio)}</b></span>"
        for name, ratio in zip(picture.regions, picture.ratios[at], strict=True)
    )
    st.html(f'<div class="wv-chips">{items}</div>')


def picture_figure(png: bytes, size: tuple[int, int]) -> Any:
    """The picture on axes in percent of it, from its upper left corner, on which a rectangle can be drawn.

    Args:
        size: (H, W), for its shape.
    """
    go = graph_objects()

    height, width = size
    grid = np.arange(0, 101, 5)  # a selection is told of where there are points to select, so there are some everywhere
    x, y = (axis.ravel() for axis in np.meshgrid(grid, grid))
    figure = go.Figure(go.Scatter(x=x, y=y, mode="markers", marker={"opacity": 0}, hoverinfo="skip"))
    figure.add_layout_image(
        source=f"data:image/png;base64,{base64.b64encode(png).decode()}", xref="x", yref="y", x=0, y=0, sizex=100,
        sizey=100, sizing="stretch", layer="below", xanchor="left", yanchor="top",
    )  # fmt: skip
    hidden = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[0, 100], constraintoward="left", **hidden)
    figure.update_yaxes(range=[100, 0], scaleanchor="x", scaleratio=height / width, constraintoward="top", **hidden)
    figure.update_layout(
        height=min(_HEIGHT, round(_HEIGHT * height / width)), margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode="select", showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        newselection={"line": {"color": markup.rgb(COLOURS["own"]), "width": 2, "dash": "solid"}},
    )  # fmt: skip
    return figure


def _selected() -> None:
    box = drawn_box(st.session_state[_KEY]["selection"]["box"])
    if box:
        session.change(box=box)


def drawn_box(selected: Any) -> tuple[int, ...]:
    """The last of plotly's box selections as left, top, right and bottom in percent; empty: none, or too thin."""
    if not selected:
        return ()
    x, y = ([min(100, max(0, round(float(end)))) for end in sorted(selected[-1][axis])] for axis in ("x", "y"))
    return (x[0], y[0], x[-1], y[-1]) if x[0] < x[-1] and y[0] < y[-1] else ()


def box_controls(state: ViewState) -> None:
    """One's own region: a rectangle by its edges."""
    left, top, right, bottom = state.box or (30, 30, 70, 70)
    with st.expander("Your own region", expanded=bool(state.box)):
        st.caption("Draw a rectangle on the picture, or move its edges here, in percent of the picture.")
        first, second = st.columns(2)
        with first:
            st.slider(
                "Left to right",
                0,
                100,
                step=2,
                **session.control(
                    "box_x", (left, right), lambda moved: _edges(moved[0], top, moved[1], bottom, state), "x"
                ),
            )
        with second:
            st.slider(
                "Top to bottom",
                0,
                100,
                step=2,
                **session.control(
                    "box_y", (top, bottom), lambda moved: _edges(left, moved[0], right, moved[1], state), "y"
                ),
            )
        if state.box:
            st.button("No region of my own", on_click=lambda: session.change(box=()))


def _edges(left: int, top: int, right: int, bottom: int, state: ViewState) -> dict[str, object]:
    return {"box": (left, top, right, bottom) if left < right and top < bottom else state.box}


def _high(picture: Picture, number: int, tau: float) -> rendering.Picture:
    high = picture.maps[number] > tau
    drawn = rendering.blend(rendering.faded(picture.image), np.array(_HIGH), np.where(high, 0.9, 0.0))
    return outlined(enlarged(drawn, _LARGE), picture)
