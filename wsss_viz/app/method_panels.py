"""A method as a panel of the viewer: its steps, or why there are none."""

from __future__ import annotations

from wsss_viz.app import methods
from wsss_viz.app.gathering import Gathered
from wsss_viz.app.stepping import STOPS
from wsss_viz.app.viewer import Panel, PanelStep
from wsss_viz.traces import Step


def method_panel(name: str, found: Gathered) -> Panel:
    """The panel of one of the gathered methods."""
    look = methods.METHODS[name]
    if name not in found.traces:
        return Panel(look.title, missing=found.missing[name], colour=look.colour)
    note = "scores of what is left" if name in ("ae", "ae-rounds") else ""
    return Panel.of(found.traces[name], look.title, note, look.colour, _shown_step)


def _shown_step(step: Step) -> PanelStep:
    return PanelStep.of(step, note=STOPS.get(step.stop or "", step.stop or ""))
