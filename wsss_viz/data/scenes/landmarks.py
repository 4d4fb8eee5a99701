"""What stands in a landscape: trees, fences, rails, a road, houses, reeds, and waves before what floats."""

from __future__ import annotations

import math

import numpy as np

from wsss_viz.data.scenes.backgrounds import gradient, mottle
from wsss_viz.data.scenes.canvas import Brush, Canvas
from wsss_viz.data.scenes.palette import WHITE, Colour, darker, jitter, lighter, mix
from wsss_viz.data.scenes.shapes import box, curve, limb, oval, smooth


def tree(
    scene: Brush, rng: np.random.Generator, x: float, y: float, size: float, pine: bool, snowy: bool = False
) -> None:
    """A broad-leaved tree or a pine with its foot at (x, y)."""
    spot = scene.at(x, y, size)
    spot.shadow(oval(0, 0, 0.34, 0.06), 0.25, 0.05)
    leaf = jitter(
        rng, (78, 134, 96) if pine else ((122, 170, 84), (204, 148, 70), (96, 156, 104))[int(rng.integers(3))], 12
    )
    spot.flat(box(-0.06, -0.4, 0.06, 0.0), (122, 88, 66), (80, 54, 46))
    if pine:
        for i in range(3):
            w, low = 0.34 - 0.08 * i, -0.18 - 0.26 * i
            spot.flat(
                np.array(((-w, low), (0.0, low - 0.42), (w, low))),
                lighter(leaf, 0.45 + 0.12 * i if snowy else 0.08 * i),
                darker(leaf, 0.4),
            )
        return
    spread = rng.uniform(-0.04, 0.04, (4, 2))
    circles = ((-0.18, -0.52, 0.2), (0.18, -0.54, 0.2), (0.0, -0.74, 0.24), (0.0, -0.5, 0.22))
    crown = [oval(px + d[0], py + d[1], r, count=14) for (px, py, r), d in zip(circles, spread, strict=True)]
    spot.solid(crown, leaf, depth=0.1, outline=darker(leaf, 0.3))


def fence(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    """A paling or rail fence across part of the picture."""
    scene = canvas.scene()
    wood = ((244, 240, 230), (176, 132, 94))[int(rng.integers(2))]
    start, posts = rng.uniform(-0.2, 0.6) * canvas.aspect, int(rng.integers(5, 11))
    edge, pitch = darker(wood, 0.35), 0.065
    for dy in (-0.035, -0.062):
        scene.flat(box(start - 0.02, y + dy, start + pitch * (posts - 1) + 0.02, y + dy + 0.013), wood, edge)
    for i in range(posts):
        x = start + pitch * i
        scene.flat(
            np.array(((x - 0.01, y), (x - 0.01, y - 0.075), (x, y - 0.09), (x + 0.01, y - 0.075), (x + 0.01, y))),
            wood,
            edge,
        )


def props(canvas: Canvas, rng: np.random.Generator, kind: str, horizon: float) -> None:
    """Trees, bushes and a fence along the horizon."""
    scene = canvas.scene()
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(0, canvas.aspect), horizon + rng.uniform(0.0, 0.07)
        size = rng.uniform(0.16, 0.34)
        pine, bush = rng.random() < (0.9 if kind == "snow" else 0.35), rng.random() < 0.3
        if kind == "sand" and not bush:
            continue
        if bush:
            spot = scene.at(x, y + 0.02, size * 0.4)
            leaf = jitter(rng, (112, 156, 92), 14)
            spot.solid(
                [oval(-0.3, -0.2, 0.3, count=12), oval(0.3, -0.2, 0.3, count=12), oval(0, -0.36, 0.36, count=12)],
                leaf,
                depth=0.1,
                outline=darker(leaf, 0.3),
            )
        else:
            tree(scene, rng, x, y, size, pine, kind == "snow")
    if kind in ("grass", "earth") and rng.random() < 0.35:
        fence(canvas, rng, horizon + rng.uniform(0.04, 0.1))


def rails(canvas: Canvas, y: float) -> None:
    """A ballast bed with sleepers and two rails; wheels stand on the nearer rail at height `y`."""
    scene = canvas.scene()
    right = canvas.aspect
    scene.flat(box(0, y - 0.05, right, y + 0.045), (172, 162, 152))
    scene.flat(box(0, y + 0.03, right, y + 0.06), (142, 132, 124))
    for x in np.arange(-0.02, right + 0.08, 0.075).tolist():
        scene.flat(
            np.array(((x + 0.02, y - 0.035), (x + 0.052, y - 0.035), (x + 0.04, y + 0.03), (x, y + 0.03))),
            (116, 84, 64),
            (86, 60, 50),
        )
    for dy, thick in ((-0.025, 0.008), (0.0, 0.012)):
        scene.flat(box(0, y + dy, right, y + dy + thick), (148, 152, 164), (92, 94, 106))


def road(canvas: Canvas, rng: np.random.Generator, y: float) -> None:
    """A street with a kerb and a broken middle line; wheels stand at height `y`."""
    scene = canvas.scene()
    tone = jitter(rng, (128, 128, 138), 10)
    gradient(canvas, tone, darker(tone, 0.15), y - 0.08, min(1.0, y + 0.13))
    mottle(canvas, rng, lighter(tone, 0.3), y - 0.08, min(1.0, y + 0.13), 0.3, (12, 40))
    scene.flat(box(0, y - 0.098, canvas.aspect, y - 0.08), (208, 204, 200), (150, 146, 146))
    shift = rng.uniform(0, 0.2)
    for x in np.arange(-shift, canvas.aspect, 0.2).tolist():
        scene.flat(box(x, y + 0.055, x + 0.11, y + 0.07), (246, 240, 220))


def town(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """A row of houses along the horizon."""
    scene = canvas.scene()
    walls: tuple[Colour, ...] = (
        (236, 206, 170),
        (222, 160, 138),
        (190, 208, 214),
        (240, 228, 196),
        (178, 190, 168),
        (214, 186, 206),
    )
    x = -0.05
    while x < canvas.aspect:
        width, height = rng.uniform(0.13, 0.22), rng.uniform(0.13, 0.3)
        wall = jitter(rng, walls[int(rng.integers(len(walls)))])
        top, edge = horizon + 0.03 - height, darker(wall, 0.4)
        scene.flat(box(x, top, x + width, horizon + 0.05), wall, edge)
        roof = (178, 94, 80) if rng.random() < 0.5 else (110, 106, 128)
        scene.flat(
            np.array(((x - 0.01, top), (x + width / 2, top - 0.07), (x + width + 0.01, top))), roof, darker(roof, 0.35)
        )
        for i in range(2):
            for j in range(max(1, math.floor(height / 0.09))):
                wx, wy = x + width * (0.2 + 0.38 * i), top + 0.025 + 0.08 * j
                scene.flat(
                    box(wx, wy, wx + width * 0.2, wy + 0.04),
                    (250, 236, 180) if rng.random() < 0.4 else (140, 170, 194),
                    edge,
                )
        x += width + 0.004


def reeds(canvas: Canvas, rng: np.random.Generator) -> None:
    """Reeds at the lower edge, before everything: they hide what is behind them."""
    scene = canvas.scene().coded(0)
    start = rng.uniform(0, 0.8) * canvas.aspect
    for _ in range(7):
        x, tall, lean = start + rng.uniform(0, 0.2), rng.uniform(0.08, 0.2), rng.uniform(-0.04, 0.04)
        scene.flat(
            limb([(x, 1.0), (x + lean * 0.4, 1 - tall * 0.6), (x + lean, 1 - tall)], 0.012, 0.004, 3), (110, 146, 84)
        )
        if rng.random() < 0.4:
            scene.flat(oval(x + lean, 1 - tall, 0.008, 0.024, count=10), (128, 86, 58))


def ripples(
    scene: Brush, rng: np.random.Generator, centre: tuple[float, float], width: float, draught: float, colour: Colour
) -> None:
    """Waves along a waterline of the given width about `place`; what floats there is hidden to `draught` below it."""
    x, y = centre
    scene = scene.coded(0)
    knots = np.stack((np.linspace(x - width / 2, x + width / 2, 9), y + np.tile((-0.006, 0.006), 5)[:9]), axis=1)
    crest = curve(knots, 3)
    low = np.array(((x + width * 0.44, y + draught), (x - width * 0.44, y + draught)))
    scene.flat(np.concatenate((crest, low)), colour)
    scene.shadow(oval(x, y + draught * 0.35, width * 0.4, draught * 0.35), 0.22, draught * 0.2)
    scene.line(crest, mix(colour, WHITE, 0.65), 1.0)
    for step in (0.35, 0.8):
        half, dy = width * rng.uniform(0.18, 0.4), draught * step
        scene.line(np.array(((x - half, y + dy), (x + half, y + dy))), mix(colour, WHITE, 0.4), 0.7)


def puddle(scene: Brush, x: float, y: float, width: float) -> None:
    """A shadow on the ground below an object."""
    scene.shadow(smooth(oval(x, y, width / 2, max(0.015, width * 0.07), count=12), 2), 0.34, 0.018)


def bank(canvas: Canvas, rng: np.random.Generator) -> None:
    """The near shore, for those that do not swim."""
    colour = jitter(rng, ((150, 190, 104), (228, 204, 152))[int(rng.integers(2))])
    right = canvas.aspect + 0.1
    edge = curve(np.stack((np.linspace(-0.1, right, 6), rng.uniform(0.7, 0.78, 6)), axis=1), 4)
    scene = canvas.scene()
    scene.flat(np.concatenate((edge, ((right, 1.1), (-0.1, 1.1)))), colour)
    scene.line(edge, (244, 246, 240), 1.6)
    for x, y in rng.random((16, 2)).tolist():
        scene.flat(oval(x * canvas.aspect, 0.8 + 0.2 * y, 0.014, 0.005, count=8), darker(colour, 0.2))
