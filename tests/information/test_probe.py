"""Held-out probes against closed forms, and against what fools an in-sample one."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable
from wsss_viz.information.probe import probe_information


def noisy_points(amplitude, n, seed=0):
    generator = np.random.default_rng(seed)
    labels = generator.integers(2, size=n)
    return (2 * labels - 1) * amplitude + generator.normal(size=n), labels


def exclusive_or(n=1500, noise=0.15, seed=0):
    generator = np.random.default_rng(seed)
    bits = generator.integers(2, size=(n, 2))
    return bits + noise * generator.normal(size=(n, 2)), bits[:, 0] ^ bits[:, 1]


@pytest.mark.parametrize(("amplitude", "truth"), [(0.5, 0.160747), (1, 0.485944), (2, 0.912822)])
def test_two_noisy_points(amplitude, truth):
    result = probe_information(*noisy_points(amplitude, 8000), bootstraps=200)
    assert truth - 0.03 < result.value_bits < truth + 0.03
    assert result.ci[0] < truth < result.ci[1]
    assert result.n == 4000
    assert result.value_bits < result.cap_bits == pytest.approx(1, abs=1e-3)


def test_the_family_is_part_of_the_number():
    values, labels = exclusive_or()
    linear = probe_information(values, labels, "logistic", bootstraps=0)
    network = probe_information(values, labels, "mlp", bootstraps=0)
    assert linear.value_bits == pytest.approx(0, abs=0.01)
    assert network.value_bits > 0.95
    assert (linear.params["family"], network.params["family"]) == ("logistic", "mlp")


def test_random_labels_carry_nothing_out_of_sample():
    generator = np.random.default_rng(0)
    values, labels = generator.normal(size=(1200, 512)), generator.integers(2, size=1200)
    loose = LogisticRegression(C=1, max_iter=500).fit(values[:600], labels[:600])
    in_sample = 1 + np.log2(loose.predict_proba(values[:600])[np.arange(600), labels[:600]]).mean()
    assert in_sample > 0.9
    held_out = np.arange(1200) >= 600
    result = probe_information(values, labels, held_out=held_out)
    assert result.value_bits == pytest.approx(0, abs=0.02)
    assert result.params["C"] <= 1e-2
    assert any("600 fitted samples for 512 features" in note for note in result.notes)


def test_null_is_near_nothing_and_signal_above_it():
    values, labels = noisy_points(1, 600)
    result = probe_information(values, labels, permutations=5)
    assert result.null.mean_bits == pytest.approx(0, abs=0.03)
    assert result.value_bits > 0.3 > result.null.upper_bits
    nothing = probe_information(values, np.random.default_rng(1).integers(2, size=600), permutations=5)
    assert any("nothing shown" in note for note in nothing.notes)


def test_below_zero_is_not_clipped():
    values, labels = noisy_points(0, 120, seed=3)
    results = [probe_information(values, labels, seed=seed, bootstraps=0) for seed in range(6)]
    below = [result for result in results if result.value_bits < 0]
    assert below
    assert all(any("below zero" in note for note in result.notes) for result in below)


def test_interval_resamples_images_and_not_their_regions():
    """Ten copies of each sample say no more than one; grouped, the interval stays as wide."""
    values, labels = noisy_points(1, 300)
    alone = probe_information(values, labels, held_out=np.arange(300) % 2 == 1)
    image = np.repeat(np.arange(300), 10)
    copies = probe_information(values[image], labels[image], groups=image, held_out=image % 2 == 1)
    width, copied = (result.ci[1] - result.ci[0] for result in (alone, copies))
    assert copied == pytest.approx(width, rel=0.25)


def test_null_shuffles_images_and_not_their_regions():
    """Forty images of twenty equal regions: their labels, shuffled one by one, would be learnt from other regions."""
    generator = np.random.default_rng(0)
    image = np.repeat(np.arange(40), 20)
    labels, features = (np.arange(40) % 2)[image], generator.normal(size=(40, 3))[image]
    result = probe_information(features, labels, groups=image, permutations=8, bootstraps=0)
    assert result.null.upper_bits > 0.03, "with so few images chance alone finds something now and then"


def test_no_image_is_on_both_sides():
    generator = np.random.default_rng(0)
    image = np.repeat(np.arange(200), 5)
    labels = generator.integers(2, size=200)[image]
    identity = generator.normal(size=(200, 40))[image]  # says which image it is, and nothing else
    result = probe_information(identity, labels, "mlp", groups=image, bootstraps=0)
    assert result.value_bits < 0.1
    with pytest.raises(InputError, match="both fitted and scored"):
        probe_information(identity, labels, groups=image, held_out=np.arange(1000) % 2 == 0)


def test_several_classes_and_names():
    generator = np.random.default_rng(0)
    classes = generator.integers(3, size=900)
    values = np.eye(3)[classes] + 0.1 * generator.normal(size=(900, 3))
    result = probe_information(values, np.array(["cat", "dog", "sofa"])[classes], bootstraps=100)
    assert result.cap_bits == pytest.approx(np.log2(3), abs=0.01)
    assert result.value_bits > result.cap_bits - 0.02


def test_same_seed_same_bytes():
    values, labels = exclusive_or(60)
    assert probe_information(values, labels, "mlp", seed=4) == probe_information(values, labels, "mlp", seed=4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, y: probe_information(x, 0 * y), NotApplicable, "one class only"),
        (lambda x, y: probe_information(x, np.where(np.arange(60) < 2, 5, y)), NotApplicable, "at least 5 and 1"),
        (lambda x, y: probe_information(x, y, groups=0 * y), NotApplicable, "one group only"),
        (lambda x, y: probe_information(x, y, "forest"), InputError, "logistic, mlp"),
        (lambda x, y: probe_information(x / 0, y), InputError, "NaN or infinite"),
        (lambda x, y: probe_information(x, y[:50]), InputError, "60 and 50"),
        (lambda x, y: probe_information(x, y, held_out=y < 2), InputError, "both sides"),
        (lambda x, y: probe_information(x, y, held_out=y), InputError, "one bool per sample"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(*noisy_points(1, 60))
