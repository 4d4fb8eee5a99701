"""Random walks over pixels that a network finds akin: AffinityNet's and IRN's, as their code has them.

    T = A^beta / sum over rows,   M <- M T^(2^n)

A is symmetric, 1 on its diagonal and 0 between pixels that are `radius` apart or more. AffinityNet reads it from
features (`affinity_of`), IRN from a map of boundaries (`affinity_within`). Source: `docs/sources.md#walks`.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from wsss_viz.errors import InputError

__all__ = ["RADIUS", "affinity_of", "affinity_within", "likeness", "offsets", "pairs_of", "transition", "walk"]

RADIUS = 5
MOST_CELLS = 20_000
"""Whose pairs, three times, are 5 GB."""


def offsets(radius: int = RADIUS) -> list[tuple[int, int]]:
    """(dy, dx) to each neighbour nearer than `radius`, of two opposite ones the one that comes later.

    >>> offsets(2)
    [(0, 1), (1, -1), (1, 0), (1, 1)]
    >>> len(offsets(5))
    34
    """
    near = [(y, x) for y in range(radius) for x in range(1 - radius, radius) if x * x + y * y < radius * radius]
    return [(y, x) for y, x in near if y > 0 or x > 0]


def pairs_of(size: tuple[int, int], radius: int = RADIUS) -> tuple[Tensor, list[Tensor]]:
    """The pixels (S,) that have all their neighbours, row by row, and for each of `offsets` these (S,).

    >>> source, targets = pairs_of((2, 3), 2)
    >>> source.tolist(), [target.tolist() for target in targets]
    ([1], [[2], [3], [4], [5]])
    """
    reach = radius - 1
    height, width = max(0, size[0] - reach), max(0, size[1] - 2 * reach)
    index = torch.arange(size[0] * size[1]).view(size)
    targets = [index[y : y + height, reach + x : reach + x + width].flatten() for y, x in offsets(radius)]
    return index[:height, reach : reach + width].flatten(), targets


def likeness(features: Tensor, radius: int = RADIUS) -> Tensor:
    """(N, D, h, w) to (N, P, S): exp(-mean |f_u - f_v|) of S pixels u and their P neighbours v = u + `offsets`.

    The S pixels are those of which all neighbours are in the image, row by row: (h - r) (w - 2 r) for r = radius - 1.

    >>> features = torch.tensor([[[[0.0, 0.0, 3.0], [0.0, 3.0, 3.0]]]])  # radius 2: the upper pixel in the middle
    >>> likeness(features, 2)[0, :, 0].numpy().round(2)
    array([0.05, 1.  , 0.05, 0.05], dtype=float32)
    """
    source, targets = pairs_of((features.shape[2], features.shape[3]), radius)
    flat = features.flatten(2)
    start = flat[:, :, source]
    return torch.stack([(-(flat[:, :, target] - start).abs().mean(dim=1)).exp() for target in targets], dim=1)


def affinity_of(features: Tensor, radius: int = RADIUS) -> Tensor:
    """A (h w, h w) from features (D, h, w): AffinityNet's. Where no pixel has all its neighbours, it is the identity.

    Raises:
        InputError: more pixels than memory holds pairs of.

    >>> affinity_of(torch.tensor([[[0.0, 0.0, 3.0], [0.0, 3.0, 3.0]]]), 2)[1].numpy().round(2)
    array([0.  , 1.  , 0.05, 1.  , 0.05, 0.05], dtype=float32)
    """
    size = (features.shape[1], features.shape[2])
    return _dense(likeness(features[None], radius)[0], size, radius)


def affinity_within(boundary: Tensor, radius: int = RADIUS) -> Tensor:
    """A (h w, h w) from boundaries (h, w) in [0, 1]: 1 less the strongest one on the way, IRN's.

    The way is every pixel less than one pixel off the line between the two, these two included; beyond the image all
    is boundary.

    >>> affinity_within(torch.tensor([[0.0, 0.9, 0.0, 0.2]]), 3).numpy().round(1)
    array([[1. , 0.1, 0.1, 0. ],
           [0.1, 1. , 0.1, 0.1],
           [0.1, 0.1, 1. , 0.8],
           [0. , 0.1, 0.8, 1. ]], dtype=float32)
    """
    height, width = boundary.shape
    padded = functional.pad(boundary, (radius, radius, 0, radius), value=1.0)
    flat = padded.flatten()
    size = (padded.shape[0], padded.shape[1])
    source, _ = pairs_of(size, radius)
    ways = [
        1 - torch.stack([flat[source + y * size[1] + x] for y, x in _way(offset)]).amax(dim=0)
        for offset in offsets(radius)
    ]
    matrix = _dense(torch.stack(ways), size, radius)
    inside = torch.arange(len(flat)).view(size)[:height, radius : radius + width].flatten().to(matrix.device)
    return matrix[inside][:, inside]


def transition(affinity: Tensor, beta: float) -> Tensor:
    """T: the affinities to the power beta, each column divided by its sum.

    >>> transition(torch.tensor([[1.0, 0.5], [0.5, 1.0]]), 2).numpy().round(2)
    array([[0.8, 0.2],
           [0.2, 0.8]], dtype=float32)
    """
    scaled = affinity**beta
    return scaled / scaled.sum(dim=0, keepdim=True)


def walk(maps: Tensor, matrix: Tensor, doublings: int) -> Iterator[Tensor]:
    """(K, h w) maps after 0, 1, 2, 4, ... 2^doublings steps of T.

    >>> [m.tolist() for m in walk(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5], [0.5, 0.5]]), 1)]
    [[[1.0, 0.0]], [[0.5, 0.5]], [[0.5, 0.5]]]
    """
    yield maps
    done = 0
    for k in range(doublings + 1):
        for _ in range(done, 2**k):
            maps = maps @ matrix
        done = 2**k
        yield maps


def _dense(pairs: Tensor, size: tuple[int, int], radius: int) -> Tensor:
    """A (h w, h w) from the affinities (P, S) of `pairs_of`."""
    count = size[0] * size[1]
    if count > MOST_CELLS:
        raise InputError(
            f"a random walk over {size[0]} x {size[1]} cells needs {count * count * 12 / 1e9:.0f} GB of memory: make "
            "the image smaller"
        )
    matrix = torch.eye(count, device=pairs.device, dtype=pairs.dtype)
    source, targets = pairs_of(size, radius)
    for target, values in zip(targets, pairs, strict=True):
        matrix[source, target] = values
        matrix[target, source] = values
    return matrix


def _way(offset: tuple[int, int]) -> list[tuple[int, int]]:
    """The pixels (dy, dx) on the way to a neighbour, which is one of them."""
    down, right = offset
    length = down * down + right * right
    return [
        (y, x)
        for y in range(min(0, down), max(0, down) + 1)
        for x in range(min(0, right), max(0, right) + 1)
        if (down * x - right * y) ** 2 < length
    ]
