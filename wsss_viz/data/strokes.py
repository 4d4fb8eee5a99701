"""Strokes of a brush on an image: as one short text, which a browser sends and an address holds, and as a mask.

    u is painted  iff  min over a stroke's segments [p_i, p_i+1] of |u - p|  <=  r,   u a pixel's centre

A coordinate is a whole number from 0 to `UNITS`: of a point its share of the image's width or height, of a radius r its
share of the longer side. Each is two digits of base 64, so a stroke is two characters and four more per point; strokes
are joined by a full stop. The text may come from anybody.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.errors import InputError

__all__ = ["LARGEST_RADIUS", "MOST_POINTS", "MOST_STROKES", "UNITS", "Stroke", "painted", "read_strokes", "strokes_of"]

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
UNITS = len(DIGITS) ** 2 - 1
LARGEST_RADIUS = UNITS // 5
MOST_STROKES, MOST_POINTS = 1500, 2500
_MOST_CHARACTERS = 3 * MOST_STROKES + 4 * MOST_POINTS
_STROKE = re.compile(r"[\w-]{2}(?:[\w-]{4})+", re.ASCII)
_VALUES = {digit: value for value, digit in enumerate(DIGITS)}
_THIN = 0.4
"""Pixels: a stroke of this radius from centre to centre paints the pixels of one row and no others."""


@dataclass(frozen=True)
class Stroke:
    """One stroke.

    Attributes:
        radius: of the brush, 1 to `LARGEST_RADIUS`, in units of the image's longer side.
        points: one or more (x, y), 0 to `UNITS`, of the image's width and height.
    """

    radius: int
    points: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return "".join(map(_digits, (self.radius, *(value for point in self.points for value in point))))


def read_strokes(text: object) -> tuple[Stroke, ...]:
    """The strokes in a text; "" are none.

    Args:
        text: from a browser or an address, so it may be anything.

    Raises:
        InputError: it is no such text, or has more than `MOST_STROKES` strokes or `MOST_POINTS` points.

    Examples:
        >>> read_strokes("AoAAAA__AA")  # along the whole upper edge
        (Stroke(radius=40, points=((0, 0), (4095, 0))),)
        >>> read_strokes("no strokes")
        Traceback (most recent call last):
        wsss_viz.errors.InputError: these are no strokes of a brush: draw them again
    """
    if not isinstance(text, str) or len(text) > _MOST_CHARACTERS:
        raise InputError(f"strokes are a text of at most {_MOST_CHARACTERS} characters: draw fewer")
    pieces = text.split(".") if text else []
    if not all(map(_STROKE.fullmatch, pieces)):
        raise InputError("these are no strokes of a brush: draw them again")
    strokes = []
    for piece in pieces:
        radius, *values = (64 * _VALUES[piece[i]] + _VALUES[piece[i + 1]] for i in range(0, len(piece), 2))
        if not 1 <= radius <= LARGEST_RADIUS:
            raise InputError(f"the radius of a brush is 1 to {LARGEST_RADIUS}, got {radius}: draw it again")
        strokes.append(Stroke(radius, tuple(zip(values[::2], values[1::2], strict=True))))
    points = sum(len(stroke.points) for stroke in strokes)
    if len(strokes) > MOST_STROKES or points > MOST_POINTS:
        raise InputError(
            f"{len(strokes)} strokes of {points} points, more than {MOST_STROKES} or {MOST_POINTS}: draw fewer"
        )
    return tuple(strokes)


def painted(strokes: Sequence[Stroke], size: tuple[int, int]) -> NDArray[np.bool_]:
    """(H, W) of `size`: the pixels whose centres the brush passes over.

    Examples:
        >>> painted(read_strokes("AoAAAA__AA"), (2, 3)).tolist()  # its radius is less than half a pixel
        [[False, False, False], [False, False, False]]
        >>> painted([Stroke(800, ((0, 2047), (2048, 2047)))], (2, 4)).tolist()
        [[True, True, True, False], [True, True, True, False]]
    """
    edges = np.zeros((size[0], size[1] + 1), np.int32)
    for stroke in strokes:
        radius = stroke.radius / UNITS * max(size)
        points = np.array(stroke.points) / UNITS * (size[1], size[0]) - 0.5
        for one, other in zip(points, points[1:] if len(points) > 1 else points, strict=False):
            rows, first, end = _runs(one, other, radius, size)
            edges[rows, first] += 1
            edges[rows, end] -= 1
    covered: NDArray[np.bool_] = edges.cumsum(axis=1)[:, :-1] > 0
    return covered


def _runs(one: NDArray, other: NDArray, radius: float, size: tuple[int, int]) -> tuple[NDArray[np.intp], ...]:
    """Rows, and in each the first pixel and the one after the last that are within the radius of a segment.

    They are one run in each row, for the discs at both ends and what is between them are convex: it goes from the
    leftmost to the rightmost of where the row meets the circles and their two common tangents. A segment costs its
    rows and not the pixels around it: 2,500 across 320 x 1280 pixels take 0.8 s, and took 12 s pixel by pixel.
    """
    low, high = np.minimum(one, other)[1] - radius, np.maximum(one, other)[1] + radius
    rows = np.arange(max(math.ceil(low), 0), min(math.floor(high) + 1, size[0]))
    crossings = []
    for x, y in (one, other):
        half = np.sqrt(np.maximum(radius**2 - (rows - y) ** 2, 0))
        meets = abs(rows - y) <= radius
        crossings += [(x - half, meets), (x + half, meets)]
    dx, dy = other - one
    if dy:
        for side in (radius, -radius):
            x, y = one + np.array((-dy, dx)) * side / math.hypot(dx, dy)
            along = (rows - y) / dy
            crossings.append((x + along * dx, (along >= 0) & (along <= 1)))
    left = np.min([np.where(meets, x, np.inf) for x, meets in crossings], axis=0)
    right = np.max([np.where(meets, x, -np.inf) for x, meets in crossings], axis=0)
    first = np.ceil(left.clip(0, size[1])).astype(int)
    end = np.floor(right.clip(-1, size[1] - 1)).astype(int) + 1
    seen = first < end
    return rows[seen], first[seen], end[seen]


def strokes_of(mask: NDArray) -> tuple[Stroke, ...]:
    """Strokes that paint a mask again, to the pixel up to 1,024 pixels a side: one along each run of each row.

    Examples:
        >>> mask = np.array([[1, 1, 0], [0, 0, 1]], dtype=bool)
        >>> (painted(strokes_of(mask), (2, 3)) == mask).all()
        np.True_
    """
    height, width = mask.shape
    radius = max(1, round(_THIN / max(mask.shape) * UNITS))
    padded = np.pad(np.asarray(mask, dtype=bool), ((0, 0), (1, 1))).astype(np.int8)
    rows, edges = np.nonzero(np.diff(padded, axis=1))
    strokes = []
    for row, first, end in zip(rows[::2], edges[::2], edges[1::2], strict=True):
        y = round((row + 0.5) / height * UNITS)
        ends = dict.fromkeys((round((first + 0.5) / width * UNITS), round((end - 0.5) / width * UNITS)))
        strokes.append(Stroke(radius, tuple((x, y) for x in ends)))
    return tuple(strokes)


def _digits(value: int) -> str:
    return DIGITS[value // 64] + DIGITS[value % 64]
