"""Animals: the body the quadrupeds share, the bird's, and the head on it. Feet at y = 0, the animal looks right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.scenes.canvas import Brush, code_of
from wsss_viz.data.scenes.coats import coat
from wsss_viz.data.scenes.heads import HEADS
from wsss_viz.data.scenes.palette import Colour, Style, darker, lighter, mix
from wsss_viz.data.scenes.shapes import Points, limb, oval, smooth

QUADRUPEDS = ("cat", "cow", "dog", "horse", "sheep")
POSES = ("standing", "walking", "lying")


@dataclass(frozen=True)
class Build:
    """The proportions of a quadruped, free of its class: leg length, girth, foot colour and kind of tail."""

    legs: float
    girth: float
    feet: Colour
    tail: int


def _build(rng: np.random.Generator, style: Style) -> Build:
    feet = (darker(style.fill, 0.45), style.marking, lighter(style.fill, 0.6))[int(rng.integers(3))]
    return Build(rng.uniform(0.55, 0.74), rng.uniform(0.92, 1.08), feet, int(rng.integers(3)))


def _tail(brush: Brush, rng: np.random.Generator, style: Style, build: Build, x: float, y: float) -> None:
    swing = rng.uniform(-0.25, 0.3)
    if build.tail == 0:
        tip = (x - 0.42 - swing * 0.4, y + 0.72)
        brush.solid([limb([(x + 0.1, y), (x - 0.24, y + 0.16), tip], 0.13, 0.09)], style.fill, depth=0.04)
        brush.solid([oval(tip[0], tip[1] + 0.06, 0.12, 0.2, 0.2)], style.marking, depth=0.06)
    elif build.tail == 1:
        knots = [(x + 0.1, y + 0.05), (x - 0.34, y - 0.02), (x - 0.5, y - 0.42), (x - 0.36 - swing * 0.5, y - 0.78)]
        brush.solid([limb(knots, 0.19, 0.14, 5)], style.fill, depth=0.06)
    else:
        knots = [
            (x + 0.05, y),
            (x - 0.3, y - 0.1),
            (x - 0.56, y + 0.1 - swing),
            (x - 0.44, y + 0.38 - swing),
            (x - 0.16, y + 0.22),
        ]
        brush.solid([smooth(knots, 5)], style.fill, depth=0.09)


def _leg(x: float, top: float, foot: float, lift: float = 0.0) -> Points:
    knee = ((x + foot) / 2 + 0.04, top * 0.45)
    return limb([(x, top), knee, (foot, -0.1 - lift)], 0.38, 0.25)


def _foot(brush: Brush, x: float, colour: Colour, lift: float = 0.0) -> None:
    brush.flat(oval(x + 0.05, -0.09 - lift, 0.18, 0.1, count=16), colour, darker(colour, 0.5))


def _upright(brush: Brush, rng: np.random.Generator, style: Style, pose: str) -> tuple[float, float]:
    build = _build(rng, style)
    top, girth = -build.legs, build.girth
    stride = 0.24 if pose == "walking" else 0.02
    far = darker(style.fill, 0.24)
    _tail(brush, rng, style, build, -0.98, top - 0.62 * girth)
    step = stride * rng.uniform(0.8, 1.2)
    hind, fore = -0.42 - step, 0.62 + step
    brush.solid([_leg(-0.5, top - 0.2, hind, 0.04), _leg(0.56, top - 0.2, fore, 0.04)], far, depth=0.08)
    for x in (hind, fore):
        _foot(brush, x, darker(build.feet, 0.2), 0.04)
    hind, fore = -0.84 + step * 1.3, 0.88 - step
    g = girth
    torso = smooth(
        [
            (-1.08, top - 0.42 * g), (-0.94, top - 0.78 * g), (-0.4, top - 0.84 * g), (0.3, top - 0.8 * g),
            (0.76, top - 0.98 * g), (0.96, top - 1.2 * g), (1.34, top - 1.14 * g), (1.3, top - 0.66 * g),
            (1.12, top - 0.2 * g), (0.78, top + 0.03), (0.1, top + 0.06), (-0.6, top + 0.04), (-0.98, top - 0.08 * g),
        ],
        4,
    )  # fmt: skip
    texture = coat(rng, style, (-1.08, top - 0.84 * g, 1.12, top + 0.05))
    # Torso and near legs are one shape, so that no seam shows where they meet.
    near = [_leg(-0.76, top - 0.28, hind), _leg(0.84, top - 0.28, fore)]
    brush.solid([torso, *near], style.fill, texture, depth=0.13)
    for x in (hind, fore):
        _foot(brush, x, build.feet)
    return 1.2, top - 1.3 * g


def _lying(brush: Brush, rng: np.random.Generator, style: Style) -> tuple[float, float]:
    build = _build(rng, style)
    knots = [(-0.9, -0.24), (-1.26, -0.2), (-1.5, -0.32 - 0.1 * build.tail), (-1.62, -0.58 - 0.12 * build.tail)]
    brush.solid([limb(knots, 0.2, 0.14, 5)], style.fill, depth=0.06)
    far = darker(style.fill, 0.24)
    brush.solid([limb([(0.7, -0.2), (1.46, -0.16)], 0.3, 0.22)], far, depth=0.07)
    g = build.girth
    torso = smooth(
        [
            (-1.12, -0.4), (-0.98, -0.72 * g), (-0.4, -0.86 * g), (0.3, -0.8 * g), (0.72, -0.94 * g),
            (0.98, -1.12 * g), (1.3, -1.0 * g), (1.3, -0.5), (1.1, -0.1), (0.6, -0.02), (-0.3, 0.0), (-0.96, -0.06),
        ],
        4,
    )  # fmt: skip
    brush.solid([torso], style.fill, coat(rng, style, (-1.1, -0.86 * g, 1.1, 0.0)), depth=0.17)
    brush.solid(
        [smooth([(-1.0, -0.3), (-0.78, -0.62), (-0.36, -0.5), (-0.3, -0.2), (-0.6, -0.04), (-0.94, -0.06)], 4)],
        mix(style.fill, style.marking, 0.12),
        depth=0.1,
    )
    for x0, x1 in ((-0.66, -0.12), (0.72, 1.3)):
        brush.solid([limb([(x0, -0.1), (x1, -0.1)], 0.22, 0.2, 3)], style.fill, depth=0.06)
        brush.flat(oval(x1 + 0.04, -0.1, 0.15, 0.11, count=16), build.feet, darker(build.feet, 0.5))
    return 1.16, -1.26 * g


def quadruped(
    brush: Brush, rng: np.random.Generator, class_name: str, class_index: int, style: Style, pose: str
) -> None:
    """A cat, cow, dog, horse or sheep: one body for all five, then the class's own head."""
    body = brush.coded(code_of(class_index, NON_DISCRIMINATIVE))
    x, y = _lying(body, rng, style) if pose == "lying" else _upright(body, rng, style, pose)
    size, angle = rng.uniform(0.6, 0.68), rng.uniform(-0.14, 0.14)
    head = brush.coded(code_of(class_index, DISCRIMINATIVE)).at(x, y, size, angle)
    HEADS[class_name](head, rng, style)


def _wing(brush: Brush, rng: np.random.Generator, style: Style, raised: bool) -> None:
    colour = mix(style.fill, style.marking, 0.45)
    if raised:
        knots = [
            (0.4, -1.05),
            (0.1, -1.7),
            (-0.4, -2.3),
            (-0.95, -2.55),
            (-0.9, -2.1),
            (-1.0, -1.75),
            (-0.85, -1.4),
            (-0.5, -0.9),
        ]
    else:
        knots = [(0.42, -1.12), (-0.1, -1.22), (-0.8, -1.06), (-1.3, -0.72), (-0.8, -0.58), (-0.2, -0.5), (0.26, -0.7)]
    brush.solid([smooth(knots, 4)], colour, depth=0.1)
    edge = darker(colour, 0.4)
    for i in range(3):
        shift = 0.24 * i
        ends = (
            ((-0.5 + shift, -1.2), (-0.75 + shift * 0.9, -1.75 - 0.1 * i))
            if raised
            else ((-0.9 + shift * 1.3, -0.74), (-0.45 + shift * 1.3, -0.82))
        )
        brush.line(np.array(ends), edge, 0.7)


def bird(brush: Brush, rng: np.random.Generator, class_index: int, style: Style, pose: str) -> None:
    """A bird: standing, swimming (no legs) or flying (a raised wing)."""
    body = brush.coded(code_of(class_index, NON_DISCRIMINATIVE))
    if pose == "standing":
        leg = (206, 132, 62)
        for x in (-0.1, 0.26):
            body.line(np.array(((x, -0.4), (x + 0.02, -0.03))), leg, 2.2)
            body.line(np.array(((x - 0.12, -0.02), (x + 0.2, -0.02))), leg, 1.8)
    tail = smooth([(-0.7, -1.04), (-1.2, -1.24), (-1.74, -1.42), (-1.82, -1.12), (-1.6, -0.9), (-0.8, -0.66)], 4)
    body.solid([tail], mix(style.fill, style.marking, 0.6), depth=0.08)
    torso = smooth(
        [
            (-1.12, -0.9), (-0.6, -1.16), (0.0, -1.3), (0.46, -1.62), (0.98, -1.62), (1.12, -1.1), (0.86, -0.56),
            (0.24, -0.28), (-0.5, -0.38),
        ],
        5,
    )  # fmt: skip
    body.solid([torso], style.fill, coat(rng, style, (-1.1, -1.4, 1.1, -0.3)), depth=0.17)
    _wing(body, rng, style, pose == "flying")
    head = brush.coded(code_of(class_index, DISCRIMINATIVE)).at(
        0.82, -1.78, rng.uniform(0.66, 0.74), rng.uniform(-0.16, 0.16)
    )
    HEADS["bird"](head, rng, style)
