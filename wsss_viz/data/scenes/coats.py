"""Coats: how the non-discriminative part is marked. Any class may wear any; one of them is its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import ImageDraw

from wsss_viz.data.scenes.canvas import Texture
from wsss_viz.data.scenes.palette import Style
from wsss_viz.data.scenes.shapes import Points, curve, oval, smooth

COATS = ("plain", "stripes", "blotches", "saddle", "spots")
TYPICAL_COAT = {
    "bird": "saddle",
    "boat": "stripes",
    "bus": "stripes",
    "cat": "stripes",
    "cow": "blotches",
    "dog": "saddle",
    "horse": "plain",
    "sheep": "spots",
    "sofa": "spots",
    "train": "plain",
}
TYPICAL_COAT_PROBABILITY = 0.45

Area = tuple[float, float, float, float]


def choose_coat(rng: np.random.Generator, class_name: str) -> str:
    """The class's own coat with probability 0.45, else any of `COATS`: a weak hint, as in the published data."""
    typical, other = rng.random() < TYPICAL_COAT_PROBABILITY, COATS[int(rng.integers(len(COATS)))]
    return TYPICAL_COAT[class_name] if typical else other


def coat(rng: np.random.Generator, style: Style, area: Area) -> Texture | None:
    """The style's coat over `area` (x0, y0, x1, y1, own units), as a texture; None for the plain one."""
    if style.coat == "plain":
        return None
    shapes = _MARKS[style.coat](rng, area)

    def texture(pen: ImageDraw.ImageDraw, to_pixels: Callable[[Points], list[float]]) -> None:
        for shape in shapes:
            pen.polygon(to_pixels(shape), style.marking)

    return texture


def _stripes(rng: np.random.Generator, area: Area) -> list[Points]:
    x0, y0, x1, y1 = area
    count = int(rng.integers(6, 9))
    pitch = (x1 - x0) / count
    lean = rng.uniform(-0.35, 0.35)
    shapes = []
    for i in range(count):
        x = x0 + (i + 0.5) * pitch + rng.uniform(-0.12, 0.12) * pitch
        width = pitch * rng.uniform(0.36, 0.52)
        sway = rng.uniform(-0.2, 0.2, 4) * pitch
        y = np.linspace(y0 - 0.1, y1 + 0.1, 4)
        spine = curve(np.stack((x + sway + lean * (y - y0), y), axis=1), 4)
        taper = np.linspace(1.0, 0.45, len(spine))[:, None] * width / 2
        side = np.array((1.0, 0.0))
        shapes.append(np.concatenate((spine - side * taper, (spine + side * taper)[::-1])))
    return shapes


def _blob(rng: np.random.Generator, x: float, y: float, rx: float, ry: float) -> Points:
    knots = oval(0.0, 0.0, rx, ry, count=8) * rng.uniform(0.7, 1.25, (8, 1))
    return smooth(knots + np.array((x, y)), 4)


def _blotches(rng: np.random.Generator, area: Area) -> list[Points]:
    x0, y0, x1, y1 = area
    side = min(x1 - x0, (y1 - y0) * 1.6)
    shapes = []
    for i in range(7):
        x = x0 + (x1 - x0) * ((i + 0.5) / 7 + rng.uniform(-0.06, 0.06))
        y = y0 + (y1 - y0) * (rng.uniform(0.05, 0.45) if i % 2 else rng.uniform(0.35, 0.9))
        r = side * rng.uniform(0.09, 0.16)
        shapes.append(_blob(rng, x, y, r * 1.15, r * 0.95))
    return shapes


def _saddle(rng: np.random.Generator, area: Area) -> list[Points]:
    x0, y0, x1, y1 = area
    w, h = x1 - x0, y1 - y0
    middle = x0 + w * rng.uniform(0.40, 0.5)
    half, drop = w * rng.uniform(0.24, 0.31), h * rng.uniform(0.42, 0.56)
    knots = [
        (middle - half, y0 - 0.2 * h),
        (middle + half, y0 - 0.2 * h),
        (middle + half * 0.95, y0 + drop * 0.6),
        (middle + half * 0.4, y0 + drop),
        (middle - half * 0.4, y0 + drop * 1.05),
        (middle - half * 0.95, y0 + drop * 0.6),
    ]
    return [smooth(knots, 5)]


def _spots(rng: np.random.Generator, area: Area) -> list[Points]:
    x0, y0, x1, y1 = area
    columns, rows = 9, 5
    dx, dy = (x1 - x0) / columns, (y1 - y0) / rows
    radius = min(dx, dy) * rng.uniform(0.24, 0.33)
    shift = rng.uniform(-0.16, 0.16, (rows, columns, 2))
    size = rng.uniform(0.8, 1.2, (rows, columns))
    shapes = []
    for i in range(rows):
        for j in range(columns):
            x = x0 + (j + 0.5 + 0.5 * (i % 2) - 0.25 + shift[i, j, 0]) * dx
            y = y0 + (i + 0.5 + shift[i, j, 1]) * dy
            shapes.append(oval(x, y, radius * size[i, j], count=10))
    return shapes


_MARKS = {"stripes": _stripes, "blotches": _blotches, "saddle": _saddle, "spots": _spots}
