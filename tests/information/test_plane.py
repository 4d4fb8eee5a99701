"""A measured run: its summaries by hand, its file, and the shipped measurements."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wsss_viz.data import icosahedron
from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable, binning, plane, report, runs

SHIPPED = Path(plane.__file__).parent / "runs"


def by_hand(told, label=None):
    """A plane from (E, S, 6) bits."""
    told = np.asarray(told, dtype=float)
    bits = np.stack([told, np.zeros_like(told) if label is None else np.asarray(label, dtype=float)], axis=-1)
    intervals = np.full((*bits.shape, 2), np.nan)
    return plane.Plane("default", "tanh", np.array([0, 10, 100]), bits, intervals, np.full(bits.shape, 12.0), {})


def test_walls():
    assert plane.INPUT_ENTROPY == 12
    assert abs(plane.LABEL_ENTROPY - 0.9991571208502711) < 1e-15


def test_compression_onset_and_fit():
    told = np.ones((3, 2, 6))
    told[:, 0, 4] = [6, 8, 3]
    told[:, 1, 4] = [6, 7, 9]
    label = np.ones((3, 2, 6))
    label[:, 1, 2] = [0.2, 0.9, 0.7]
    measured = by_hand(told, label)
    assert measured.compression[:, 4].tolist() == [5, 0]
    assert measured.onset[:, 4].tolist() == [10, 100]
    assert measured.fit[1, 2] == pytest.approx(0.5)
    assert measured.fit[0].tolist() == [0] * 6


def test_order_breaks_are_those_of_the_mean():
    told = np.full((3, 2, 6), 5.0)
    told[1, :, 3] = [5.5, 4.9]
    breaks = by_hand(told).order_breaks()
    assert np.argwhere(breaks).tolist() == [[1, 2, 0]]
    assert not by_hand(told).order_breaks(tolerance=0.3).any()


def test_what_has_no_value_stays_without(random_run):
    told = np.ones((3, 2, 6))
    told[:, 1, 0] = np.nan
    measured = by_hand(told)
    assert np.isnan(measured.onset[1, 0])
    assert np.isnan(measured.compression[1, 0])
    assert measured.onset[0, 0] == 0
    ross = plane.measure(random_run, "ross", snapshots=1, seeds=1)
    with pytest.raises(NotApplicable, match="constant or infinite"):
        ross.point(0, 0, 4, plane.INPUT)


def test_measures_every_network(random_run):
    titles = []
    measured = plane.measure(random_run, "width:0.1", progress=lambda items, title: titles.append(title) or items)
    assert titles == ["width:0.1"]
    assert measured.bits.shape == (3, 2, 6, 2)
    T = random_run.activations(1)[2][1]
    expected = binning.layer_information(T, icosahedron.labels(), binning.fixed_width(0.1))
    assert measured.point(1, 1, 2, plane.INPUT) == expected.inputs
    assert measured.point(1, 1, 2, plane.LABEL) == expected.labels
    assert measured.epochs.tolist() == [0, 3, 9]


def test_fewer_epochs_and_seeds(random_run):
    measured = plane.measure(random_run, snapshots=2, seeds=1)
    assert measured.epochs.tolist() == [0, 9]
    assert measured.bits.shape == (2, 1, 6, 2)


def test_one_run_many_estimators(random_run):
    """The weights stay as they are, and two estimators disagree about them."""
    before = random_run.weights.copy()
    coarse, fine = (plane.measure(random_run, name).mean[-1, 3, 0] for name in ("bins:5", "bins:1000"))
    assert fine > coarse + 2
    np.testing.assert_array_equal(random_run.weights, before)


def test_intervals_are_kept(random_run):
    measured = plane.measure(random_run, "noise:0.01", snapshots=1, seeds=1)
    point = measured.point(0, 0, 3, plane.INPUT)
    assert point.ci[0] < point.value_bits < point.ci[1]
    assert point.params["noise_variance"] == 0.01
    assert (point.n, point.cap_bits, point.quantity) == (1024, 10, "I(X;T+N)")


def test_stored_and_read_again(random_run, tmp_path):
    measured = plane.measure(random_run, "bins:10")
    measured.save(tmp_path / "plane.npz")
    again = plane.Plane.load(tmp_path / "plane.npz")
    np.testing.assert_allclose(again.bits, measured.bits, atol=1e-6)
    assert (again.estimator, again.sources, again.version) == ("bins:10", measured.sources, measured.version)
    random_run.save(tmp_path / "run.npz")
    with pytest.raises(InputError, match="no stored plane"):
        plane.Plane.load(tmp_path / "run.npz")


def test_report_is_json(random_run):
    planes = [plane.measure(random_run, name, snapshots=2) for name in ("default", "ross")]
    found = json.loads(json.dumps(report.report(random_run, planes), allow_nan=False))
    assert found["walls"]["H(X)"] == 12
    assert found["run"]["epochs"] == [0, 3, 9]
    assert np.shape(found["run"]["saturation"]) == (3, 2, 5)
    default, ross = found["planes"]
    assert default["bits"][1][0][4][0] == pytest.approx(planes[0].bits[1, 0, 4, 0], abs=1e-6)
    assert default["sources"]["T5/0"]["quantity"] == "H(bin(T))"
    assert ross["bits"][0][0][0] == [None, None]
    assert "reason" in ross["sources"]["T1/0"]


def test_table_can_be_read(random_run):
    text = report.table(random_run, plane.measure(random_run, "preactivation"))
    assert "H(bin(T)), bits, binned, n = 4096" in text
    assert "output: none; the softmax mixes its units" in text
    assert "-" in text.splitlines()[-1]
    assert max(len(line) for line in text.splitlines()) <= 120
    broken = by_hand(np.arange(36).reshape(3, 2, 6))
    broken.sources.update({f"{layer}/{axis}": {"reason": "none here"} for layer in runs.LAYERS for axis in (0, 1)})
    short = replace(random_run, epochs=broken.epochs)
    assert "at 3 epochs a layer says more than the one before" in report.table(short, broken)


# What ships: the fast preset, trained once, its acceptance numbers recorded with it.


def test_shipped_files_are_small():
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 10**6


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_shipped_planes_are_of_the_shipped_run(activation):
    run, measured = runs.stored_run(activation), plane.stored_plane(activation)
    assert (run.recipe.preset, run.recipe.seeds, run.recipe.activation) == ("fast", 8, activation)
    assert run.made["version"]
    assert measured.epochs.tolist() == run.epochs.tolist()
    again = plane.measure(run, snapshots=3, seeds=2)
    rows = np.isin(measured.epochs, again.epochs)
    np.testing.assert_allclose(measured.bits[rows, :2], again.bits, atol=1e-5)


def test_shipped_tanh_compresses():
    run, measured = runs.stored_run("tanh"), plane.stored_plane("tanh")
    told = measured.mean[..., plane.INPUT]
    assert told[:, 4].max() - told[-1, 4] >= 3.0
    assert measured.mean[-1, 4, plane.LABEL] >= 0.97
    assert run.accuracy[-1, :, 1].mean() >= 0.95
    assert told[:, 0].min() >= 11.9
    assert told[:, 5].max() - told[-1, 5] >= 1.0


def test_shipped_relu_does_not():
    told = plane.stored_plane("relu").mean[..., plane.INPUT]
    drop = told.max(axis=0) - told[-1]
    assert drop[:5].max() <= 0.6
    assert drop[5] >= 1.0


def test_the_compression_is_also_seen_with_noise():
    told = plane.stored_plane("tanh", "noise:0.001").mean[..., plane.INPUT]
    assert told[:, 4].max() - told[-1, 4] >= 1.5


def test_laid_before_the_nonlinearity_the_bins_see_tanh_grow():
    """The same run, the same weights: the estimator turns compression into growth."""
    told = plane.measure(runs.stored_run("tanh"), "preactivation", snapshots=6, seeds=4).mean[:, 4, plane.INPUT]
    assert told[-1] == told.max() > told[0] + 1
