"""What the estimators accept, checked in one place."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wsss_viz.errors import InputError

__all__ = ["Z_95", "features", "generator", "real", "same_length", "symbols"]

Z_95 = 1.959964
"""The 97.5 % quantile of the normal distribution: 95 % of the mass lies within +- this many standard errors."""


def generator(seed: int, purpose: str) -> np.random.Generator:
    """The random numbers of `seed` for one purpose.

    A stream of its own: noise from `default_rng(seed)` would be the very numbers of a caller's data drawn from the same
    seed, and an estimate under noise that equals the signal is wrong without a sign of it.

    >>> from wsss_viz.information import inputs
    >>> inputs.generator(0, "noise").random() == inputs.generator(0, "split").random()
    False
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def real(values: ArrayLike, name: str = "values") -> NDArray[np.float64]:
    """float64 of any shape. Raises InputError where the values are no real numbers or their rows differ in length.

    >>> from wsss_viz.information import inputs
    >>> inputs.real([[1, 2], [3, 4]]).dtype.name
    'float64'
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"`{name}` has rows of different lengths; give a rectangular array") from error
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool) or np.iscomplexobj(array):
        raise InputError(f"`{name}` wants real numbers, got {array.dtype}")
    return array.astype(np.float64)


def features(values: ArrayLike, name: str = "values") -> NDArray[np.float64]:
    """(n, d) float64 from (n,) or (n, d). Raises InputError where empty, of another shape or not finite.

    >>> from wsss_viz.information import inputs
    >>> inputs.features([1, 2, 3]).shape
    (3, 1)
    """
    array = real(values, name)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or array.size == 0:
        raise InputError(f"`{name}` wants (n,) or (n, d) with n and d at least 1, got shape {array.shape}")
    bad = ~np.isfinite(array)
    if bad.any():
        raise InputError(f"`{name}` has {int(bad.sum())} values that are NaN or infinite; leave those samples out")
    return array


def symbols(values: ArrayLike, name: str = "values") -> tuple[NDArray[np.int64], NDArray]:
    """Integer codes (n,) and the alphabet (K,) or (K, d) of discrete samples; rows of (n, d) are one symbol each.

    Raises InputError where empty, of another shape or NaN.

    >>> from wsss_viz.information import inputs
    >>> codes, alphabet = inputs.symbols(["b", "a", "b"])
    >>> codes.tolist(), alphabet.tolist()
    ([1, 0, 1], ['a', 'b'])
    """
    array = np.asarray(values)
    if array.ndim not in (1, 2) or array.size == 0:
        raise InputError(f"`{name}` wants (n,) or (n, d) discrete values, got shape {array.shape}")
    if np.issubdtype(array.dtype, np.inexact) and not np.isfinite(array).all():
        raise InputError(f"`{name}` has NaN or infinite values; leave those samples out")
    alphabet, codes = np.unique(array, axis=0 if array.ndim == 2 else None, return_inverse=True)
    return codes.reshape(-1).astype(np.int64), alphabet


def same_length(first: NDArray, second: NDArray, names: str = "x and y") -> int:
    """n. Raises InputError where the two differ in length.

    >>> import numpy as np
    >>> from wsss_viz.information import inputs
    >>> inputs.same_length(np.zeros(3), np.zeros((3, 2)))
    3
    """
    if len(first) != len(second):
        raise InputError(f"{names} want one row per sample, got {len(first)} and {len(second)}")
    return len(first)
