"""From a spec to a matplotlib figure, and to its bytes: the same spec gives the same bytes."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from wsss_viz.errors import InputError
from wsss_viz.figures import pictures
from wsss_viz.figures.sources import collect_rows
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.figures.tracing import TraceOf
from wsss_viz.figures.writing import written

__all__ = ["draw", "render"]


def draw(spec: FigureSpec, trace_of: TraceOf | None = None) -> Figure:
    """The figure. Raises InputError where what it shows is not there.

    Args:
        trace_of: as `sources.collect_rows` takes it.

    Examples:
        >>> figure = draw(FigureSpec("hgr", ("toy-flatten", "toy-gap"), width="double"))
        >>> len(figure.axes), figure.get_size_inches()[0].round(2)
        (2, np.float64(7.0))
    """
    rows = collect_rows(spec, trace_of)
    if spec.kind == "grid":
        return pictures.grid(spec, rows)
    if spec.kind == "filmstrip":
        return pictures.filmstrip(spec, rows)
    from wsss_viz.figures import charts  # with the information plane and scipy, which pictures need not wait for

    if spec.kind == "curves":
        return charts.curves(spec, rows)
    return charts.plane(spec) if spec.kind == "plane" else charts.ratios(spec)


def render(spec: FigureSpec, kind: str, trace_of: TraceOf | None = None, most_pixels: float = math.inf) -> bytes:
    """The figure as "png", "pdf" (fonts embedded as TrueType) or "svg" (text as outlines), without a date.

    Args:
        trace_of: as `sources.collect_rows` takes it.
        most_pixels: of the whole figure at its resolution, which are drawn.

    Raises:
        InputError: another kind, or what the figure shows is not there, or it has more pixels.

    Examples:
        >>> render(FigureSpec("hgr", ("toy-flatten",), dpi=72), "png")[:4]
        b'\\x89PNG'
    """

    def bounded() -> Figure:
        figure = draw(spec, trace_of)
        width, height = figure.get_size_inches() * spec.dpi
        if width * height > most_pixels:
            raise InputError(
                f"at {spec.dpi} dpi the figure has {width * height / 1e6:.0f} megapixels, more than the "
                f"{most_pixels / 1e6:.0f} that are drawn here: take fewer dpi or rows, or draw it on the command line"
            )
        return figure

    return written(bounded, kind, spec.dpi)
