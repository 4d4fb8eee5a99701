"""The permutohedral lattice: Gaussian sums over all pairs of pixels, in time linear in the pixels.

Features of d numbers a pixel are laid into the lattice A*_d: each pixel's values are shared out among the d + 1 corners
of its simplex by barycentric coordinates (splat), blurred with (1/2, 1, 1/2) along d + 1 directions one after another,
and read back with the same coordinates (slice). Source: Adams, Baek and Davis (`docs/sources.md#permutohedral`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from wsss_viz.errors import InputError

__all__ = ["Kernels", "Lattice"]


class Lattice:
    """What depends on the features alone.

    Attributes:
        corners: (N, d + 1) int64, of each pixel's simplex, rows among all M corners.
        weights: (N, d + 1) float32, barycentric coordinates; each row adds up to 1.
        neighbours: (d + 1, M, 3) int64, along each direction the corner itself, the one before and the one behind.
        shares: (d + 1, M, 3) float32, what each of these counts in the blur: 1, 1/2 and 1/2, 0 where there is none.
        order: (N (d + 1),) int64, the rows of `corners` by corner.
        gain: what a sum is multiplied by, 1 / (1 + 2^-d).
    """

    def __init__(self, features: Tensor) -> None:
        """Lays (N, d) float32 features into the lattice, in units of the kernel's standard deviation.

        Raises:
            InputError: they spread over more cells than 64 bits can number.
        """
        d = features.shape[1]
        elevated = _elevated(features)
        whole = torch.round(elevated * (1 / (d + 1)))  # of the closest corner of colour 0, in units of d + 1
        rank = _ranks(elevated - whole * (d + 1)) + whole.sum(dim=0).to(torch.int64)
        shift = (rank < 0).to(torch.int64) - (rank > d).to(torch.int64)  # back onto the plane whose sum is 0
        rank += shift * (d + 1)
        whole += shift
        ordered = torch.empty_like(elevated).scatter_(0, rank, (elevated - whole * (d + 1)) * (1 / (d + 1))).flip(0)
        weights = ordered - ordered.roll(1, 0)
        weights[0] += 1
        self.weights = weights.T.contiguous()
        keys, factors = _keys(whole.to(torch.int64), rank)
        ascending, self.order = torch.sort(keys.T.reshape(-1), stable=True)
        known, rows = torch.unique_consecutive(ascending, return_inverse=True)
        self.corners = torch.empty_like(rows).scatter_(0, self.order, rows).view(-1, d + 1)
        self.neighbours, self.shares = _neighbours(known, factors)
        self.gain = 1 / (1 + 2.0**-d)

    def blur(self, values: Tensor) -> Tensor:
        """(M, L) to (M, L): along each direction in turn half of both neighbours is added."""
        for rows, shares in zip(self.neighbours, self.shares, strict=True):
            values = functional.embedding_bag(rows, values, mode="sum", per_sample_weights=shares)
        return values


class Kernels:
    """A weighted sum of Gaussian kernels over the pixels, each normalised symmetrically: sum_m w_m D_m K_m D_m.

    D_m is diagonal, (K_m 1)^(-1/2), as in the densecrf code (`docs/sources.md#dense-crf`).

    >>> kernels = Kernels([(torch.zeros(4, 2), 3.0)])  # four pixels at one point: their mean, three times
    >>> kernels(torch.tensor([[1.0], [0.0], [0.0], [3.0]])).round().flatten().tolist()
    [3.0, 3.0, 3.0, 3.0]
    """

    def __init__(self, terms: Sequence[tuple[Tensor, float]]) -> None:
        """Builds the lattice of each of `terms`, (N, d) features and a weight. Raises InputError as `Lattice`."""
        self._terms = []
        for features, weight in terms:
            lattice = Lattice(features)
            plain = _Sums(lattice, lattice.weights, lattice.weights)
            norm = (lattice.gain * plain.read(lattice.blur(plain.splat(torch.ones_like(features[:, :1]))))).rsqrt()
            weights = lattice.weights * norm
            self._terms.append((lattice, _Sums(lattice, weights, weights * (lattice.gain * weight))))

    def __call__(self, values: Tensor) -> Tensor:
        """(N, L) to (N, L) float32."""
        total = torch.zeros_like(values)
        for lattice, sums in self._terms:
            total += sums.read(lattice.blur(sums.splat(values)))
        return total


class _Sums:
    """Sums of pixels at corners, and of corners at pixels: products with a sparse matrix, and with one transposed."""

    def __init__(self, lattice: Lattice, splat: Tensor, read: Tensor) -> None:
        self._corners, self._read = lattice.corners, read
        self._pixels = lattice.order // lattice.corners.shape[1]
        self._splat = splat.reshape(-1)[lattice.order]
        counts = torch.bincount(lattice.corners.reshape(-1), minlength=lattice.neighbours.shape[1])
        self._starts = counts.cumsum(0) - counts

    def splat(self, values: Tensor) -> Tensor:
        return functional.embedding_bag(self._pixels, values, self._starts, mode="sum", per_sample_weights=self._splat)

    def read(self, values: Tensor) -> Tensor:
        return functional.embedding_bag(self._corners, values, mode="sum", per_sample_weights=self._read)


def _elevated(features: Tensor) -> Tensor:
    """(d + 1, N): the features on the plane of sum 0, scaled so that the blur's deviation is 1."""
    d = features.shape[1]
    deviation = math.sqrt(2 / 3) * (d + 1)
    elevated = torch.empty(d + 1, len(features), device=features.device)
    rest = torch.zeros(len(features), device=features.device)
    for j in range(d, 0, -1):
        scaled = features[:, j - 1] * (deviation / math.sqrt(j * (j + 1)))
        elevated[j] = rest - j * scaled
        rest = rest + scaled
    elevated[0] = rest
    return elevated


def _ranks(residuals: Tensor) -> Tensor:
    """(d + 1, N) int64: how many of a pixel's residuals are larger, of equal ones the first counted first."""
    rank = torch.zeros(residuals.shape, dtype=torch.int64, device=residuals.device)
    for i in range(len(residuals)):
        for j in range(i + 1, len(residuals)):
            below = residuals[i] < residuals[j]
            rank[i] += below
            rank[j] += ~below
    return rank


def _keys(whole: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
    """(d + 1, N) int64: the numbers of each simplex's corners; and (d,), what each coordinate counts in them.

    Corner k is (d + 1) whole + k, less d + 1 in the coordinates whose rank is above d - k; the last one is implied.
    """
    d = len(whole) - 1
    low = whole[:d].min(dim=1).values - 2
    extents = (whole[:d].max(dim=1).values - low + 3) * (d + 1)
    radix = [math.prod(extents[:i].tolist()) for i in range(d)]
    if radix[-1] * int(extents[-1]) >= 2**62:
        raise InputError("the image is too large for so narrow a kernel: make the image smaller or the kernel wider")
    factors = torch.tensor(radix, device=whole.device)
    lowest = ((whole[:d] - low[:, None]) * (d + 1) * factors[:, None]).sum(dim=0)
    steps = torch.zeros_like(rank).scatter_(0, rank, functional.pad(factors, (0, 1))[:, None].expand_as(rank))
    fallen = functional.pad(steps.flip(0)[:-1].cumsum(0), (0, 0, 1, 0))
    counted = torch.arange(d + 1, device=whole.device)[:, None] * factors.sum()
    return lowest + counted - (d + 1) * fallen, factors


def _neighbours(known: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
    """`neighbours` and `shares` of the corners with the ascending numbers `known`."""
    d, count = len(factors), len(known)
    rows = torch.arange(count, device=known.device)
    neighbours = torch.zeros(d + 1, count, 3, dtype=torch.int64, device=known.device)
    shares = torch.zeros(d + 1, count, 3, device=known.device)
    neighbours[:, :, 0], shares[:, :, 0] = rows, 1
    directions = (d + 1) * functional.pad(factors, (0, 1)) - factors.sum()
    for direction, of, share in zip(directions, neighbours, shares, strict=True):
        at = torch.searchsorted(known, known + direction).clamp_(max=count - 1)
        (there,) = torch.nonzero(known[at] == known + direction, as_tuple=True)
        before = at[there]
        of[there, 1], share[there, 1] = before, 0.5
        of[before, 2], share[before, 2] = there, 0.5
    return neighbours, shares
