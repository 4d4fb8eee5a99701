"""GAIN by hand: a network whose maps are its input's channels."""

import math
from itertools import islice

import numpy as np
import pytest
import torch

from tests.methods.test_cse import GREEN, RED, bce, near, other_network
from tests.methods.test_erasing import channels, photograph, picture, small_network
from wsss_viz.errors import InputError
from wsss_viz.methods.guided_attention import ErasedPairs, erase_each, gain, mining_loss
from wsss_viz.methods.masking import EPSILON
from wsss_viz.methods.views import MULTI_SCALE, class_maps


def sigma(value):
    return 1 / (1 + math.exp(-value))


def soft(attention, threshold=0.5, slope=10.0):
    """T of equation 4, written out."""
    return 1 / (1 + np.exp(-slope * (attention - threshold)))


def test_every_label_has_an_erased_image_of_its_own():
    x = torch.tensor([[1.0, 2.0], [3.0, -4.0]], dtype=torch.float64)[:, None, None, :].expand(2, 3, 1, 2)
    maps = torch.tensor([[[[3.0, 1.0]], [[-2.0, 6.0]]], [[[5.0, 5.0]], [[-1.0, -3.0]]]], dtype=torch.float64)
    labels = torch.tensor([[1.0, 1.0], [0.0, 1.0]]).double()
    pairs = erase_each(x, maps, labels)
    assert list(zip(pairs.rows.tolist(), pairs.classes.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1)]
    # ReLU, then (A - min) / (max - min + epsilon): the first map's range is 2, the second's 6, the third is empty
    attention = [[2 / (2 + EPSILON), 0], [0, 6 / (6 + EPSILON)], [0, 0]]
    expected = torch.from_numpy(soft(np.array(attention)))
    torch.testing.assert_close(pairs.mask[:, 0, 0], expected)
    torch.testing.assert_close(pairs.x[:, 1, 0], x[[0, 0, 1], 1, 0] * (1 - expected))


def test_sigma_omega_and_the_range_of_the_batch_are_options():
    x = torch.ones(2, 3, 1, 2).double()
    maps = torch.tensor([[[[8.0, 0.0]]], [[[2.0, 1.0]]]], dtype=torch.float64)
    labels = torch.ones(2, 1).double()
    mask = erase_each(x, maps, labels, sigma=0.25, omega=100.0).mask
    near(mask[1, 0, 0].tolist(), [sigma(100 * (1 / (1 + EPSILON) - 0.25)), sigma(-25)])
    shared = erase_each(x, maps, labels, over="batch").mask
    near(shared[1, 0, 0].tolist(), [sigma(10 * (2 / (8 + EPSILON) - 0.5)), sigma(10 * (1 / (8 + EPSILON) - 0.5))])


def test_the_mining_loss_is_a_mean_over_labels_then_over_images():
    logits = torch.tensor([[1.0, 9.0], [9.0, -2.0], [0.5, 9.0]], dtype=torch.float64)
    pairs = ErasedPairs(torch.tensor([0, 0, 3]), torch.tensor([0, 1, 0]), torch.empty(0), torch.empty(0))
    near(mining_loss(logits, pairs, "logit").item(), ((1 - 2) / 2 + 0.5) / 2)
    near(mining_loss(logits, pairs).item(), ((sigma(1) + sigma(-2)) / 2 + sigma(0.5)) / 2)
    with pytest.raises(ValueError, match="probability, logit"):
        mining_loss(logits, pairs, "softmax")


def test_images_without_labels_have_no_loss():
    x, maps = torch.ones(2, 3, 4, 6).double(), torch.ones(2, 2, 2, 3).double()
    pairs = erase_each(x, maps, torch.zeros(2, 2).double())
    assert pairs.x.shape == (0, 3, 4, 6)
    assert mining_loss(torch.zeros(0, 2).double(), pairs).item() == 0


def test_the_gradient_through_mask_and_image():
    generator = torch.Generator().manual_seed(4)
    x = torch.rand(2, 3, 4, 6, dtype=torch.float64, generator=generator)
    maps = torch.rand(2, 3, 2, 3, dtype=torch.float64, generator=generator).add(0.2).requires_grad_(True)
    labels = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).double()

    def loss(maps):
        pairs = erase_each(x, maps, labels)
        return mining_loss(pairs.x.tanh().mean(dim=(2, 3)), pairs)

    assert torch.autograd.gradcheck(loss, maps)


def test_a_trace_by_hand():
    """The trained network's red map is red + green; the ordinary classifier sees the channels as they are."""
    network = channels(((1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    steps = list(gain(channels(), picture(RED, GREEN, labels=("red", "green")), network=network, weight=0.5))
    assert [(step.index, step.sampled, step.targets) for step in steps] == [(0, 0, (0, 1)), (1, 1, (0, 1))]
    both = RED + GREEN
    masks = [soft((a - a.min()) / (a.max() - a.min() + EPSILON)) for a in (both, GREEN)]
    np.testing.assert_allclose(steps[0].mask, masks[0], atol=1e-6)
    np.testing.assert_allclose(steps[1].mask, masks[1], atol=1e-6)
    np.testing.assert_allclose(steps[0].maps[0], both, atol=1e-6)
    s_am = [sigma((both * (1 - masks[0])).mean()), sigma((GREEN * (1 - masks[1])).mean())]
    p = [both.mean(), GREEN.mean(), 0]
    for step, own in zip(steps, s_am, strict=True):
        near(step.terms["s_am"], own, 1e-6)
        near(step.terms["l_am"], sum(s_am) / 2, 1e-6)
        near(step.terms["l_cl"], bce(p, (1, 1, 0)), 1e-6)
        near(step.loss, step.terms["l_cl"] + 0.5 * step.terms["l_am"])
    after = steps[0].arrays["ordinary_after"]
    near(after.tolist(), [(RED * (1 - masks[0])).mean(), (GREEN * (1 - masks[0])).mean(), 0], 1e-5)
    near(steps[0].arrays["after"].tolist(), [after[0] + after[1], after[1], 0], 1e-5)
    near(steps[0].arrays["ordinary_before"].tolist(), [RED.mean(), GREEN.mean(), 0], 1e-5)
    near(steps[0].terms["area"], masks[0].mean(), 1e-6)
    (logit,) = gain(channels(), picture(RED), network=network, score="logit")
    mask = soft((RED - RED.min()) / (RED.max() - RED.min() + EPSILON))
    near(logit.terms["s_am"], (RED * (1 - mask)).mean(), 1e-5)


def test_the_maps_are_the_networks_and_both_stay_as_they_were():
    classifier, network, sample = small_network(), other_network(), photograph()
    before = [{key: value.clone() for key, value in net.state_dict().items()} for net in (classifier, network)]
    whole = list(gain(classifier, sample, views=MULTI_SCALE, network=network))
    expected, logits = class_maps(network, sample.image, MULTI_SCALE)
    np.testing.assert_array_equal(whole[-1].maps, expected.numpy())
    np.testing.assert_allclose(whole[-1].scores, logits.numpy())
    (first,) = islice(gain(classifier, sample, views=MULTI_SCALE, network=network), 1)
    np.testing.assert_array_equal(first.mask, whole[0].mask)
    for net, kept in zip((classifier, network), before, strict=True):
        assert not net.training
        assert all(p.grad is None for p in net.parameters())
        assert all(torch.equal(value, kept[key]) for key, value in net.state_dict().items())


def test_bad_input():
    network = channels()
    with pytest.raises(InputError, match="no class 'violet'"):
        next(gain(network, picture(RED), ["violet"], network=network))
    (unlabelled,) = gain(network, picture(RED, labels=None), network=network)
    assert unlabelled.targets == (0,)
    (once,) = gain(network, picture(RED), ["red", "red"], network=network)
    assert once.sampled == 0
    dark = channels(((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    (nothing,) = gain(network, picture(RED), network=dark)
    np.testing.assert_allclose(nothing.mask, sigma(-5), rtol=1e-5)  # T(0): an empty map still dims the image a little
    broken = channels(((float("nan"), 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    with pytest.raises(InputError, match="not finite"):
        next(gain(network, picture(RED), network=broken))


def test_l_cl_is_against_all_labels_and_not_against_the_targets_alone():
    (step,) = gain(channels(), picture(RED, GREEN, labels=("red", "green")), ["red"], network=channels())
    p = [RED.mean(), GREEN.mean(), 0]
    near(step.terms["l_cl"], bce(p, (1, 1, 0)), 1e-6)
    assert abs(bce(p, (1, 1, 0)) - bce(p, (1, 0, 0))) > 0.05
    assert step.targets == (0,)
