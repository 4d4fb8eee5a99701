"""Where lines of a still page are broken: by about how wide their letters are, and never within a formula."""

from __future__ import annotations

import re
import unicodedata

MATH = re.compile(r"(\$[^$]*\$)")
WIDE = 1.72
"""Of a Korean syllable, in letters of DejaVu Sans on average."""


def width_of(text: str) -> float:
    """About how many letters wide a text is: a Korean syllable is as wide as nearly two.

    >>> width_of("map"), round(width_of("맵"), 2)
    (3.0, 1.72)
    """
    return sum(WIDE if unicodedata.east_asian_width(letter) in "WF" else 1.0 for letter in text)


def _letters(latex: str) -> float:
    """About how many letters wide a formula is: commands count once, marks that take no room do not."""
    plain = re.sub(r"\\(mathrm|frac|left|right)", "", latex)
    plain = re.sub(r"\\(quad|qquad)", "mm", plain)
    plain = re.sub(r"\\[,;!]", "", plain)
    plain = re.sub(r"\\[a-zA-Z]+", "M", plain)
    return len(re.sub(r"[{}_^\s]", "", plain)) * 1.12


def balanced(text: str, letters: float) -> list[str]:
    """As few lines as `broken` makes of at most so many letters, all about equally long, as a heading wants them."""
    count = len(broken(text, letters, False))
    widths = (letters * share / 100 for share in range(52, 100, 4))
    tries = (broken(text, width, False) for width in widths)
    return next((lines for lines in tries if len(lines) == count), broken(text, letters, False))


def broken(text: str, letters: float, math: bool) -> list[str]:
    """Lines of at most about so many letters; a formula is never broken."""
    pieces = MATH.split(text) if math else [text]
    words: list[tuple[str, float]] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            words.append((piece, _letters(piece.strip("$"))))
        else:
            words += [(part, width_of(part)) for part in re.split(r"([ \n]+)", piece) if part]
    return _filled(_joined(words), letters)


def _joined(words: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Pieces without white space between them are one word."""
    joined: list[tuple[str, float]] = []
    open_word = False
    for text, width in words:
        if text.isspace():
            open_word = False
        elif open_word:
            joined[-1] = (joined[-1][0] + text, joined[-1][1] + width)
        else:
            joined.append((text, width))
            open_word = True
    return joined


def _filled(words: list[tuple[str, float]], letters: float) -> list[str]:
    lines: list[list[str]] = [[]]
    used = 0.0
    for text, width in words:
        if lines[-1] and used + 1 + width > letters:
            lines.append([])
            used = 0.0
        lines[-1].append(text)
        used += width + (1 if used else 0)
    return [" ".join(line) for line in lines if line]
