"""Every estimator on one run, what each refuses, and why."""

from dataclasses import replace

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.information import MIResult, NotApplicable, binning, estimator_names, estimators, runs
from wsss_viz.information.plane import LABEL_ENTROPY
from wsss_viz.information.probe import FAMILIES


def outcomes(run, name, index=-1):
    estimator = estimators.estimator(name, run)
    return estimator.measure(estimators.network(run, index, 0, run.activations(index), estimator.inputs))


@pytest.fixture(scope="module")
def relu_like(random_run):
    return replace(random_run, recipe=runs.Recipe("relu", epochs=9, seeds=2, snapshots=3))


@pytest.mark.parametrize(
    "name", ["default", "bins:12", "idnns", "width:0.2", "range:40", "quantile:10", "noise:0.01", "mixture"]
)
def test_estimators_of_both_axes(random_run, name):
    pairs = outcomes(random_run, name)
    assert len(pairs) == 6
    for told, label in pairs:
        assert 0 <= told.value_bits <= told.cap_bits <= 12
        assert -0.01 <= label.value_bits <= LABEL_ENTROPY + 0.4 * (name == "mixture")
        assert told.quantity in ("H(bin(T))", "I(X;T+N)")


def test_default_is_width_one_fifteenth(random_run):
    T = random_run.activations(-1)
    told, label = outcomes(random_run, "default")[4]
    expected = binning.layer_information(T[4][0], estimators.icosahedron.labels(), binning.intervals(30))
    assert (told, label) == (expected.inputs, expected.labels)
    output = binning.layer_information(T[5][0], estimators.icosahedron.labels(), binning.intervals(15, 0, 1))
    assert outcomes(random_run, "default")[5][0] == output.inputs


def test_finer_bins_say_more(random_run):
    values = [outcomes(random_run, f"bins:{count}")[4][0].value_bits for count in (4, 32, 256)]
    assert values[0] < values[1] < values[2]


def test_range_is_that_of_the_whole_run(random_run):
    name = outcomes(random_run, "range:10", index=0)[0][0].params["bins"]
    assert name == outcomes(random_run, "range:10", index=2)[0][0].params["bins"]
    low, high = (f([f(T) for index in range(3) for T in random_run.activations(index)[:-1]]) for f in (np.min, np.max))
    assert name == f"10 intervals on [{low:g}, {high:g}]"


@pytest.mark.parametrize("name", ["bins", "idnns"])
def test_bounded_bins_are_refused_for_relu(relu_like, name):
    pairs = outcomes(relu_like, name)
    assert all(isinstance(outcome, NotApplicable) for outcome in pairs[0])
    assert isinstance(pairs[5][0], MIResult), "the softmax has bounds"
    assert "bounds" in str(pairs[0][0]) or "outside" in str(pairs[0][0])


def test_relu_is_measured_by_width(relu_like):
    assert outcomes(relu_like, "default")[0][0].params == {"bins": "width 0.07"}


def test_preactivation_has_no_softmax(random_run):
    pairs = outcomes(random_run, "preactivation")
    assert isinstance(pairs[4][0], MIResult)
    assert "mixes its units" in str(pairs[5][0])


def test_label_only_estimators_say_why(random_run):
    for name in ("ross", "probe:logistic"):
        told, label = outcomes(random_run, name)[4]
        assert "constant or infinite" in str(told)
        assert 0 < label.value_bits < LABEL_ENTROPY + 0.05
        assert label.quantity in ("I(T;Y)", "I_V(T->Y)")
    assert "11 dimensions" in str(outcomes(random_run, "ross")[0][1])


def test_noise_everywhere_keeps_the_order(random_run):
    told = [pair[0].value_bits for pair in outcomes(random_run, "noisy:0.1", index=0)]
    assert told[0] > told[1] > told[2] > 0


def test_slow_estimators_look_at_fewer(random_run):
    for name, inputs, snapshots in (
        ("noise", 1024, 15),
        ("mixture", 1024, 15),
        ("noisy", 256, 8),
        ("default", None, None),
    ):
        estimator = estimators.estimator(name, random_run)
        assert (estimator.inputs, estimator.snapshots) == (inputs, snapshots)
    assert outcomes(random_run, "noise")[0][0].cap_bits == 10


def test_names_are_filled_in(random_run):
    assert estimators.estimator("width", random_run).name == "width:0.07"
    assert estimators.estimator(" probe ", random_run).name == "probe:logistic"
    assert estimators.estimator("default", random_run).name == "default"
    assert set(estimator_names.ESTIMATORS) == {"default", *estimator_names.DEFAULTS}
    assert estimator_names.FAMILIES == FAMILIES


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "one of default, bins"),
        ("estimator:3", "one of default, bins"),
        ("default:3", "all but the first"),
        ("bins:x", "wants a number after the colon, got 'x'"),
        ("bins:2.5", "whole number from 2 to 10000, got 2.5"),
        ("bins:nan", "whole number"),
        ("width:0", "number from 1e-06"),
        ("noise:-1", "number from 1e-06"),
        ("ross:0", "from 1 to 100"),
        ("probe:forest", "logistic, mlp"),
    ],
)
def test_bad_names_are_refused(name, message, random_run):
    with pytest.raises(InputError, match=message):
        estimators.estimator(name, random_run)
