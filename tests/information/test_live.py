"""A training in a process of its own: the same networks, its progress, its end."""

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.information import live, runs
from wsss_viz.information.networks import snapshots


def short(epochs=5, activation="tanh"):
    return runs.Recipe(activation, epochs=epochs, seeds=2, snapshots=3)


def test_the_stream_is_the_training():
    recipe = short()
    told = list(live.stream(recipe))
    assert [update.epoch for update in told] == list(range(6))
    assert len(told) == live.updates(recipe)
    came = [snapshot for update in told for snapshot in update.snapshots]
    expected = list(snapshots(recipe))
    assert [s.epoch for s in came] == [s.epoch for s in expected] == recipe.snapshot_epochs
    for one, other in zip(came, expected, strict=True):
        np.testing.assert_allclose(one.weights, other.weights, rtol=0, atol=1e-6)
        np.testing.assert_allclose(one.accuracy, other.accuracy, atol=1e-6)
        assert one.gradient_ratio.shape == (2, 6)


@pytest.mark.parametrize("epochs", [1, 39, 40, 41, 95, 400])
def test_updates_are_counted_as_they_come(epochs):
    recipe = short(epochs)
    stride = live._stride(recipe)
    expected = sum(epoch % stride == 0 or epoch == epochs for epoch in range(epochs + 1))
    assert live.updates(recipe) == expected <= 2 * live.UPDATES + 1


def test_whoever_stops_looking_ends_the_process(monkeypatch):
    started = []
    popen = live.subprocess.Popen
    monkeypatch.setattr(live.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    telling = live.stream(short(100_000))
    assert next(telling).epoch == 0
    telling.close()
    assert started[0].poll() is not None


def test_a_process_that_fails_says_why(monkeypatch):
    monkeypatch.setattr(live, "asdict", lambda recipe: {"activation": "gelu"})
    with pytest.raises(InputError, match=r"0 of 5 epochs: .*gelu"):
        list(live.stream(short()))
