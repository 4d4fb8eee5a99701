"""RIB against steps worked out by hand on a linear network, and against a plain loop that recomputes everything."""

import gc

import numpy as np
import pytest
import torch
from torch import nn

from bench.rib import plain_rib
from tests.models.test_classifier import seeded_network
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods import cam, rib, rib_bce
from wsss_viz.methods.rib_loss import rib_loss
from wsss_viz.methods.settings import RibSettings
from wsss_viz.methods.views import MIRROR, MULTI_SCALE, SINGLE, Views, class_maps
from wsss_viz.models import Classifier, Preprocessing
from wsss_viz.models.manifest import read_manifest

NAMES = ("cat", "dog", "sofa")
SCENES = read_manifest()["scenes-classifier"].settings  # what suits small networks and short steps
# channels in steps of 1/255: features (3, 2, 3), named below as f
PIXELS = np.array([[[255, 0, 0], [0, 51, 0], [0, 0, 0]], [[102, 0, 0], [0, 0, 51], [0, 0, 0]]], dtype=np.uint8)
# alone, the image as it is, no schedule, no rule to stop by
BARE = {"companions": 0, "gradient_views": SINGLE, "power": 0.0, "margin": None, "explode_share": 1.0}


def linear(weights=((1.0, 2.0, 0.0), (0.0, 0.0, 1.0)), bias=None):
    """Features are the pixels / 255, A_c(u) = W_c . f(u): only the head is there to be tuned."""
    head = nn.Conv2d(3, len(weights), 1, bias=False)
    head.weight.data = torch.tensor(weights)[:, :, None, None]
    preprocessing = Preprocessing((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    classes = "ab"[: len(weights)]
    classifier = Classifier([], head, classes, stride=1, bias=bias, preprocessing=preprocessing, settings=SCENES)
    return classifier.double().eval().requires_grad_(False)


def pixels_sample(labels=("a",)):
    return Sample(PIXELS, ("a", "b", "z"), labels, "pixels")


def small(dtype):
    """The scenes' network on pictures as small as they come: maps of 3 x 4."""
    net = seeded_network(NAMES, dtype)
    net.head.weight.mul_(0.1)
    net.preprocessing, net.settings = Preprocessing(), SCENES
    return net


@pytest.fixture(scope="module")
def network():
    return small(torch.float64)


def picture(seed, labels=("cat",), size=(24, 32)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Sample(pixels, (*NAMES, "car"), labels, f"s{seed}")


@pytest.fixture(scope="module")
def others():
    return [picture(10 + i, labels) for i, labels in enumerate([("dog",), ("sofa",), ("dog", "sofa"), ("dog",)])]


F = PIXELS.astype(np.float64).transpose(2, 0, 1) / 255


def close(a, b, tolerance=1e-6):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)


def test_loss_by_hand():
    logits = torch.tensor([[3.0, 9.0, -1.0], [7.0, 2.0, 1.0]], requires_grad=True)
    labels = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    clamped = rib_loss(logits, labels, 5.0)
    assert clamped.item() == -(3 - 1 + 5 + 2)
    clamped.backward()
    assert logits.grad.tolist() == [[-1, 0, -1], [0, -1, 0]]  # nothing pulls where the margin is passed
    assert rib_loss(logits, labels, None).item() == -(3 - 1 + 7 + 2)


def test_steps_by_hand_with_gap():
    # dL/dW_a = - mean_u f(u) = -(357, 51, 51) / (6 * 255) = -(7, 1, 1) / 30; W_b has no label and stays
    steps = list(rib(linear(), pixels_sample(), steps=2, pooling="gap", rate=0.3, head_rate=10, **BARE))
    direction = np.array([7.0, 1.0, 1.0]) / 30
    total = 0
    for k, step in enumerate(steps):
        w = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]) + k * 3 * np.array([direction, 0 * direction])
        current = np.einsum("cd,dhw->chw", w, F)
        total = total + current
        close(step.arrays["current"], current)
        close(step.maps, total)
        close(step.scores, current.mean(axis=(1, 2)))
        assert step.loss == pytest.approx(-current[0].mean())
        assert step.terms["logit a"] == pytest.approx(current[0].mean())
        assert step.terms["step_norm"] == pytest.approx(0 if k == 0 else 3 * np.linalg.norm(direction))
    assert [step.stop for step in steps] == [None, None, "K"]
    assert steps[0].targets == (0,)


def test_one_step_by_hand_with_gndrp_both_ways():
    # map of a: 1, .4, 0 / .4, 0, 0; at most .41: all but the first cell
    region = [[False, True, True], [True, True, True]]
    rest = np.array([102.0, 51.0, 51.0]) / 255  # sum of f over the region
    for pooling, tau, cells in (("gndrp", 0.41, 5), ("gndrp-official", 0.41, 6)):
        first, second = rib(linear(), pixels_sample(), steps=1, pooling=pooling, tau=tau, rate=0.1, head_rate=1, **BARE)
        assert first.arrays["region"][0].tolist() == region
        assert first.terms["logit a"] == pytest.approx((0.4 + 0.4) / cells)
        w = np.array([1.0, 2.0, 0.0]) + 0.1 * rest / cells
        close(second.arrays["current"][0], np.einsum("d,dhw->hw", w, F))


def test_schedule_momentum_and_decay_by_hand():
    options = {**BARE, "power": 1.0}
    *_, last = rib(
        linear(), pixels_sample(), steps=2, pooling="gap", rate=0.1, head_rate=1, momentum=0.5, decay=0.2, **options
    )
    slope = -np.array([[7.0, 1.0, 1.0], [0.0, 0.0, 0.0]]) / 30
    w = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    v = slope + 0.2 * w
    w = w - 0.1 * v  # rate (1 - 0/2)
    v = 0.5 * v + slope + 0.2 * w
    w = w - 0.05 * v  # rate (1 - 1/2)
    close(last.arrays["current"], np.einsum("cd,dhw->chw", w, F))


def test_stops_at_the_margin_and_no_further():
    # GAP logit of a: (1 * 7 + 2 * 1) / 30 = .3; each step of 1 adds 51 / 900 = .0567 to it
    options = {**BARE, "margin": 0.42, "pooling": "gap", "rate": 1.0, "head_rate": 1}
    steps = list(rib(linear(), pixels_sample(), steps=9, **options))
    assert [step.stop for step in steps] == [None, None, None, "margin"]  # .3, .357, .413, .47
    close(steps[-1].maps, sum(step.arrays["current"] for step in steps))
    # two labels: b (.033, its own mean f is the same, so .0567 a step) goes on, a stays where it passed the margin
    both = list(rib(linear(), pixels_sample(("a", "b")), steps=9, **options))
    assert [round(step.terms["logit a"], 2) for step in both[3:]] == [0.47] * (len(both) - 3)
    assert both[-1].stop == "margin"
    assert both[-1].terms["logit b"] >= 0.42 > both[-2].terms["logit b"]
    # without the minimum a goes on
    free = list(rib(linear(), pixels_sample(("a", "b")), steps=9, clamp=False, **options))
    assert free[-1].terms["logit a"] == pytest.approx(0.3 + (len(free) - 1) * 51 / 900)


def test_the_official_stop_is_on_the_sum_over_views_and_classes():
    options = {**BARE, "margin": 0.7, "pooling": "gap", "rate": 1.0, "head_rate": 1, "stop_on": "sum", "clamp": False}
    # sums of a and b: .3 + .033 + .1133 k
    steps = list(rib(linear(), pixels_sample(("a", "b")), steps=9, **options))
    assert [round(step.terms["total"], 3) for step in steps] == [0.333, 0.447, 0.56, 0.673, 0.787]
    assert steps[-1].stop == "margin"
    # the mirror image doubles the sum and the step: .667, then .667 + .453
    mirrored = list(rib(linear(), pixels_sample(("a", "b")), steps=9, **{**options, "gradient_views": MIRROR}))
    assert [round(step.terms["total"], 3) for step in mirrored] == [0.667, 1.12]


def test_official_accumulation_leaves_the_last_update_unseen():
    after = list(rib(linear(), pixels_sample(), steps=3, rate=0.1, **BARE))
    before = list(rib(linear(), pixels_sample(), steps=3, rate=0.1, accumulate="before", **BARE))
    assert [step.stop for step in before] == [None, None, "K"]
    for a, b in zip(after, before, strict=False):
        assert np.array_equal(a.maps, b.maps)
    assert len(after) == 4


def test_what_explodes_is_shown_and_not_accumulated():
    # normalised map of a: 1, .4, 0 / .4, 0, 0: three of six cells above .3, and one above .4
    options = {**BARE, "pooling": "gap", "rate": 0.0, "explode_level": 0.3}
    steps = list(rib(linear(), pixels_sample(), steps=5, **{**options, "explode_share": 0.49}))
    assert [step.stop for step in steps] == [None, "explode"]
    assert steps[0].terms["coverage"] == 0.5  # step 0 never explodes
    assert np.array_equal(steps[1].maps, steps[0].maps)
    assert np.array_equal(steps[1].arrays["current"], steps[0].maps)
    assert len(list(rib(linear(), pixels_sample(), steps=5, **{**options, "explode_share": 0.5}))) == 6
    narrow = {**options, "explode_share": 0.49, "explode_level": 0.4}
    assert [step.terms["coverage"] for step in rib(linear(), pixels_sample(), steps=1, **narrow)] == [
        pytest.approx(1 / 6)
    ] * 2


def test_coverage_counts_a_cell_that_any_target_covers():
    # b is 1 at the middle of the second row alone, a is .4 and more at three other cells
    options = {**BARE, "rate": 0.0, "explode_level": 0.3}
    (step,) = rib(linear(), pixels_sample(("a", "b")), steps=0, **options)
    assert step.terms["coverage"] == pytest.approx(4 / 6)


def test_what_is_not_finite_any_more_ends_it():
    steps = list(rib(linear(), pixels_sample(), steps=5, **{**BARE, "rate": 1e308, "head_rate": 1e3}))
    assert steps[-1].stop == "diverged"
    assert np.isfinite(steps[-1].maps).all()
    assert np.array_equal(steps[-1].maps, steps[-2].maps)


def test_bce_control_by_hand():
    classifier = linear()
    first, second = rib_bce(classifier, pixels_sample(), steps=1, pooling="gap", rate=0.5, head_rate=2, **BARE)
    mean = np.array([7.0, 1.0, 1.0]) / 30
    sigma = 1 / (1 + np.exp(-np.array([0.3, 1 / 30])))
    w = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]) - np.outer(sigma - np.array([1, 0]), mean)
    assert first.loss == pytest.approx(-np.log(sigma[0]) - np.log(1 - sigma[1]))
    close(second.arrays["current"], np.einsum("cd,dhw->chw", w, F))
    # where the logit is high the sigmoid leaves nothing to learn, and RIB's loss does
    sure = linear(((400.0, 0.0, 0.0), (-400.0, 0.0, 0.0)))
    options = {**BARE, "steps": 1, "pooling": "gap", "head_rate": 10.0}
    stuck, moved = list(rib_bce(sure, pixels_sample(), **options)), list(rib(sure, pixels_sample(), **options))
    assert stuck[1].terms["step_norm"] < 1e-9
    assert moved[1].terms["step_norm"] > 1e-4


def test_a_bias_counts_in_the_logits_and_not_in_the_maps():
    biased = linear(bias=torch.tensor([10.0, 0.0]))
    plain, step = next(rib(linear(), pixels_sample(), **BARE)), next(rib(biased, pixels_sample(), **BARE))
    assert step.terms["logit a"] == pytest.approx(plain.terms["logit a"] + 10)
    close(step.scores - plain.scores, [10, 0])
    assert np.array_equal(step.maps, plain.maps)


VARIANTS = {
    "ours": ({"steps": 3, "rate": 1e-3, "margin": None}, {"steps": 3, "rate": 1e-3, "margin": None}),
    "a margin that holds": ({"steps": 3, "rate": 1e-3, "margin": 0.2}, {"steps": 3, "rate": 1e-3, "margin": 0.2}),
    "official": (
        {**RibSettings().as_dict(), "steps": 3, "rate": 1e-3, "margin": 1e9, "redraw": False, "companions": 8},
        {
            "steps": 3,
            "rate": 1e-3,
            "head_rate": 10.0,
            "margin": None,
            "accumulate": "before",
            "pooling": "gndrp-official",
            "momentum": 1e-4,
            "decay": 1e-4,
            "gradient_views": Views((1.0, 1.5, 2.0), flip=True),
        },
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize(("views", "split"), [(MIRROR, 4), (MULTI_SCALE, 3)])
def test_equals_a_plain_loop_that_recomputes_everything(network, others, name, views, split):
    options, plain = VARIANTS[name]
    sample = picture(1, ("cat",))
    steps = list(
        rib(network, sample, views=views, companion_samples=others, **{**options, "explode_share": 1.0, "split": split})
    )
    expected = plain_rib(network, sample, others, views=views, split=split, **plain)
    assert len(steps) == len(expected)
    assert steps[0].terms["companions"] == 4
    for step, maps in zip(steps, expected, strict=True):
        np.testing.assert_allclose(step.maps, maps.numpy(), rtol=1e-5, atol=1e-6 * float(maps.abs().max()))
    moved = np.abs(steps[-1].arrays["current"] - steps[0].maps).max() / np.abs(steps[0].maps).max()
    assert moved > 1e-3


def test_without_steps_it_is_cam(network):
    sample = picture(2, ("cat", "dog"))
    for views in (SINGLE, MULTI_SCALE):
        (step,) = rib(network, sample, views=views, steps=0)
        (expected,) = cam(network, sample, views=views)
        close(step.maps, expected.maps, 1e-5)
        close(step.scores, expected.scores, 1e-5)
        assert step.targets == expected.targets == (0, 1)
        assert step.stop == "K"
    maps, _ = class_maps(network, sample.image, MULTI_SCALE)
    close(step.maps, maps, 1e-5)


def test_a_step_names_all_there_is(network, others):
    step = next(rib(network, picture(3, ("cat", "sofa")), companion_samples=others, gradient_views=MIRROR))
    assert step.targets == (0, 2)
    assert set(step.terms) == {
        "logit cat", "logit sofa", "total", "coverage", "step_norm", "rate", "companions", "companion_logit"
    }  # fmt: skip
    assert {key: value.shape for key, value in step.arrays.items()} == {
        "current": (3, 3, 4),
        "region": (3, 3, 4),
        "logits": (2, 3),
    }
    pooled = step.arrays["logits"][:, [0, 2]]
    assert step.terms["total"] == pytest.approx(pooled.sum(), rel=1e-6)
    assert step.terms["logit sofa"] == pytest.approx(pooled[:, 1].mean(), rel=1e-6)
    assert step.terms["companions"] == 2  # those with a dog alone share no label
    assert all(value.dtype == np.float32 for value in (step.maps, step.scores, step.arrays["current"]))


def test_other_companions_at_each_step_where_asked(network, others):
    sample = picture(4, ("cat",))
    options = {"companions": 1, "steps": 4, "companion_samples": others, "rate": 0.0, "explode_share": 1.0}
    same = [step.terms["companion_logit"] for step in rib(network, sample, **options)]
    drawn = [step.terms["companion_logit"] for step in rib(network, sample, redraw=True, augment=False, **options)]
    assert len(set(same)) == 1
    assert len({round(value, 9) for value in drawn[:4]}) == 4
    assert drawn[4] == pytest.approx(drawn[0])


def test_whoever_stops_early_has_the_first_steps_and_the_classifier_is_untouched(network, others):
    sample = picture(5, ("cat", "dog"))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    random_state = torch.get_rng_state()
    options = {"companion_samples": others, "rate": 1e-3, "steps": 4, "explode_share": 1.0}
    full = list(rib(network, sample, **options))
    running = rib(network, sample, **options)
    some = [next(running), next(running)]
    running.close()
    broken = rib(network, sample, **options)
    next(broken)
    with pytest.raises(KeyError):
        broken.throw(KeyError("the consumer failed"))
    for a, b in zip(some, full, strict=False):
        assert np.array_equal(a.maps, b.maps)
        assert a.terms == b.terms
    assert len(full) == 5
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module.training for module in network.modules())
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())
    assert torch.equal(torch.get_rng_state(), random_state)


def test_the_callers_gradient_mode_changes_nothing_and_is_not_changed(network, others):
    sample = picture(6)
    options = {"companion_samples": others, "rate": 1e-3, "steps": 2, "explode_share": 1.0}
    expected = [step.maps for step in rib(network, sample, **options)]
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            for step, maps in zip(rib(network, sample, **options), expected, strict=True):
                assert not torch.is_grad_enabled()
                assert np.array_equal(step.maps, maps)
    running = rib(network, sample, **options)
    next(running)
    assert torch.is_grad_enabled()


def test_nothing_is_left_behind(network, others):
    def tensors():
        gc.collect()
        return sum(type(item) in (torch.Tensor, nn.Parameter) for item in gc.get_objects())

    counts = []
    for i in range(3):
        list(rib(network, picture(40 + i), companion_samples=others, steps=1))
        counts.append(tensors())
    assert counts[0] == counts[1] == counts[2]


def test_labels_and_companions_that_are_not_there(network, others):
    unlabelled = picture(7, None)
    (expected,) = cam(network, unlabelled)
    step = next(rib(network, unlabelled, companions=0))
    assert step.targets == expected.targets
    assert step.terms["companions"] == 0
    assert "companion_logit" not in step.terms
    assert next(rib(network, picture(7, ("car",)), companions=0)).targets == expected.targets
    few = next(rib(network, picture(7, ("cat",)), companions=50, companion_samples=others))
    assert few.terms["companions"] == 4
    none = list(rib(network, picture(7, ("dog", "sofa")), companion_samples=others, steps=1))
    assert none[0].terms["companions"] == 0
    assert none[1].terms["step_norm"] > 0
    with pytest.raises(InputError, match="no class 'horse'"):
        next(rib(network, picture(7), ["horse"]))


def test_a_map_without_a_positive_value_is_pooled_whole():
    negative = linear(((-1.0, -2.0, -1.0), (0.0, 0.0, 1.0)))
    first, second = rib(negative, pixels_sample(), steps=1, rate=0.1, head_rate=1, **BARE)
    assert first.arrays["region"][0].all()
    assert first.terms["coverage"] == 0
    close(second.terms["logit a"] - first.terms["logit a"], 0.1 * 51 / 900)


def test_damaged_weights_are_said():
    damaged = linear(((float("nan"), 0.0, 0.0), (0.0, 0.0, 1.0)))
    with pytest.raises(InputError, match="not finite"):
        next(rib(damaged, pixels_sample(), **BARE))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": -1}, "`steps` is 0 or more"),
        ({"steps": 0, "accumulate": "before"}, "`steps` is 1 or more"),
        ({"accumulate": "never"}, "after, before"),
        ({"stop_on": "both"}, "each, sum"),
        ({"margin": 0.0}, "above 0"),
        ({"rate": float("nan")}, "`rate` is 0 or more"),
        ({"pooling": "max"}, "gap, gndrp"),
        ({"tau": -0.1}, "0 to 1"),
        ({"companions": -1}, "0 or more"),
        ({"split": 6}, "0 to 5"),
    ],
)
def test_options_that_make_no_sense(network, options, message):
    with pytest.raises(ValueError, match=message):
        next(rib(network, picture(8), **options))
