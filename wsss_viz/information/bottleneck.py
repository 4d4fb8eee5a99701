"""The information bottleneck: min I(X;T) - beta I(T;Y) over encoders p(t|x), by Blahut-Arimoto on an exact joint.

T. Tishby, Pereira and Bialek, The Information Bottleneck Method, 1999 (`docs/sources.md#bottleneck`). T is computed
from X alone, so I(T;Y) <= I(X;Y), and the best that can be kept of Y at so many bits of X is a concave curve whose
slope at the encoder of beta is 1 / beta. Where Y is a function of X the curve is the straight min(I(X;T), H(Y)): every
beta above 1 ends in its corner, every beta below 1 in the origin (Kolchinsky, Tracey and Van Kuyk, ICLR 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wsss_viz.errors import InputError
from wsss_viz.information.discrete import check_table, entropy_of, mutual_information
from wsss_viz.information.result import MIResult

__all__ = ["BITS", "ESTIMATOR", "JOINTS", "Compressed", "bottleneck", "bottleneck_curve", "counts_joint"]

BITS = 5
ESTIMATOR = "Blahut-Arimoto"
JOINTS: dict[str, tuple[float, ...]] = {
    "noisy": (0.01, 0.06, 0.25, 0.75, 0.94, 0.99),
    "function": (0.0, 0.0, 0.0, 1.0, 1.0, 1.0),
}
"""p(y = 1 | x) by how many of the `BITS` bits of x are 1: a label less sure in the middle, and their majority."""
_STEPS, _STILL, _RATIO, _SAME, _LOOSE = 20_000, 1e-12, 1.02, 1e-5, 1e-3


@dataclass(frozen=True, eq=False)
class Compressed:
    """The encoder that a beta leads to.

    Attributes:
        beta: how much a bit of Y is worth, in bits of X.
        encoder: (K, M) float64, rows p(t|x); symbols that say the same of Y are one, the rarest label first.
        weights: (M,) p(t).
        labels: (M, L) p(y|t).
        of_input, of_label: I(X;T) and I(T;Y), exact.
    """

    beta: float
    encoder: NDArray[np.float64]
    weights: NDArray[np.float64]
    labels: NDArray[np.float64]
    of_input: MIResult
    of_label: MIResult


def counts_joint(name: str = "noisy") -> NDArray[np.float64]:
    """(32, 2) the joint p(x, y) of five fair bits and a label, by its name in `JOINTS`; x as a number from 0 to 31.

    Raises:
        InputError: there is no joint of this name.

    >>> from wsss_viz.information import bottleneck
    >>> from wsss_viz.information.discrete import mutual_information
    >>> print(mutual_information(bottleneck.counts_joint()))
    I(X;Y) = 0.386 bits (exact table, cap 1.000)
    """
    if name not in JOINTS:
        raise InputError(f"`name` is one of {', '.join(JOINTS)}, got {name!r}")
    ones = np.array([x.bit_count() for x in range(2**BITS)])
    p = np.array(JOINTS[name])[ones]
    return np.column_stack([1 - p, p]) / len(ones)


def bottleneck(table: ArrayLike, beta: float) -> Compressed:
    """The encoder of one beta; see `bottleneck_curve`.

    >>> from wsss_viz.information import bottleneck
    >>> loose = bottleneck.bottleneck(bottleneck.counts_joint(), 1.5)
    >>> print(loose.of_input)
    I(X;T) = 0.000 bits (Blahut-Arimoto, beta 1.5, cap 5.000)
    """
    return bottleneck_curve(table, [beta])[0]


def bottleneck_curve(table: ArrayLike, betas: Sequence[float]) -> list[Compressed]:
    """The encoders of `betas` that minimise I(X;T) - beta I(T;Y), in the order they are asked for.

    p(t|x) is proportional to p(t) exp(-beta KL(p(y|x) || p(y|t))), set again until nothing moves. It starts from
    T = X at the greatest beta and follows the minimum down in steps of 2 %, since the problem has others; each step
    begins with a thousandth of noise, without which an encoder that is sure could not change its mind.

    Args:
        table: p(x, y), (K, L), with no empty row.

    Raises:
        InputError: no joint table, an empty row, or a beta that is not positive and finite.

    >>> from wsss_viz.information import bottleneck
    >>> for point in bottleneck.bottleneck_curve(bottleneck.counts_joint("function"), [0.5, 2]):
    ...     print(point.of_label)
    I(T;Y) = 0.000 bits (Blahut-Arimoto, beta 0.5, cap 0.000)
    I(T;Y) = 1.000 bits (Blahut-Arimoto, beta 2.0, cap 1.000)
    """
    p = check_table(table, dimensions=2)
    wanted = [float(beta) for beta in betas]
    if not wanted or not all(0 < beta < np.inf for beta in wanted):
        raise InputError(f"`betas` are positive and finite numbers, at least one, got {list(betas)}")
    source = p.sum(axis=1)
    if not source.all():
        raise InputError("`table` has a row without mass; leave out what never occurs")
    rows, group = np.unique(np.round(p / source[:, None], 12), axis=0, return_inverse=True)
    mass: NDArray[np.float64] = np.bincount(group.ravel(), source).astype(np.float64)
    steps = np.geomspace(max(wanted), min(wanted), 2 + int(np.log(max(wanted) / min(wanted)) / np.log(_RATIO)))
    encoder, reached = np.eye(len(mass)), {}
    for beta in sorted({*steps.tolist(), *wanted}, reverse=True):
        encoder = _settled(mass, rows, beta, encoder)
        if beta in wanted:
            reached[beta] = _compressed(p, source, _merged(mass, rows, encoder)[group.ravel()], beta)
    return [reached[beta] for beta in wanted]


def _settled(
    mass: NDArray[np.float64], rows: NDArray[np.float64], beta: float, encoder: NDArray[np.float64]
) -> NDArray[np.float64]:
    encoder = (1 - _LOOSE) * encoder + _LOOSE / encoder.shape[1]
    for _ in range(_STEPS):
        weights = mass @ encoder
        encoder, weights = encoder[:, weights > 1e-14], weights[weights > 1e-14]
        of_t = (encoder * mass[:, None]).T @ rows / weights[:, None]
        scores = np.log(weights) + beta * rows @ np.log(np.maximum(of_t, 1e-300)).T
        moved = np.exp(scores - scores.max(axis=1, keepdims=True))
        moved /= moved.sum(axis=1, keepdims=True)
        change = float(np.abs(moved - encoder).max())
        encoder = moved
        if change < _STILL:
            break
    return encoder


def _merged(mass: NDArray[np.float64], rows: NDArray[np.float64], encoder: NDArray[np.float64]) -> NDArray[np.float64]:
    """The encoder with those symbols made one that say the same of Y: I(X;T) at a minimum stays as it is."""
    of_t = (encoder * mass[:, None]).T @ rows / (mass @ encoder)[:, None]
    order = np.lexsort(of_t.T)
    starts = [0, *(k for k, (a, b) in enumerate(pairwise(of_t[order]), 1) if np.abs(a - b).max() > _SAME)]
    return np.add.reduceat(encoder[:, order], starts, axis=1)


def _compressed(
    p: NDArray[np.float64], source: NDArray[np.float64], encoder: NDArray[np.float64], beta: float
) -> Compressed:
    weights, with_label = source @ encoder, encoder.T @ p
    of_input = mutual_information(_whole(encoder * source[:, None])).value_bits
    of_label = mutual_information(_whole(with_label)).value_bits
    cap = float(entropy_of(source))
    limit, params = min(of_input, mutual_information(p).value_bits), {"beta": round(beta, 4)}
    return Compressed(
        beta, encoder, weights, with_label / weights[:, None],
        MIResult(of_input, ESTIMATOR, params, cap_bits=cap, quantity="I(X;T)"),
        MIResult(of_label, ESTIMATOR, params, cap_bits=limit, quantity="I(T;Y)"),
    )  # fmt: skip


def _whole(table: NDArray[np.float64]) -> NDArray[np.float64]:
    masses: NDArray[np.float64] = table / table.sum()
    return masses
