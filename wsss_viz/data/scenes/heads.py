"""Heads: what tells the animals apart. Each is drawn about its own origin, its face of radius 1."""

from __future__ import annotations

import math

import numpy as np

from wsss_viz.data.scenes.canvas import Brush
from wsss_viz.data.scenes.palette import CREAM, INK, PINK, WHITE, Colour, Style, darker, lighter, mix
from wsss_viz.data.scenes.shapes import Points, curve, limb, oval, smooth

_IRIS: tuple[Colour, ...] = ((120, 178, 84), (214, 170, 60), (96, 160, 196))


def _mirrored(points: Points) -> Points:
    return points * (-1.0, 1.0)


def _eye(brush: Brush, x: float, y: float, radius: float, iris: Colour | None = None) -> None:
    """A round eye with a highlight; with `iris` a coloured one with a slit pupil."""
    if iris is None:
        brush.flat(oval(x, y, radius, radius * 1.15, count=14), INK)
    else:
        brush.flat(oval(x, y, radius * 1.15, radius * 1.3, count=16), iris, INK)
        brush.flat(oval(x, y, radius * 0.5, radius * 1.15, count=12), INK)
    brush.flat(oval(x - radius * 0.35, y - radius * 0.45, radius * 0.4, count=8), WHITE)


def cat(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """Pointed ears, slit eyes, a small pink nose, whiskers."""
    fill, iris = style.fill, _IRIS[int(rng.integers(3))]
    mask = rng.random() < 0.5
    ear = smooth([(-0.98, -0.1), (-1.0, -0.8), (-0.86, -1.38), (-0.5, -1.02), (-0.08, -0.68), (-0.4, -0.2)], 4)
    inner = np.array(((-0.82, -0.5), (-0.8, -1.12), (-0.36, -0.72)))
    face = smooth(
        [(-1.0, 0.08), (-0.82, -0.55), (0, -0.8), (0.82, -0.55), (1.0, 0.08), (0.66, 0.68), (0, 0.9), (-0.66, 0.68)]
    )
    brush.solid([ear, _mirrored(ear), face], fill, depth=0.17)
    for side in (inner, _mirrored(inner)):
        brush.flat(side, mix(PINK, fill, 0.25))
    if mask:
        for x, length in ((-0.26, 0.26), (0.0, 0.34), (0.26, 0.26)):
            brush.flat(limb([(x, -0.78), (x * 0.8, -0.76 + length)], 0.15, 0.05, 2), style.marking)
    pale = lighter(fill, 0.62)
    brush.flat(oval(-0.24, 0.5, 0.32, 0.25), pale)
    brush.flat(oval(0.24, 0.5, 0.32, 0.25), pale)
    for x in (-0.44, 0.44):
        _eye(brush, x, -0.04, 0.22, iris)
    edge = darker(fill, 0.6)
    for sign in (-1.0, 1.0):
        for y, drop in ((0.42, -0.12), (0.52, 0.04), (0.62, 0.2)):
            brush.line(np.array(((sign * 0.42, y), (sign * 1.34, y + drop))), edge, 0.5)
    brush.flat(np.array(((-0.15, 0.27), (0.15, 0.27), (0.0, 0.44))), (224, 112, 122), INK)
    mouth = curve([(-0.26, 0.6), (-0.1, 0.66), (0.0, 0.46), (0.1, 0.66), (0.26, 0.6)], 3)
    brush.line(mouth, INK, 0.6)


def dog(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """Hanging ears, a pale muzzle with a large black nose, a tongue."""
    fill = style.fill
    ears = style.marking if rng.random() < 0.7 else darker(fill, 0.3)
    length = rng.uniform(0.85, 1.1)
    face = smooth(
        [(-0.82, -0.1), (-0.68, -0.68), (0, -0.95), (0.68, -0.68), (0.82, -0.1), (0.62, 0.62), (0, 1.0), (-0.62, 0.62)]
    )
    brush.solid([face], fill, depth=0.17)
    if rng.random() < 0.5:
        brush.flat(oval(0.36, -0.22, 0.34, 0.4, 0.2), mix(style.marking, fill, 0.15))
    if rng.random() < 0.8:
        brush.flat(limb([(0.1, 0.74), (0.14, 1.12)], 0.3, 0.3, 3), (236, 104, 116), INK)
    brush.flat(oval(0, 0.5, 0.52, 0.42), lighter(fill, 0.66))
    brush.flat(oval(0, 0.27, 0.26, 0.19, count=16), INK)
    brush.flat(oval(-0.08, 0.2, 0.08, 0.05, count=8), WHITE)
    brush.line(curve([(-0.3, 0.62), (-0.1, 0.72), (0, 0.45), (0.1, 0.72), (0.3, 0.62)], 3), INK, 0.7)
    for x in (-0.36, 0.36):
        _eye(brush, x, -0.2, 0.16)
        brush.line(curve([(x - 0.15, -0.5), (x, -0.57), (x + 0.15, -0.5)], 3), darker(fill, 0.6), 0.6)
    ear = smooth(
        [
            (-0.42, -0.84),
            (-0.82, -0.8),
            (-1.2, -0.3),
            (-1.28, length * 0.5),
            (-0.98, length * 0.78),
            (-0.72, length * 0.4),
            (-0.62, -0.25),
        ],
        4,
    )
    for side in (ear, _mirrored(ear)):
        brush.solid([side], ears, depth=0.12)


def cow(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """Horns, ears that stand out, a broad pink muzzle."""
    fill = style.fill
    span, rise = rng.uniform(0.8, 1.05), rng.uniform(1.25, 1.5)
    horn = limb([(-0.42, -0.74), (-span, -0.95), (-span * 0.98, -rise)], 0.32, 0.06, 5)
    ear = smooth([(-0.55, -0.5), (-0.95, -0.66), (-1.34, -0.42), (-1.05, -0.18), (-0.62, -0.22)], 4)
    for side in (horn, _mirrored(horn)):
        brush.solid([side], CREAM, depth=0.08)
    for side in (ear, _mirrored(ear)):
        brush.solid([side], fill, depth=0.1)
        brush.flat(side * (0.8, 0.55) + (0.0, -0.17), mix(PINK, fill, 0.3))
    face = smooth([(-0.66, -0.66), (0, -0.88), (0.66, -0.66), (0.72, -0.1), (0.56, 0.5), (-0.56, 0.5), (-0.72, -0.1)])
    brush.solid([face], fill, depth=0.17)
    if rng.random() < 0.7:
        blaze = WHITE if sum(fill) < 640 else style.marking
        brush.flat(smooth([(-0.16, -0.8), (0.16, -0.8), (0.2, -0.1), (0.3, 0.4), (-0.3, 0.4), (-0.2, -0.1)], 4), blaze)
    brush.solid([oval(0, 0.56, 0.72, 0.44)], PINK, depth=0.12)
    for x in (-0.3, 0.3):
        brush.flat(oval(x, 0.48, 0.1, 0.14, x, count=10), darker(PINK, 0.6))
    brush.line(curve([(-0.3, 0.78), (0, 0.86), (0.3, 0.78)], 3), darker(PINK, 0.6), 0.7)
    for x in (-0.42, 0.42):
        _eye(brush, x, -0.24, 0.17)
    tuft = smooth(
        [
            (-0.34, -0.72),
            (-0.2, -1.04),
            (0, -0.9),
            (0.18, -1.06),
            (0.34, -0.74),
            (0.16, -0.5),
            (0, -0.6),
            (-0.16, -0.48),
        ],
        3,
    )
    brush.solid([tuft], style.marking, depth=0.08)


def sheep(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """A face in a cloud of wool, with drooping ears."""
    wool = lighter(style.fill, 0.55)
    face = (74, 64, 68) if rng.random() < 0.5 else mix(CREAM, (226, 190, 160), 0.5)
    turn = rng.uniform(0, 1)
    curls = []
    for i in range(11):
        angle = 2 * math.pi * (i + turn) / 11
        curls.append(oval(0.82 * math.cos(angle), -0.02 + 0.86 * math.sin(angle), 0.36, count=14))
    brush.solid([oval(0, 0, 0.85, 0.88), *curls], wool, depth=0.16, outline=darker(wool, 0.45))
    ear = smooth([(-0.42, -0.18), (-0.8, -0.2), (-1.24, 0.16), (-1.1, 0.36), (-0.75, 0.24), (-0.44, 0.08)], 4)
    for side in (ear, _mirrored(ear)):
        brush.solid([side], face, depth=0.08)
    brush.solid(
        [
            smooth(
                [(-0.5, -0.3), (0, -0.52), (0.5, -0.3), (0.5, 0.2), (0.3, 0.76), (0, 0.88), (-0.3, 0.76), (-0.5, 0.2)],
                4,
            )
        ],
        face,
        depth=0.14,
    )
    cap = [oval(x, y, r, count=14) for x, y, r in ((-0.34, -0.5, 0.26), (0.0, -0.6, 0.32), (0.34, -0.5, 0.26))]
    brush.solid(cap, lighter(wool, 0.3), depth=0.1, outline=darker(wool, 0.45))
    light_face = sum(face) > 400
    for x in (-0.24, 0.24):
        brush.flat(oval(x, 0.06, 0.15, 0.17, count=14), WHITE, INK if light_face else None)
        brush.flat(oval(x, 0.08, 0.09, 0.11, count=10), INK)
    line = INK if light_face else (190, 168, 168)
    brush.line(curve([(-0.16, 0.46), (0, 0.56), (0.16, 0.46)], 3), line, 0.7)
    brush.line(np.array(((0.0, 0.56), (0.0, 0.7))), line, 0.7)


def horse(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """A long face in profile, upright ears, a mane down the neck."""
    fill = style.fill
    mane = (
        style.marking if sum(abs(a - b) for a, b in zip(style.marking, fill, strict=True)) > 130 else darker(fill, 0.6)
    )
    wave = rng.uniform(-0.08, 0.08, 4)
    strands = smooth(
        [
            (0.22, -1.0), (-0.22, -1.14), (-0.72, -0.86), (-1.08 + wave[0], -0.34), (-1.18 + wave[1], 0.28),
            (-1.5 + wave[2], 0.92), (-1.02 + wave[3], 1.16), (-0.72, 0.82), (-0.5, 0.3), (-0.2, -0.4),
        ],
        4,
    )  # fmt: skip
    ear = smooth([(-0.34, -0.8), (-0.36, -1.16), (-0.2, -1.5), (0.0, -1.16), (0.02, -0.8)], 4)
    brush.solid([ear + np.array((0.24, 0.02))], darker(fill, 0.2), depth=0.06)
    face = smooth(
        [
            (-0.36, -0.86), (0.1, -0.92), (0.5, -0.62), (1.02, 0.12), (1.3, 0.58), (1.2, 0.94), (0.86, 1.0),
            (0.52, 0.72), (0.12, 0.56), (-0.36, 0.52), (-0.66, 0.1), (-0.64, -0.5),
        ],
        4,
    )  # fmt: skip
    brush.solid([face], fill, depth=0.17)
    brush.flat(
        smooth([(0.98, 0.36), (1.24, 0.6), (1.16, 0.9), (0.86, 0.94), (0.66, 0.74), (0.76, 0.44)], 4),
        lighter(fill, 0.5),
    )
    brush.solid([strands], mane, depth=0.1)
    brush.solid([ear], fill, depth=0.08)
    lock = smooth([(-0.1, -1.02), (0.3, -0.98), (0.52, -0.4), (0.3, -0.52), (0.12, -0.66)], 3)
    brush.flat(lock, mane, darker(mane, 0.4))
    _eye(brush, 0.26, -0.28, 0.17)
    brush.flat(oval(1.08, 0.62, 0.08, 0.11, 0.4, count=10), darker(fill, 0.7))
    brush.line(curve([(1.12, 0.84), (0.94, 0.82), (0.8, 0.74)], 3), darker(fill, 0.7), 0.7)
    if rng.random() < 0.5:
        strap = style.accent
        brush.line(np.array(((0.86, 0.0), (0.4, 0.6))), strap, 1.5)
        brush.line(np.array(((0.52, 0.42), (-0.16, -0.72))), strap, 1.5)


def bird(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """A round head in profile with a beak, a ringed eye and a crest."""
    fill = style.fill
    beak: Colour = ((246, 174, 58), (232, 120, 64), (90, 84, 92))[int(rng.integers(3))]
    length = rng.uniform(1.45, 1.75)
    crest = rng.integers(3)
    if crest:
        for angle in (-0.5, -0.05, 0.4):
            tip = (-0.3 + math.sin(angle) * 0.95, -0.62 - math.cos(angle) * 0.72)
            brush.flat(
                limb([(-0.05, -0.6), tip], 0.3, 0.22 if crest == 1 else 0.1, 3), style.accent, darker(style.accent, 0.5)
            )
    upper = smooth([(0.6, -0.34), (1.0, -0.24), (length, 0.1), (1.1, 0.16), (0.62, 0.12)], 4)
    lower = smooth([(0.6, 0.06), (1.05, 0.14), (length * 0.86, 0.2), (1.0, 0.34), (0.6, 0.36)], 4)
    brush.flat(lower, darker(beak, 0.2), darker(beak, 0.55))
    brush.solid([oval(0, 0, 0.86, 0.82)], fill, depth=0.17)
    brush.flat(oval(-0.02, 0.34, 0.42, 0.3), mix(style.accent, fill, 0.2))
    brush.solid([upper], beak, depth=0.06)
    brush.flat(oval(0.32, -0.2, 0.27, count=18), WHITE, darker(fill, 0.5))
    brush.flat(oval(0.38, -0.19, 0.16, count=14), INK)
    brush.flat(oval(0.32, -0.27, 0.06, count=8), WHITE)


HEADS = {"bird": bird, "cat": cat, "cow": cow, "dog": dog, "horse": horse, "sheep": sheep}
