"""Binned layers on inputs small enough to count by hand, and the traps of the published codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsss_viz.data import icosahedron
from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable, binning, discrete

LABELS = np.array([0, 0, 1, 1])


def test_a_layer_counted_by_hand():
    values = np.array([[-0.9, 0.9], [-0.95, 0.95], [0.9, 0.9], [-0.9, -0.9]])
    layer = binning.layer_information(values, LABELS, binning.intervals(2))
    assert layer.inputs.value_bits == 1.5  # states {0, 1}, {2}, {3}
    assert layer.labels.value_bits == 1
    assert layer.inputs.quantity == "H(bin(T))"
    assert layer.inputs.cap_bits == 2
    assert layer.inputs.params == {"bins": "2 intervals on [-1, 1]"}
    fine = binning.layer_information(values, LABELS, binning.intervals(100))
    assert fine.inputs.value_bits == fine.inputs.cap_bits == 2
    assert "at the cap" in fine.inputs.notes[0]


def test_all_inputs_through_the_identity():
    patterns, labels = icosahedron.patterns(), icosahedron.labels()
    whole = binning.layer_information(patterns, labels, binning.intervals(15, 0, 1))
    assert whole.inputs.value_bits == 12
    assert whole.labels.value_bits == pytest.approx(0.9991571208502711, abs=1e-12)
    one = binning.layer_information(patterns[:, :1], labels, binning.fixed_width(0.07))
    assert one.inputs.value_bits == 1
    conditional = np.array([0.625, 0.4091796875])
    expected = 0.9991571208502711 + np.mean(
        conditional * np.log2(conditional) + (1 - conditional) * np.log2(1 - conditional)
    )
    assert one.labels.value_bits == pytest.approx(expected, abs=1e-12)


def test_idnns_has_29_intervals_and_the_value_one():
    bins = binning.idnns()
    assert bins.count == 30
    assert np.diff(bins.edges[:-1]) == pytest.approx(2 / 29)
    codes, clipped = binning.assign([-1, -0.9999, 0.9999, 1], bins)
    assert codes[:, 0].tolist() == [0, 0, 28, 29]
    assert clipped == 0


def test_intervals_keep_their_upper_end():
    assert binning.assign([-1, -1 + 1e-9, 0, 1], binning.intervals(30))[0][:, 0].tolist() == [0, 0, 15, 29]


def test_width_has_no_ends():
    assert binning.assign([-0.01, 0, 0.069, 0.07, 70.01], binning.fixed_width(0.07))[0][:, 0].tolist() == [
        -1, 0, 0, 1, 1000,
    ]  # fmt: skip


@pytest.mark.parametrize("bins", [binning.idnns(), binning.intervals(30)])
def test_values_outside_are_refused(bins):
    with pytest.raises(NotApplicable, match=r"50.0% of the activations lie outside \[-1, 1\], up to 3"):
        binning.layer_information([0.1, 0.2, 1.5, -3], LABELS, bins)


def test_clipping_compresses_and_is_marked():
    values = np.linspace(0, 10, 64)
    labels = np.arange(64) % 2
    clipped = binning.layer_information(values, labels, binning.intervals(30, -1, 1, clip=True))
    honest = binning.layer_information(values, labels, binning.fixed_width(0.07))
    assert clipped.inputs.value_bits < 1.5 < honest.inputs.value_bits == 6
    assert clipped.inputs.notes == ("89.1% of the activations clipped into the outer bins",)


def test_bins_of_the_run_stay_the_same_over_epochs():
    epochs = [np.linspace(0, top, 50)[:, None] for top in (0.5, 1, 4)]
    bins = binning.over_range(epochs, 10)
    assert (bins.edges[0], bins.edges[-1], bins.count) == (0, 4, 10)
    values = [binning.layer_information(T, np.arange(50) % 2, bins).inputs.value_bits for T in epochs]
    assert values[0] < values[1] < values[2]
    each = [
        binning.layer_information(T, np.arange(50) % 2, binning.over_range([T], 10)).inputs.value_bits for T in epochs
    ]
    assert max(each) - min(each) < 0.01, "bins that follow the epoch hide the growth"


def test_quantiles_fill_equally():
    values = np.random.default_rng(0).exponential(size=(300, 2))
    bins = binning.quantiles([values], 6)
    assert np.bincount(binning.assign(values.ravel(), bins)[0][:, 0]) == pytest.approx([100] * 6, abs=1)
    assert binning.quantiles([np.repeat([0.0, 1, 2], 100)], 6).count == 2
    assert binning.assign([-1e9, 1e9], bins)[0][:, 0].tolist() == [0, 5]


def test_preactivation_bins_undo_the_nonlinearity():
    x = np.linspace(-15, 15, 200)
    bins = binning.preactivation("tanh", 31, -15, 15)
    codes = binning.assign(np.tanh(x), bins)[0][:, 0]
    np.testing.assert_array_equal(codes, np.digitize(x, np.linspace(-15, 15, 31)[1:-1]))
    assert binning.assign([-1.0, 1.0], bins)[0][:, 0].tolist() == [0, 29]


@pytest.mark.parametrize(
    ("activation", "count", "ends"), [("tanh", 30, (-1, 1)), ("sigmoid", 15, (0, 1)), ("softmax", 15, (0, 1))]
)
def test_default_bins_have_one_width(activation, count, ends):
    bins = binning.default_bins(activation)
    assert (bins.count, bins.edges[0], bins.edges[-1]) == (count, *ends)


def test_default_bins_of_unbounded_activations():
    assert binning.default_bins("relu").width == binning.default_bins("elu").width == 0.07


def test_binned_layers_may_break_the_data_processing_inequality():
    """T2 = 10 T1 is a function of T1, and yet carries more binned bits: the bins see what they could not before."""
    first = np.linspace(0, 0.06, 16)
    layers = [
        binning.layer_information(T, np.arange(16) % 2, binning.fixed_width(0.07)).inputs.value_bits
        for T in (first, 10 * first)
    ]
    assert layers[0] == 0
    assert layers[1] > 3


@given(st.integers(1, 60), st.integers(1, 4), st.floats(0.01, 2), st.integers(0, 2**32 - 1))
def test_properties_of_any_layer(n, d, width, seed):
    generator = np.random.default_rng(seed)
    values, labels = generator.normal(size=(n, d)), generator.integers(3, size=n)
    layer = binning.layer_information(values, labels, binning.fixed_width(width))
    entropy = float(discrete.entropy_of(np.bincount(labels) / n))
    assert 0 <= layer.inputs.value_bits <= layer.inputs.cap_bits + 1e-12
    assert 0 <= layer.labels.value_bits <= min(layer.inputs.value_bits, entropy) + 1e-12
    states = binning.assign(values, binning.fixed_width(width))[0]
    expected = discrete.sample_information(states, labels, shuffles=0).value_bits
    assert layer.labels.value_bits == pytest.approx(expected, abs=1e-12)
    finer = binning.layer_information(values, labels, binning.fixed_width(width / 2))
    assert finer.inputs.value_bits >= layer.inputs.value_bits - 1e-12, "halved bins tell no less"


def test_row_codes_tell_rows_apart_however_wide():
    generator = np.random.default_rng(0)
    for columns, high in ((3, 4), (40, 1000)):
        rows = generator.integers(-high, high, size=(300, columns))
        rows[200:] = rows[:100]
        codes = binning.row_codes(rows)
        np.testing.assert_array_equal(codes[200:], codes[:100])
        assert len(np.unique(codes)) == len(np.unique(rows, axis=0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: binning.layer_information([[0.1, np.nan]] * 4, LABELS, binning.intervals()), "NaN"),
        (lambda: binning.layer_information([0.1, 0.2], LABELS, binning.intervals()), "got 2 and 4"),
        (lambda: binning.layer_information([[]], LABELS, binning.intervals()), "shape"),
        (lambda: binning.fixed_width(0), "above 0"),
        (lambda: binning.Bins("bad", (0, 0, 1)), "increasing"),
        (lambda: binning.intervals(0), "at least 1"),
        (lambda: binning.idnns(1), "at least 2"),
        (lambda: binning.over_range([]), "empty"),
        (lambda: binning.over_range([[1.0, 1.0]]), "two different"),
        (lambda: binning.quantiles([[1.0, 1.0]]), "all the same"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
