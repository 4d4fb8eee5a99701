"""Runs that the tests share: one made of random weights, and the ci preset trained once per session."""

import numpy as np
import pytest

from wsss_viz.information import runs


@pytest.fixture(scope="session")
def random_run():
    """Three epochs of two tanh networks whose weights grow; nothing is trained."""
    recipe = runs.Recipe("tanh", epochs=9, seeds=2, snapshots=3)
    weights = np.random.default_rng(0).normal(size=(2, runs.WEIGHT_COUNT)).astype(np.float32)
    snapshots = [
        runs.Snapshot(
            epoch,
            weights * scale,
            accuracy=np.full((2, 2), 0.5, np.float32),
            loss=np.ones((2, 2), np.float32),
            gradient_ratio=np.ones((2, 6), np.float32),
            saturation=runs.saturated_share(weights * scale, "tanh"),
            seconds=scale,
        )
        for epoch, scale in ((0, 0.3), (3, 0.6), (9, 2.0))
    ]
    return runs.Run.collect(recipe, snapshots)


@pytest.fixture(scope="session")
def tanh_run():
    return _trained("tanh")


@pytest.fixture(scope="session")
def relu_run():
    return _trained("relu")


def _trained(activation):
    from wsss_viz.information import networks

    return networks.train(runs.recipe("ci", activation))
