"""The fonts of figures: matplotlib's own, for Korean one that ships, and for other letters one of the machine's."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

from wsss_viz.errors import InputError

__all__ = ["FAMILY", "families_for", "use_fonts"]

FAMILY = "DejaVu Sans"
"""Comes with matplotlib, so it is the same everywhere."""


KOREAN = "wsss_viz Korean"
"""Nanum Gothic, cut to the syllables of KS X 1001 (docs/sources.md#korean-font): the same everywhere, too."""
for _file in sorted(Path(__file__).with_name("typefaces").glob("*.ttf")):
    fontManager.addfont(_file)

_BOXES = "Last Resort"
"""In the name of the font that has a box for every letter."""


@functools.cache
def _letters(path: str) -> frozenset[int]:
    return frozenset(get_font(path).get_charmap())


@functools.cache
def families_for(text: str) -> list[str]:
    """The font families that a text needs: `FAMILY`, and what has all letters that it lacks: `KOREAN`, else another.

    Raises:
        InputError: no font of this machine has them.

    Examples:
        >>> families_for("logit"), families_for("logit의 값")
        (['DejaVu Sans'], ['DejaVu Sans', 'wsss_viz Korean'])
    """
    has = _letters(findfont(FontProperties(family=FAMILY)))
    missing = {ord(letter) for letter in text if letter.isprintable() and ord(letter) not in has}
    if not missing:
        return [FAMILY]
    upright = [entry for entry in fontManager.ttflist if entry.style == "normal" and _BOXES not in entry.name]
    for entry in sorted(upright, key=lambda entry: (entry.name != KOREAN, entry.name, entry.fname)):
        if missing <= _letters(entry.fname):
            return [FAMILY, entry.name]
    letters = "".join(chr(code) for code in sorted(missing)[:8])
    raise InputError(
        f"no font of this machine has the letters {letters}: install one (Noto Sans has most scripts), or write class "
        "names without them"
    )


def use_fonts(texts: Iterable[Text]) -> None:
    """Gives each text the families that it needs; those that `FAMILY` has are left alone. Raises as `families_for`.

    Examples:
        >>> text = Text(0, 0, "logit")
        >>> use_fonts([text])
        >>> text.get_fontfamily() == Text(0, 0, "").get_fontfamily()
        True
    """
    for text in texts:
        families = families_for(text.get_text())
        if len(families) > 1:
            text.set_fontfamily(families)
