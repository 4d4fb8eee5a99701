"""CS-AE by hand: a network whose maps are its input's channels, so that every mask, logit and loss is known."""

import math
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from tests.methods.test_erasing import channels, photograph, picture, small_network
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods import cam
from wsss_viz.methods.cse import alpha, cs_ae, cse_loss, draw_labels, erase_all, erase_class
from wsss_viz.methods.masking import EPSILON
from wsss_viz.methods.views import MIRROR, SINGLE, class_maps
from wsss_viz.models import Classifier, Preprocessing

RED = np.array([[1.0, 0.6, 0.2, 0.0], [0.8, 0.4, 0.0, 0.2]])
GREEN = np.array([[0.0, 0.2, 0.0, 0.6], [0.0, 0.0, 1.0, 0.4]])


def softplus(value):
    return math.log1p(math.exp(value))


def bce(logits, targets):
    """-[t log sigma(s) + (1 - t) log(1 - sigma(s))], the mean."""
    terms = [softplus(-s) if t else softplus(s) for s, t in zip(logits, targets, strict=True)]
    return sum(terms) / len(terms)


def near(actual, expected, rel=1e-9):
    assert actual == pytest.approx(expected, rel=rel, abs=1e-12)


def test_the_papers_schedule():
    near([alpha(e) for e in (0, 1, 14)], [0.30, 0.35, 1.00])
    assert alpha(5, start=3, growth=0) == 3


def test_a_drawn_class_is_a_label_and_every_label_is_drawn_as_often():
    labels = torch.tensor([[0, 1, 0, 1, 1], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]]).float().repeat(2000, 1)
    drawn = draw_labels(labels, torch.Generator().manual_seed(0)).view(-1, 3)
    assert (drawn[:, 1] == -1).all()
    assert (drawn[:, 2] == 2).all()
    counts = torch.bincount(drawn[:, 0], minlength=5).tolist()
    assert counts[0] == counts[2] == 0
    assert all(abs(counts[c] - 2000 / 3) < 80 for c in (1, 3, 4))


def test_the_draw_follows_its_seed_and_no_other_images_labels():
    labels = (torch.rand(64, 7, generator=torch.Generator().manual_seed(1)) < 0.4).float()
    first = draw_labels(labels, torch.Generator().manual_seed(5))
    assert torch.equal(first, draw_labels(labels, torch.Generator().manual_seed(5)))
    assert not torch.equal(first, draw_labels(labels, torch.Generator().manual_seed(6)))
    changed = labels.clone()
    changed[:32] = 0
    assert torch.equal(draw_labels(changed, torch.Generator().manual_seed(5))[32:], first[32:])


def test_mask_and_erased_image_by_hand():
    x = torch.tensor([2.0, -1.0, 3.0], dtype=torch.float64).view(1, 3, 1, 1).expand(1, 3, 2, 4)
    maps = torch.tensor([[[[9.0, 9.0]], [[4.0, -2.0]]]], dtype=torch.float64)  # (1, 2, 1, 2)
    labels = torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    erased = erase_class(x, maps, labels, torch.tensor([1]))
    # bilinear: 4, 4 * .75 - 2 * .25, 4 * .25 - 2 * .75, -2; then ReLU, then divided by the maximum
    mask = torch.tensor([4.0, 2.5, 0.0, 0.0], dtype=torch.float64) / (4 + EPSILON)
    torch.testing.assert_close(erased.mask, mask.expand(1, 1, 2, 4))
    torch.testing.assert_close(erased.x, x * (1 - mask))
    assert erased.remaining.tolist() == [[1.0, 0.0]]
    assert labels.tolist() == [[1.0, 1.0]]


def test_the_official_maximum_is_the_batchs():
    maps = torch.tensor([[[[8.0, 0.0]]], [[[2.0, 1.0]]]], dtype=torch.float64)
    x, labels, chosen = torch.ones(2, 3, 1, 2).double(), torch.ones(2, 1).double(), torch.zeros(2, dtype=torch.int64)
    own = erase_class(x, maps, labels, chosen).mask
    shared = erase_class(x, maps, labels, chosen, over="batch").mask
    near(own.flatten().tolist(), [8 / (8 + EPSILON), 0, 2 / (2 + EPSILON), 1 / (2 + EPSILON)])
    near(shared.flatten().tolist(), [8 / (8 + EPSILON), 0, 2 / (8 + EPSILON), 1 / (8 + EPSILON)])
    with pytest.raises(ValueError, match="map or batch"):
        erase_class(x, maps, labels, chosen, over="image")


@pytest.mark.parametrize("detach", [False, True])
def test_the_gradient_through_the_maximum(detach):
    maps = torch.tensor([[[[4.0, 1.0]]]], dtype=torch.float64, requires_grad=True)
    x, labels = torch.ones(1, 3, 1, 2).double(), torch.ones(1, 1).double()
    mask = erase_class(x, maps, labels, torch.tensor([0]), detach=detach).mask
    (grad,) = torch.autograd.grad(mask[0, 0, 0, 1], maps)  # of m = A_1 / (A_0 + epsilon)
    through = 0 if detach else -1 / (4 + EPSILON) ** 2
    near(grad.flatten().tolist(), [through, 1 / (4 + EPSILON)])


def test_class_agnostic_erasing_takes_every_label_and_wants_none_left():
    x = torch.ones(1, 3, 1, 3).double()
    maps = torch.tensor([[[[2.0, 1.0, 0.0]], [[0.0, 4.0, 8.0]], [[5.0, 5.0, 5.0]]]], dtype=torch.float64)
    erased = erase_all(x, maps, torch.tensor([[1.0, 1.0, 0.0]]).double())
    near(
        erased.mask.flatten().tolist(),
        [2 / (2 + EPSILON), max(1 / (2 + EPSILON), 4 / (8 + EPSILON)), 8 / (8 + EPSILON)],
    )
    assert erased.remaining.tolist() == [[0.0, 0.0, 0.0]]
    torch.testing.assert_close(erased.x[0, 0, 0], 1 - erased.mask[0, 0, 0])


def test_the_loss_by_hand_and_of_nothing():
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.0]], dtype=torch.float64)
    remaining = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    near(cse_loss(logits, remaining).item(), (softplus(2) + softplus(1) + softplus(0.5) + softplus(0)) / 4)
    assert cse_loss(logits[:0], remaining[:0]).item() == 0


def test_the_gradient_of_the_whole_loss_with_respect_to_the_maps():
    """OC is differentiated by its input: finite differences in float64 agree, away from the ReLU's corner."""
    generator = torch.Generator().manual_seed(2)
    x = torch.rand(2, 3, 6, 8, dtype=torch.float64, generator=generator) - 0.5
    maps = torch.rand(2, 3, 3, 4, dtype=torch.float64, generator=generator).add(0.1).requires_grad_(True)
    labels = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]).double()
    weight = torch.rand(3, 3, 3, 3, dtype=torch.float64, generator=generator) - 0.5

    def loss(maps, erase, *arguments):
        erased = erase(x, maps, labels, *arguments)
        logits = nn.functional.conv2d(erased.x, weight).tanh().mean(dim=(2, 3))
        return cse_loss(logits, erased.remaining)

    assert torch.autograd.gradcheck(lambda maps: loss(maps, erase_class, torch.tensor([1, 2])), maps)
    assert torch.autograd.gradcheck(lambda maps: loss(maps, erase_all), maps)


def test_a_trace_by_hand():
    """OC sees the channels as they are; CGNet's red map is red + green, its other maps the channels."""
    network = channels()
    cgnet = channels(((1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    mask = np.array([[1, 1, 0, 0], [1, 0, 0, 2]], dtype=np.uint8)
    sample = picture(RED, GREEN, labels=("red", "green"))
    sample = Sample(sample.image, sample.classes, sample.labels, "s", mask)
    steps = list(cs_ae(network, sample, cgnet=cgnet, weight=2.0))
    assert [(step.index, step.sampled, step.targets) for step in steps] == [(0, 0, (0, 1)), (1, 1, (0, 1))]
    step, both = steps[0], RED + GREEN
    m = both / (1 + EPSILON)
    np.testing.assert_allclose(step.mask, m, atol=1e-6)
    np.testing.assert_allclose(step.maps, np.stack([both, GREEN, 0 * RED]), atol=1e-6)
    np.testing.assert_array_equal(steps[-1].maps, step.maps)
    before = [RED.mean(), GREEN.mean(), 0]
    after = [(RED * (1 - m)).mean(), (GREEN * (1 - m)).mean(), 0]
    p = [both.mean(), GREEN.mean(), 0]
    for actual, expected in ((step.arrays["before"], before), (step.arrays["after"], after), (step.scores, p)):
        np.testing.assert_allclose(actual, expected, atol=1e-6)
    near(step.terms["l_cls"], bce(p, (1, 1, 0)), 1e-6)
    near(step.terms["l_cse_target"], softplus(after[0]) / 3, 1e-6)
    near(step.terms["l_cse_others"], (softplus(-after[1]) + softplus(0)) / 3, 1e-6)
    near(step.terms["l_cse"], step.terms["l_cse_target"] + step.terms["l_cse_others"])
    near(step.loss, step.terms["l_cls"] + 2 * step.terms["l_cse"])
    near(step.terms["area"], m.mean(), 1e-6)
    near(step.terms["leakage/green"], (m * GREEN / (1 + EPSILON)).sum() / m.sum(), 1e-6)
    assert "leakage/red" not in step.terms
    near(step.terms["object/red"], m[mask == 1].sum() / m.sum(), 1e-6)
    near(step.terms["object/green"], m[mask == 2].sum() / m.sum(), 1e-6)
    near(sum(step.terms[f"object/{name}"] for name in ("red", "green", "background")), 1)
    assert step.image.dtype == np.uint8
    np.testing.assert_allclose(step.image[:, :, 0], RED * (1 - m) * 255, atol=1)


def test_labels_are_what_remains_and_asked_classes_are_erased():
    network = channels()
    sample = picture(RED, GREEN, labels=("red", "green"))
    (step,) = cs_ae(network, sample, ["green"], cgnet=network)
    assert step.sampled == 1
    near(step.terms["l_cls"], bce(step.scores.tolist(), (1, 1, 0)), 1e-6)  # red is a label still
    (unlabelled,) = cs_ae(network, picture(RED, GREEN, labels=None), cgnet=network)
    assert unlabelled.sampled == 0  # the top score
    assert unlabelled.targets == (0,)
    with pytest.raises(InputError, match="no class 'violet'"):
        next(cs_ae(network, sample, ["violet"], cgnet=network))
    strange = Sample(sample.image, ("red", "violet"), ("violet", "red"), "s")
    assert [step.sampled for step in cs_ae(network, strange, cgnet=network)] == [0]


def test_views_fuse_the_maps_and_leave_the_mask():
    network, cgnet, sample = small_network(), other_network(), photograph()
    (plain, *_), (mirrored, *_) = (list(cs_ae(network, sample, views=v, cgnet=cgnet)) for v in (SINGLE, MIRROR))
    expected, logits = class_maps(cgnet, network.preprocess(sample.image), MIRROR)
    np.testing.assert_array_equal(mirrored.maps, expected.numpy())
    np.testing.assert_array_equal(mirrored.mask, plain.mask)
    np.testing.assert_allclose(mirrored.scores, logits.numpy())
    assert mirrored.mask.shape == (40, 64)
    assert 0 < mirrored.mask.mean() < 1


def other_network():
    network = small_network()
    with torch.no_grad():
        network.head.weight.copy_(network.head.weight.flip(0))
    return network


def test_a_map_nowhere_positive_erases_nothing():
    network = channels()
    cgnet = channels(((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    (step,) = cs_ae(network, picture(RED), cgnet=cgnet)
    assert not step.mask.any()
    np.testing.assert_array_equal(step.image, picture(RED).image)
    np.testing.assert_array_equal(step.arrays["before"], step.arrays["after"])
    assert all(np.isfinite(value) for value in step.terms.values())


def test_networks_that_do_not_belong_together_or_are_damaged_are_refused():
    network, sample = channels(), picture(RED)
    stranger = Classifier([nn.Identity()], nn.Conv2d(3, 2, 1, bias=False), "ab", stride=1).eval()
    with pytest.raises(InputError, match="other classes"):
        next(cs_ae(network, sample, cgnet=stranger))
    other = channels()
    other.preprocessing = Preprocessing()
    with pytest.raises(InputError, match="preprocessing"):
        next(cs_ae(network, sample, cgnet=other))
    broken = channels(((float("nan"), 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    with pytest.raises(InputError, match="not finite"):
        next(cs_ae(network, sample, cgnet=broken))


def test_the_networks_stay_as_they_were_and_who_stops_early_has_the_first_steps():
    network, cgnet, sample = small_network(), other_network(), photograph()
    before = [{key: value.clone() for key, value in net.state_dict().items()} for net in (network, cgnet)]
    whole = list(cs_ae(network, sample, cgnet=cgnet))
    (first,) = islice(cs_ae(network, sample, cgnet=cgnet), 1)
    np.testing.assert_array_equal(first.mask, whole[0].mask)
    assert first.terms == whole[0].terms
    for net, kept in zip((network, cgnet), before, strict=True):
        assert not net.training
        assert all(p.grad is None and not p.requires_grad for p in net.parameters())
        assert all(torch.equal(value, kept[key]) for key, value in net.state_dict().items())


def test_with_cgnet_the_classifier_itself_the_maps_are_cams():
    network, sample = small_network(), photograph()
    (step,) = cam(network, sample)
    *_, last = cs_ae(network, sample, cgnet=network)
    np.testing.assert_array_equal(last.maps, step.maps)
    np.testing.assert_allclose(last.arrays["before"], last.scores, rtol=1e-5)
