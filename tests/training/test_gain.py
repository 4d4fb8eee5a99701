"""GAIN's recipe at a toy size: its loss by hand, and weights that both streams share."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.methods.test_cse import RED, bce, channels, near
from tests.methods.test_gain import sigma, soft
from tests.training.test_cse import batch_of, run_of, write_random
from wsss_viz.methods.masking import EPSILON
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.training.gain import GainOptions, gain_objective, train_gain
from wsss_viz.training.loop import Batch
from wsss_viz.training.watch import Means


@pytest.mark.parametrize("score", ["probability", "logit"])
def test_the_loss_by_hand(score):
    network, means = channels(), Means()
    objective = gain_objective(network, GainOptions(alpha=0.5, score=score), means)
    dark = RED / 2
    loss = objective(batch_of([RED, RED, dark], [[1, 0, 0], [0, 0, 0], [1, 1, 0]])).item()
    l_cl = sum(
        bce([image.mean(), 0, 0], labels) / 3
        for image, labels in ((RED, (1, 0, 0)), (RED, (0, 0, 0)), (dark, (1, 1, 0)))
    )
    left = [(image * (1 - soft(image / (image.max() + EPSILON)))).mean() for image in (RED, dark)]
    s = sigma if score == "probability" else float
    l_am = (s(left[0]) + (s(left[1]) + s(0.0)) / 2) / 2  # the second image's green map is empty: its score is 0
    near(loss, l_cl + 0.5 * l_am)
    terms = means.take()
    near([terms["l_cl"], terms["l_am"]], [round(l_cl, 5), round(float(l_am), 5)])


def test_both_streams_share_their_weights(tmp_path):
    """The gradient of L_am reaches the head through the mask and through the erased image's own score."""
    network = read_checkpoint(write_random(tmp_path / "classifier.safetensors"))
    network.head.requires_grad_(True)
    x = torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(2, 10)
    targets[:, 3] = 1
    batch = Batch(x, targets, 0, torch.Generator())
    grads = [
        torch.autograd.grad(gain_objective(network, options, Means())(batch), network.head.weight)[0]
        for options in (GainOptions(alpha=1), GainOptions(alpha=0))
    ]
    assert (grads[0] - grads[1])[3].abs().max() > 1e-6
    assert (grads[0] - grads[1])[[0, 5]].abs().max() < 1e-9


def test_training_leaves_statistics_and_early_stages(tmp_path):
    classifier = write_random(tmp_path / "classifier.safetensors")
    out = tmp_path / "gain.safetensors"
    trained = train_gain(out, run_of(classifier))
    before, after = load_file(classifier), load_file(out)
    for key, value in after.items():
        frozen = key.startswith(("stages.0.", "stages.1.", "stages.2.")) or "running" in key or "num_batches" in key
        assert torch.equal(value, before[key]) == frozen, key
    assert set(trained.history.epochs[0]) == {"epoch", "loss", "l_cl", "l_am", "map", "f1"}
    assert trained.growth.method == "gain"
    again = train_gain(tmp_path / "again.safetensors", run_of(classifier))
    assert (tmp_path / "again.safetensors").read_bytes() == out.read_bytes()
    np.testing.assert_array_equal(again.growth.maps, trained.growth.maps)
