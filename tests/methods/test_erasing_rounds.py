"""AE by retraining, by hand: the rounds' networks are given, their maps are channels of the input."""

import numpy as np
import pytest
import torch

from tests.methods.test_erasing import channels, photograph, picture, small_network
from wsss_viz.errors import InputError
from wsss_viz.methods import cam
from wsss_viz.methods.erasing_rounds import ae_rounds, erased_regions
from wsss_viz.methods.masking import EPSILON
from wsss_viz.methods.views import MULTI_SCALE

RED = np.array([[1.0, 0.6, 0.2, 0.0], [0.8, 0.4, 0.0, 0.2]])


def test_regions_of_the_labels_together():
    maps = torch.tensor([[[[4.0, 3.0, 1.0]], [[0.0, 1.0, 2.0]], [[9.0, 9.0, 9.0]]]])
    both = erased_regions(maps, torch.tensor([[1.0, 1.0, 0.0]]), (1, 3))
    assert both.tolist() == [[[[1.0, 1.0, 1.0]]]]
    first = erased_regions(maps, torch.tensor([[1.0, 0.0, 0.0]]), (1, 3), threshold=0.8)
    assert first.tolist() == [[[[1.0, 0.0, 0.0]]]]
    top = erased_regions(maps, torch.tensor([[1.0, 0.0, 0.0]]), (1, 3), mask="top", share=0.6)
    assert top.tolist() == [[[[1.0, 1.0, 0.0]]]]


def test_two_rounds_by_hand():
    """Round 1 finds what is above half of the maximum; round 2's network sees twice as much red in the rest."""
    steps = list(
        ae_rounds(channels(), picture(RED), rounds=[channels(((2.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))])
    )
    found = RED > 0.5
    rest = np.where(found, 0, RED)
    assert [step.index for step in steps] == [0, 1]
    np.testing.assert_array_equal(steps[0].mask, found)
    np.testing.assert_allclose(steps[1].image[:, :, 0], rest * 255, atol=0.5)
    np.testing.assert_allclose(steps[1].arrays["current"][0], 2 * rest, atol=1e-6)
    second = 2 * rest > 0.4
    np.testing.assert_array_equal(steps[1].mask, second)
    np.testing.assert_array_equal(steps[1].arrays["erased"], found | second)
    assert steps[1].terms == pytest.approx({"area": (found | second).mean(), "new_area": (second & ~found).mean()})
    # the union in the unit of round 1: its maximum is 1, round 2's is .8
    np.testing.assert_allclose(steps[1].maps[0], np.maximum(RED, 2 * rest / (0.8 + EPSILON)), atol=1e-6)
    np.testing.assert_allclose(steps[1].arrays["ordinary"][0], np.where(found | second, 0, RED).mean(), atol=1e-6)
    np.testing.assert_allclose(steps[1].arrays["next"][0], 2 * np.where(found | second, 0, RED).mean(), atol=1e-6)
    # one threshold on the union is the union of the thresholded rounds
    for threshold in (0.3, 0.5, 0.9):
        np.testing.assert_array_equal(steps[1].maps[0] > threshold, np.maximum(RED, 2 * rest / 0.8) > threshold)


def test_without_further_rounds_it_is_cam():
    network, sample = small_network(), photograph()
    (step,) = ae_rounds(network, sample, rounds=[], views=MULTI_SCALE)
    (expected,) = cam(network, sample, views=MULTI_SCALE)
    np.testing.assert_array_equal(step.maps, expected.maps)
    assert step.targets == expected.targets
    rounds = [small_network()]
    *_, last = ae_rounds(network, sample, rounds=rounds, views=MULTI_SCALE)
    np.testing.assert_array_equal(last.maps[1], expected.maps[1])  # b is no label: CAM
    assert (last.maps[0] > expected.maps[0]).any()
    assert (last.maps[[0, 2]] >= expected.maps[[0, 2]]).all()


def test_bad_input_and_a_class_erased_to_nothing():
    network = channels()
    with pytest.raises(InputError, match="no class 'violet'"):
        next(ae_rounds(network, picture(RED), ["violet"], rounds=[]))
    with pytest.raises(InputError, match="`threshold` is 0 to 1"):
        next(ae_rounds(network, picture(RED), rounds=[], threshold=2))
    (unlabelled,) = ae_rounds(network, picture(RED, labels=None), rounds=[])
    assert unlabelled.targets == (0,)
    steps = list(ae_rounds(network, picture(RED), rounds=[network, network], threshold=0))
    assert not steps[1].arrays["current"].any()
    np.testing.assert_array_equal(steps[2].maps, steps[0].maps)
    assert steps[2].terms["new_area"] == 0
    broken = channels(((float("nan"), 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    steps = ae_rounds(network, picture(RED), rounds=[broken])
    next(steps)
    with pytest.raises(InputError, match="round 2 are not finite"):
        next(steps)
