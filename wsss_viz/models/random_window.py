"""How the official codes see an image in training: at a random size, mirrored by half, through a random window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor

from wsss_viz.models.classifier import Preprocessing

__all__ = ["RandomWindow"]


@dataclass(frozen=True)
class RandomWindow:
    """IRN's and OC-CSE's, whose numbers differ (`docs/sources.md#irn`, `docs/sources.md#oc-cse`).

    Attributes:
        shortest, longest: between which the long side is brought, in pixels, by Pillow's bicubic filter.
        crop: side of the window; what of it lies beyond the image is 0, which is the mean colour.
    """

    shortest: int
    longest: int
    crop: int

    def __call__(
        self,
        image: NDArray[np.uint8],
        preprocessing: Preprocessing,
        generator: torch.Generator,
        recolour: Callable[[Pillow.Image], Pillow.Image] | None = None,
    ) -> Tensor:
        """(H, W, 3) uint8 RGB to (3, crop, crop), normalised, on the CPU.

        Args:
            preprocessing: its resize is left out.
            recolour: applied to the resized picture.

        Examples:
            >>> seen = RandomWindow(8, 8, 16)(np.zeros((4, 8, 3), np.uint8), Preprocessing(), torch.Generator())
            >>> tuple(seen.shape), int((seen != 0).all(dim=0).sum())  # 4 x 8 pixels, the rest beyond the image
            ((3, 16, 16), 32)
        """
        height, width = image.shape[:2]
        ratio = (self.shortest + _drawn(self.longest - self.shortest + 1, generator)) / max(height, width)
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        picture = Pillow.fromarray(np.ascontiguousarray(image)).resize(size, Pillow.Resampling.BICUBIC)
        if _drawn(2, generator):
            picture = picture.transpose(Pillow.Transpose.FLIP_LEFT_RIGHT)
        pixels = np.asarray(picture if recolour is None else recolour(picture))
        x = preprocessing(pixels, pixels.shape[:2])[0]
        window = x.new_zeros(3, self.crop, self.crop)
        from_y, to_y, tall = _placed(x.shape[1], self.crop, generator)
        from_x, to_x, wide = _placed(x.shape[2], self.crop, generator)
        window[:, to_y : to_y + tall, to_x : to_x + wide] = x[:, from_y : from_y + tall, from_x : from_x + wide]
        return window


def _drawn(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))


def _placed(side: int, crop: int, generator: torch.Generator) -> tuple[int, int, int]:
    """Where an image's side is cut, where that goes in the window, and how long it is."""
    space = side - crop
    at = _drawn(abs(space) + 1, generator)
    return (at, 0, crop) if space > 0 else (0, at, side)
