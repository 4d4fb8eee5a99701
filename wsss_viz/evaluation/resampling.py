"""The bootstrap over images: how often each is drawn, and the interval that the draws give."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

__all__ = ["percentile_interval", "resampling_weights"]


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
