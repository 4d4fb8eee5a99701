"""The digit toy: a 2 or an 8 on black, and with some a small shape that gives the class away as surely as the digit.

The experiment behind RIB (`docs/sources.md#hgr`): the digit is in every picture and is what a classifier
learns; the shape, a diamond beside a 2 and a square beside an 8, is in one picture of ten and is not needed. Digits are
scikit-learn's (`docs/sources.md#digits`), enlarged; the canvas, the sizes and the gap are our own, chosen after
the figure's proportions, for the paper's are not known to us.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wsss_viz.errors import InputError

__all__ = [
    "BACKGROUND",
    "CANVAS",
    "CLASSES",
    "DIAMOND",
    "DIGIT",
    "DIGIT_SIDE",
    "GAP",
    "HELD_OUT",
    "INK",
    "SHAPE",
    "SHAPES",
    "SHAPE_SHARE",
    "SQUARE",
    "Digits",
    "draw_digits",
]

CLASSES = ("2", "8")
BACKGROUND, DIGIT, SHAPE = 0, 1, 2
CANVAS = (36, 36)
DIGIT_SIDE = 20
SHAPE_SHARE = 0.1
GAP = 3
INK = 0.25
HELD_OUT = 4
_ENTROPY = 20_260_207
_TRIES = 1000

DIAMOND = np.abs(np.arange(-2, 3))[:, None] + np.abs(np.arange(-2, 3))[None] <= 2
SQUARE = np.ones((4, 4), dtype=bool)
SHAPES = (DIAMOND, SQUARE)


@dataclass(frozen=True, eq=False)
class Digits:
    """N pictures of the toy.

    Attributes:
        images: (N, H, W) float32 from 0, black, to 1.
        labels: (N,) int64, index into `CLASSES`.
        regions: (N, H, W) uint8: 0 background, 1 the digit (brighter than `INK`), 2 the shape.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    regions: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def shape_only(self) -> Digits:
        """The same pictures with everything but the shape black."""
        return replace(self, images=self.images * (self.regions == SHAPE))

    def shape_erased(self) -> Digits:
        """The same pictures with the shape black."""
        return replace(self, images=self.images * (self.regions != SHAPE))

    def region_masks(self) -> NDArray[np.bool_]:
        """(N, 3, H, W): the digit (discriminative), the shape (not), the background (irrelevant)."""
        return np.stack([self.regions == region for region in (DIGIT, SHAPE, BACKGROUND)], axis=1)


def draw_digits(
    split: str, count: int, seed: int = 0, shape_share: float = SHAPE_SHARE, size: tuple[int, int] = CANVAS
) -> Digits:
    """Draws pictures of the toy; the same arguments give the same bytes.

    Args:
        split: "train" or "test"; a quarter of the handwritten digits is held out for the latter.
        count: N; half of each class, one more 2 where it is odd.
        seed: of the digits drawn, their places and the shapes'.
        shape_share: share of the pictures with a shape, rounded to whole pictures; the paper's training set has .1.
        size: (H, W), at least 30 a side, for a digit and a shape to fit beside each other.

    Raises:
        InputError: an argument outside what is said above.

    >>> digits = draw_digits("test", 4, seed=1)
    >>> digits.images.shape, sorted(digits.labels.tolist())
    ((4, 36, 36), [0, 0, 1, 1])
    """
    if split not in ("train", "test"):
        raise InputError(f"`split` of the digits is train or test, got {split!r}")
    if count < 1 or not 0 <= shape_share <= 1 or min(size) < 30:
        raise InputError(
            f"digits want a count of 1 or more, a share from 0 to 1 and sides of 30 or more; got {count}, "
            f"{shape_share}, {size[0]} x {size[1]}"
        )
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((_ENTROPY, seed, split == "test"))))
    labels = rng.permutation(np.arange(count) % 2)
    shaped = rng.permutation(np.arange(count) < round(count * shape_share))
    glyphs = _glyphs(split)
    images = np.zeros((count, *size), dtype=np.float32)
    regions = np.zeros((count, *size), dtype=np.uint8)
    for i, (label, with_shape) in enumerate(zip(labels, shaped, strict=True)):
        glyph = glyphs[label][rng.integers(len(glyphs[label]))]
        _draw(rng, images[i], regions[i], glyph, SHAPES[label] if with_shape else None)
    return Digits(images, labels.astype(np.int64), regions)


def _draw(
    rng: np.random.Generator, image: NDArray, regions: NDArray, glyph: NDArray, shape: NDArray[np.bool_] | None
) -> None:
    """Puts a digit, and with it a shape at least `GAP` pixels from its box's ink, at random places, in place."""
    for _ in range(_TRIES):
        top, left = (int(rng.integers(side - DIGIT_SIDE + 1)) for side in image.shape)
        ink = np.zeros(image.shape, dtype=bool)
        ink[top : top + DIGIT_SIDE, left : left + DIGIT_SIDE] = glyph > 0.05
        if shape is None:
            break
        height, width = shape.shape
        y, x = (int(rng.integers(side - part + 1)) for side, part in zip(image.shape, shape.shape, strict=True))
        if not ink[max(0, y - GAP) : y + height + GAP, max(0, x - GAP) : x + width + GAP].any():
            image[y : y + height, x : x + width][shape] = 1
            regions[y : y + height, x : x + width][shape] = SHAPE
            break
    else:
        raise AssertionError("a canvas of 30 pixels holds a digit and a shape")
    box = image[top : top + DIGIT_SIDE, left : left + DIGIT_SIDE]
    box[:] = np.maximum(box, glyph)
    regions[top : top + DIGIT_SIDE, left : left + DIGIT_SIDE][glyph > INK] = DIGIT


@cache
def _glyphs(split: str) -> tuple[NDArray[np.float32], ...]:
    """For each class (n, 20, 20) digits from 0 to 1; every fourth belongs to the test split."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    glyphs = []
    for name in CLASSES:
        of_digit = digits.images[digits.target == int(name)] / 16
        held_out = np.arange(len(of_digit)) % HELD_OUT == 0
        selected = of_digit[held_out if split == "test" else ~held_out].astype(np.float32)
        large = [
            np.asarray(Image.fromarray(glyph).resize((DIGIT_SIDE, DIGIT_SIDE), Image.Resampling.BICUBIC))
            for glyph in selected
        ]
        glyphs.append(np.clip(np.stack(large), 0, 1))
    return tuple(glyphs)
