"""Refiners that let maps walk between akin pixels: AffinityNet's and IRN's, each as its inference code does it.

AffinityNet: maps enlarged and divided by their maxima, the background (1 - max)^alpha beside them, both averaged over
the cells, 256 steps of T with beta 8, enlarged. IRN: maps on cells of 4 pixels, what is boundary taken off, 256 steps
with beta 10, enlarged and divided by the highest of all; the background is a constant. Source: `docs/sources.md#walks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss_viz.errors import InputError
from wsss_viz.refinement.affinity import transition, walk
from wsss_viz.refinement.affinity_network import BoundaryNet
from wsss_viz.refinement.akin import Akin, FeatureNet
from wsss_viz.refinement.settings import WalkSettings
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample

__all__ = ["akin_to", "walked"]

Network = FeatureNet | BoundaryNet


@torch.no_grad()
def walked(
    image: NDArray[np.uint8], maps: NDArray, network: Network, settings: WalkSettings, levels: Sequence[float]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The background's scores (T, H, W) at each of `levels` and the maps (K, H, W), after 0, 1, 2, 4, ... steps.

    Args:
        image: (H, W, 3) uint8.
        maps: (K, h, w), raw and signed, of the image's classes; K may be 0.
        levels: the powers alpha of AffinityNet, the constants of IRN.

    Raises:
        InputError: maps that are not finite, or an image with too many cells.

    >>> from wsss_viz.models.resnet38d import ResNet38d
    >>> from wsss_viz.refinement import AffinityNet
    >>> from wsss_viz.refinement.settings import WALKS
    >>> network = AffinityNet(ResNet38d([4] * 7).stages(), (4, 4, 4), (2, 2, 2, 2)).eval()
    >>> image, maps = np.zeros((16, 24, 3), np.uint8), np.ones((1, 2, 3))
    >>> *_, (grounds, last) = walked(image, maps, network, WALKS["psa"], (4.0, 16.0))
    >>> grounds.shape, last.shape
    ((2, 16, 24), (1, 16, 24))
    """
    if not np.isfinite(maps).all():
        raise InputError("the maps are not finite: they hold NaN or infinity; compute them again")
    size = (image.shape[0], image.shape[1])
    akin = network.akin(image)
    if isinstance(network, BoundaryNet):
        yield from _of_boundaries(size, maps, akin, settings, levels)
    else:
        yield from _of_affinities(size, maps, akin, network, settings, levels)


def _of_affinities(
    size: tuple[int, int],
    maps: NDArray,
    akin: Akin,
    network: FeatureNet,
    settings: WalkSettings,
    levels: Sequence[float],
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    seen = network.preprocessing.size(*size)
    values = normalise(upsample(np.asarray(maps), seen), "relu_max") if len(maps) else np.zeros((0, *seen), np.float32)
    rest = 1 - values.max(axis=0, initial=0)
    scores = torch.from_numpy(np.stack([*(np.power(rest, alpha) for alpha in levels), *values]).astype(np.float32))
    padded = functional.pad(scores, (0, -seen[1] % akin.stride, 0, -seen[0] % akin.stride)).to(akin.matrix.device)
    cells = functional.avg_pool2d(padded, akin.stride)
    for each in walk(cells.flatten(1), transition(akin.matrix, settings.beta), settings.doublings):
        whole = _enlarged(each.view(1, -1, *akin.size), (padded.shape[1], padded.shape[2]))[:, : seen[0], : seen[1]]
        enlarged = upsample(whole.cpu().numpy(), size)
        yield enlarged[: len(levels)], enlarged[len(levels) :]


def _of_boundaries(
    size: tuple[int, int], maps: NDArray, akin: Akin, settings: WalkSettings, levels: Sequence[float]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    assert akin.boundary is not None
    grounds = np.stack([np.full(size, level, np.float32) for level in levels])
    cells = normalise(upsample(np.asarray(maps), akin.size), "relu_max") if len(maps) else np.zeros((0, *akin.size))
    start = torch.from_numpy(cells.astype(np.float32)).to(akin.matrix.device) * (1 - akin.boundary)
    for each in walk(start.flatten(1), transition(akin.matrix, settings.beta), settings.doublings):
        large = (akin.size[0] * akin.stride, akin.size[1] * akin.stride)
        enlarged = _enlarged(each.view(1, -1, *akin.size), large)[:, : size[0], : size[1]].cpu().numpy()
        highest = enlarged.max(initial=0)
        yield grounds, enlarged / highest if highest > 0 else enlarged


@torch.no_grad()
def akin_to(
    image: NDArray[np.uint8], network: Network, settings: WalkSettings, row: int, column: int
) -> NDArray[np.float32]:
    """(H, W): how much of what stands at a pixel the walk takes to each other one, 1 where it takes the most.

    Of the pixel's cell, after all 2^n steps; enlarged as maps are. Our own picture of PSA's transition matrix.

    Args:
        image: (H, W, 3) uint8.
        row, column: the pixel, from 0.

    Raises:
        InputError: the pixel is not in the image, or the image has too many cells.

    Examples:
        >>> from wsss_viz.models.resnet38d import ResNet38d
        >>> from wsss_viz.refinement import AffinityNet
        >>> from wsss_viz.refinement.settings import WALKS
        >>> network = AffinityNet(ResNet38d([4] * 7).stages(), (4, 4, 4), (2, 2, 2, 2)).eval()
        >>> shares = akin_to(np.zeros((16, 24, 3), np.uint8), network, WALKS["psa"], 15, 23)
        >>> shares.shape, round(shares.max().item(), 4)
        ((16, 24), 1.0)
    """
    size = (image.shape[0], image.shape[1])
    if not (0 <= row < size[0] and 0 <= column < size[1]):
        raise InputError(f"no pixel {row}, {column} in an image of {size[0]} x {size[1]}: give one that is in it")
    akin = network.akin(image)
    seen = size if isinstance(network, BoundaryNet) else network.preprocessing.size(*size)
    cell = [int((at + 0.5) / size[i] * seen[i] / akin.stride) for i, at in enumerate((row, column))]
    start = torch.zeros(1, len(akin.matrix), device=akin.matrix.device)
    start[0, cell[0] * akin.size[1] + cell[1]] = 1
    *_, last = walk(start, transition(akin.matrix, settings.beta), settings.doublings)
    padded = (akin.size[0] * akin.stride, akin.size[1] * akin.stride)
    enlarged = _enlarged(last.view(1, 1, *akin.size), padded)[:, : seen[0], : seen[1]].cpu().numpy()
    return normalise(upsample(enlarged, size), "relu_max")[0]


def _enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """(1, K, h, w) to (K, H, W), bilinear between the cells' centres."""
    if not maps.shape[1]:
        return maps.new_zeros(0, *size)
    return functional.interpolate(maps, size, mode="bilinear", align_corners=False)[0]
