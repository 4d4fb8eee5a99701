"""Mutual information in closed form: Gaussian pairs and channels, and the two relatives the oracles need. Bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from sklearn.covariance import ledoit_wolf

from wsss_viz.errors import InputError
from wsss_viz.information.discrete import LN2
from wsss_viz.information.inputs import Z_95, features, real, same_length
from wsss_viz.information.result import MIResult, NotApplicable

CLOSED_FORM = "closed form"
SHRINK_BELOW = 10
"""Samples per dimension below which the covariance is shrunk."""


def gaussian_information(covariance: ArrayLike, split: int) -> MIResult:
    """I(X;Y) = 1/2 log2(|S_x| |S_y| / |S|) of a joint Gaussian whose first `split` coordinates are X.

    Args:
        covariance: (d, d), symmetric.
        split: d_x, from 1 to d - 1.

    Raises:
        InputError: the matrix is not a symmetric positive semi-definite one, or `split` leaves X or Y empty.
        NotApplicable: it is singular (a coordinate is a function of the others, the information infinite or undefined).
    """
    S = _covariance(covariance)
    if not 0 < split < len(S):
        raise InputError(f"`split` is from 1 to {len(S) - 1} for {len(S)} dimensions, got {split}")
    x, y, both = (_log2_determinant(block) for block in (S[:split, :split], S[split:, split:], S))
    return MIResult((x + y - both) / 2, CLOSED_FORM, {"d_x": split, "d_y": len(S) - split})


def linear_channel_information(
    weights: ArrayLike, noise_variance: float, source_covariance: ArrayLike | None = None
) -> MIResult:
    """I(X;WX+N) = 1/2 log2 det(1 + W S_x W^T / s2), X ~ N(0, S_x), N ~ N(0, s2 1): a deep linear network's layer.

    Saxe et al. (2018) print equations 6 and 21 without the 1/2 and without S_x; this is the form that holds.

    Args:
        weights: W, (d_t, d_x); a number for a scalar channel, whose signal-to-noise ratio is then w^2 / s2.
        noise_variance: s2 > 0.
        source_covariance: S_x, (d_x, d_x); the identity where None.
    """
    W = np.atleast_2d(real(weights, "weights"))
    S = np.eye(W.shape[1]) if source_covariance is None else _covariance(source_covariance)
    if not noise_variance > 0:
        raise InputError(
            f"`noise_variance` is above 0, got {noise_variance:g}; without noise the information is infinite"
        )
    if S.shape[0] != W.shape[1]:
        raise InputError(f"`weights` takes {W.shape[1]} inputs but the source has {S.shape[0]}; make them equal")
    value = _log2_determinant(np.eye(len(W)) + W @ S @ W.T / noise_variance) / 2
    return MIResult(value, CLOSED_FORM, {"noise_variance": noise_variance}, quantity="I(X;WX+N)")


def antipodal_information(amplitude: float, noise_variance: float = 1.0) -> MIResult:
    """I(Y;T) for a fair sign Y and T = Y m + N(0, s2): two noisy points, at distance 2 m. By quadrature, to 1e-9.

    I = 1 - E[log2(1 + exp(-2 a (a + N)))] with a = m / s and N standard normal.
    """
    if not noise_variance > 0:
        raise InputError(f"`noise_variance` is above 0, got {noise_variance:g}; without noise the sign is known: 1 bit")
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    a = abs(amplitude) / np.sqrt(noise_variance)
    loss = weights @ np.logaddexp(0, -2 * a * (a + nodes)) / (weights.sum() * LN2)
    params = {"amplitude": amplitude, "noise_variance": noise_variance}
    return MIResult(1 - float(loss), "quadrature", params, cap_bits=1.0, quantity="I(Y;T)")


def student_t_information(dispersion: ArrayLike, split: int, degrees: float) -> MIResult:
    """I(X;Y) of a joint Student t: the Gaussian's value plus a term of the degrees of freedom alone.

    With f(v) = ln Gamma(v/2) - v/2 psi(v/2), the term is f(v) + f(v + d_x + d_y) - f(v + d_x) - f(v + d_y) nats, above
    0 even where the dispersion is diagonal (Arellano-Valle et al. 2013).
    """
    if not degrees > 0:
        raise InputError(f"`degrees` of freedom are above 0, got {degrees:g}")
    gaussian = gaussian_information(dispersion, split)
    d_x, d_y = gaussian.params["d_x"], gaussian.params["d_y"]
    f = [special.gammaln(v / 2) - v / 2 * special.psi(v / 2) for v in degrees + np.array([0, d_x + d_y, d_x, d_y])]
    value = gaussian.value_bits + float(f[0] + f[1] - f[2] - f[3]) / LN2
    return MIResult(value, CLOSED_FORM, {**gaussian.params, "degrees": degrees})


def canonical_information(x: ArrayLike, y: ArrayLike) -> MIResult:
    """I(X;Y) = -1/2 sum_i log2(1 - r_i^2) from the canonical correlations r_i of samples, as if they were Gaussian.

    The covariance is shrunk (Ledoit and Wolf) below 10 samples a dimension. The interval is the normal approximation
    with variance sum r_i^2 / n nats^2, the Gaussian's own.

    Args:
        x: (n,) or (n, d_x).
        y: (n,) or (n, d_y).

    Raises:
        InputError: lengths differ, or values are NaN or infinite.
        NotApplicable: a coordinate is constant or a linear function of the others, or there are fewer than 3 samples.
    """
    X, Y = features(x, "x"), features(y, "y")
    n, d_x, d_y = same_length(X, Y), X.shape[1], Y.shape[1]
    if n < 3:
        raise NotApplicable(f"n = {n} samples do not give a covariance; take at least 3")
    values = np.hstack([X, Y])
    scale = values.std(axis=0)
    if (scale == 0).any():
        raise NotApplicable("a coordinate is constant, so no correlation is defined; leave it out")
    values = (values - values.mean(axis=0)) / scale
    shrink = n < SHRINK_BELOW * (d_x + d_y)
    covariance, amount = ledoit_wolf(values) if shrink else (values.T @ values / n, 0.0)
    value = gaussian_information(covariance, d_x).value_bits
    whitened = _whiten(covariance[:d_x, :d_x]) @ covariance[:d_x, d_x:] @ _whiten(covariance[d_x:, d_x:]).T
    error = Z_95 * float(np.sqrt((whitened**2).sum() / n)) / LN2
    bias = d_x * d_y / (2 * n * LN2)
    notes = ["sees linear dependence only: exact for Gaussian data, otherwise neither a bound nor the truth"]
    notes.append(f"the covariance is shrunk by {amount:.2f}" if shrink else f"too high by about {bias:.3f} bits")
    params = {"d_x": d_x, "d_y": d_y, "shrinkage": round(float(amount), 6)}
    return MIResult(
        value, "Gaussian (canonical correlations)", params, n, None, (value - error, value + error), tuple(notes)
    )


def _covariance(matrix: ArrayLike) -> NDArray[np.float64]:
    S = np.atleast_2d(real(matrix, "covariance"))
    if S.ndim != 2 or S.shape[0] != S.shape[1] or not np.isfinite(S).all() or not np.allclose(S, S.T):
        raise InputError(f"a covariance is a finite symmetric matrix (d, d), got shape {S.shape}")
    if np.linalg.eigvalsh(S)[0] < -1e-9 * max(np.abs(S).max(), 1):
        raise InputError("a covariance has no negative eigenvalue; this one has")
    return S


def _log2_determinant(S: NDArray[np.float64]) -> float:
    eigenvalues = np.linalg.eigvalsh(S)
    if eigenvalues[0] <= 1e-12 * eigenvalues[-1]:
        raise NotApplicable(
            "the covariance is singular: a coordinate is a linear function of the others, and the information"
            " infinite or undefined"
        )
    return float(np.log2(eigenvalues).sum())


def _whiten(S: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.inv(np.linalg.cholesky(S))
