"""What the charts over steps and layers have in common: one step marked, points that are clicked, a legend on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CONFIG = {"displayModeBar": False, "scrollZoom": False}
"""Of `st.plotly_chart`, for charts that are read and clicked, not zoomed."""

LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
UNFADED: dict[str, Any] = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
"""Of a trace: a clicked point does not fade the others."""

_MARK = {"width": 1.5, "dash": "dot", "color": "rgba(128, 136, 144, 0.9)"}


def stepped(figure: Any, height: int, ticks: Sequence[str]) -> None:
    """Lays out a plotly figure whose x axis counts steps or layers from 0, each with its tick; clicks select points."""
    figure.update_layout(
        height=height,
        margin={"l": 50, "r": 8, "t": 8, "b": 40},
        hovermode="closest",
        clickmode="event+select",
        dragmode=False,
        legend=LEGEND,
    )
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(range(len(ticks))),
        ticktext=list(ticks),
        range=[-0.3, len(ticks) - 0.7],
        showgrid=False,
        fixedrange=True,
    )
    figure.update_yaxes(fixedrange=True)


def mark_step(figure: Any, at: int) -> None:
    """A dotted line at the step that is looked at."""
    figure.add_vline(x=at, line=_MARK)
