"""Noisy layers against closed forms: two clusters, white-noise channels, and what bounds must keep to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.information.oracles import white_noise_channel
from wsss_viz.errors import InputError
from wsss_viz.information import mixture as m


@pytest.mark.parametrize(
    ("distance", "upper", "lower", "truth"),
    [
        (1, 0.316051, 0.087353, 0.160747),
        (2, 0.816882, 0.316051, 0.485944),
        (4, 0.999516, 0.816882, 0.912822),
        (6, 1.0, 0.984061, 0.994447),
    ],
)
def test_two_clusters(distance, upper, lower, truth):
    h, y = np.repeat([[0.0, 0], [distance, 0]], 500, axis=0), np.repeat([0, 1], 500)
    band = m.information_bounds(h[::500], 1)
    assert band.upper.value_bits == pytest.approx(1 - np.log2(1 + np.exp(-(distance**2) / 2)), abs=1e-9)
    assert band.lower.value_bits == pytest.approx(1 - np.log2(1 + np.exp(-(distance**2) / 8)), abs=1e-9)
    assert (band.upper.value_bits, band.lower.value_bits) == pytest.approx((upper, lower), abs=1e-6)
    layer = m.channel_information(h, y, 1, draws=20)
    assert layer.inputs.value_bits == pytest.approx(truth, abs=0.01)  # points of a cluster coincide: X is the cluster
    assert layer.labels.value_bits == pytest.approx(truth, abs=0.01)
    assert layer.labels.cap_bits == 1
    assert layer.inputs.cap_bits == pytest.approx(np.log2(1000))


def test_scale_is_that_of_the_noise():
    near, far = m.information_bounds([0, 1], 0.04), m.information_bounds([0, 5], 1)
    assert near.upper.value_bits == pytest.approx(far.upper.value_bits, abs=1e-9)


def test_extremes():
    same, apart = np.zeros((7, 3)), 100 * np.eye(7)
    for h, expected in ((same, 0), (apart, np.log2(7))):
        band = m.information_bounds(h, 0.1)
        layer = m.channel_information(h, np.arange(7) % 2, 0.1)
        values = [band.lower.value_bits, band.upper.value_bits, layer.inputs.value_bits]
        assert values == pytest.approx([expected] * 3, abs=1e-9)
    labels = m.label_bounds(apart, np.arange(7) % 2, 0.1)
    h_y = -(3 / 7) * np.log2(3 / 7) - (4 / 7) * np.log2(4 / 7)
    values = [labels.lower.value_bits, labels.published.value_bits, labels.upper.value_bits]
    assert values == pytest.approx([h_y] * 3, abs=1e-9)
    assert "no bound" in labels.published.notes[0]


@pytest.mark.parametrize("ratio", [1, 4, 16, 100])
def test_white_noise_channel_lies_between_the_bounds(ratio):
    x = np.random.default_rng(0).normal(size=1000) * ratio**0.5
    band, layer = m.information_bounds(x, 1), m.channel_information(x, x > 0, 1, draws=4)
    assert band.lower.value_bits < layer.inputs.value_bits < band.upper.value_bits
    truth = white_noise_channel(ratio)
    assert layer.inputs.value_bits == pytest.approx(truth, abs=0.06)


@pytest.mark.parametrize(
    ("ratio", "upper", "lower"), [(1, 0.861, 0.305), (4, 1.731, 0.858), (16, 2.704, 1.723), (100, 4.064, 3.073)]
)
def test_bounds_of_the_white_noise_channel_lie_where_they_were_found(ratio, upper, lower):
    """Far apart, and the truth (0.5, 1.161, 2.044, 3.329) between them."""
    band = m.information_bounds(np.random.default_rng(1).normal(size=1500) * ratio**0.5, 1)
    assert (band.upper.value_bits, band.lower.value_bits) == pytest.approx((upper, lower), abs=0.06)


def test_in_many_dimensions_both_bounds_sit_at_the_cap_far_below_the_truth():
    band = m.information_bounds(2 * np.random.default_rng(0).normal(size=(1000, 20)), 1)
    truth = 20 * white_noise_channel(4)
    assert truth == pytest.approx(23.2, abs=0.05)
    for bound in (band.lower, band.upper):
        assert bound.value_bits == pytest.approx(np.log2(1000), abs=0.1)


@given(st.integers(2, 40), st.integers(1, 4), st.floats(0.01, 10), st.integers(0, 2**32 - 1))
def test_bounds_hold_for_any_layer(n, d, variance, seed):
    generator = np.random.default_rng(seed)
    h, y = generator.normal(size=(n, d)), np.arange(n) % 2
    band, labels = m.information_bounds(h, variance), m.label_bounds(h, y, variance)
    assert -1e-9 <= band.lower.value_bits <= band.upper.value_bits <= np.log2(n) + 1e-9
    assert labels.lower.value_bits <= labels.published.value_bits <= labels.upper.value_bits
    layer = m.channel_information(h, y, variance, draws=4)
    noise = (layer.inputs.ci[1] - layer.inputs.ci[0]) * 1.5 + 0.05
    assert band.lower.value_bits - noise <= layer.inputs.value_bits <= band.upper.value_bits + noise
    noise = (layer.labels.ci[1] - layer.labels.ci[0]) * 1.5 + 0.05
    assert labels.lower.value_bits - noise <= layer.labels.value_bits <= labels.upper.value_bits + noise
    moved = m.information_bounds(h[::-1] + 100, variance)
    assert moved.upper.value_bits == pytest.approx(band.upper.value_bits, abs=1e-6)


def test_interval_covers_the_truth():
    covered = 0
    for seed in range(60):
        low, high = m.channel_information([0.0, 2] * 25, [0, 1] * 25, 1, draws=4, seed=seed).inputs.ci
        covered += low <= 0.485944 <= high
    assert covered >= 50


def test_noise_is_not_the_callers_data():
    """Data drawn from the seed the estimator is given must not be its noise as well."""
    x = 2 * np.random.default_rng(0).normal(size=800)
    assert m.channel_information(x, x > 0, 1, draws=1, seed=0).inputs.value_bits == pytest.approx(1.161, abs=0.1)


def test_same_seed_same_value():
    x = np.arange(20.0)
    first, again, other = (m.channel_information(x, x > 9, 1, seed=seed).inputs for seed in (1, 1, 2))
    assert first == again
    assert first.value_bits != other.value_bits


def test_chunks_do_not_change_the_value(monkeypatch):
    x, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 3
    whole = m.information_bounds(x, 0.1), m.channel_information(x, y, 0.1)
    monkeypatch.setattr(m, "CHUNK", 7 * 50)
    parts = m.information_bounds(x, 0.1), m.channel_information(x, y, 0.1)
    assert parts[0].upper.value_bits == pytest.approx(whole[0].upper.value_bits, abs=1e-12)
    assert parts[1].inputs.value_bits == pytest.approx(whole[1].inputs.value_bits, abs=1e-12)
    assert parts[1].labels.value_bits == pytest.approx(whole[1].labels.value_bits, abs=1e-12)


def test_subset_keeps_the_classes_in_their_shares():
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    chosen = m.stratified_subset(labels, 50)
    assert np.bincount(labels[chosen]).tolist() == [30, 15, 5]
    assert len(np.unique(chosen)) == 50
    assert m.stratified_subset(labels, 1000).tolist() == list(range(1000))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: m.information_bounds([0, np.inf], 1), "NaN or infinite"),
        (lambda: m.information_bounds([0, 1], 0), "above 0"),
        (lambda: m.information_bounds([0, 1], np.nan), "above 0"),
        (lambda: m.channel_information([0, 1], [0, 1, 1], 1), "got 2 and 3"),
        (lambda: m.channel_information([0, 1], [0, 1], 1, draws=0), "at least 1"),
        (lambda: m.stratified_subset([0, 1], 3), "from 1 to 2"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
