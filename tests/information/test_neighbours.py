"""KSG and Ross against closed forms, scikit-learn, transformations that keep the information, and their limits."""

import numpy as np
import pytest
from scipy import stats
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from tests.information.oracles import gaussian_information
from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable
from wsss_viz.information import neighbours as k

LN2 = np.log(2)


def gaussian_pair(r, n, seed=0):
    return np.random.default_rng(seed).multivariate_normal([0, 0], [[1, r], [r, 1]], size=n).T


def truth(r):
    return gaussian_information([[1, r], [r, 1]], 1)


@pytest.mark.parametrize(("n", "tolerance"), [(2000, 0.12), (5000, 0.06)])
@pytest.mark.parametrize("r", [0, 0.5, 0.75, 0.9, 0.99])
def test_gaussian_pairs(r, n, tolerance):
    result = k.neighbour_information(*gaussian_pair(r, n))
    assert result.value_bits == pytest.approx(truth(r), abs=tolerance)
    assert result.value_bits <= result.cap_bits
    assert result.notes == ()


@pytest.mark.parametrize("neighbours", [1, 3, 10])
def test_agrees_with_scikit_learn_on_one_column(neighbours):
    x, y = gaussian_pair(0.75, 1500)
    ours = k.neighbour_information(x, y, neighbours).value_bits
    theirs = mutual_info_regression(x[:, None], y, n_neighbors=neighbours, random_state=0)[0] / LN2
    assert ours == pytest.approx(theirs, abs=1e-3)
    labels = (y > 0.3).astype(int) + (y > 1)
    ours = k.label_information(x, labels, neighbours).value_bits
    theirs = mutual_info_classif(x[:, None], labels, n_neighbors=neighbours, random_state=0)[0] / LN2
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_nothing_may_come_out_negative():
    values = [k.neighbour_information(*gaussian_pair(0, 300, seed)).value_bits for seed in range(20)]
    assert min(values) < 0 < max(values)
    assert np.mean(values) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(("amplitude", "expected"), [(0.5, 0.160747), (1, 0.485944), (2, 0.912822)])
def test_two_noisy_points(amplitude, expected):
    generator = np.random.default_rng(0)
    labels = np.repeat(["off", "on"], 1000)
    x = np.where(labels == "on", amplitude, -amplitude) + generator.normal(size=2000)
    assert k.label_information(x, labels).value_bits == pytest.approx(expected, abs=0.06)


# The samplers and values of the mutual-information benchmark of Czyz et al. (NeurIPS 2023), in nats; its own tolerance
# for this estimator at n = 200, k = 10 is 15 % and 0.12 nats.


@pytest.mark.parametrize(("half_width", "nats"), [(0.1, 1.709438), (0.75, 0.333333)])
def test_additive_uniform_noise(half_width, nats):
    generator = np.random.default_rng(0)
    x = generator.uniform(size=1000)
    y = x + generator.uniform(-half_width, half_width, size=1000)
    assert k.neighbour_information(x, y).value_bits * LN2 == pytest.approx(nats, rel=0.05, abs=0.05)


@pytest.mark.parametrize(("d", "nats"), [(1, 0.143841), (2, 0.293893), (3, 0.413339)])
def test_dense_gaussians(d, nats):
    covariance = np.full((2 * d, 2 * d), 0.5) + 0.5 * np.eye(2 * d)
    values = np.random.default_rng(0).multivariate_normal(np.zeros(2 * d), covariance, size=2000)
    assert k.neighbour_information(values[:, :d], values[:, d:], 10).value_bits * LN2 == pytest.approx(nats, abs=0.1)


def test_two_correlated_pairs():
    (a, c), (b, d) = gaussian_pair(0.8, 3000, 0), gaussian_pair(0.8, 3000, 1)
    result = k.neighbour_information(np.stack([a, b], axis=1), np.stack([c, d], axis=1))
    assert result.value_bits * LN2 == pytest.approx(1.021651, abs=0.1)


@pytest.mark.parametrize(
    ("d", "degrees", "nats"), [(1, 1, 0.224171), (2, 1, 0.431946), (2, 2, 0.193147), (3, 2, 0.290922), (3, 3, 0.178712)]
)
def test_student_t(d, degrees, nats):
    values = stats.multivariate_t(shape=np.eye(2 * d), df=degrees, seed=0).rvs(3000)
    values = np.arcsinh(values)  # keeps the information, tames the tails
    assert k.neighbour_information(values[:, :d], values[:, d:]).value_bits * LN2 == pytest.approx(nats, abs=0.12)


def wiggly(x):
    return x + 0.4 * np.sin(x) + 0.2 * np.sin(1.7 * x + 1) + 0.03 * np.sin(3.3 * x - 2.5)


@pytest.mark.parametrize(
    "transform",
    [stats.norm.cdf, np.arcsinh, lambda x: x * np.sqrt(np.abs(x)), wiggly],
    ids=["cdf", "asinh", "half cube", "wiggly"],
)
def test_transforms_keep_the_information(transform):
    x, y = gaussian_pair(0.75, 2000)
    assert k.neighbour_information(transform(x), transform(y)).value_bits * LN2 == pytest.approx(0.413339, abs=0.08)


def test_a_spiral_keeps_the_information():
    """Rotating each point of the plane by an angle that grows with its radius is one to one."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(3000, 2))
    y = 0.75 * x[:, 0] + np.sqrt(1 - 0.75**2) * generator.normal(size=3000)
    angle = np.linalg.norm(x, axis=1)
    cos, sin = np.cos(angle), np.sin(angle)
    spiral = np.stack([cos * x[:, 0] - sin * x[:, 1], sin * x[:, 0] + cos * x[:, 1]], axis=1)
    assert k.neighbour_information(spiral, y).value_bits * LN2 == pytest.approx(0.413339, abs=0.1)


def test_scales_and_order_do_not_matter():
    x, y = gaussian_pair(0.6, 800)
    plain = k.neighbour_information(x, y).value_bits
    assert k.neighbour_information(1e6 * x, y - 3).value_bits == pytest.approx(plain, abs=1e-9)
    assert k.neighbour_information(y, x).value_bits == pytest.approx(plain, abs=1e-9)
    order = np.random.default_rng(1).permutation(800)
    assert k.neighbour_information(x[order], y[order]).value_bits == pytest.approx(plain, abs=1e-9)


def test_interval_covers_the_truth():
    covered = 0
    for seed in range(60):
        low, high = k.neighbour_information(*gaussian_pair(0.75, 500, seed)).ci
        covered += low <= truth(0.75) <= high
    assert covered >= 51


def test_few_samples_are_marked():
    result = k.neighbour_information(*gaussian_pair(0.75, 200), 10)
    assert result.value_bits * LN2 == pytest.approx(0.413339, abs=0.12 + 0.15 * 0.413339)
    assert "below 500" in result.notes[0]


def test_ties_are_marked():
    x, y = gaussian_pair(0.9, 1000)
    rectified = k.neighbour_information(np.maximum(x, 0), np.maximum(y, 0))
    assert [note[:18] for note in rectified.notes] == ["ties: 49% of x rep", "ties: 50% of y rep"]
    assert any("ties" in note for note in k.label_information(np.round(x), y > 0).notes)


def test_constant_coordinates_are_left_out_and_marked():
    x, y = gaussian_pair(0.75, 800)
    result = k.neighbour_information(np.stack([x, 0 * x], axis=1), y)
    assert result.value_bits == k.neighbour_information(x, y).value_bits
    assert "1 constant coordinates of x left out" in result.notes[0]


def test_many_dimensions_are_marked():
    values = np.random.default_rng(0).normal(size=(600, 4))
    assert "tends to fall low" in k.neighbour_information(values[:, :2], values[:, 2:]).notes[0]
    assert k.neighbour_information(values[:, :2], values[:, 2]).notes == ()


def test_a_label_that_occurs_once_is_left_out():
    x, y = gaussian_pair(0.9, 600)
    labels = (y > 0).astype(int)
    labels[0] = 7
    result = k.label_information(x, labels)
    assert result.n == 599
    assert "1 samples left out" in result.notes[0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda z: k.neighbour_information(z[:, :4], z[:, 4:]),
            NotApplicable,
            "8 dimensions, both sides together, are more than 6",
        ),
        (lambda z: k.label_information(z[:, :6], z[:, 0] > 0), NotApplicable, "7 dimensions"),
        (lambda z: k.neighbour_information(z[:, 0], z[:, 0]), NotApplicable, "infinite"),
        (lambda z: k.neighbour_information(z[:, 0], np.ones(40)), NotApplicable, "`y` is constant"),
        (lambda z: k.neighbour_information(z[:3, 0], z[:3, 1]), NotApplicable, "n = 3"),
        (lambda z: k.label_information(z[:, 0], np.ones(40)), NotApplicable, "one class only"),
        (lambda z: k.label_information(z[:, 0], np.arange(40)), NotApplicable, "occurs once"),
        (lambda z: k.neighbour_information(z[:, 0], z[:, 1], 0), InputError, "at least 1"),
        (lambda z: k.neighbour_information(z[:, 0] / 0, z[:, 1]), InputError, "NaN or infinite"),
        (lambda z: k.neighbour_information(z[:, 0], z[:30, 1]), InputError, "40 and 30"),
        (lambda z: k.neighbour_information(["a"] * 40, z[:, 1]), InputError, "real numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_limits_and_bad_input(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call(np.random.default_rng(0).normal(size=(40, 8)))
    assert "\n" not in str(caught.value)
