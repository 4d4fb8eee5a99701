"""The one-weight model against its closed-form values."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable, binning
from wsss_viz.information import minimal as m


def bits(weight, activation="tanh", bins=None):
    return m.minimal_information(weight, activation, bins).value_bits


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (0.05, 1.7286), (0.1, 2.6445), (0.25, 3.8714), (0.5, 4.6312), (1, 4.8771), (1.5, 4.5565), (2, 4.1573),
        (3, 3.5153), (5, 2.7751), (10, 2.0442), (50, 1.2741), (1000, 1.0195),
    ],
)  # fmt: skip
def test_tanh_grows_and_compresses(weight, expected):
    assert bits(weight) == pytest.approx(expected, abs=1e-4)
    assert bits(-weight) == bits(weight)


def test_tanh_has_its_peak_below_one_and_ends_at_one_bit():
    peak = minimize_scalar(lambda weight: -bits(weight), bounds=(0.5, 1.5), method="bounded")
    assert peak.x == pytest.approx(0.871, abs=3e-3)  # the top is flat: 0.869 and 0.871 agree to 1e-5 bits
    assert -peak.fun == pytest.approx(4.8998, abs=1e-4)
    assert bits(0.871) == pytest.approx(4.8998, abs=1e-4)
    assert bits(1e9) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("count", "weight", "expected"),
    [(10, 1, 3.2932), (100, 1, 6.6124), (1000, 1, 9.9323), (10, 10, 1.5981), (100, 10, 2.599), (1000, 10, 3.8612)],
)
def test_the_number_of_bins_sets_the_number_of_bits(count, weight, expected):
    assert bits(weight, "tanh", binning.intervals(count)) == pytest.approx(expected, abs=1e-4)


def test_relu_only_grows_until_the_top_bin_clips():
    weights = [0.5, 1, 2, 4, 8, 10]
    long = [result.value_bits for result in m.minimal_curve(weights, "relu", binning.intervals(100, 0, 40))]
    assert long == pytest.approx([0.9567, 1.6713, 2.3521, 2.9797, 3.5626, 3.7427], abs=1e-4)
    short = m.minimal_curve([1, 4, 10, 40], "relu", binning.intervals(100, 0, 10))
    assert short[1].value_bits > short[2].value_bits > short[3].value_bits
    assert short[0].notes == ()
    assert "15.9% of the inputs" in short[2].notes[0]


def test_with_bins_before_the_nonlinearity_tanh_only_grows():
    bins = binning.preactivation("tanh", 30)
    values = [bits(weight, "tanh", bins) for weight in (1, 2, 4, 10)]
    assert values == pytest.approx([0.5032, 1.4182, 2.3046, 3.5903], abs=1e-4)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "softsign", "elu", "linear"])
def test_masses_are_what_samples_show(activation):
    bins = binning.intervals(12, -3, 3, clip=True)
    x = np.random.default_rng(0).normal(size=200_000)
    t = m.activation_named(activation).function(1.7 * x)
    counts = np.bincount(binning.assign(t, bins)[0][:, 0], minlength=12) / len(x)
    np.testing.assert_allclose(m.bin_masses(1.7, activation, bins), counts, atol=0.005)


def test_no_weight_says_nothing():
    assert bits(0) == 0
    assert bits(0, "relu", binning.intervals(100, 0, 40)) == 0


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="finite"):
        bits(np.nan)
    with pytest.raises(InputError, match="one of tanh, relu"):
        bits(1, "swish")
    with pytest.raises(NotApplicable, match="width alone"):
        bits(1, "relu", binning.fixed_width(0.07))
    with pytest.raises(NotApplicable, match="before tanh, the unit is relu"):
        bits(1, "relu", binning.preactivation("tanh"))


@pytest.mark.parametrize(
    ("activation", "laid", "count", "first", "last", "bins"),
    [
        ("tanh", "value", None, -1, 1, 30),
        ("sigmoid", "value", 12, 0, 1, 12),
        ("relu", "value", None, 0, 40, 100),
        ("relu", "short", None, 0, 10, 100),
        ("elu", "value", None, -1, 40, 100),
        ("linear", "short", 20, -10, 10, 20),
        ("tanh", "before", 30, -50, 50, 29),
    ],
)
def test_estimators_are_laid_on_the_value_on_a_part_of_it_or_before_it(activation, laid, count, first, last, bins):
    found = m.laid_bins(activation, laid, count)
    assert (found.edges[0], found.edges[-1], found.count) == (first, last, bins)
    assert found.activation == (activation if laid == "before" else None)
    assert m.bin_masses(3, activation, found).sum() == pytest.approx(1, abs=1e-12)


def test_the_laid_estimators_are_those_of_the_closed_form_values():
    assert bits(4, "relu", m.laid_bins("relu")) == pytest.approx(2.9797, abs=1e-4)
    assert bits(10, "tanh", m.laid_bins("tanh", "before")) == pytest.approx(3.5903, abs=1e-4)
    assert bits(10, "relu", m.laid_bins("relu", "short")) < bits(4, "relu", m.laid_bins("relu", "short"))
    with pytest.raises(InputError, match="value, short, before"):
        m.laid_bins("tanh", "beside")
    with pytest.raises(InputError, match="2 bins or more"):
        m.laid_bins("tanh", "value", 1)
