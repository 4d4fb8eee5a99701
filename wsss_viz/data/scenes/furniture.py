"""The sofa: its back with the arms is the discriminative part, the seat the other. Feet at y = 0, centred on x = 0."""

from __future__ import annotations

import numpy as np

from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.scenes.canvas import Brush, code_of
from wsss_viz.data.scenes.coats import coat
from wsss_viz.data.scenes.palette import Colour, Style, darker, lighter, mix
from wsss_viz.data.scenes.shapes import box, oval, smooth

SEAT_HEIGHT = -0.92  # where what lies on the sofa touches it


def sofa(brush: Brush, rng: np.random.Generator, class_index: int, style: Style) -> None:
    """A sofa seen from the front and a little above."""
    back = brush.coded(code_of(class_index, DISCRIMINATIVE))
    seat = brush.coded(code_of(class_index, NON_DISCRIMINATIVE))
    fill = style.fill
    wood: Colour = (122, 84, 58)
    for x in (-1.5, 1.38):
        seat.flat(np.array(((x, -0.2), (x + 0.16, -0.2), (x + 0.12, 0.02), (x + 0.04, 0.02))), wood, darker(wood, 0.5))
    _back(back, rng, fill)
    _seat(seat, rng, style)
    arm = smooth(
        [
            (-1.44, -1.1),
            (-1.54, -1.28),
            (-1.78, -1.28),
            (-1.9, -1.08),
            (-1.88, -0.2),
            (-1.84, -0.12),
            (-1.52, -0.12),
            (-1.48, -0.2),
        ],
        4,
    )
    for side in (arm, arm * (-1.0, 1.0)):
        back.solid([side], mix(fill, (255, 255, 255), 0.06), depth=0.13)
    for x in (-1.68, 1.68):
        back.flat(oval(x, -1.06, 0.12, count=14), mix(fill, style.marking, 0.4), darker(fill, 0.45))
        back.flat(oval(x, -1.06, 0.05, count=8), darker(fill, 0.4))


def _back(brush: Brush, rng: np.random.Generator, fill: Colour) -> None:
    rise = rng.uniform(-0.06, 0.06)
    shade = darker(fill, 0.1)
    if rng.random() < 0.5:
        shape = smooth(
            [
                (-1.5, -1.0),
                (-1.54, -1.4),
                (-1.2, -1.6 - rise),
                (0, -1.72 - rise),
                (1.2, -1.6 - rise),
                (1.54, -1.4),
                (1.5, -1.0),
            ],
            5,
        )
        brush.solid([shape], shade, depth=0.14)
    else:
        brush.solid(
            [box(-1.52, -1.64 - rise, 0.02, -0.95, 0.2), box(-0.02, -1.64 - rise, 1.52, -0.95, 0.2)], shade, depth=0.14
        )
        brush.line(np.array(((0.0, -1.6 - rise), (0.0, -1.0))), darker(fill, 0.45), 1.0)
    for x in (-1.02, -0.5, 0.5, 1.02):
        brush.flat(oval(x, -1.36, 0.05, count=8), darker(fill, 0.5))


def _seat(brush: Brush, rng: np.random.Generator, style: Style) -> None:
    base = np.array(((-1.52, -1.0), (1.52, -1.0), (1.5, -0.14), (-1.5, -0.14)))
    brush.solid([base], darker(style.fill, 0.14), coat(rng, style, (-1.5, -0.98, 1.5, -0.1)), depth=0.1)
    texture = coat(rng, style, (-1.5, -1.1, 1.5, -0.4))
    for x0, x1 in ((-1.5, 0.0), (0.0, 1.5)):
        brush.solid([box(x0, -1.14, x1, -0.48, 0.16)], lighter(style.fill, 0.14), texture, depth=0.14)
    if rng.random() < 0.6:
        colour = style.accent
        for x, angle in ((-1.04, -0.2), (1.06, 0.22))[: int(rng.integers(1, 3))]:
            pillow = brush.at(x, -1.18, 0.34, angle)
            pillow.solid(
                [smooth([(-1, -1), (0, -0.86), (1, -1), (0.86, 0), (1, 1), (0, 0.86), (-1, 1), (-0.86, 0)], 3)],
                colour,
                depth=0.3,
            )
