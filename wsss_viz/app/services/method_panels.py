"""A method as a panel of the viewer: its steps, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence

from wsss_viz.app import methods
from wsss_viz.app.services.results import Gathered
from wsss_viz.app.services.steps import STOPS
from wsss_viz.app.widgets.viewer import Panel, PanelStep
from wsss_viz.traces import Step


def method_panel(name: str, found: Gathered, classes: Sequence[str] | None = None) -> Panel:
    """The panel of one of the gathered methods.

    Args:
        classes: those whose maps and scores it has; None: all of the trace's.
    """
    look = methods.METHODS[name]
    if name not in found.traces:
        return Panel(look.title, missing=found.missing[name], colour=look.colour)
    note = "scores of what is left" if name in ("ae", "ae-rounds") else ""
    trace = found.traces[name]
    kept = [trace.classes.index(kind) for kind in classes or trace.classes]

    def shown(step: Step) -> PanelStep:
        return PanelStep(step.maps[kept], step.scores[kept], note=STOPS.get(step.stop or "", step.stop or ""))

    return Panel.of(trace, look.title, note, look.colour, shown)
