"""CS-AE on a single image: one update against autograd on a copy, and what must hold of every method that tunes."""

import copy
from itertools import islice

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate

from tests.methods.test_erasing import channels, photograph, picture, small_network
from wsss_viz.errors import InputError
from wsss_viz.methods import cam
from wsss_viz.methods.cse_single import cs_ae_single
from wsss_viz.methods.masking import EPSILON
from wsss_viz.methods.views import MULTI_SCALE

OPTIONS = {"steps": 3, "rate": 1e-3}


def same(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert (a.index, a.sampled, a.loss, a.terms) == (b.index, b.sampled, b.loss, b.terms)
        np.testing.assert_array_equal(a.maps, b.maps)
        np.testing.assert_array_equal(a.mask, b.mask)


def test_two_updates_are_those_of_torchs_sgd_on_a_copy():
    network, sample = small_network(torch.float64), photograph()
    steps = list(cs_ae_single(network, sample, steps=2, rate=0.01, momentum=0.9, weight=2.0, seed=3))
    tuned = copy.deepcopy(network)
    late = [p for stage in [*tuned.stages[tuned.split :], tuned.head] for p in stage.parameters()]
    optimiser = torch.optim.SGD([p.requires_grad_(True) for p in late], lr=0.01, momentum=0.9)
    x = network.preprocess(sample.image)
    labels = torch.tensor([[1.0, 0.0, 1.0]], dtype=torch.float64)
    for step in steps:
        maps = tuned.maps(x)
        positive = interpolate(maps[:, [step.sampled]], x.shape[2:], mode="bilinear", align_corners=False).relu()
        after = network.logits(x * (1 - positive / (positive.max() + EPSILON)))
        remaining = labels.clone()
        remaining[0, step.sampled] = 0
        l_cls = binary_cross_entropy_with_logits(maps.mean(dim=(2, 3)), labels)
        loss = l_cls + 2 * binary_cross_entropy_with_logits(after, remaining)
        np.testing.assert_allclose(step.maps, maps[0].detach().numpy(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(step.arrays["after"], after[0].detach().numpy(), rtol=1e-5, atol=1e-6)
        assert step.loss == pytest.approx(loss.item(), rel=1e-9)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert np.abs(steps[2].maps - steps[0].maps).max() > 1e-3


def test_step_0_is_cam_and_no_step_is_only_that():
    network, sample = small_network(), photograph()
    (step,) = cam(network, sample, views=MULTI_SCALE)
    steps = list(cs_ae_single(network, sample, views=MULTI_SCALE, **OPTIONS))
    assert [s.index for s in steps] == [0, 1, 2, 3]
    np.testing.assert_allclose(steps[0].maps, step.maps, atol=1e-5)
    np.testing.assert_allclose(steps[0].scores, step.scores, atol=1e-5)
    assert np.abs(steps[3].maps - steps[0].maps).max() > 1e-3
    (only,) = cs_ae_single(network, sample, views=MULTI_SCALE, steps=0)
    np.testing.assert_array_equal(only.maps, steps[0].maps)


def test_the_seed_draws_the_classes():
    network, sample = small_network(), photograph()
    first = list(cs_ae_single(network, sample, seed=1, **OPTIONS))
    same(first, list(cs_ae_single(network, sample, seed=1, **OPTIONS)))
    drawn = {tuple(s.sampled for s in cs_ae_single(network, sample, seed=seed, **OPTIONS)) for seed in range(6)}
    assert len(drawn) > 1
    assert all(set(row) <= {0, 2} for row in drawn)  # the labels a and c


def test_the_classifier_is_left_alone_also_without_gradients_around_and_after_an_early_stop():
    network, sample = small_network(), photograph()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.get_rng_state()
    whole = list(cs_ae_single(network, sample, **OPTIONS))
    with torch.no_grad():
        same(whole, list(cs_ae_single(network, sample, **OPTIONS)))
    with torch.inference_mode():
        same(whole, list(cs_ae_single(network, sample, **OPTIONS)))
    same(whole[:2], list(islice(cs_ae_single(network, sample, **OPTIONS), 2)))
    assert torch.equal(torch.get_rng_state(), state)
    assert not network.training
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_bad_input():
    network, sample = small_network(), photograph()
    with pytest.raises(InputError, match="0 or more"):
        next(cs_ae_single(network, sample, steps=-1))
    with pytest.raises(InputError, match="no class 'z'"):
        next(cs_ae_single(network, sample, ["z"]))
    with pytest.raises(InputError, match=r"diverged after 1 step: lower cs-ae-single\.rate"):
        list(cs_ae_single(network, sample, steps=3, rate=1e38))
    broken = channels(((float("nan"), 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    with pytest.raises(InputError, match="checkpoint is damaged"):
        next(cs_ae_single(broken, picture()))
    unlabelled = photograph(labels=None)
    steps = list(cs_ae_single(network, unlabelled, **OPTIONS))
    (step,) = cam(network, unlabelled)
    assert {s.targets for s in steps} == {step.targets}


def test_a_map_nowhere_positive_erases_nothing_and_is_finite():
    dark = channels(((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    steps = list(cs_ae_single(dark, picture(), steps=2, rate=0.1))
    assert not steps[0].mask.any()
    assert all(np.isfinite(step.loss) for step in steps)
    assert steps[2].scores[0] > steps[0].scores[0]  # L_cls alone raises the label's score
