"""The bootstrap over images: how often each is drawn, and the interval that the draws give."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_intervals", "percentile_interval", "resampling_weights"]


def resampling_weights(count: int, draws: int = 1000, seed: int = 0) -> NDArray[np.int64]:
    """(draws, count): how often each of `count` images is in each resample of `count` with replacement.

    >>> resampling_weights(4, draws=2).sum(axis=1).tolist()
    [4, 4]
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(count, np.full(count, 1 / count), size=draws)


def percentile_interval(series: NDArray, level: float = 0.95) -> tuple[NDArray, NDArray]:
    """(draws, ...) to the bounds (...) of the middle `level` of the draws that are numbers; NaN where none is.

    >>> low, high = percentile_interval(np.arange(101.0), level=0.9)
    >>> low.round(6).item(), high.round(6).item()
    (5.0, 95.0)
    """
    tail = (1 - level) / 2 * 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        low, high = np.nanpercentile(series, [tail, 100 - tail], axis=0)
    return low, high


def mean_intervals(values: NDArray) -> NDArray[np.float64]:
    """(N, ...), one row per image, to (..., 3): the mean over images and its 95 % bootstrap interval; images where a
    value is NaN are left out of that one's.

    >>> mean_intervals(np.array([[0.0], [1.0], [2.0]])).tolist()
    [[1.0, 0.0, 2.0]]
    """
    values = np.asarray(values, dtype=np.float64)
    weights = np.concatenate([np.ones((1, len(values))), resampling_weights(len(values))])
    sums = np.tensordot(weights, np.nan_to_num(values), axes=1)
    counts = np.tensordot(weights, ~np.isnan(values), axes=1)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return np.stack([means[0], *percentile_interval(means[1:])], axis=-1)
