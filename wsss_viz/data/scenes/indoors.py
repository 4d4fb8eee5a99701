"""Rooms, and crops of the sample photographs that ship with scikit-learn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.photographs import photograph as read_photograph
from wsss_viz.data.scenes.backgrounds import gradient, mottle
from wsss_viz.data.scenes.canvas import Brush, Canvas
from wsss_viz.data.scenes.palette import WHITE, Colour, darker, jitter, lighter, mix
from wsss_viz.data.scenes.shapes import box, oval, smooth

WALLS: tuple[Colour, ...] = (
    (232, 214, 184), (196, 212, 204), (214, 192, 206), (184, 204, 222), (240, 226, 206), (222, 178, 156),
    (176, 190, 160),
)  # fmt: skip
FLOORS: tuple[Colour, ...] = ((188, 142, 100), (156, 112, 84), (206, 172, 132), (168, 160, 156))


def room(canvas: Canvas, rng: np.random.Generator, skirting: float) -> None:
    """A wall with wallpaper, a floor down from `skirting`, and a window, a picture, a lamp or a plant."""
    scene = canvas.scene()
    wall = jitter(rng, WALLS[int(rng.integers(len(WALLS)))])
    gradient(canvas, lighter(wall, 0.2), darker(wall, 0.08), 0.0, skirting)
    _wallpaper(canvas, rng, wall, skirting)
    _floor(canvas, rng, skirting)
    scene.flat(box(-0.01, skirting - 0.03, canvas.aspect + 0.01, skirting), lighter(wall, 0.6), darker(wall, 0.3))
    left, right = sorted(rng.permutation(3)[:2].tolist())
    for slot in (left, right):
        x = canvas.aspect * (0.2 + 0.3 * slot)
        (_window, _picture, _picture, _clock)[int(rng.integers(4))](scene, rng, x, rng.uniform(0.18, 0.26))
    if rng.random() < 0.5:
        _plant(scene, rng, canvas.aspect * (0.06 if rng.random() < 0.5 else 0.94), skirting + 0.06)


def _wallpaper(canvas: Canvas, rng: np.random.Generator, wall: Colour, skirting: float) -> None:
    scene = canvas.scene()
    tone = mix(wall, WHITE, 0.35) if rng.random() < 0.5 else darker(wall, 0.1)
    kind, pitch = int(rng.integers(4)), rng.uniform(0.07, 0.11)
    if kind == 0:
        for x in np.arange(0, canvas.aspect, pitch).tolist():
            scene.flat(box(x, 0, x + pitch * 0.45, skirting), tone)
    elif kind == 1:
        for i, y in enumerate(np.arange(pitch / 2, skirting, pitch).tolist()):
            for x in np.arange(pitch * 0.5 * (i % 2), canvas.aspect + pitch, pitch).tolist():
                scene.flat(oval(x, y, pitch * 0.14, count=8), tone)
    elif kind == 2:
        mottle(canvas, rng, tone, 0, skirting, 0.7, (10, 10))


def _floor(canvas: Canvas, rng: np.random.Generator, skirting: float) -> None:
    scene = canvas.scene()
    floor = jitter(rng, FLOORS[int(rng.integers(len(FLOORS)))])
    gradient(canvas, darker(floor, 0.12), lighter(floor, 0.12), skirting, 1.0)
    mottle(canvas, rng, darker(floor, 0.25), skirting, 1.0, 0.5, (12, 3))
    middle, reach = canvas.aspect / 2, 1.0 - skirting
    for t in np.linspace(-1.6, 1.6, 13).tolist():
        scene.line(
            np.array(((middle + t * 0.7 * canvas.aspect, skirting), (middle + t * 1.3 * canvas.aspect, 1.0))),
            darker(floor, 0.2),
            0.6,
        )
    if rng.random() < 0.55:
        rug = jitter(rng, ((188, 84, 84), (92, 124, 160), (222, 186, 120), (132, 150, 116))[int(rng.integers(4))])
        y = skirting + reach * 0.62
        scene.flat(oval(middle, y, 0.5 * canvas.aspect, reach * 0.34, count=40), rug, darker(rug, 0.35))
        scene.flat(oval(middle, y, 0.42 * canvas.aspect, reach * 0.26, count=40), lighter(rug, 0.35))
        scene.flat(oval(middle, y, 0.36 * canvas.aspect, reach * 0.21, count=40), rug)


def _window(scene: Brush, rng: np.random.Generator, x: float, y: float) -> None:
    w, h = 0.11, 0.14
    day = ((168, 212, 240), (250, 214, 170), (58, 72, 120))[int(rng.integers(3))]
    scene.flat(box(x - w - 0.015, y - h - 0.015, x + w + 0.015, y + h + 0.015), (250, 246, 238), (170, 156, 148))
    scene.flat(box(x - w, y - h, x + w, y + h), day)
    scene.flat(
        smooth([(x - w, y + h), (x - w, y + h * 0.4), (x, y + h * 0.15), (x + w, y + h * 0.5), (x + w, y + h)], 2).clip(
            (x - w, y - h), (x + w, y + h)
        ),
        mix((124, 168, 108), day, 0.3),
    )
    scene.flat(box(x - 0.006, y - h, x + 0.006, y + h), (250, 246, 238))
    scene.flat(box(x - w, y - 0.006, x + w, y + 0.006), (250, 246, 238))
    cloth = jitter(rng, ((222, 130, 118), (150, 180, 170), (236, 206, 140))[int(rng.integers(3))])
    for side in (-1.0, 1.0):
        scene.flat(
            np.array(
                (
                    (x + side * (w + 0.03), y - h - 0.03),
                    (x + side * w * 0.3, y - h - 0.03),
                    (x + side * w * 0.85, y + h + 0.04),
                    (x + side * (w + 0.03), y + h + 0.04),
                )
            ),
            cloth,
            darker(cloth, 0.35),
        )


def _picture(scene: Brush, rng: np.random.Generator, x: float, y: float) -> None:
    w, h = rng.uniform(0.06, 0.09), rng.uniform(0.06, 0.09)
    wood = ((150, 104, 70), (222, 184, 96), (70, 66, 76))[int(rng.integers(3))]
    scene.flat(box(x - w - 0.014, y - h - 0.014, x + w + 0.014, y + h + 0.014), wood, darker(wood, 0.4))
    scene.flat(box(x - w, y - h, x + w, y + h), jitter(rng, (214, 226, 226), 16))
    scene.flat(
        np.array(
            ((x - w, y + h), (x - w * 0.3, y - h * 0.2), (x + w * 0.2, y + h * 0.4), (x + w * 0.55, y), (x + w, y + h))
        ),
        jitter(rng, (130, 156, 140), 24),
    )
    scene.flat(oval(x + w * 0.45, y - h * 0.5, w * 0.2, count=10), (246, 206, 110))


def _clock(scene: Brush, rng: np.random.Generator, x: float, y: float) -> None:
    scene.flat(oval(x, y, 0.065, count=24), (150, 104, 70), (92, 62, 50))
    scene.flat(oval(x, y, 0.052, count=24), (252, 248, 236))
    angle = rng.uniform(0, 6.28)
    for turn, length in ((angle, 0.04), (angle * 12, 0.028)):
        scene.line(np.array(((x, y), (x + length * np.sin(turn), y - length * np.cos(turn)))), (60, 52, 60), 1.0)


def _plant(scene: Brush, rng: np.random.Generator, x: float, y: float) -> None:
    leaf = jitter(rng, (104, 154, 96), 12)
    for angle in (-0.9, -0.45, 0.0, 0.45, 0.9):
        length = rng.uniform(0.16, 0.26)
        cx, cy = x + np.sin(angle) * length * 0.5, y - 0.1 - np.cos(angle) * length * 0.5
        scene.flat(oval(float(cx), float(cy), 0.028, length / 2, angle, count=14), leaf, darker(leaf, 0.35))
    scene.flat(
        np.array(((x - 0.055, y - 0.11), (x + 0.055, y - 0.11), (x + 0.04, y), (x - 0.04, y))),
        (196, 112, 84),
        (126, 66, 54),
    )


@lru_cache(maxsize=1)
def _photographs() -> tuple[Image.Image, ...]:
    return tuple(Image.fromarray(read_photograph(name)) for name in PHOTOGRAPHS)


def photograph(canvas: Canvas, rng: np.random.Generator) -> None:
    """A random crop of one of scikit-learn's sample photographs (china.jpg, flower.jpg) as the whole background."""
    pictures = _photographs()
    picture = pictures[int(rng.integers(len(pictures)))]
    share, u, v, mirrored = rng.uniform(0.45, 0.95), rng.random(), rng.random(), rng.random() < 0.5
    w, h = picture.size
    height = min(h * share, w * share / canvas.aspect)
    width = height * canvas.aspect
    x, y = u * (w - width), v * (h - height)
    crop = picture.resize(canvas.size, Image.Resampling.BILINEAR, (x, y, x + width, y + height), reducing_gap=2.0)
    canvas.image.paste(crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else crop)
