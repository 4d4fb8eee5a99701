"""The batched training against plain torch, and the experiment's outcome at the ci preset."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from wsss_viz.data import icosahedron
from wsss_viz.information import networks, plane, runs
from wsss_viz.information.activations import ACTIVATIONS

TINY = runs.Recipe("tanh", epochs=3, seeds=3, snapshots=3, seed=2)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_torch_and_numpy_agree(activation):
    weights = np.random.default_rng(0).normal(size=(2, runs.WEIGHT_COUNT)).astype(np.float32)
    x = torch.from_numpy(icosahedron.patterns().astype(np.float32)).expand(2, -1, -1)
    z = networks.logits(torch.from_numpy(weights), x, activation)
    np.testing.assert_allclose(z.softmax(dim=2).numpy(), runs.forward(weights, activation)[-1], atol=2e-4)


def test_initial_weights_are_a_cut_normal():
    start = next(networks.snapshots(runs.Recipe("tanh", seeds=12)))
    assert start.epoch == 0
    first, bias = start.weights[:, :120], start.weights[:, 120:130]
    assert np.abs(first).max() <= 2 / np.sqrt(12)
    assert first.std() * np.sqrt(12) == pytest.approx(0.8796, abs=0.04)  # a normal cut at two standard deviations
    assert not bias.any()
    second = start.weights[:, 130:200]
    assert second.std() * np.sqrt(10) == pytest.approx(0.8796, abs=0.04)
    assert start.loss.mean() == pytest.approx(1, abs=0.1)


def test_trains_as_plain_torch_does():
    """Full batches, so the order of the inputs does not matter."""
    recipe = replace(TINY, batch=4096, seeds=2)
    run = networks.train(recipe)
    assert run.epochs.tolist() == [0, 1, 2, 3]
    for seed in range(2):
        layers = []
        flat, start = torch.from_numpy(run.weights[0, seed].copy()), 0
        for before, after in zip(runs.SIZES, runs.SIZES[1:], strict=False):
            linear = torch.nn.Linear(before, after)
            with torch.no_grad():
                linear.weight.copy_(flat[start : start + before * after].view(before, after).T)
                linear.bias.copy_(flat[start + before * after : start + (before + 1) * after])
            start += (before + 1) * after
            layers += [linear, torch.nn.Tanh()]
        model = torch.nn.Sequential(*layers[:-1])
        train = ~recipe.test_inputs()[seed]
        x = torch.from_numpy(icosahedron.patterns()[train].astype(np.float32))
        y = torch.from_numpy(icosahedron.labels()[train].astype(np.int64))
        optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
        for _ in range(3):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimiser.step()
        for number, linear in enumerate(model[::2]):
            matrix = networks._layers(torch.from_numpy(run.weights[-1]))[number][0][seed]
            np.testing.assert_allclose(matrix.numpy(), linear.weight.detach().T.numpy(), atol=2e-5)
        right = (model(x).argmax(dim=1) == y).float().mean()
        assert run.accuracy[-1, seed, 0] == pytest.approx(float(right), abs=2e-3)


def test_a_network_depends_on_its_own_seed_alone():
    together, alone = networks.train(TINY), networks.train(replace(TINY, seeds=1, seed=4))
    np.testing.assert_allclose(together.weights[-1, 2], alone.weights[-1, 0], atol=1e-5)
    assert not np.allclose(together.weights[-1, 1], alone.weights[-1, 0], atol=1e-2)


def test_same_seed_same_bytes():
    assert networks.train(TINY).weights.tobytes() == networks.train(TINY).weights.tobytes()


def test_progress_is_told_and_may_stop():
    told = []
    list(networks.snapshots(TINY, told.append))
    assert told == [1, 2, 3]

    def stop(epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    kept = []
    with pytest.raises(KeyboardInterrupt):
        kept.extend(networks.snapshots(TINY, stop))
    steps = networks.snapshots(TINY)
    run = runs.Run.collect(TINY, [next(steps), next(steps)])
    assert run.epochs.tolist() == [0, 1]


def test_gradient_ratio_of_one_batch_and_of_many(monkeypatch):
    """The mean over the batches of a pass, over their spread, against gradients taken one by one."""
    recipe = runs.Recipe("tanh", epochs=1, seeds=2, batch=400)
    start = next(networks.snapshots(recipe))
    order = networks.generator(1, "gradient order").permutation(np.flatnonzero(~recipe.test_inputs()[1]))
    gradients = []
    for step in range(8):  # the ninth batch is short, and left out
        rows = order[400 * step : 400 * (step + 1)]
        weights = torch.from_numpy(start.weights[1:2].copy()).requires_grad_(True)
        x = torch.from_numpy(icosahedron.patterns()[rows].astype(np.float32))[None]
        y = torch.from_numpy(icosahedron.labels()[rows].astype(np.int64))
        torch.nn.functional.cross_entropy(networks.logits(weights, x, "tanh")[0], y).backward()
        gradients.append(weights.grad[0, 130:200].numpy())
    expected = np.linalg.norm(np.mean(gradients, axis=0)) / np.linalg.norm(np.std(gradients, axis=0))
    assert start.gradient_ratio[1, 1] == pytest.approx(expected, rel=1e-3)


# What the experiment shows (Saxe et al. 2018, figure 1), at the ci preset.


def test_tanh_compresses(tanh_run):
    measured = plane.measure(tanh_run)
    told, label = measured.mean[..., plane.INPUT], measured.mean[..., plane.LABEL]
    drop = told.max(axis=0) - told[-1]
    assert drop[4] >= 1.5
    assert drop[5] >= 1.0
    assert told[:, 0].min() >= 11.9
    assert label[-1, 4] >= 0.95
    assert tanh_run.accuracy[-1, :, 1].mean() >= 0.95
    assert told[0] == pytest.approx([12, 12, 11.6, 9.08, 6.86, 0.99], abs=0.8)
    assert tanh_run.saturation[0, :, 4].mean() < 0.01
    assert tanh_run.saturation[-1, :, 4].mean() > 0.4


def test_relu_does_not_compress_but_its_output_does(relu_run):
    measured = plane.measure(relu_run)
    told = measured.mean[..., plane.INPUT]
    drop = told.max(axis=0) - told[-1]
    assert drop[:5].max() <= 0.6
    assert drop[5] >= 1.0
    assert measured.mean[-1, 4, plane.LABEL] > 0.9


@pytest.mark.parametrize("name", ["tanh_run", "relu_run"])
def test_gradients_grow_noisier_in_both(name, request):
    run = request.getfixturevalue(name)
    ratio = run.gradient_ratio.mean(axis=1)
    assert ratio[-1].mean() < 0.75 * ratio[0].mean()


@pytest.mark.parametrize("name", ["tanh_run", "relu_run"])
def test_no_point_crosses_the_walls(name, request):
    measured = plane.measure(request.getfixturevalue(name))
    told, label = measured.bits[..., plane.INPUT], measured.bits[..., plane.LABEL]
    assert told.max() <= plane.INPUT_ENTROPY
    assert (label <= np.minimum(told, plane.LABEL_ENTROPY) + 1e-9).all()
    assert label.min() >= 0
