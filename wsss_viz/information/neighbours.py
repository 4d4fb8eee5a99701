"""A nearest-neighbour estimator of mutual information, between few continuous dimensions and labels. Bits.

B. Ross, "Mutual information between discrete and continuous data sets", PLOS ONE 2014, after Kraskov, Stoegbauer and
Grassberger's for two continuous variables.

scikit-learn's `mutual_info_classif` is the same for one column, but scores each column alone and clips at 0; here the
columns are joint, on scikit-learn's neighbour search, and nothing is clipped. Limits: above six dimensions the estimate
falls far short, and repeated values (ReLU's zeros) break it. Sources: `docs/sources.md#ksg`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma
from sklearn.neighbors import KDTree, NearestNeighbors

from wsss_viz.errors import InputError
from wsss_viz.information.discrete import LN2, entropy_of
from wsss_viz.information.inputs import Z_95, features, generator, same_length, symbols
from wsss_viz.information.result import MIResult, NotApplicable
from wsss_viz.wording import quantity

__all__ = [
    "FEW_SAMPLES",
    "JITTER",
    "LOW_FROM_DIMENSIONS",
    "MOST_DIMENSIONS",
    "Array",
    "label_information",
]

Array = NDArray[np.float64]
MOST_DIMENSIONS = 6
LOW_FROM_DIMENSIONS = 4
FEW_SAMPLES = 500
JITTER = 1e-10


def label_information(x: ArrayLike, labels: ArrayLike, neighbours: int = 3, seed: int = 0) -> MIResult:
    """Ross: I(X;Y) = psi(n) + <psi(k)> - <psi(n_y)> - <psi(m)>, over ln 2, Y discrete.

    The interval is a normal approximation over the samples; each coordinate is divided by its standard deviation first.

    m counts the samples, itself among them, strictly nearer than the k-th neighbour of the same label; n_y is the
    label's count. k falls to n_y - 1 for rare labels; samples whose label occurs once are left out.

    Args:
        x: (n,) or (n, d_x), d_x at most 5.
        labels: (n,) discrete.
        neighbours: k; 3 is the usual, more lowers variance and raises bias.
        seed: of the noise of 1e-10 that repeated values get, and of nothing else.

    Raises:
        InputError: lengths differ, values are NaN or infinite, or `neighbours` is below 1.
        NotApplicable: more than five dimensions, no more samples than neighbours, a constant x, or one label.

    >>> import numpy as np
    >>> from wsss_viz.information import neighbours
    >>> random = np.random.default_rng(0)
    >>> labels = np.repeat([0, 1], 500)
    >>> x = 10 * labels + random.normal(size=1000)
    >>> round(neighbours.label_information(x, labels).value_bits, 1)
    1.0
    """
    X = features(x, "x")
    y, alphabet = symbols(labels, "labels")
    _check(same_length(X, y, "x and labels"), X.shape[1] + 1, neighbours)
    if len(alphabet) == 1:
        raise NotApplicable("one class only: H(Y) = 0, there is nothing to know")
    counts = np.bincount(y)
    repeated = counts[y] > 1
    if not repeated.any():
        raise NotApplicable("every label occurs once; the estimator wants neighbours of the same label")
    X, notes = _prepare(X[repeated], "x", seed)
    if not repeated.all():
        notes = (*notes, f"{quantity(int((~repeated).sum()), 'sample')} left out, for a label that occurs once")
    y, n = y[repeated], int(repeated.sum())
    radius, k_of = np.empty(n), np.empty(n)
    for label in np.unique(y):
        members = y == label
        k_of[members] = k = min(neighbours, counts[label] - 1)
        search = NearestNeighbors(n_neighbors=int(k), metric="chebyshev").fit(X[members])
        radius[members] = np.nextafter(search.kneighbors()[0][:, -1], 0)
    m = KDTree(X, metric="chebyshev").query_radius(X, radius, count_only=True)
    local = digamma(n) + digamma(k_of) - digamma(counts[y]) - digamma(m)
    cap = float(digamma(n) - digamma(counts[y]).mean()) / LN2
    h_y = float(entropy_of(np.bincount(y) / n))
    params = {"k": neighbours, "d_x": X.shape[1]}
    result_notes = (*notes, f"H(Y) = {h_y:.3f} bits")
    return _result(local, "Ross nearest neighbours", params, cap, result_notes)


def _check(n: int, dimensions: int, neighbours: int) -> None:
    if neighbours < 1:
        raise InputError(f"`neighbours` is at least 1, got {neighbours}")
    if dimensions > MOST_DIMENSIONS:
        raise NotApplicable(
            f"{dimensions} dimensions, both sides together, are more than {MOST_DIMENSIONS}: neighbours are then all"
            " far and the estimate far too low; use a held-out probe"
        )
    if n <= neighbours:
        raise NotApplicable(f"n = {n} samples do not have {neighbours} neighbours each; take more samples")


def _prepare(values: Array, name: str, seed: int) -> tuple[Array, tuple[str, ...]]:
    """Coordinates over their standard deviation; constant ones left out, repeated values moved apart, both marked."""
    scale = values.std(axis=0)
    moving = scale > 0
    if not moving.any():
        raise NotApplicable(f"`{name}` is constant: it says nothing, and has no neighbours")
    notes: tuple[str, ...] = ()
    if not moving.all():
        notes = (f"{int((~moving).sum())} constant coordinates of {name} left out; they say nothing",)
    scaled = values[:, moving] / scale[moving]
    repeated = max(_repeated(column) for column in scaled.T)
    if not repeated:
        return scaled, notes
    size = JITTER * np.maximum(1, np.abs(scaled).mean(axis=0))
    scaled = scaled + size * generator(seed, f"jitter {name}").standard_normal(scaled.shape)
    return scaled, (
        *notes,
        f"ties: {repeated:.0%} of {name} repeat a value; noise of 1e-10 added, the estimate is unreliable",
    )


def _repeated(column: Array) -> float:
    """The share of values that occur more than once."""
    counts = np.unique(column, return_counts=True)[1]
    return float(counts[counts > 1].sum() / len(column))


def _result(local: Array, estimator: str, params: dict[str, int], cap: float, notes: tuple[str, ...]) -> MIResult:
    bits = local / LN2
    n, value = len(bits), float(bits.mean())
    error = Z_95 * float(bits.std(ddof=1)) / np.sqrt(n)
    dimensions = params["d_x"] + params.get("d_y", 1)
    if dimensions >= LOW_FROM_DIMENSIONS:
        notes = (*notes, f"{dimensions} dimensions: from {LOW_FROM_DIMENSIONS} on the estimate tends to fall low")
    if n < FEW_SAMPLES:
        notes = (*notes, f"n = {n} is below {FEW_SAMPLES}: expect errors of 0.1 bits and more")
    return MIResult(value, estimator, params, n, cap, (value - error, value + error), notes)
