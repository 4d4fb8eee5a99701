"""What RIB's companions, and what else a method draws from other images, were drawn from: for a figure's caption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wsss_viz.data.sources import DataSet
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.traces import Trace

if TYPE_CHECKING:
    from wsss_viz.methods.binding import BoundMethod

__all__ = ["SHIPPED", "companions_by_row", "drawn_from"]

SHIPPED = "the shipped photographs"


def drawn_from(run: BoundMethod) -> str:
    """What RIB's companions are drawn from, in words; "" of any other method.

    >>> from wsss_viz.methods import bind
    >>> from wsss_viz.models.colour_network import colour_network
    >>> drawn_from(bind("cam", colour_network())), drawn_from(bind("rib", colour_network()))
    ('', '')
    """
    from wsss_viz.methods.binding import RenamedMethod
    from wsss_viz.methods.rib_companions import shipped_companions

    if not METHODS[run.name].companions:
        return ""
    samples = run.inputs.get("companion_samples")
    if samples is None and not isinstance(run, RenamedMethod):
        scenes = shipped_companions(run.classifier.classes)
        return SHIPPED if isinstance(scenes, DataSet) else "scenes:train"
    if isinstance(run, RenamedMethod):
        return SHIPPED
    return "the labelled images of its data" if len(samples or ()) else ""


def companions_by_row(
    rows: Sequence[tuple[str, Mapping[str, Trace]]], words: Mapping[tuple[str, str], str]
) -> dict[str, tuple[str | None, ...]]:
    """By method that draws other images, for each row what they were drawn from: "" none were, None no such map.

    Args:
        rows: the image's data string, and its traces by method.
        words: by method and data string, what was to be drawn from.

    Examples:
        >>> from wsss_viz.methods import rib
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> alone = Trace.collect(rib(colour_network(), flag(), ["red"], steps=1, companions=0), "rib", COLOURS, flag())
        >>> companions_by_row([("flag", {"rib": alone}), ("other", {})], {("rib", "flag"): "scenes:train"})
        {'rib': ('', None)}
    """
    methods = dict.fromkeys(name for _, traces in rows for name in traces if name in METHODS)

    def of(method: str, source: str, trace: Trace | None) -> str | None:
        if trace is None:
            return None
        return "" if trace.steps[-1].terms.get("companions") == 0 else words.get((method, source), "")

    return {
        method: tuple(of(method, source, traces.get(method)) for source, traces in rows)
        for method in methods
        if METHODS[method].companions
    }
