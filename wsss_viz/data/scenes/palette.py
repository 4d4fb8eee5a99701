"""Colours: the fills all classes share, and how a colour is lightened, darkened and mixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]

INK: Colour = (46, 38, 44)
WHITE: Colour = (255, 255, 255)
CREAM: Colour = (248, 236, 208)
PINK: Colour = (240, 158, 160)

# A fill and its marking. One list for all classes, so that a colour says nothing of the class.
FILLS: tuple[tuple[Colour, Colour], ...] = (
    ((164, 112, 74), (104, 66, 44)),
    ((214, 172, 116), (152, 104, 62)),
    ((242, 226, 192), (194, 142, 92)),
    ((166, 170, 176), (104, 108, 118)),
    ((98, 98, 108), (58, 57, 66)),
    ((234, 154, 80), (186, 98, 46)),
    ((246, 243, 236), (94, 90, 94)),
    ((246, 240, 230), (158, 104, 66)),
    ((124, 150, 182), (76, 98, 134)),
    ((224, 154, 152), (178, 96, 106)),
    ((152, 180, 140), (96, 130, 96)),
    ((230, 190, 82), (174, 124, 44)),
    ((92, 168, 164), (48, 112, 118)),
    ((182, 160, 208), (126, 102, 158)),
    ((208, 118, 88), (150, 70, 56)),
    ((144, 194, 222), (84, 134, 178)),
    ((208, 84, 76), (240, 214, 178)),
    ((78, 100, 148), (226, 214, 184)),
    ((172, 216, 192), (96, 156, 134)),
    ((126, 84, 62), (222, 190, 146)),
)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` of `b`."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def darker(colour: Colour, share: float = 0.35) -> Colour:
    """Towards a warm ink rather than black, as printed picture books do."""
    return mix(colour, (40, 24, 44), share)


def lighter(colour: Colour, share: float = 0.4) -> Colour:
    """Towards a warm white."""
    return mix(colour, (255, 250, 240), share)


def jitter(rng: np.random.Generator, colour: Colour, spread: int = 9) -> Colour:
    """The colour moved by up to `spread` in each channel."""
    moved = np.clip(np.asarray(colour) + rng.integers(-spread, spread + 1, 3), 0, 255)
    return int(moved[0]), int(moved[1]), int(moved[2])


@dataclass(frozen=True)
class Style:
    """What an object wears: fill and marking colour, an accent for details, and the name of its coat."""

    fill: Colour
    marking: Colour
    accent: Colour
    coat: str


def random_style(rng: np.random.Generator, coat: str) -> Style:
    """A style with the given coat; fill, marking and accent are drawn from the shared list."""
    fill, marking = FILLS[int(rng.integers(len(FILLS)))]
    accent = FILLS[8 + int(rng.integers(len(FILLS) - 8))][0]
    return Style(jitter(rng, fill), jitter(rng, marking), jitter(rng, accent), coat)
