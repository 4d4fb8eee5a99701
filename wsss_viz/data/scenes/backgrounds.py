"""Outdoor backgrounds: sky, clouds, hills, ground, water. Nothing here is labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from wsss_viz.data.scenes.canvas import Canvas
from wsss_viz.data.scenes.palette import Colour, darker, jitter, lighter, mix
from wsss_viz.data.scenes.shapes import curve, oval

SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((104, 170, 226), (206, 232, 244)),
    ((128, 190, 232), (240, 240, 226)),
    ((110, 140, 196), (250, 208, 178)),
    ((176, 160, 210), (252, 218, 190)),
    ((250, 190, 132), (252, 232, 194)),
    ((160, 176, 192), (220, 226, 230)),
    ((74, 92, 150), (186, 170, 206)),
    ((136, 206, 208), (234, 246, 226)),
)
GROUNDS: dict[str, tuple[tuple[Colour, Colour], ...]] = {
    "grass": (((152, 196, 104), (92, 150, 76)), ((176, 204, 112), (118, 158, 70)), ((132, 180, 126), (76, 134, 92))),
    "sand": (((240, 218, 166), (216, 182, 120)), ((236, 202, 158), (204, 156, 108))),
    "snow": (((244, 248, 252), (206, 220, 236)), ((250, 246, 244), (220, 214, 228))),
    "earth": (((192, 156, 120), (146, 110, 82)), ((178, 162, 134), (138, 118, 92))),
}
WATERS: tuple[tuple[Colour, Colour], ...] = (
    ((150, 206, 222), (62, 134, 180)),
    ((128, 196, 200), (48, 128, 148)),
    ((164, 186, 216), (84, 108, 164)),
)

_BLADES = np.array(((-0.7, -1.25), (0.0, 0.0), (0.0, -1.6), (0.0, 0.0), (0.7, -1.25)))
_WAVE = curve([(0.0, 0.0), (0.5, -0.12), (1.0, 0.0), (1.5, -0.12), (2.0, 0.0)], 3)


def gradient(canvas: Canvas, top: Colour, bottom: Colour, y0: float, y1: float) -> None:
    """A vertical gradient over the whole width between two heights (fractions of the picture's height)."""
    w, h = canvas.size
    a, b = round(y0 * h), round(y1 * h)
    if b <= a:
        return
    column = np.linspace(top, bottom, 48).round().astype(np.uint8)[:, None]
    canvas.image.paste(Image.fromarray(column).resize((w, b - a), Image.Resampling.BILINEAR), (0, a))


def mottle(
    canvas: Canvas,
    rng: np.random.Generator,
    colour: Colour,
    y0: float,
    y1: float,
    strength: float,
    grid: tuple[int, int],
) -> None:
    """Soft patches of `colour` between two heights, from noise on a fixed grid so that the size changes nothing."""
    w, h = canvas.size
    a, b = round(y0 * h), round(y1 * h)
    noise: NDArray[np.float64] = rng.random(grid) ** 2 * 255 * strength
    if b > a:
        mask = Image.fromarray(noise.astype(np.uint8)).resize((w, b - a), Image.Resampling.BICUBIC)
        canvas.image.paste(colour, (0, a), mask)


def sky(canvas: Canvas, rng: np.random.Generator, horizon: float) -> None:
    """A gradient, perhaps a sun, and clouds."""
    top, bottom = SKIES[int(rng.integers(len(SKIES)))]
    top, bottom = jitter(rng, top), jitter(rng, bottom)
    gradient(canvas, top, bottom, 0.0, horizon + 0.02)
    scene = canvas.scene()
    if rng.random() < 0.3:
        x, y, r = rng.uniform(0.1, 0.9) * canvas.aspect, rng.uniform(0.08, 0.25), rng.uniform(0.05, 0.08)
        scene.glow(oval(x, y, r * 1.8), (255, 244, 200), 0.5, 0.06)
        scene.flat(oval(x, y, r, count=28), (255, 240, 186))
    _clouds(canvas, rng, horizon, lighter(bottom, 0.55))


def _clouds(canvas: Canvas, rng: np.random.Generator, horizon: float, colour: Colour) -> None:
    w, h = canvas.size
    layer = Image.new("L", (w // 2, h // 2))
    brush_scale = h / 2
    pen = ImageDraw.Draw(layer)
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(0, canvas.aspect), rng.uniform(0.04, max(0.08, horizon * 0.75))
        size = rng.uniform(0.03, 0.06)
        for dx, dy, r in zip(np.linspace(-2, 2, 5), rng.uniform(-0.5, 0.2, 5), (0.6, 1.0, 1.35, 1.0, 0.6), strict=True):
            cx, cy, radius = (x + dx * size) * brush_scale, (y + dy * size) * brush_scale, size * r * brush_scale
            pen.ellipse((cx - radius * 1.2, cy - radius * 0.8, cx + radius * 1.2, cy + radius * 0.8), 205)
    soft = layer.filter(ImageFilter.BoxBlur(h / 256)).resize((w, h), Image.Resampling.BILINEAR)
    canvas.image.paste(colour, (0, 0), soft)


def hills(canvas: Canvas, rng: np.random.Generator, horizon: float, base: Colour) -> None:
    """One to three ranges of hills behind the horizon, paler with distance."""
    scene = canvas.scene()
    count = int(rng.integers(0, 4))
    haze: Colour = (168, 190, 208)
    for i in range(count):
        y = horizon - 0.05 * (count - i)
        x = np.linspace(-0.1, canvas.aspect + 0.1, 7)
        ridge = curve(np.stack((x, y + rng.uniform(-0.07, 0.06, 7)), axis=1), 5)
        shape = np.concatenate((ridge, ((canvas.aspect + 0.1, horizon + 0.03), (-0.1, horizon + 0.03))))
        scene.flat(shape, mix(jitter(rng, base, 14), haze, 0.65 - 0.2 * i))


def ground(canvas: Canvas, rng: np.random.Generator, kind: str, horizon: float) -> Colour:
    """Grass, sand, snow or earth from the horizon down; returns its far colour."""
    kinds = GROUNDS[kind]
    far, near = kinds[int(rng.integers(len(kinds)))]
    far, near = jitter(rng, far), jitter(rng, near)
    gradient(canvas, far, near, horizon, 1.0)
    mottle(canvas, rng, darker(near, 0.25), horizon, 1.0, 0.45, (9, 6))
    mottle(canvas, rng, lighter(far, 0.4), horizon, 1.0, 0.5, (28, 12))
    _tufts(canvas, rng, kind, horizon, near)
    return far


def _tufts(canvas: Canvas, rng: np.random.Generator, kind: str, horizon: float, near: Colour) -> None:
    scene = canvas.scene()
    xs, depth = rng.uniform(0, canvas.aspect, 26), np.sort(rng.random(26))
    pick = rng.random(26)
    petal = ((250, 246, 236), (246, 208, 92), (236, 132, 138), (190, 150, 220))[int(rng.integers(4))]
    flowers = rng.random() < 0.5
    for x, t, p in zip(xs.tolist(), depth.tolist(), pick.tolist(), strict=True):
        y, s = horizon + 0.03 + (0.97 - horizon) * t, 0.008 + 0.018 * t
        if kind == "grass":
            colour = darker(near, 0.22) if p < 0.6 else lighter(near, 0.3)
            scene.line(_BLADES * s + np.array((x, y)), colour, 0.7)
            if flowers and p > 0.66:
                scene.flat(oval(x, y - s * 1.5, s * 0.5, count=8), petal)
        elif kind == "snow":
            scene.flat(oval(x, y, s * 1.6, s * 0.4, count=10), mix(near, (150, 176, 214), 0.3 * p))
        elif p < 0.6:
            scene.flat(oval(x, y, s * 0.7, s * 0.4, count=9), darker(near, 0.1 + 0.3 * p))


def water(canvas: Canvas, rng: np.random.Generator, y0: float, y1: float = 1.0) -> tuple[Colour, Colour]:
    """Water between two heights, with light on its waves; returns its far and its near colour."""
    far, near = WATERS[int(rng.integers(len(WATERS)))]
    far, near = jitter(rng, far), jitter(rng, near)
    gradient(canvas, far, near, y0, y1)
    mottle(canvas, rng, lighter(near, 0.5), y0, y1, 0.55, (22, 5))
    scene = canvas.scene()
    xs, depth, tone = rng.uniform(-0.1, canvas.aspect, 34), rng.random(34), rng.random(34)
    for x, t, p in zip(xs.tolist(), depth.tolist(), tone.tolist(), strict=True):
        y, s = y0 + 0.01 + (y1 - y0 - 0.02) * t, 0.03 + 0.06 * t
        colour = lighter(far, 0.55) if p < 0.5 else darker(near, 0.2)
        scene.line(_WAVE * s + np.array((x, y)), colour, 0.8)
    return far, near
