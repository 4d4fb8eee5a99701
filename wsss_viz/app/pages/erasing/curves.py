"""The scores of every class over the steps; a click on a point shows its step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.services.findings import probability
from wsss_viz.app.services.steps import Frame
from wsss_viz.app.widgets.charts import CONFIG, UNFADED, mark_step, stepped

HEIGHT = 320
_OTHER = "rgba(128, 136, 144, 0.45)"
_TOLD = ("#d08700", "#8a4fbf", "#1f77c4")
_FOCUS = "#2a9088"


def curves(shown: Sequence[Frame], classes: Sequence[str], labels: Sequence[str], focus: str, at: int) -> None:
    """Draws one line a class: the labels in colour, the others grey; the step that is shown is marked.

    Args:
        shown: the frames, in order.
        labels: of the image.
        at: the number of the frame that is shown large.
    """

    def clicked() -> None:
        points = st.session_state["score_curves"]["selection"]["points"]
        if points and 0 <= (k := round(points[0]["x"])) < len(shown):
            session.change(k=k)

    st.plotly_chart(
        figure(shown, classes, labels, focus, at),
        key="score_curves",
        on_select=clicked,
        selection_mode="points",
        config=CONFIG,
        alt=described(shown, classes, focus),
    )


def described(shown: Sequence[Frame], classes: Sequence[str], focus: str) -> str:
    """The chart in one line."""
    index = classes.index(focus)
    return f"logit of {focus} by step: " + ", ".join(f"{float(frame.scores[index]):.1f}" for frame in shown)


def figure(shown: Sequence[Frame], classes: Sequence[str], labels: Sequence[str], focus: str, at: int) -> Any:
    """The chart as a plotly figure."""
    from plotly import graph_objects as go

    figure = go.Figure()
    known = (*(name for name in labels if name != focus), focus)
    lines = {name: _TOLD[i % len(_TOLD)] for i, name in enumerate(known[:-1])}
    for name in [*(name for name in classes if name not in known), *known]:
        index, told = classes.index(name), name in known
        logits = [float(frame.scores[index]) for frame in shown]
        colour = _FOCUS if name == focus else lines.get(name, _OTHER)
        figure.add_scatter(
            x=list(range(len(shown))),
            y=logits,
            name=name if told else "others",
            legendgroup=name if told else "others",
            showlegend=told or name == next(n for n in classes if n not in known),
            mode="lines+markers",
            line={"color": colour, "width": 3.2 if name == focus else 2.2 if told else 1.2},
            marker={"size": [12 if k == at and told else 7 if told else 4 for k in range(len(shown))], "color": colour},
            **UNFADED,
            customdata=[[name, probability(logit)] for logit in logits],
            hovertemplate="%{customdata[0]}: logit %{y:.1f}, probability %{customdata[1]:.2f}<extra>%{x}</extra>",
        )
    mark_step(figure, at)
    stepped(figure, HEIGHT, [frame.name.rpartition(" ")[2] for frame in shown])
    figure.update_xaxes(title=shown[0].name.rpartition(" ")[0].removesuffix(" ="))
    figure.update_yaxes(title="logit", zeroline=True)
    return figure
