"""Entropy and mutual information of discrete variables: exact on tables, plug-in on samples. All in bits.

T. Cover and J. Thomas, Elements of Information Theory, chapter 2 (`docs/sources.md#cover-thomas`). A joint table has X
along its rows and Y along its columns; 0 log 0 = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wsss_viz.errors import InputError
from wsss_viz.information.inputs import Z_95, generator, real, same_length, symbols
from wsss_viz.information.result import MIResult, NotApplicable, Null

__all__ = [
    "CORRECTIONS",
    "EXACT",
    "LN2",
    "SAMPLES_PER_CELL",
    "TableMeasures",
    "check_table",
    "entropy",
    "entropy_of",
    "mutual_information",
    "sample_information",
    "table_measures",
]

CORRECTIONS = ("none", "miller_madow")
LN2 = float(np.log(2))
SAMPLES_PER_CELL = 5
EXACT = "exact table"


def entropy_of(masses: ArrayLike, axis: int | tuple[int, ...] | None = None) -> NDArray[np.float64]:
    """-sum p log2 p over `axis`, of masses that are >= 0 and sum to 1: the arithmetic behind the results.

    >>> from wsss_viz.information import discrete
    >>> float(discrete.entropy_of([0.5, 0.25, 0.25]))
    1.5
    """
    p = np.asarray(masses, dtype=np.float64)
    return np.asarray(-np.sum(p * np.log2(np.where(p > 0, p, 1)), axis=axis))


def check_table(table: ArrayLike, dimensions: int | None = None, name: str = "table") -> NDArray[np.float64]:
    """The table as float64.

    Raises:
        InputError: it is empty or of another dimension, has NaN, infinite or negative entries, or does not sum to 1
            within 1e-9.

    >>> from wsss_viz.information import discrete
    >>> discrete.check_table([[0.5, 0], [0, 0.5]]).shape
    (2, 2)
    """
    p = real(table, name)
    if p.size == 0 or (dimensions is not None and p.ndim != dimensions):
        raise InputError(f"`{name}` wants {dimensions or 'some'} dimensions and no empty one, got shape {p.shape}")
    if not np.isfinite(p).all():
        raise InputError(f"`{name}` has NaN or infinite entries; fill every cell with a probability")
    if (p < 0).any():
        raise InputError(f"`{name}` has a negative entry, {p.min():g}; probabilities are at least 0")
    if abs(p.sum() - 1) > 1e-9:
        raise InputError(f"`{name}` sums to {p.sum():g}, not to 1; divide it by its sum")
    return p


def entropy(table: ArrayLike, quantity: str = "H(X)") -> MIResult:
    """H = -sum p log2 p of a distribution of any shape; the cap is log2 of the number of cells.

    >>> from wsss_viz.information import discrete
    >>> print(discrete.entropy([0.5, 0.25, 0.25]))
    H(X) = 1.500 bits (exact table, cap 1.585)
    """
    p = check_table(table)
    return MIResult(float(entropy_of(p)), EXACT, cap_bits=float(np.log2(p.size)), quantity=quantity)


@dataclass(frozen=True)
class TableMeasures:
    """Everything a joint table says; each an exact MIResult.

    H(X), H(Y), H(X,Y), H(X|Y) = H(X,Y) - H(Y), H(Y|X), I(X;Y) = H(X) + H(Y) - H(X,Y), and the variation of information
    H(X|Y) + H(Y|X) = 2 H(X,Y) - H(X) - H(Y).
    """

    x: MIResult
    y: MIResult
    joint: MIResult
    x_given_y: MIResult
    y_given_x: MIResult
    information: MIResult
    variation: MIResult


def table_measures(table: ArrayLike) -> TableMeasures:
    """The measures of a joint table p(x, y), (K, L). Raises InputError as `check_table` does.

    >>> from wsss_viz.information import discrete
    >>> measures = discrete.table_measures([[0.5, 0.25], [0, 0.25]])
    >>> print(measures.information)
    I(X;Y) = 0.311 bits (exact table, cap 0.811)
    >>> print(measures.x_given_y)
    H(X|Y) = 0.500 bits (exact table, cap 0.811)
    """
    p = check_table(table, dimensions=2)
    h_x, h_y, h_xy = (float(entropy_of(masses)) for masses in (p.sum(axis=1), p.sum(axis=0), p))
    information = _not_below_zero(h_x + h_y - h_xy)

    def exact(value: float, quantity: str, cap: float) -> MIResult:
        return MIResult(_not_below_zero(value), EXACT, cap_bits=cap, quantity=quantity)

    return TableMeasures(
        x=exact(h_x, "H(X)", float(np.log2(p.shape[0]))),
        y=exact(h_y, "H(Y)", float(np.log2(p.shape[1]))),
        joint=exact(h_xy, "H(X,Y)", h_x + h_y),
        x_given_y=exact(h_xy - h_y, "H(X|Y)", h_x),
        y_given_x=exact(h_xy - h_x, "H(Y|X)", h_y),
        information=exact(information, "I(X;Y)", min(h_x, h_y)),
        variation=exact(2 * h_xy - h_x - h_y, "VI(X,Y)", h_xy),
    )


def mutual_information(table: ArrayLike) -> MIResult:
    """I(X;Y) = H(X) + H(Y) - H(X,Y) of a joint table (K, L); the cap is min(H(X), H(Y)).

    >>> from wsss_viz.information import discrete
    >>> print(discrete.mutual_information([[0.45, 0.05], [0.05, 0.45]]))
    I(X;Y) = 0.531 bits (exact table, cap 1.000)
    """
    return table_measures(table).information


def sample_information(
    x: ArrayLike,
    y: ArrayLike,
    correction: str = "none",
    *,
    shuffles: int = 200,
    alphabet: tuple[int, int] | None = None,
    seed: int = 0,
) -> MIResult:
    """The plug-in mutual information of discrete pairs, with its bias named and a permutation null.

    Under independence the plug-in is too high by about (K - 1)(L - 1) / (2 n ln 2) bits. `miller_madow` takes off
    (K_xy - K_x - K_y + 1) / (2 n ln 2), with the numbers of occupied cells. The interval is the normal approximation
    from the variance of log2 p(x,y) / (p(x) p(y)); it vanishes under independence, where the null speaks instead.

    Args:
        x: (n,) discrete samples of any kind, or (n, d), each row a symbol.
        y: as `x`.
        correction: one of `CORRECTIONS`.
        shuffles: how often y is permuted for the null; 0 for no null.
        alphabet: the sizes (K, L) where they are known to be larger than what the samples show.
        seed: of the shuffles.

    Raises:
        InputError: lengths differ, NaN, `correction` unknown, or `alphabet` smaller than what the samples show.
        NotApplicable: fewer samples than symbols of `alphabet`.

    >>> import numpy as np
    >>> from wsss_viz.information import discrete
    >>> x = np.arange(1000) % 2
    >>> result = discrete.sample_information(x, np.where(np.arange(1000) < 100, 1 - x, x))
    >>> print(result)
    I(X;Y) = 0.531 bits [0.472, 0.590] (plug-in, correction none, K 2, L 2, seed 0, n = 1000, cap 1.000)
    >>> result.value_bits > result.null.upper_bits
    True
    """
    _check_correction(correction)
    (row, rows), (column, columns) = symbols(x, "x"), symbols(y, "y")
    n = same_length(row, column)
    K, L = _alphabet_sizes(len(rows), len(columns), alphabet, n)
    value, h_x, h_y, spread = _plug_in(row, column, correction)
    error = Z_95 * float(np.sqrt(spread / n))
    notes = [*_alphabet_notes(n, {"x": K, "y": L}), *_information_notes(n, K, L, value)]
    null = None
    if shuffles:
        random = generator(seed, "permutations")
        values = [_plug_in(row, random.permutation(column), correction)[0] for _ in range(shuffles)]
        null = Null(float(np.mean(values)), float(np.quantile(values, 0.95)), shuffles)
        if value <= null.upper_bits:
            notes.append("not above 95 % of the shuffled pairs: no dependence shown")
    params: dict[str, Any] = {"correction": correction, "K": K, "L": L, "seed": seed}
    return MIResult(value, "plug-in", params, n, min(h_x, h_y), (value - error, value + error), tuple(notes), null=null)


def _plug_in(row: NDArray[np.int64], column: NDArray[np.int64], correction: str) -> tuple[float, float, float, float]:
    """I, H(X), H(Y), corrected alike, and the variance of the information density, from codes."""
    n, width = len(row), int(column.max()) + 1
    cells, counts = np.unique(row * width + column, return_counts=True)
    p, p_x, p_y = counts / n, np.bincount(row) / n, np.bincount(column) / n
    density = np.log2(p / (p_x[cells // width] * p_y[cells % width]))
    spread = float(p @ density**2) - float(p @ density) ** 2
    h, h_x, h_y = (_corrected_entropy(masses, n, correction) for masses in (p, p_x, p_y))
    return h_x + h_y - h, h_x, h_y, max(spread, 0.0)


def _corrected_entropy(p: NDArray[np.float64], n: int, correction: str) -> float:
    shift = (np.count_nonzero(p) - 1) / (2 * n * LN2) if correction == "miller_madow" else 0.0
    return float(entropy_of(p)) + shift


def _alphabet_sizes(rows: int, columns: int, alphabet: Sequence[int] | None, n: int) -> tuple[int, int]:
    if alphabet is None:
        return rows, columns
    K, L = alphabet
    if rows > K or columns > L:
        raise InputError(f"`alphabet` is ({K}, {L}), but the samples show {rows} and {columns} symbols; raise it")
    if n < max(K, L):
        raise NotApplicable(f"n = {n} samples cannot show an alphabet of {max(K, L)} symbols; take more samples")
    return K, L


def _alphabet_notes(n: int, sizes: dict[str, int]) -> tuple[str, ...]:
    return tuple(
        f"every sample of {name} is a symbol of its own, so the value is log2 n, whatever the truth"
        for name, size in sizes.items()
        if size == n > 1
    )


def _information_notes(n: int, K: int, L: int, value: float) -> list[str]:
    notes = []
    if n < SAMPLES_PER_CELL * K * L:
        bias = (K - 1) * (L - 1) / (2 * n * LN2)
        notes.append(
            f"n = {n} is below 5 K L = {SAMPLES_PER_CELL * K * L}: too high by about {bias:.3f} bits under"
            " independence, and that formula itself no longer holds well"
        )
    if value < 0:
        notes.append("below zero after the correction; not clipped")
    if min(K, L) == 1:
        notes.append("one variable is constant: 0 bits by definition")
    return notes


def _check_correction(correction: str) -> None:
    if correction not in CORRECTIONS:
        raise InputError(f"`correction` is one of {', '.join(CORRECTIONS)}, got {correction!r}")


def _not_below_zero(value: float) -> float:
    """Sums of entropies of one table are at least 0 in exact arithmetic; only rounding may lie below."""
    return 0.0 if -1e-12 < value < 0 else value
