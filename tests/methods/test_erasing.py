"""Erasing on a frozen classifier: a network whose maps are its input's channels, so that every value is known."""

from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from tests.models.test_classifier import seeded_network
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods import METHODS, ae, cam
from wsss_viz.methods.views import MIRROR, MULTI_SCALE, SINGLE, class_maps
from wsss_viz.models import Classifier, Preprocessing
from wsss_viz.traces import Trace

RED = np.array([[1.0, 0.6, 0.2, 0.0], [0.8, 0.4, 0.0, 0.2]])
GREEN = np.array([[0.0, 0.2, 0.0, 0.6], [0.0, 0.0, 1.0, 0.4]])


def channels(weights=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))):
    """A_red = the red channel, 0 to 1, A_green the green one; erased is black."""
    head = nn.Conv2d(3, 3, 1, bias=False)
    head.weight.data = torch.tensor(weights)[:, :, None, None]
    plain = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    network = Classifier([nn.Identity()], head, ("red", "green", "blue"), stride=1, preprocessing=plain)
    return network.double().eval().requires_grad_(False)


def picture(red=RED, green=None, labels=("red",)):
    green = np.zeros_like(red) if green is None else green
    pixels = np.stack([red, green, np.zeros_like(red)], axis=2)
    return Sample(np.round(pixels * 255).astype(np.uint8), ("red", "green", "blue"), labels, "s")


def photograph(size=(40, 64), labels=("a", "c"), seed=0):
    """Random patches of 8 pixels, so that a network of stride 8 has something to tell apart."""
    cells = np.random.default_rng(seed).integers(0, 256, (-(-size[0] // 8), -(-size[1] // 8), 3), dtype=np.uint8)
    pixels = cells.repeat(8, axis=0).repeat(8, axis=1)[: size[0], : size[1]]
    return Sample(pixels, ("a", "b", "c"), labels, f"p{seed}")


def small_network(dtype=torch.float32):
    """Random weights; what all places have in common is taken out of the head, so that maps have both signs."""
    network = seeded_network(dtype=dtype)
    network.preprocessing = Preprocessing()
    with torch.no_grad():
        common = network.features(network.early(network.preprocess(photograph().image))).mean(dim=(0, 2, 3))
        rows = network.head.weight[:, :, 0, 0]
        rows -= torch.outer(rows @ common, common) / common.square().sum()
    return network


def run(*args, **options):
    return Trace.collect(ae(*args, **options))


def near(actual, expected):
    """Equal but for float32 and for the 1e-5 in M = ReLU(A) / (max + 1e-5)."""
    np.testing.assert_allclose(actual, expected, atol=5e-5)


def same(a, b):
    assert len(a) == len(b)
    for one, two in zip(a, b, strict=True):
        for name in ("maps", "scores", "image", "mask"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        assert one.terms == two.terms
        assert one.arrays.keys() == two.arrays.keys()
        for name in one.arrays:
            np.testing.assert_array_equal(one.arrays[name], two.arrays[name])


def test_hard_erasing_by_hand():
    zero, one, two, three = run(channels(), picture(), steps=5, threshold=0.5)
    near(zero.maps[0], RED)
    near(zero.mask, 0)
    # erased: 1, .6 and .8; what is left has its maximum at .4, so the looks at it count 1 / .4 times as much
    left = np.array([[0.0, 0.0, 0.2, 0.0], [0.0, 0.4, 0.0, 0.2]])
    near(one.mask, [[1, 1, 0, 0], [1, 0, 0, 0]])
    near(one.arrays["current"], [left, 0 * left, 0 * left])
    near(one.maps[0], [[1, 0.6, 0.5, 0], [0.8, 1, 0, 0.5]])
    near(one.scores, [0.8 / 8, 0, 0])
    near(one.image[..., 0], left * 255)
    # .2 is not above .5 (.4 + 1e-5): only .4 goes, then both of .2
    near(two.mask, [[0, 0, 0, 0], [0, 1, 0, 0]])
    near(two.arrays["erased"], [[1, 1, 0, 0], [1, 1, 0, 0]])
    near(two.maps[0], [[1, 0.6, 1, 0], [0.8, 1, 0, 1]])
    near(three.arrays["erased"], [[1, 1, 1, 0], [1, 1, 0, 1]])
    near(three.maps, two.maps)
    assert [step.index for step in (zero, one, two, three)] == [0, 1, 2, 3]
    assert [step.stop for step in (zero, one, two)] == [None] * 3
    assert three.stop == "no positive activation is left"
    assert one.terms.keys() == {"score", "probability", "area", "new_area"}
    near([two.terms["area"], two.terms["new_area"], two.terms["score"]], [4 / 8, 1 / 8, 0.4 / 8])
    near(two.terms["probability"], 1 / (1 + np.exp(-0.4 / 8)))


def test_the_mean_of_the_looks_and_their_weights():
    one = run(channels(), picture(), steps=1, threshold=0.5, combine="mean")
    looks = [RED, np.array([[0.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.5]])]
    near(one.maps[0], sum(looks) / 2)
    p = 1 / (1 + np.exp(-np.array([3.2, 0.8]) / 8))
    weight = p[1] / p[0]
    for combine, expected in (
        ("mean", (looks[0] + weight * looks[1]) / (1 + weight)),
        ("max", np.maximum(looks[0], weight * looks[1])),
    ):
        near(run(channels(), picture(), steps=1, threshold=0.5, combine=combine, weighted=True).maps[0], expected)


def test_negative_values_of_a_weak_look_do_not_count_in_the_mean():
    network = channels(((1.0, -1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    sample = picture(np.array([[1.0, 0.6, 0.2, 0.0]]), np.array([[0.0, 0.0, 0.4, 1.0]]))
    # A_0 = 1 .6 -.2 -1; without the first pixel .6 is the maximum
    near(run(network, sample, steps=1, threshold=0.7).maps[0], [[1, 1, -0.2, -1]])
    near(run(network, sample, steps=1, threshold=0.7, combine="mean").maps[0], [[0.5, 0.8, -0.1, -0.5]])


def test_graded_and_soft_erasing_by_hand():
    graded = run(channels(), picture(), steps=2, mask="graded")
    near(graded.steps[1].arrays["current"][0], RED * (1 - RED))
    # the maximum of R (1 - R) is .24, and 1 - E_2 = (1 - R) (1 - R (1 - R) / .24)
    kept = (1 - RED) * (1 - RED * (1 - RED) / 0.24)
    near(graded.steps[2].arrays["erased"], 1 - kept)
    near(graded.steps[2].mask, (1 - kept) - RED)
    soft = run(channels(), picture(), steps=1, mask="soft", sigma=0.3, omega=20)
    mask = 1 / (1 + np.exp(-20 * (RED - 0.3)))
    np.testing.assert_allclose(soft.steps[1].mask, mask, atol=1e-4)
    near(soft.steps[1].image[..., 0], np.round(RED * (1 - mask) * 255))
    top = run(channels(), picture(), steps=1, mask="top", share=0.25)
    near(top.steps[1].mask, [[1, 0, 0, 0], [1, 0, 0, 0]])


def test_each_class_has_its_own_erased_image():
    sample = picture(green=GREEN, labels=("red", "green"))
    one = run(channels(), sample, steps=1, threshold=0.5).steps[1]
    assert one.targets == (0, 1)
    red, green = RED > 0.5, GREEN > 0.5
    near(one.arrays["all_masks"], [red, green])
    near(one.arrays["all_images"][0, ..., 1], np.where(red, 0, GREEN) * 255)
    near(one.arrays["all_images"][1, ..., 0], np.where(green, 0, RED) * 255)
    near(one.arrays["all_scores"], [[0.8 / 8, 2.0 / 8, 0], [3.2 / 8, 0.6 / 8, 0]])
    near(one.arrays["looks"], [np.where(red, 0, RED), np.where(green, 0, GREEN)])
    near(one.maps[1], np.maximum(GREEN, np.where(green, 0, GREEN) / 0.4))
    near(one.mask, red)
    near(one.scores, one.arrays["all_scores"][0])
    near(one.terms["score green"], 2.0 / 8)
    only = run(channels(), sample, classes=["green"], steps=1, threshold=0.5).steps[1]
    assert only.targets == (1,)
    near(only.mask, green)
    near(only.maps[0], RED)
    near([only.terms["score"], only.terms["score red"]], [0.6 / 8, 3.2 / 8])


def test_class_agnostic_erasing_takes_all_from_one_image():
    sample = picture(green=GREEN, labels=("red", "green"))
    one = run(channels(), sample, steps=1, threshold=0.5, agnostic=True).steps[1]
    both = (RED > 0.5) | (GREEN > 0.5)
    near(one.mask, both)
    assert one.arrays["all_images"].shape == (1, 2, 4, 3)
    near(one.scores, [np.where(both, 0, RED).mean(), np.where(both, 0, GREEN).mean(), 0])
    near(one.arrays["looks"], [np.where(both, 0, RED), np.where(both, 0, GREEN)])
    assert one.targets == (0, 1)


def test_an_agnostic_trace_goes_on_with_the_classes_that_are_left():
    red = np.array([[1.0, 0.0, 0.0, 0.0]])
    green = np.array([[0.0, 0.0, 1.0, 0.4]])
    trace = run(channels(), picture(red, green, ("red", "green")), steps=4, threshold=0.5, agnostic=True)
    assert len(trace) == 3
    near(trace.steps[1].arrays["erased"], [[1, 0, 1, 0]])
    near(trace.steps[2].arrays["erased"], [[1, 0, 1, 1]])
    near(trace.maps, [red, [[0, 0, 1, 1]], [[0, 0, 0, 0]]])


def test_a_stream_that_has_ended_stays_as_it_is():
    red = np.array([[1.0, 0.0, 0.0, 0.0]])
    green = np.array([[0.0, 0.2, 1.0, 0.45]])
    trace = run(channels(), picture(red, green, ("red", "green")), steps=2, threshold=0.5)
    assert len(trace) == 3
    assert trace.steps[-1].stop == "red: no positive activation is left; green: all 2 erasings done"
    near(trace.steps[2].mask, 0)
    near(trace.steps[2].arrays["all_erased"], [[[1, 0, 0, 0]], [[0, 0, 1, 1]]])
    near(trace.steps[2].image, trace.steps[1].image)


def test_stopping_at_a_probability_does_not_count_the_last_look():
    # the logits are .4, .1, .05
    trace = run(channels(), picture(), steps=5, threshold=0.5, stop_probability=0.52)
    assert len(trace) == 3
    assert trace.steps[-1].stop == "probability below 0.52"
    near(trace.maps, trace.steps[1].maps)
    only = run(channels(), picture(), steps=5, stop_probability=1.0)
    assert len(only) == 1
    near(only.maps[0], RED)


def test_stopping_at_an_area_counts_the_last_look():
    trace = run(channels(), picture(), steps=5, threshold=0.5, stop_area=0.4)
    assert len(trace) == 3
    assert trace.steps[-1].stop == "more than 40% of the image erased"
    near(trace.maps[0], [[1, 0.6, 1, 0], [0.8, 1, 0, 1]])
    assert len(run(channels(), picture(), steps=5, threshold=0.5, stop_area=0.5)) == 4


def test_nothing_new_ends_the_trace():
    trace = run(channels(), picture(), steps=5, threshold=1.0)
    assert len(trace) == 1
    assert trace.steps[0].stop == "nothing new was found"


def test_an_all_negative_map_has_nothing_to_erase():
    trace = run(channels(((-1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))), picture(), mask="soft")
    assert len(trace) == 1
    assert trace.steps[0].stop == "no positive activation is left"
    near(trace.maps[0], -RED)


def test_step_zero_is_cam_and_no_erasing_at_all_is_its_whole_trace():
    network, sample = small_network(), photograph()
    for views in (SINGLE, MIRROR, MULTI_SCALE):
        (expected,) = cam(network, sample, views=views)
        (only,) = ae(network, sample, views=views, steps=0)
        first = next(ae(network, sample, views=views, steps=2))
        for step in (only, first):
            np.testing.assert_array_equal(step.maps, expected.maps)
            np.testing.assert_array_equal(step.scores, expected.scores)
            np.testing.assert_array_equal(step.image, sample.image)
            assert not step.mask.any()
        assert only.stop == "all 0 erasings done"


@pytest.mark.parametrize("views", [SINGLE, MIRROR, MULTI_SCALE])
def test_the_second_look_is_cam_of_the_erased_image(views):
    network, sample = small_network(), photograph()
    step = run(network, sample, classes=["c"], views=views, steps=1).steps[1]
    erased = network.preprocess(sample.image) * (1 - torch.from_numpy(step.mask))
    maps, logits = class_maps(network, erased, views)
    np.testing.assert_array_equal(step.arrays["current"], maps.numpy())
    np.testing.assert_array_equal(step.scores, logits.numpy())
    assert 0 < step.mask.mean() < 1
    grey = [round(255 * value) for value in network.preprocessing.mean]
    assert np.all(step.image[step.mask == 1] == grey)
    assert np.array_equal(step.image[step.mask == 0], sample.image[step.mask == 0])


def test_a_mirrored_image_has_the_mirrored_trace():
    network = small_network(torch.float64)
    sample = photograph((64, 96))
    mirrored = Sample(sample.image[:, ::-1].copy(), sample.classes, sample.labels, "m")
    straight = run(network, sample, views=MIRROR, steps=2)
    turned = run(network, mirrored, views=MIRROR, steps=2)
    for a, b in zip(straight, turned, strict=True):
        np.testing.assert_allclose(a.maps, b.maps[..., ::-1], atol=1e-4)
        np.testing.assert_array_equal(a.mask, b.mask[:, ::-1])
    assert 0 < straight.steps[1].mask.mean() < 1


@pytest.mark.parametrize("mask", ["hard", "top", "soft", "graded"])
def test_masks_add_up_to_what_is_erased_and_the_union_grows(mask):
    trace = run(small_network(), photograph(), steps=3, mask=mask)
    masks = np.stack([step.arrays["all_masks"] for step in trace])
    for k, step in enumerate(trace):
        near(step.arrays["all_erased"], masks[: k + 1].sum(axis=0))
        assert step.mask.shape == (40, 64)
        assert 0 <= step.mask.min() <= step.mask.max() <= 1
    for before, after in zip(trace.steps, trace.steps[1:], strict=False):
        targets = list(after.targets)
        assert np.all(after.maps[targets] >= before.maps[targets])
        assert np.any(after.maps[targets] > before.maps[targets])
        # each look is brought to the maximum of the first
        peaks = [step.maps[targets].max(axis=(1, 2)) for step in (before, after)]
        np.testing.assert_allclose(*peaks, rtol=1e-5)


def test_who_stops_early_has_the_first_steps():
    network, sample = small_network(), photograph()
    whole = run(network, sample, steps=4)
    assert len(whole) == 5
    same(list(islice(ae(network, sample, steps=4), 3)), whole.steps[:3])
    same(run(network, sample, steps=2), whole.steps[:3])


def test_a_class_does_not_depend_on_the_others_that_are_asked_for():
    network, sample = small_network(), photograph()
    both, alone = (run(network, sample, classes=names, steps=3) for names in (["a", "c"], ["c"]))
    assert 1 < len(alone) <= len(both)
    for one, two in zip(both, alone, strict=False):
        np.testing.assert_array_equal(one.maps[2], two.maps[2])
        np.testing.assert_array_equal(one.arrays["all_images"][1], two.image)


def broken_after(network, count):
    """The network, its maps NaN from the forward number `count` on."""
    calls = []

    class Breaks(nn.Module):
        def forward(self, z):
            calls.append(1)
            return z * float("nan") if len(calls) > count else z

    network.stages.append(Breaks())
    return network


def test_the_classifier_is_left_as_it_came():
    network = broken_after(small_network(), 6).requires_grad_(True)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    steps = ae(network, photograph(), classes=["a"], steps=9, threshold=0.7)
    next(steps)
    assert torch.is_grad_enabled()
    steps.close()
    assert len(run(network, photograph(), classes=["a"], steps=2, threshold=0.7)) == 3
    with pytest.raises(InputError, match="not finite"):
        run(network, photograph(), classes=["a"], steps=9, threshold=0.7)
    assert not network.training
    assert all(p.requires_grad and p.grad is None for p in network.parameters())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_step_belongs_to_nobody_else():
    network, sample = small_network(), photograph()
    expected = run(network, sample, steps=2)
    for k, step in enumerate(ae(network, sample, steps=2)):
        np.testing.assert_array_equal(step.maps, expected.steps[k].maps)
        for values in (step.maps, step.scores, step.mask, step.image, *step.arrays.values()):
            values[:] = 0


def test_classes_that_are_looked_at():
    network = small_network()
    unlabelled = photograph(labels=None)
    (first,) = ae(network, unlabelled, steps=0)
    assert first.targets == (int(first.scores.argmax()),)
    assert first.terms.keys() == {"score", "probability", "area", "new_area"}
    same(run(network, unlabelled), run(network, photograph(labels=())))
    strange = Sample(unlabelled.image, ("a", "car"), ("a", "car"), "x")
    assert next(ae(network, strange)).targets == (0,)
    assert next(ae(network, strange, classes=["c", "c"])).targets == (2,)
    with pytest.raises(InputError, match="no class 'car'"):
        next(ae(network, strange, classes=["car"]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": -1}, "steps"),
        ({"mask": "holes"}, "hard, top, soft, graded"),
        ({"threshold": 1.5, "steps": 0}, "threshold"),
        ({"mask": "top", "share": 0}, "share"),
        ({"mask": "soft", "omega": -1}, "omega"),
        ({"combine": "sum"}, "max, mean"),
        ({"stop_probability": 2}, "stop_probability"),
        ({"stop_area": float("nan")}, "stop_area"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        next(ae(small_network(), photograph(), **options))


def test_weights_that_are_not_numbers_are_refused():
    network = small_network()
    network.head.weight.data[1, 0] = float("nan")
    with pytest.raises(InputError, match="not finite"):
        next(ae(network, photograph()))


def test_its_name_on_the_command_line():
    assert METHODS["ae"].load() is ae


def test_a_step_that_makes_the_class_likelier_counts_once():
    """min(1, p_k / p_0): a soft mask takes half of what speaks against the class, and the logit rises."""
    against = channels(((1.0, -3.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    red, green = np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 1.0]])
    zero, one = run(against, picture(red, green), steps=1, mask="soft", sigma=0.0, weighted=True)
    assert one.terms["probability"] > 1.5 * zero.terms["probability"]
    near(one.maps[0].max(), 1.0)
