"""Recipes, the forward pass by hand, and stored runs."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from wsss_viz.data import icosahedron
from wsss_viz.data.archives import write_archive
from wsss_viz.errors import InputError
from wsss_viz.information import runs


@pytest.mark.parametrize(
    ("preset", "epochs", "rate", "seeds"), [("ci", 400, 2e-3, 4), ("fast", 1500, 2e-3, 8), ("paper", 10_000, 4e-4, 8)]
)
def test_presets(preset, epochs, rate, seeds):
    recipe = runs.recipe(preset, "relu", seed=3)
    assert (recipe.epochs, recipe.learning_rate, recipe.seeds, recipe.batch) == (epochs, rate, seeds, 256)
    assert (recipe.preset, recipe.activation, recipe.seed) == (preset, "relu", 3)
    assert runs.recipe(preset, "relu", seeds=2).seeds == 2


def test_snapshots_lie_on_a_log_grid():
    epochs = runs.recipe("fast", "tanh").snapshot_epochs
    assert epochs[:4] == [0, 1, 2, 3]
    assert epochs[-1] == 1500
    late = np.array(epochs[epochs.index(35) :], dtype=float)
    assert np.ptp(late[1:] / late[:-1]) < 0.05
    assert 30 <= len(epochs) <= 41


def test_each_network_keeps_its_own_fifth_for_testing():
    recipe = runs.Recipe("tanh", seeds=3, seed=5)
    test = recipe.test_inputs()
    assert test.sum(axis=1).tolist() == [820, 820, 820]
    assert not (test[0] == test[1]).all()
    np.testing.assert_array_equal(runs.Recipe("tanh", seeds=1, seed=7).test_inputs()[0], test[2])


def test_forward_by_hand():
    weights = np.zeros((2, runs.WEIGHT_COUNT))
    weights[0, 0 * 10 + 4] = 2  # input 0 to unit 4 of T1
    weights[0, 3 * 10 + 4] = -1  # input 3 to the same
    weights[0, 12 * 10 + 4] = 0.5  # its bias
    weights[1, -1] = 3  # bias of the second class
    T1, T2, *_, output = runs.forward(weights, "tanh")
    x = icosahedron.patterns().astype(float)
    np.testing.assert_allclose(T1[0, :, 4], np.tanh(2 * x[:, 0] - x[:, 3] + 0.5))
    assert not T1[0, :, :4].any()
    assert not T2.any()
    assert (output[0] == 0.5).all()
    np.testing.assert_allclose(output[1, :, 1], expit(3))
    relu = runs.forward(weights, "relu")[0]
    np.testing.assert_allclose(relu[0, :, 4], np.maximum(2 * x[:, 0] - x[:, 3] + 0.5, 0))


def test_weights_go_through_all_layers(random_run):
    layers = random_run.activations(2)
    assert [T.shape for T in layers] == [(2, 4096, d) for d in (10, 7, 5, 4, 3, 2)]
    T = icosahedron.patterns().astype(float)
    flat, start = random_run.weights[2, 1].astype(float), 0
    for before, after in zip(runs.SIZES, runs.SIZES[1:], strict=False):
        matrix = flat[start : start + before * after].reshape(before, after)
        z = T @ matrix + flat[start + before * after : start + (before + 1) * after]
        T, start = np.tanh(z), start + (before + 1) * after
    assert start == runs.WEIGHT_COUNT == 294
    np.testing.assert_allclose(layers[-1][1, :, 1], expit(z[:, 1] - z[:, 0]), atol=1e-12)
    np.testing.assert_allclose(layers[-1].sum(axis=-1), 1)


def test_saturation_counts_units(random_run):
    saturation = random_run.saturation
    assert saturation.shape == (3, 2, 5)
    layers = random_run.activations(1)
    assert saturation[1, 0, 3] == pytest.approx((np.abs(layers[3][0]) > 0.9).mean())
    assert (saturation[2] > saturation[0]).all(), "larger weights saturate more"


def test_stored_and_read_again(random_run, tmp_path):
    path = tmp_path / "deep" / "run.npz"
    random_run.save(path)
    again = runs.Run.load(path)
    assert again.recipe == random_run.recipe
    assert again.made == random_run.made == {"version": again.made["version"], "seconds": 2.0}
    for name in ("epochs", "weights", "accuracy", "loss", "gradient_ratio", "saturation"):
        np.testing.assert_array_equal(getattr(again, name), getattr(random_run, name))
    random_run.save(path, half=True)
    rounded = runs.Run.load(path)
    assert rounded.weights.dtype == np.float16
    np.testing.assert_allclose(rounded.weights, random_run.weights, rtol=1e-3, atol=1e-4)
    assert [file.name for file in path.parent.iterdir()] == ["run.npz"]


def test_what_is_no_run_is_refused(random_run, tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(InputError, match="no such file"):
        runs.Run.load(path)
    random_run.save(path)
    whole = path.read_bytes()
    for data in (b"", b"no zip", whole[: len(whole) // 2], whole.replace(b"header.npy", b"headex.npy")):
        path.write_bytes(data)
        with pytest.raises(InputError, match="train it again"):
            runs.Run.load(path)
    np.savez(path, header=np.array([{"format": 1}], dtype=object))
    with pytest.raises(InputError, match="train it again"):
        runs.Run.load(path)
    write_archive(path, {"recipe": {"activation": "tanh"}, "made": {}}, {"epochs": np.arange(3)})
    with pytest.raises(InputError, match="no stored run"):
        runs.Run.load(path)


def test_weights_must_fit_the_recipe(random_run, tmp_path):
    path = tmp_path / "run.npz"
    short = replace(random_run, weights=random_run.weights[..., :100])
    short.save(path)
    with pytest.raises(InputError, match="do not fit the recipe"):
        runs.Run.load(path)


def test_stored_runs_need_no_torch():
    code = (
        "import sys\n"
        "from wsss_viz.information.plane import stored_plane\n"
        "from wsss_viz.information.runs import stored_run\n"
        "assert stored_run('tanh').recipe.preset == stored_run('relu').recipe.preset == 'fast'\n"
        "assert stored_plane('tanh').bits.shape[2:] == (6, 2)\n"
        "print([name for name in ('torch', 'streamlit', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: runs.recipe("slow", "tanh"), "one of ci, fast, paper"),
        (lambda: runs.recipe("ci", "swish"), "got 'swish'"),
        (lambda: runs.Recipe("tanh", epochs=0), "`epochs` is at least 1"),
        (lambda: runs.Recipe("tanh", learning_rate=0), "above 0"),
        (lambda: runs.Run.collect(runs.Recipe("tanh"), []), "at least one snapshot"),
        (lambda: runs.stored_run("elu"), "no stored elu; there are .*tanh"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
