"""LayerCAM against torchcam's, and by hand where the paper's formula is a few numbers."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from tests.methods.test_erasing import photograph, picture, small_network
from wsss_viz.errors import InputError
from wsss_viz.methods import cam, layercam
from wsss_viz.methods.layer_activation import combined, stage_maps
from wsss_viz.methods.views import MIRROR, MULTI_SCALE, Views
from wsss_viz.models import Classifier, Preprocessing, adapt


class Plain(nn.Module):
    """The classifier as torchcam wants it: named layers, pooling, a linear layer."""

    def __init__(self, classifier):
        super().__init__()
        twin = copy.deepcopy(classifier)
        self.stages = nn.Sequential(*twin.stages)
        self.fc = nn.Linear(twin.head.in_channels, twin.head.out_channels, bias=False)
        self.fc.weight = nn.Parameter(twin.head.weight[:, :, 0, 0])

    def forward(self, x):
        return self.fc(self.stages(x).mean(dim=(2, 3)))


def torchcams(classifier, x, layers):
    """Its maps of every class and stage, the last stage first: per stage (C, h, w)."""
    from torchcam.methods import LayerCAM

    plain = Plain(classifier).eval().requires_grad_(True)
    names = [f"stages.{len(classifier.stages) - 1 - j}" for j in range(layers)]
    by_class = []
    for index in range(len(classifier.classes)):
        with LayerCAM(plain, names) as extractor:
            by_class.append(extractor(index, plain(x), normalized=False))
    return [torch.stack([maps[j][0] for maps in by_class]) for j in range(layers)]


@pytest.mark.parametrize("size", [(40, 64), (48, 33)])
def test_every_stage_is_torchcams_on_pictures_that_are_not_square(size):
    classifier = small_network(torch.float64)
    x = classifier.preprocess(photograph(size).image)
    expected = torchcams(classifier, x, 3)
    assert len({map_.shape for map_ in expected}) > 1
    ours = stage_maps(classifier, x, 3)
    assert all(map_.max() > 0 for map_ in expected)
    for got, want in zip(ours, expected, strict=True):
        resized = nn.functional.interpolate(want[None], got.shape[2:], mode="bilinear", align_corners=False)
        torch.testing.assert_close(got, resized, rtol=1e-9, atol=1e-12)


def test_a_torchvision_network_whose_stages_compute_in_place():
    from torchvision.models import resnet18

    torch.manual_seed(0)
    classifier = adapt(resnet18(num_classes=3).double().eval(), ("a", "b", "c"))
    x = torch.rand(1, 3, 64, 96, dtype=torch.float64)
    for got, want in zip(stage_maps(classifier, x, 2), torchcams(classifier, x, 2), strict=True):
        resized = nn.functional.interpolate(want[None], got.shape[2:], mode="bilinear", align_corners=False)
        torch.testing.assert_close(got, resized, rtol=1e-9, atol=1e-12)


def test_by_hand_the_last_stage_is_cam_of_the_positive_weights():
    head = nn.Conv2d(3, 2, 1, bias=False)
    head.weight.data = torch.tensor([[2.0, -1.0, 0.0], [0.0, 1.0, 1.0]])[:, :, None, None]
    plain = Preprocessing((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    classifier = Classifier([nn.Identity()], head, ("red", "green"), stride=1, preprocessing=plain).double().eval()
    green = np.array([[0.0, 0.2, 0.0, 0.6], [0.0, 0.0, 1.0, 0.4]])
    sample = picture(green=green)
    (step,) = layercam(classifier, sample)
    red = sample.image[..., 0] / 255
    np.testing.assert_allclose(step.maps[0], 2 / 8 * red, atol=1e-6)  # the -1 of green is cut off
    np.testing.assert_allclose(step.maps[1], 1 / 8 * sample.image[..., 1] / 255, atol=1e-6)
    np.testing.assert_allclose(step.scores[0], (2 * red - sample.image[..., 1] / 255).mean(), atol=1e-6)
    assert (step.targets, step.terms, step.settings["layers"]) == ((0,), {"stage": 1.0}, 1)


def test_stages_are_fused_by_the_papers_maximum_with_tanh_of_those_before_the_last():
    last = torch.tensor([[[[4.0, 0.0, 2.0]], [[0.0, 0.0, 0.0]]]])
    shallow = torch.tensor([[[[1.0, 2.0, 0.0]], [[3.0, 0.0, 0.0]]]])
    fused = combined([last, shallow], 2.0)
    tanh = np.tanh(2 * np.array([0.5, 1.0, 0.0]))
    np.testing.assert_allclose(fused[0, 0, 0], np.maximum([4, 0, 2], 4 * tanh), rtol=1e-6)
    assert not fused[0, 1].any()  # in the unit of the last stage, which found nothing
    assert torch.equal(combined([last], 2.0), last)
    assert torch.isfinite(combined([last, torch.zeros_like(shallow)], 2.0)).all()


@pytest.mark.parametrize("views", [MIRROR, MULTI_SCALE, Views((0.5,))])
def test_a_step_per_stage_on_one_grid(views):
    classifier, sample = small_network(), photograph()
    steps = list(layercam(classifier, sample, views=views, layers=3))
    assert [(step.index, step.terms["stage"]) for step in steps] == [(0, 5.0), (1, 4.0), (2, 3.0)]
    assert len({step.maps.shape for step in steps} | {step.arrays["current"].shape for step in steps}) == 1
    np.testing.assert_array_equal(steps[0].maps, steps[0].arrays["current"])
    assert (steps[1].maps >= steps[0].maps - 1e-6).all()
    (alone,) = layercam(classifier, sample, views=views)
    assert alone.maps.shape == next(cam(classifier, sample, views=views)).maps.shape
    np.testing.assert_allclose(alone.scores, next(cam(classifier, sample, views=views)).scores, atol=1e-6)
    assert alone.maps.std() > 0


def test_the_network_is_left_as_it_was_also_in_inference_mode():
    classifier = small_network().requires_grad_(True)
    before = {key: value.clone() for key, value in classifier.state_dict().items()}
    with torch.inference_mode():
        inference = list(layercam(classifier, photograph(), layers=5))
    np.testing.assert_array_equal(inference[-1].maps, list(layercam(classifier, photograph(), layers=5))[-1].maps)
    assert all(p.grad is None and p.requires_grad for p in classifier.parameters())
    assert all(torch.equal(value, before[key]) for key, value in classifier.state_dict().items())
    assert not any(m._forward_hooks or m._backward_hooks for m in classifier.modules())


def test_what_cannot_be():
    with pytest.raises(InputError, match="layercam: `layers` is 1 to 5, the network's stages, got 6"):
        next(layercam(small_network(), photograph(), layers=6))
    with pytest.raises(InputError, match="layercam: `layers` is 1 or more, got 0"):
        next(layercam(small_network(), photograph(), layers=0))
    with pytest.raises(InputError, match="`gamma` is above 0"):
        next(layercam(small_network(), photograph(), gamma=0))
