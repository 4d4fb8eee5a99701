"""What text on a colour is written in."""

from __future__ import annotations

from wsss_viz.figures.chart import Colour

__all__ = ["DARK_INK", "LIGHT_INK", "ink"]

LIGHT_INK, DARK_INK = "#ffffff", "#14181b"


def ink(colour: Colour) -> str:
    """Of the two inks the one with the higher contrast with the colour, a string only as #rrggbb.

    >>> ink("#d9a400"), ink("#0e744d"), ink((0.0, 0.0, 0.5))
    ('#14181b', '#ffffff', '#ffffff')
    """
    ground = _luminance(colour) + 0.05
    lighter, darker = (_luminance(each) + 0.05 for each in (LIGHT_INK, DARK_INK))
    return LIGHT_INK if lighter / ground > ground / darker else DARK_INK


def _luminance(colour: Colour) -> float:
    """WCAG's relative luminance, 0 to 1."""
    if isinstance(colour, str):
        colour = tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour[:3]
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
