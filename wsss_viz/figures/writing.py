"""matplotlib figures as bytes: the same figure gives the same bytes, on any thread."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text

from wsss_viz.errors import InputError
from wsss_viz.figures.fonts import FAMILY, KOREAN, use_fonts
from wsss_viz.interrupts import may_go_on

__all__ = ["KINDS", "written", "written_pages"]

KINDS = ("png", "pdf", "svg")
_SETTINGS: Any = {
    "font.family": [FAMILY, KOREAN],
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


class _Breath(Artist):
    """Draws nothing, and asks while the others are drawn whether to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.set_in_layout(False)

    def draw(self, renderer: Any) -> None:
        """See `interrupts.may_go_on`."""
        may_go_on()


def _texts(figure: Figure) -> list[Text]:
    """The texts that may be drawn: of axes without axis no ticks, which would be made to be asked."""
    bare = {axis for axes in figure.axes if not axes.axison for axis in (axes.xaxis, axes.yaxis)}
    texts: list[Text] = []
    rest: list[Artist] = [figure]
    while rest:
        artist = rest.pop()
        if isinstance(artist, Text):
            texts.append(artist)
        rest += [child for child in artist.get_children() if child not in bare]
    return texts


def written_pages(makes: Iterable[Callable[[], Figure]], title: str) -> bytes:
    """A PDF with one page per figure, fonts embedded, without a date: the same figures give the same bytes.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> pages = written_pages([lambda: Figure(figsize=(1, 0.5)), lambda: Figure(figsize=(1, 0.5))], "Two pages")
        >>> pages[:5], pages.count(b"/Type /Page ")
        (b'%PDF-', 2)
    """
    from matplotlib.backends.backend_pdf import PdfPages

    with _LOCK, rc_context(_SETTINGS):
        buffer = io.BytesIO()
        with PdfPages(buffer, metadata={**_UNDATED["pdf"], "Title": title}) as pages:
            for make in makes:
                may_go_on()
                figure = make()
                use_fonts(_texts(figure))
                pages.savefig(figure)
    return buffer.getvalue()


def written(make: Callable[[], Figure], kind: str = "svg", dpi: int = 300, **settings: Any) -> bytes:
    """What `make` draws, as `render` writes it: the same figure gives the same bytes, on any thread.

    matplotlib's settings are one for all threads: whatever sets them draws through this, one drawing at a time.

    Args:
        settings: of matplotlib beside this module's, an underscore for the first point (`font_size=8`).

    Raises:
        InputError: another kind than `KINDS`, or no font has some letter.

    Examples:
        >>> from matplotlib.figure import Figure
        >>> once, again = (written(lambda: Figure(figsize=(1, 0.5)), "svg") for _ in range(2))
        >>> once == again, once[:5]
        (True, b'<?xml')
    """
    if kind not in KINDS:
        raise InputError(f"a figure is written as {', '.join(KINDS)}, not as {kind!r}: choose another ending")
    changed: Any = {name.replace("_", ".", 1): value for name, value in settings.items()}
    with _LOCK, rc_context({**_SETTINGS, **changed}):
        buffer = io.BytesIO()
        figure = make()
        use_fonts(_texts(figure))
        for axes in figure.axes:
            axes.add_artist(_Breath())
        packing: dict[str, Any] = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_UNDATED[kind], **packing)
    return buffer.getvalue()
