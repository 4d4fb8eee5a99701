"""Ross's estimator against closed forms, scikit-learn, transformations that keep the information, and its limits."""

import numpy as np
import pytest
from sklearn.feature_selection import mutual_info_classif

from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable
from wsss_viz.information import neighbours as k

LN2 = np.log(2)


def gaussian_pair(r, n, seed=0):
    return np.random.default_rng(seed).multivariate_normal([0, 0], [[1, r], [r, 1]], size=n).T


def two_points(amplitude, n=2000, seed=0):
    """x and labels: two points in Gaussian noise."""
    labels = np.repeat(["off", "on"], n // 2)
    return np.where(labels == "on", amplitude, -amplitude) + np.random.default_rng(seed).normal(size=n), labels


@pytest.mark.parametrize("neighbours", [1, 3, 10])
def test_agrees_with_scikit_learn_on_one_column(neighbours):
    x, y = gaussian_pair(0.75, 1500)
    labels = (y > 0.3).astype(int) + (y > 1)
    ours = k.label_information(x, labels, neighbours).value_bits
    theirs = mutual_info_classif(x[:, None], labels, n_neighbors=neighbours, random_state=0)[0] / LN2
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_nothing_may_come_out_negative():
    values = [k.label_information(*two_points(0, 300, seed)).value_bits for seed in range(20)]
    assert min(values) < 0 < max(values)
    assert np.mean(values) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(("amplitude", "expected"), [(0.5, 0.160747), (1, 0.485944), (2, 0.912822)])
def test_two_noisy_points(amplitude, expected):
    result = k.label_information(*two_points(amplitude))
    assert result.value_bits == pytest.approx(expected, abs=0.06)
    assert result.value_bits <= result.cap_bits
    assert result.notes == ("H(Y) = 1.000 bits",)


def test_independent_columns_add_what_they_say():
    """Two measurements of the same point in independent noise are one of sqrt(2) times the amplitude."""
    x, labels = two_points(0.5**0.5, 3000)
    z, _ = two_points(0.5**0.5, 3000, seed=1)
    assert k.label_information(np.stack([x, z], axis=1), labels).value_bits == pytest.approx(0.485944, abs=0.06)


@pytest.mark.parametrize("transform", [np.arcsinh, np.cbrt, lambda x: x + 0.4 * np.sin(x)])
def test_transforms_keep_the_information(transform):
    x, labels = two_points(1)
    assert k.label_information(transform(x), labels).value_bits == pytest.approx(0.485944, abs=0.06)


def test_scales_and_order_do_not_matter():
    x, labels = two_points(0.7, 800)
    plain = k.label_information(x, labels).value_bits
    assert k.label_information(1e6 * x - 3, labels).value_bits == pytest.approx(plain, abs=1e-9)
    order = np.random.default_rng(1).permutation(800)
    assert k.label_information(x[order], labels[order]).value_bits == pytest.approx(plain, abs=1e-9)


def test_interval_covers_the_truth():
    covered = 0
    for seed in range(60):
        low, high = k.label_information(*two_points(1, 500, seed)).ci
        covered += low <= 0.485944 <= high
    assert covered >= 51


def test_what_is_unreliable_is_marked():
    x, labels = two_points(1, 1000)
    rectified = k.label_information(np.maximum(x, 0), labels)
    assert rectified.notes[0].startswith("ties: 50% of x rep")
    assert any("below 500" in note for note in k.label_information(*two_points(1, 200)).notes)
    wide = np.random.default_rng(0).normal(size=(1000, 3))
    assert any("tends to fall low" in note for note in k.label_information(wide, labels).notes)
    assert len(k.label_information(wide[:, :2], labels).notes) == 1


def test_constant_coordinates_are_left_out_and_marked():
    x, labels = two_points(1, 800)
    result = k.label_information(np.stack([x, 0 * x], axis=1), labels)
    assert result.value_bits == k.label_information(x, labels).value_bits
    assert "1 constant coordinates of x left out" in result.notes[0]


def test_a_label_that_occurs_once_is_left_out():
    x, y = gaussian_pair(0.9, 600)
    labels = (y > 0).astype(int)
    labels[0] = 7
    result = k.label_information(x, labels)
    assert result.n == 599
    assert "1 sample left out" in result.notes[0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda z: k.label_information(z[:, :6], z[:, 0] > 0), NotApplicable, "7 dimensions"),
        (lambda z: k.label_information(np.ones(40), z[:, 0] > 0), NotApplicable, "`x` is constant"),
        (lambda z: k.label_information(z[:3, 0], z[:3, 1] > 0), NotApplicable, "n = 3"),
        (lambda z: k.label_information(z[:, 0], np.ones(40)), NotApplicable, "one class only"),
        (lambda z: k.label_information(z[:, 0], np.arange(40)), NotApplicable, "occurs once"),
        (lambda z: k.label_information(z[:, 0], z[:, 1] > 0, 0), InputError, "at least 1"),
        (lambda z: k.label_information(z[:, 0] / 0, z[:, 1] > 0), InputError, "NaN or infinite"),
        (lambda z: k.label_information(z[:, 0], z[:30, 1] > 0), InputError, "40 and 30"),
        (lambda z: k.label_information(["a"] * 40, z[:, 1] > 0), InputError, "real numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_limits_and_bad_input(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call(np.random.default_rng(0).normal(size=(40, 8)))
    assert "\n" not in str(caught.value)
