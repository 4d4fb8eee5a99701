"""A layer with Gaussian noise added, T = h(x) + N, N ~ N(0, s2 1): its information, bounded and by Monte Carlo. Bits.

With the activations h_1..h_N of the inputs, p(t|x_i) is a Gaussian around h_i and p(t) the mixture of them, both known.
The noise is part of the number, as the bin's width is in binning: the values are I(X;T+N) at that s2, not I(X;T).

- Bounds: A. Kolchinsky and B. Tracey, "Estimating mixture entropy with pairwise distances", Entropy 2017
  (`docs/sources.md#kolchinsky-2017`).
- Monte Carlo: Z. Goldfeld et al., "Estimating information flow in deep neural networks", ICML 2019
  (`docs/sources.md#goldfeld`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from wsss_viz.errors import InputError
from wsss_viz.information.binning import LayerInformation
from wsss_viz.information.discrete import entropy_of
from wsss_viz.information.inputs import Z_95, features, generator, same_length, symbols
from wsss_viz.information.result import MIResult

__all__ = [
    "CHUNK",
    "Array",
    "Band",
    "LabelBand",
    "channel_information",
    "information_bounds",
    "label_bounds",
    "stratified_subset",
]

Array = NDArray[np.float64]
CHUNK = 2**21
"""Kernel entries held at a time: 16 MiB of float64."""


@dataclass(frozen=True)
class Band:
    """A lower and an upper bound of the same quantity."""

    lower: MIResult
    upper: MIResult


@dataclass(frozen=True)
class LabelBand(Band):
    """The bounds of I(T+N;Y), and the line that papers draw, which is no bound: a difference of two upper bounds."""

    published: MIResult


def information_bounds(centres: ArrayLike, variance: float) -> Band:
    """Kolchinsky and Tracey's bounds of I(X;T+N) for inputs of equal weight.

    upper = -1/N sum_i log2 1/N sum_j exp(-|h_i - h_j|^2 / (2 s2)); lower: the same with 8 s2 for 2 s2.

    Args:
        centres: h, (N, d), or (N,).
        variance: s2 > 0.

    Raises:
        InputError: NaN, infinite values, or a variance that is not above 0.

    >>> from wsss_viz.information import mixture
    >>> band = mixture.information_bounds([0.0, 1.0, 5.0], 0.1)
    >>> round(band.lower.value_bits, 3), round(band.upper.value_bits, 3)
    (1.343, 1.579)
    """
    h = _centres(centres, variance)
    upper, lower = _pairwise(h, variance)
    return _band(lower, upper, len(h), variance, float(np.log2(len(h))), "I(X;T+N)")


def label_bounds(centres: ArrayLike, labels: ArrayLike, variance: float) -> LabelBand:
    """The rigorous band of I(T+N;Y), [lower - sum_y p_y upper_y, upper - sum_y p_y lower_y], and the published line.

    lower and upper are the bounds of I(X;T+N) over all inputs, lower_y and upper_y those within the class y; the
    noise's entropy cancels. Published is upper - sum_y p_y upper_y. Arguments and errors as `information_bounds`, and
    labels (N,).

    >>> from wsss_viz.information import mixture
    >>> h, y = [[0.0, 0], [0, 1], [3, 0], [3, 1]], [0, 0, 1, 1]
    >>> band = mixture.label_bounds(h, y, 0.25)
    >>> round(band.lower.value_bits, 3), round(band.upper.value_bits, 3)
    (0.483, 1.501)
    """
    h, y = _centres(centres, variance), symbols(labels, "labels")[0]
    n = same_length(h, y, "centres and labels")
    p = np.bincount(y) / n
    upper, lower = _pairwise(h, variance)
    within = np.array([_pairwise(h[y == label], variance) for label in range(len(p))])
    upper_within, lower_within = p @ within
    cap = float(entropy_of(p))
    band = _band(lower - upper_within, upper - lower_within, n, variance, cap, "I(T+N;Y)")
    note = "a difference of two upper bounds, so no bound itself; see the band"
    published = MIResult(
        upper - upper_within, "mixture, as published", _params(variance), n, cap, None, (note,), "I(T+N;Y)"
    )
    return LabelBand(band.lower, band.upper, published)


def channel_information(
    centres: ArrayLike, labels: ArrayLike, variance: float, draws: int = 4, seed: int = 0
) -> LayerInformation:
    """I(X;T+N) and I(T+N;Y) for inputs of equal weight, by Monte Carlo; no bound and no bias, only the draws' noise.

    I(X;T+N) = 1/(N M) sum_im log2 p(t_im|x_i) / p(t_im) with t_im ~ N(h_i, s2 1); for Y, p(t|y_i), the mixture of the
    class, in place of p(t|x_i). The interval covers the noise of the draws; the inputs are the whole population.

    Args:
        centres: h, (N, d), or (N,).
        labels: (N,).
        variance: s2 > 0.
        draws: M, noise draws per input.
        seed: of the noise; the same seed gives the same noise for every layer of the same shape.

    Raises:
        InputError: NaN, infinite values, a variance that is not above 0, or no draws.

    >>> from wsss_viz.information import mixture
    >>> h, y = [[0.0, 0], [0, 1], [3, 0], [3, 1]], [0, 0, 1, 1]
    >>> layer = mixture.channel_information(h, y, 0.01)
    >>> round(layer.inputs.value_bits, 2), round(layer.labels.value_bits, 2)
    (2.0, 1.0)
    """
    h, y = _centres(centres, variance), symbols(labels, "labels")[0]
    n = same_length(h, y, "centres and labels")
    counts = np.bincount(y)
    classes = np.eye(len(counts))[y]
    inputs, outputs = np.empty((draws, n)), np.empty((draws, n))
    for part, rows, kernel, itself in _kernels(h, variance, draws, seed):
        sums = kernel @ classes
        total = np.log2(sums.sum(axis=1) / n)
        inputs[part, rows] = np.log2(itself) - total
        outputs[part, rows] = np.log2(sums[np.arange(len(rows)), y[rows]] / counts[y[rows]]) - total
    cap, label_cap = float(np.log2(n)), float(entropy_of(counts / n))
    params = {**_params(variance), "draws": draws, "seed": seed}
    return LayerInformation(
        _monte_carlo(inputs, params, cap, "I(X;T+N)"), _monte_carlo(outputs, params, label_cap, "I(T+N;Y)")
    )


def stratified_subset(labels: ArrayLike, size: int, seed: int = 0) -> NDArray[np.int64]:
    """(size,) sorted indices, each class in its share: what the N^2 estimators look at where N is too many.

    The cap falls with it, from log2 N to log2 of `size`. Raises InputError where `size` is not from 1 to N.

    >>> import numpy as np
    >>> from wsss_viz.information import mixture
    >>> labels = np.repeat([0, 1], [8, 4])
    >>> np.bincount(labels[mixture.stratified_subset(labels, 6)]).tolist()
    [4, 2]
    """
    y = symbols(labels, "labels")[0]
    if not 1 <= size <= len(y):
        raise InputError(f"`size` is from 1 to {len(y)}, got {size}")
    order = generator(seed, "subset").permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    steps = (np.arange(size) + 0.5) * len(y) / size  # equal steps through the classes laid end to end
    return np.sort(order[steps.astype(np.int64)])


def _pairwise(h: Array, variance: float) -> tuple[float, float]:
    """(upper, lower) in bits."""
    n, sums = len(h), np.empty((2, len(h)))
    step = max(1, CHUNK // n)
    for start in range(0, n, step):
        distances = cdist(h[start : start + step], h, "sqeuclidean")
        for row, width in enumerate((2, 8)):
            sums[row, start : start + step] = np.exp(-distances / (width * variance)).sum(axis=1)
    upper, lower = -np.log2(sums / n).mean(axis=1)
    return float(upper), float(lower)


def _kernels(h: Array, variance: float, draws: int, seed: int) -> Iterator[tuple[int, NDArray[np.int64], Array, Array]]:
    """Draw, row indices, p(t|x_j) for every j (rows, N), and p(t|x_i) of the row itself; up to one factor a row."""
    if draws < 1:
        raise InputError(f"`draws` is at least 1, got {draws}")
    n, step = len(h), max(1, CHUNK // len(h))
    random = generator(seed, "channel noise")
    for draw in range(draws):
        t = h + np.sqrt(variance) * random.standard_normal(h.shape)
        for start in range(0, n, step):
            rows = np.arange(start, min(start + step, n))
            distances = cdist(t[rows], h, "sqeuclidean")
            distances -= distances.min(axis=1, keepdims=True)
            itself = np.exp(-distances[np.arange(len(rows)), rows] / (2 * variance))
            yield draw, rows, np.exp(-distances / (2 * variance)), np.maximum(itself, np.finfo(float).tiny)


def _monte_carlo(values: Array, params: dict[str, float | int], cap: float, quantity: str) -> MIResult:
    draws, n = values.shape
    spread = values.var(axis=0, ddof=1).mean() if draws > 1 else values.var()
    mean, error = float(values.mean()), Z_95 * float(np.sqrt(spread / (n * draws)))
    return MIResult(mean, "noisy channel, Monte Carlo", params, n, cap, (mean - error, mean + error), (), quantity)


def _band(lower: float, upper: float, n: int, variance: float, cap: float, quantity: str) -> Band:
    params = _params(variance)
    return Band(
        MIResult(lower, "mixture, lower bound", params, n, cap, None, (), quantity),
        MIResult(upper, "mixture, upper bound", params, n, None, None, (), quantity),
    )


def _params(variance: float) -> dict[str, float | int]:
    return {"noise_variance": variance}


def _centres(centres: ArrayLike, variance: float) -> Array:
    if not (np.isfinite(variance) and variance > 0):
        raise InputError(
            f"`variance` is above 0, got {variance:g}; without noise the information is log2 N or infinite"
        )
    return features(centres, "centres")
