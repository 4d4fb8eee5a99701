"""Boat, bus and train. The carriage is shared by bus and train; wheels and keel at y = 0, the front to the right."""

from __future__ import annotations

import numpy as np

from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.scenes.canvas import Brush, code_of
from wsss_viz.data.scenes.coats import coat
from wsss_viz.data.scenes.palette import CREAM, INK, WHITE, Colour, Style, darker, lighter, mix
from wsss_viz.data.scenes.shapes import box, curve, limb, oval, smooth

GLASS: Colour = (186, 222, 238)
STEEL: Colour = (88, 92, 106)
_SKIN: tuple[Colour, ...] = ((236, 190, 156), (150, 100, 74), (206, 152, 112), (244, 208, 180))
_SHIRTS: tuple[Colour, ...] = ((210, 84, 80), (82, 120, 170), (236, 186, 84), (96, 150, 110))


def _wheel(brush: Brush, x: float, radius: float, rim: Colour) -> None:
    brush.flat(oval(x, -radius, radius, count=24), (62, 60, 70), (34, 30, 40))
    brush.flat(oval(x, -radius, radius * 0.58, count=18), rim)
    brush.flat(oval(x, -radius, radius * 0.2, count=10), darker(rim, 0.6))


def _window(brush: Brush, x0: float, y0: float, x1: float, y1: float, frame: Colour) -> None:
    brush.flat(box(x0, y0, x1, y1, 0.07), GLASS, frame)
    w, h = x1 - x0, y1 - y0
    gleam = np.array(
        (
            (x0 + w * 0.15, y1 - h * 0.1),
            (x0 + w * 0.5, y0 + h * 0.1),
            (x0 + w * 0.7, y0 + h * 0.1),
            (x0 + w * 0.35, y1 - h * 0.1),
        )
    )
    brush.flat(gleam, lighter(GLASS, 0.7))


def _passenger(brush: Brush, rng: np.random.Generator, x: float, y: float) -> None:
    """Somebody at a window: shirt, face, hair."""
    shirt, skin = _SHIRTS[int(rng.integers(4))], _SKIN[int(rng.integers(4))]
    brush.flat(box(x - 0.17, y + 0.1, x + 0.17, y + 0.2, 0.06), shirt)
    brush.flat(oval(x, y - 0.02, 0.15, 0.18, count=14), (70, 50, 46))
    brush.flat(oval(x, y + 0.02, 0.12, 0.14, count=14), skin)


def _carriage(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    """The part bus and train share: a box on two wheels with three windows and a roof, x from -2.4 to 0.62."""
    rim = style.accent
    body = box(-2.4, -1.72, 0.62, -0.3, 0.16)
    brush.solid([body], style.fill, coat(rng, style, (-2.4, -1.72, 0.62, -0.3)), depth=0.15)
    frame = darker(style.fill, 0.5)
    brush.solid([box(-2.46, -1.84, 0.62, -1.64, 0.09)], lighter(style.fill, 0.45), depth=0.06)
    for i in range(3):
        x = -2.16 + i * 0.92
        _window(brush, x, -1.46, x + 0.68, -0.94, frame)
        if rng.random() < 0.5:
            _passenger(brush, rng, x + rng.uniform(0.26, 0.42), -1.14)
    brush.flat(box(-2.38, -0.5, 0.62, -0.4), mix(rim, WHITE, 0.25))
    for x in (-1.8, -0.04):
        _wheel(brush, x, 0.32, rim)


def bus(brush: Brush, rng: np.random.Generator, class_index: int, style: Style) -> None:
    """The carriage with a driver's cab before it: windscreen, door, destination sign, headlight."""
    _carriage(brush.coded(code_of(class_index, NON_DISCRIMINATIVE)), rng, style)
    front = brush.coded(code_of(class_index, DISCRIMINATIVE))
    fill = style.fill
    frame = darker(fill, 0.5)
    shell = smooth(
        [
            (0.62, -1.78),
            (1.2, -1.88),
            (1.66, -1.74),
            (1.86, -1.2),
            (2.02, -0.84),
            (2.02, -0.4),
            (1.9, -0.28),
            (1.3, -0.26),
            (0.62, -0.28),
        ],
        4,
    )
    shell = np.concatenate((np.array(((0.62, -0.28), (0.62, -1.8))), shell[4:-4]))
    front.solid([shell], lighter(fill, 0.1), depth=0.13)
    screen = smooth([(1.2, -1.6), (1.56, -1.56), (1.72, -1.16), (1.78, -0.92), (1.22, -0.9)], 4)
    front.flat(screen, GLASS, frame)
    front.flat(oval(1.42, -1.06, 0.15, 0.18, count=14), _SKIN[int(rng.integers(4))])
    front.flat(smooth([(1.25, -1.2), (1.42, -1.32), (1.6, -1.2)], 3), (58, 74, 120))
    front.flat(np.array(((1.28, -1.0), (1.4, -1.52), (1.48, -1.52), (1.36, -1.0))), lighter(GLASS, 0.7))
    front.flat(box(0.74, -1.5, 1.08, -0.42, 0.05), mix(GLASS, fill, 0.3), frame)
    front.line(np.array(((0.91, -1.5), (0.91, -0.42))), frame, 0.8)
    front.solid([box(0.76, -2.02, 1.56, -1.76, 0.08)], (58, 56, 66), depth=0.05)
    for i in range(4):
        front.flat(box(0.86 + 0.16 * i, -1.94, 0.96 + 0.16 * i, -1.84), (250, 206, 92))
    front.flat(oval(1.86, -0.62, 0.12, 0.13, count=14), (255, 236, 150), frame)
    front.flat(box(1.5, -0.4, 2.1, -0.24, 0.06), (190, 194, 204), INK)
    front.line(np.array(((1.7, -1.62), (1.98, -1.56))), INK, 1.0)
    front.flat(box(1.92, -1.58, 2.06, -1.24, 0.04), (70, 72, 84), INK)
    _wheel(front, 1.34, 0.3, style.accent)


def train(brush: Brush, rng: np.random.Generator, class_index: int, style: Style) -> None:
    """The carriage drawn by a steam locomotive: cab, boiler, chimney, lamp, cow-catcher."""
    rise = rng.uniform(0.0, 0.15)
    for i, (x, y, r) in enumerate(((1.66, -2.36, 0.2), (1.42, -2.66, 0.28), (1.02, -2.92, 0.34), (0.5, -3.08, 0.36))):
        brush.glow(oval(x, y - rise, r, count=16), (250, 248, 250), 0.85 - 0.15 * i, 0.05)
    wagon = brush.coded(code_of(class_index, NON_DISCRIMINATIVE))
    wagon.flat(box(0.5, -0.52, 0.9, -0.38), STEEL, INK)
    _carriage(wagon, rng, style)
    loco = brush.coded(code_of(class_index, DISCRIMINATIVE))
    engine = style.accent if rng.random() < 0.6 else style.fill
    trim = (236, 196, 92)
    dark = mix(engine, (50, 46, 58), 0.72)
    loco.solid([np.array(((1.86, -0.5), (2.06, -0.5), (2.42, -0.04), (1.86, -0.04)))], (206, 70, 60), depth=0.06)
    for x in (1.98, 2.1):
        loco.line(np.array(((x, -0.46), (x + 0.1, -0.06))), (130, 36, 40), 0.8)
    loco.solid(
        [np.array(((1.48, -1.2), (1.54, -1.7), (1.4, -2.06), (1.9, -2.06), (1.76, -1.7), (1.8, -1.2)))],
        dark,
        depth=0.07,
    )
    loco.solid([box(1.34, -2.14, 1.94, -1.98, 0.05)], trim, depth=0.04)
    loco.solid([smooth([(1.0, -1.14), (1.0, -1.42), (1.14, -1.54), (1.28, -1.42), (1.28, -1.14)], 4)], trim, depth=0.06)
    loco.solid([box(0.96, -1.34, 1.98, -0.42, 0.2)], engine, depth=0.2)
    for x in (1.22, 1.62):
        loco.flat(box(x, -1.33, x + 0.09, -0.43), trim)
    loco.flat(oval(1.98, -0.92, 0.1, 0.36, count=16), dark, INK)
    loco.flat(oval(2.06, -1.1, 0.12, count=12), (255, 240, 160), INK)
    loco.solid([box(0.74, -1.82, 1.22, -0.36, 0.05)], lighter(engine, 0.12), depth=0.1)
    _window(loco, 0.83, -1.58, 1.12, -1.1, darker(engine, 0.5))
    loco.flat(oval(0.98, -1.2, 0.11, 0.13, count=12), _SKIN[int(rng.integers(4))])
    loco.solid([box(0.62, -1.96, 1.34, -1.8, 0.07)], dark, depth=0.05)
    loco.flat(box(0.74, -0.5, 2.0, -0.36), dark, INK)
    for x, r in ((1.02, 0.3), (1.5, 0.22), (1.9, 0.2)):
        _wheel(loco, x, r, (208, 84, 70))
    loco.line(np.array(((1.02, -0.26), (1.52, -0.2))), CREAM, 1.4)


def boat(brush: Brush, rng: np.random.Generator, class_index: int, style: Style) -> None:
    """A hull with a deckhouse, and above it mast and sails."""
    sail_part = brush.coded(code_of(class_index, DISCRIMINATIVE))
    hull_part = brush.coded(code_of(class_index, NON_DISCRIMINATIVE))
    cloth = (WHITE, CREAM, lighter(style.accent, 0.35), style.accent)[int(rng.integers(4))]
    top = -rng.uniform(2.75, 3.1)
    mast = 0.22
    sail_part.solid([box(mast - 0.05, top - 0.1, mast + 0.05, -1.0)], (150, 104, 70), depth=0.03)
    belly = rng.uniform(0.06, 0.16)
    main = [(mast - 0.1, top), (-0.56 - belly, -2.2), (-1.12, -1.62), (-0.5, -1.48 + belly), (mast - 0.1, -1.56)]
    jib = [(mast + 0.12, top + 0.14), (0.8 + belly, -2.06), (1.4, -1.4), (0.8, -1.34 + belly), (mast + 0.12, -1.46)]
    sail_part.solid([curve(main, 5)], cloth, depth=0.12)
    sail_part.solid([curve(jib, 5)], mix(cloth, style.accent, 0.45), depth=0.12)
    seam = darker(cloth, 0.25)
    for y, x in ((-1.84, -0.86), (-2.2, -0.6), (-2.52, -0.28)):
        sail_part.line(np.array(((mast - 0.12, y), (x, y - 0.06))), seam, 0.7)
    flag = [(0.0, -0.1), (-0.3, -0.16), (-0.56, 0.02), (-0.3, 0.04), (0.0, 0.1)]
    sail_part.flat(curve(flag, 3) + np.array((mast, top)), (214, 74, 68), (130, 36, 44))
    if rng.random() < 0.8:
        hull_part.solid([box(-1.24, -1.46, -0.02, -0.9, 0.1)], lighter(style.fill, 0.5), depth=0.1)
        for x in (-0.98, -0.62, -0.26):
            hull_part.flat(oval(x, -1.22, 0.11, count=14), GLASS, darker(style.fill, 0.5))
    hull = [
        (-1.74, -1.18), (-0.6, -1.0), (0.6, -1.02), (1.9, -1.32), (1.6, -0.5), (1.2, 0.0), (0.0, 0.06), (-1.24, 0.0),
        (-1.62, -0.5),
    ]  # fmt: skip
    hull_part.solid([curve(hull, 5)], style.fill, coat(rng, style, (-1.65, -1.1, 1.75, 0.05)), depth=0.18)
    rail = limb([(-1.74, -1.16), (-0.6, -0.98), (0.6, -1.0), (1.9, -1.3)], 0.14, 0.14, 5)
    hull_part.solid([rail], lighter(style.fill, 0.5), depth=0.04)


VEHICLES = {"boat": boat, "bus": bus, "train": train}
