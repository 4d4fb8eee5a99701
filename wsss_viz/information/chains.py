"""Noisy channels, Markov chains of them, and the data-processing inequality; exact, from the tables.

A channel is a row-stochastic table p(y|x), (K, L): rows are what is sent, columns what is received. In a chain
X -> T1 -> T2 -> ... what is lost stays lost: I(X;T1) >= I(X;T2) >= ... (Cover and Thomas, section 2.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wsss_viz.errors import InputError
from wsss_viz.information.discrete import EXACT, LN2, check_table, entropy_of, mutual_information
from wsss_viz.information.inputs import real
from wsss_viz.information.result import MIResult

Table = NDArray[np.float64]


def binary_symmetric(flip: float) -> Table:
    """(2, 2) the channel that flips the bit with probability `flip`; capacity 1 - h2(flip)."""
    p = _probability(flip, "flip")
    return np.array([[1 - p, p], [p, 1 - p]])


def binary_erasure(erase: float) -> Table:
    """(2, 3) the channel that loses the bit with probability `erase` and says so; capacity 1 - erase."""
    p = _probability(erase, "erase")
    return np.array([[1 - p, 0, p], [0, 1 - p, p]])


def z_channel(fall: float) -> Table:
    """(2, 2) the channel in which only a 1 may be received as 0; capacity log2(1 + (1 - p) p^(p / (1 - p)))."""
    p = _probability(fall, "fall")
    return np.array([[1, 0], [p, 1 - p]])


def check_channel(channel: ArrayLike) -> Table:
    """(K, L) float64. Raises InputError where a row is not a distribution."""
    p = real(channel, "channel")
    if p.ndim != 2:
        raise InputError(f"`channel` wants (K, L) with rows p(y|x), got shape {p.shape}")
    for number, row in enumerate(p):
        check_table(row, name=f"channel row {number}")
    return p


def joint(source: ArrayLike, channel: ArrayLike) -> Table:
    """(K, L) the joint table p(x) p(y|x). Raises InputError where the sizes differ or either is no distribution."""
    p, q = check_table(source, dimensions=1, name="source"), check_channel(channel)
    if len(p) != len(q):
        raise InputError(f"`source` has {len(p)} symbols but the channel takes {len(q)}; make them equal")
    return p[:, None] * q


def cascade(source: ArrayLike, channels: Sequence[ArrayLike]) -> list[MIResult]:
    """I(X;T_k) for k = 1, 2, ... in the chain X -> T1 -> T2 -> ... of `channels`, exactly.

    The cap of each is its predecessor's value (the first one's is H(X)): that is the data-processing inequality.
    """
    tables = accumulate([check_channel(channel) for channel in channels], _then)
    results: list[MIResult] = []
    cap = float(entropy_of(check_table(source, dimensions=1, name="source")))
    for k, table in enumerate(tables, start=1):
        value = mutual_information(joint(source, table)).value_bits
        results.append(MIResult(value, EXACT, cap_bits=cap, quantity=f"I(X;T{k})"))
        cap = value
    return results


def gaussian_cascade(correlation: float, length: int) -> list[MIResult]:
    """I(X;T_k) = -1/2 log2(1 - r^2k), k = 1..length, in the autoregressive chain T_k = r T_(k-1) + noise.

    Raises:
        InputError: |r| is not below 1 (X would be known exactly: infinitely many bits).
    """
    if not abs(correlation) < 1:
        raise InputError(f"`correlation` is below 1 in size, got {correlation:g}; at 1 the information is infinite")
    if length < 1:
        raise InputError(f"`length` is at least 1, got {length}")
    values = [-0.5 * float(np.log2(1 - correlation ** (2 * k))) for k in range(1, length + 1)]
    params = {"r": correlation}
    return [MIResult(value, "closed form", params, quantity=f"I(X;T{k})") for k, value in enumerate(values, start=1)]


def data_processing_breaks(values: Sequence[float], tolerance: float = 1e-9) -> list[int]:
    """The positions k at which values[k] > values[k - 1] + tolerance.

    Empty for a true chain. In binned or bounded measurements of one it need not be: the noise of the analysis is not
    passed on to the next layer, so the break is the ruler's and not the network's (Saxe et al. 2018, appendix C).
    """
    bits = np.asarray(values, dtype=np.float64)
    return [int(k) + 1 for k in np.flatnonzero(np.diff(bits) > tolerance)]


def capacity(channel: ArrayLike, tolerance: float = 1e-10, iterations: int = 100_000) -> MIResult:
    """max over p(x) of I(X;Y), by Blahut and Arimoto's alternation; stops once the bracket is below `tolerance` bits.

    With D_x = KL(p(y|x) || p(y)), the capacity lies between sum_x p(x) D_x and max_x D_x; p(x) grows by 2^D_x.
    """
    q = check_channel(channel)
    p = np.full(len(q), 1 / len(q))
    row_entropy = entropy_of(q, axis=1)
    for _ in range(iterations):
        output = p @ q
        divergence = -row_entropy - q @ np.log2(np.where(output > 0, output, 1))
        low, high = float(p @ divergence), float(divergence.max())
        if high - low < tolerance:
            break
        p = p * np.exp(LN2 * (divergence - high))
        p /= p.sum()
    cap = float(np.log2(min(q.shape)))
    return MIResult(low, "Blahut-Arimoto", {"tolerance": tolerance}, cap_bits=cap, ci=(low, high), quantity="C")


def _then(first: Table, second: Table) -> Table:
    if first.shape[1] != second.shape[0]:
        raise InputError(f"a channel with {first.shape[1]} outputs cannot feed one with {second.shape[0]} inputs")
    return first @ second


def _probability(value: float, name: str) -> float:
    if not 0 <= value <= 1:
        raise InputError(f"`{name}` is a probability from 0 to 1, got {value:g}")
    return float(value)
