"""Closed forms against published numbers, and the canonical correlations against the closed form."""

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable
from wsss_viz.information import gaussian as g

LN2 = np.log(2)


def pair(r):
    return [[1, r], [r, 1]]


def dense(d):
    """Every two of the 2 d coordinates correlate by 1/2."""
    return np.full((2 * d, 2 * d), 0.5) + 0.5 * np.eye(2 * d)


@pytest.mark.parametrize(
    ("r", "expected"),
    [
        (0, 0), (0.25, 0.046555), (0.5, 0.207519), (0.6, 0.321928), (0.75, 0.596323), (0.8, 0.736966),
        (0.9, 1.197964), (0.95, 1.679227), (0.99, 2.825544), (0.999, 4.483253), (-0.9, 1.197964),
    ],
)  # fmt: skip
def test_a_gaussian_pair(r, expected):
    assert g.gaussian_information(pair(r), 1).value_bits == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("d", "nats"), [(2, 0.293893), (3, 0.413339), (5, 0.592812), (25, 1.292184), (50, 1.624265)])
def test_dense_gaussians(d, nats):
    assert g.gaussian_information(dense(d), d).value_bits * LN2 == pytest.approx(nats, abs=1e-6)


def test_two_pairs():
    covariance = np.eye(4)
    covariance[[0, 2, 1, 3], [2, 0, 3, 1]] = 0.8
    assert g.gaussian_information(covariance, 2).value_bits * LN2 == pytest.approx(1.021651, abs=1e-6)


@pytest.mark.parametrize(
    ("d", "degrees", "nats"),
    [
        (1, 1, 0.224171), (2, 1, 0.431946), (2, 2, 0.193147), (3, 2, 0.290922),
        (3, 3, 0.178712), (5, 2, 0.448151), (5, 3, 0.298544),
    ],
)  # fmt: skip
def test_student_t_with_identity_dispersion(d, degrees, nats):
    assert g.student_t_information(np.eye(2 * d), d, degrees).value_bits * LN2 == pytest.approx(nats, abs=1e-6)


@pytest.mark.parametrize(("ratio", "expected"), [(0.25, 0.160964), (1, 0.5), (4, 1.160964), (10, 1.729716)])
def test_white_noise_channel(ratio, expected):
    assert g.linear_channel_information(ratio**0.5, 1).value_bits == pytest.approx(expected, abs=1e-6)
    assert g.linear_channel_information(1, 2, [[2 * ratio]]).value_bits == pytest.approx(expected, abs=1e-6)


def test_deep_linear_network():
    assert g.linear_channel_information(np.diag([2, 1]), 1).value_bits == pytest.approx(1.660964, abs=1e-6)
    two_layers = np.diag([4.0, 1]) @ np.diag([0.5, 1])
    assert g.linear_channel_information(two_layers, 1).value_bits == pytest.approx(1.660964, abs=1e-6)


@pytest.mark.parametrize(
    ("amplitude", "expected"),
    [(0.25, 0.043730), (0.5, 0.160747), (1, 0.485944), (1.5, 0.759979), (2, 0.912822), (3, 0.994447)],
)
def test_two_noisy_points(amplitude, expected):
    assert g.antipodal_information(amplitude).value_bits == pytest.approx(expected, abs=1e-6)
    assert g.antipodal_information(-3 * amplitude, 9).value_bits == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("n", "tolerance"), [(500, 0.15), (5000, 0.05)])
@pytest.mark.parametrize("r", [0, 0.5, 0.9, 0.99])
def test_canonical_correlations_find_the_closed_form(r, n, tolerance):
    x, y = np.random.default_rng(0).multivariate_normal([0, 0], pair(r), size=n).T
    result = g.canonical_information(5 + 3 * x, -y)
    assert result.value_bits == pytest.approx(g.gaussian_information(pair(r), 1).value_bits, abs=tolerance)


def test_bias_in_many_dimensions_is_named():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(5000, 16))
    y = 0.5 * x + 0.75**0.5 * generator.normal(size=(5000, 16))
    result = g.canonical_information(x, y)
    bias = 256 / (10_000 * LN2)
    assert result.value_bits == pytest.approx(16 * 0.207519 + bias, abs=0.06)
    assert f"too high by about {bias:.3f} bits" in result.notes[1]


def test_interval_covers_the_truth():
    covered = 0
    for seed in range(200):
        x, y = np.random.default_rng(seed).multivariate_normal([0, 0], pair(0.75), size=300).T
        low, high = g.canonical_information(x, y).ci
        covered += low <= 0.596323 <= high
    assert 182 <= covered <= 198


def test_shrinks_where_samples_are_few():
    generator = np.random.default_rng(0)
    few = g.canonical_information(generator.normal(size=(40, 15)), generator.normal(size=(40, 15)))
    assert few.params["shrinkage"] > 0.5
    assert few.value_bits < 0.5  # the plain covariance would say some 15 bits
    assert "shrunk" in few.notes[1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: g.gaussian_information(pair(1), 1), NotApplicable, "singular"),
        (lambda: g.gaussian_information(pair(2), 1), InputError, "negative eigenvalue"),
        (lambda: g.gaussian_information([[1, 0], [0.5, 1]], 1), InputError, "symmetric"),
        (lambda: g.gaussian_information(pair(0.5), 2), InputError, "from 1 to 1"),
        (lambda: g.linear_channel_information(1, 0), InputError, "infinite"),
        (lambda: g.antipodal_information(1, 0), InputError, "1 bit"),
        (lambda: g.student_t_information(np.eye(2), 1, 0), InputError, "above 0"),
        (lambda: g.gaussian_information([[1, 0], [0]], 1), InputError, "different lengths"),
        (lambda: g.linear_channel_information(np.ones((1, 3)), 1, np.eye(2)), InputError, "3 inputs"),
        (lambda: g.canonical_information([1, 2, np.nan], [1, 2, 3]), InputError, "NaN"),
        (lambda: g.canonical_information([1, 1, 1, 1], [1, 2, 3, 5]), NotApplicable, "constant"),
        (lambda: g.canonical_information(np.arange(50.0), np.arange(50.0)), NotApplicable, "singular"),
        (lambda: g.canonical_information([1, 2], [1, 3]), NotApplicable, "at least 3"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
