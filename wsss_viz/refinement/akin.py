"""Which cells of an image are akin, and the networks whose features say so."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wsss_viz.models.classifier import Preprocessing
from wsss_viz.refinement.affinity import affinity_of

__all__ = ["Akin", "FeatureNet"]


class Akin(NamedTuple):
    """Which cells of an image are akin.

    Attributes:
        matrix: A (n, n).
        size: (h, w) of the grid, n = h w.
        stride: pixels per cell, of the image as the network sees it.
        boundary: (h, w), or None: what of the maps is lost before the walk (IRN).
    """

    matrix: Tensor
    size: tuple[int, int]
    stride: int
    boundary: Tensor | None = None


class FeatureNet(nn.Module):
    """A network (N, 3, H, W) to (N, D, h, w) whose features' likeness is the affinity, `affinity.likeness`.

    Attributes:
        stride: pixels per cell.
        preprocessing: from an image to an input.
    """

    stride = 8
    preprocessing: Preprocessing

    @torch.no_grad()
    def akin(self, image: NDArray[np.uint8]) -> Akin:
        """The affinities of an image's cells; it is padded with the mean colour to whole cells."""
        x = self.preprocessing(image)
        x = functional.pad(x, (0, -x.shape[3] % self.stride, 0, -x.shape[2] % self.stride))
        features = self(x.to(next(self.parameters()).device))[0]
        return Akin(affinity_of(features), (features.shape[1], features.shape[2]), self.stride)
