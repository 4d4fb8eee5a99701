"""From a spec to a matplotlib figure, and from that to bytes: the same spec gives the same bytes."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from wsss_viz.errors import InputError
from wsss_viz.figures import charts, pictures, ratios
from wsss_viz.figures.sources import TraceOf, compute_trace, gather
from wsss_viz.figures.spec import FigureSpec

KINDS = ("png", "pdf", "svg")
_SETTINGS: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "wsss_viz",
    "axes.linewidth": 0.6,
}
_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
# The fonts of formulas carry odd dates, of which each file would be complained of once for every formula.
logging.getLogger("fontTools.ttLib.tables._h_e_a_d").setLevel(logging.ERROR)
_LOCK = threading.Lock()
"""matplotlib's settings are one for all threads."""


def draw(spec: FigureSpec, trace_of: TraceOf = compute_trace) -> Figure:
    """The figure. Raises InputError where what it shows is not there."""
    rows = gather(spec, trace_of)
    if spec.kind == "grid":
        return pictures.grid(spec, rows)
    if spec.kind == "filmstrip":
        return pictures.filmstrip(spec, rows)
    if spec.kind == "curves":
        return charts.curves(spec, rows)
    return charts.plane(spec) if spec.kind == "plane" else ratios.ratios(spec)


def render(spec: FigureSpec, kind: str, trace_of: TraceOf = compute_trace) -> bytes:
    """The figure as "png", "pdf" (fonts embedded as TrueType) or "svg" (text as outlines), without a date.

    Raises:
        InputError: another kind, or what the figure shows is not there.
    """
    return written(lambda: draw(spec, trace_of), kind, spec.dpi)


def written_pages(makes: Iterable[Callable[[], Figure]], title: str) -> bytes:
    """One PDF of a page a figure, fonts embedded, without a date: the same figures give the same bytes."""
    from matplotlib.backends.backend_pdf import PdfPages

    with _LOCK, rc_context(_SETTINGS):
        buffer = io.BytesIO()
        with PdfPages(buffer, metadata={**_UNDATED["pdf"], "Title": title}) as pages:
            for make in makes:
                pages.savefig(make())
    return buffer.getvalue()


def written(make: Callable[[], Figure], kind: str = "svg", dpi: int = 300, **settings: Any) -> bytes:
    """What `make` draws, as `render` writes it: the same figure gives the same bytes, on any thread.

    matplotlib's settings are one for all threads: whatever sets them draws through this, one drawing at a time.

    Args:
        settings: of matplotlib beside this module's, an underscore for the first point (`font_size=8`).

    Raises:
        InputError: another kind than `KINDS`.
    """
    if kind not in KINDS:
        raise InputError(f"a figure is written as {', '.join(KINDS)}, not as {kind!r}: choose another ending")
    own: Any = {name.replace("_", ".", 1): value for name, value in settings.items()}
    with _LOCK, rc_context({**_SETTINGS, **own}):
        buffer = io.BytesIO()
        make().savefig(buffer, format=kind, dpi=dpi, metadata=_UNDATED[kind])
    return buffer.getvalue()
