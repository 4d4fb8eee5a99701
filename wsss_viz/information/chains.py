"""Noisy channels, Markov chains of them, and the data-processing inequality; exact, from the tables.

A channel is a row-stochastic table p(y|x), (K, L): rows are what is sent, columns what is received. In a chain
X -> T1 -> T2 -> ... what is lost stays lost: I(X;T1) >= I(X;T2) >= ... (Cover and Thomas, section 2.8;
`docs/sources.md#dpi`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wsss_viz.errors import InputError
from wsss_viz.information.discrete import EXACT, check_table, entropy_of, mutual_information
from wsss_viz.information.inputs import real
from wsss_viz.information.result import MIResult

__all__ = ["Table", "binary_symmetric", "cascade", "check_channel", "joint"]

Table = NDArray[np.float64]


def binary_symmetric(flip: float) -> Table:
    """(2, 2) the channel that flips the bit with probability `flip`; capacity 1 - h2(flip).

    >>> from wsss_viz.information import chains
    >>> chains.binary_symmetric(0.1).tolist()
    [[0.9, 0.1], [0.1, 0.9]]
    """
    p = _probability(flip, "flip")
    return np.array([[1 - p, p], [p, 1 - p]])


def check_channel(channel: ArrayLike) -> Table:
    """(K, L) float64. Raises InputError where a row is not a distribution.

    >>> from wsss_viz.information import chains
    >>> chains.check_channel([[1, 0], [0.5, 0.5]]).shape
    (2, 2)
    """
    p = real(channel, "channel")
    if p.ndim != 2:
        raise InputError(f"`channel` wants (K, L) with rows p(y|x), got shape {p.shape}")
    for number, row in enumerate(p):
        check_table(row, name=f"channel row {number}")
    return p


def joint(source: ArrayLike, channel: ArrayLike) -> Table:
    """(K, L) the joint table p(x) p(y|x). Raises InputError where the sizes differ or either is no distribution.

    >>> from wsss_viz.information import chains
    >>> chains.joint([0.5, 0.5], chains.binary_symmetric(0.2)).tolist()
    [[0.4, 0.1], [0.1, 0.4]]
    """
    p, q = check_table(source, dimensions=1, name="source"), check_channel(channel)
    if len(p) != len(q):
        raise InputError(f"`source` has {len(p)} symbols but the channel takes {len(q)}; make them equal")
    return p[:, None] * q


def cascade(source: ArrayLike, channels: Sequence[ArrayLike]) -> list[MIResult]:
    """I(X;T_k) for k = 1, 2, ... in the chain X -> T1 -> T2 -> ... of `channels`, exactly.

    The cap of each is its predecessor's value (the first one's is H(X)): that is the data-processing inequality.

    >>> from wsss_viz.information import chains
    >>> for result in chains.cascade([0.5, 0.5], [chains.binary_symmetric(0.1)] * 2):
    ...     print(result)
    I(X;T1) = 0.531 bits (exact table, cap 1.000)
    I(X;T2) = 0.320 bits (exact table, cap 0.531)
    """
    tables = accumulate([check_channel(channel) for channel in channels], _then)
    results: list[MIResult] = []
    cap = float(entropy_of(check_table(source, dimensions=1, name="source")))
    for k, table in enumerate(tables, start=1):
        value = mutual_information(joint(source, table)).value_bits
        results.append(MIResult(value, EXACT, cap_bits=cap, quantity=f"I(X;T{k})"))
        cap = value
    return results


def _then(first: Table, second: Table) -> Table:
    if first.shape[1] != second.shape[0]:
        raise InputError(f"a channel with {first.shape[1]} outputs cannot feed one with {second.shape[0]} inputs")
    return first @ second


def _probability(value: float, name: str) -> float:
    if not 0 <= value <= 1:
        raise InputError(f"`{name}` is a probability from 0 to 1, got {value:g}")
    return float(value)
