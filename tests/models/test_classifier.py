"""Classifier and CAM against the closed form and two independent implementations."""

from concurrent.futures import ThreadPoolExecutor

import captum.attr
import numpy as np
import pytest
import torch
import torchcam.methods
import torchvision
from PIL import Image
from torch import nn

from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods import cam
from wsss_viz.models import Classifier, Preprocessing, adapt
from wsss_viz.models.scene_network import scene_network


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(3)
    model = torchvision.models.resnet18(weights=None, num_classes=7).eval()
    # statistics away from 0 and 1, so that BatchNorm takes part
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    return model


@pytest.fixture(scope="module")
def image():
    return torch.rand(1, 3, 96, 160, generator=torch.Generator().manual_seed(5))


def relative(a, b):
    return float((a - b).abs().max() / b.abs().max())


def seeded_network(classes="abc", dtype=torch.float32):
    torch.manual_seed(0)
    network = scene_network(classes).to(dtype)
    nn.init.normal_(network.head.weight)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    return network.eval().requires_grad_(False)


def test_maps_are_weights_times_features_in_float64(resnet, image):
    model = resnet.double()
    x = image.double()
    classifier = adapt(model)
    with torch.no_grad():
        features = nn.Sequential(*list(model.children())[:-2])(x)
        expected = torch.einsum("cd,ndhw->nchw", model.fc.weight, features)
        assert relative(classifier.maps(x), expected) < 1e-12
        assert relative(classifier.logits(x), model(x)) < 1e-12
    resnet.float()


def test_maps_equal_torchcam_and_captum(resnet, image):
    classifier = adapt(resnet)
    with torch.no_grad():
        maps = classifier.maps(image)[0]
    with torchcam.methods.CAM(resnet, target_layer="layer4", fc_layer="fc") as extractor:
        resnet(image)
        theirs = torch.cat([extractor(index, normalized=False)[0] for index in range(7)])
    assert relative(maps, theirs) < 1e-5
    gradcam = captum.attr.LayerGradCam(resnet, resnet.layer4)
    cells = maps.shape[1] * maps.shape[2]
    theirs = torch.cat([gradcam.attribute(image, target=index)[0] * cells for index in range(7)]).detach()
    assert relative(maps, theirs) < 1e-5


def test_early_and_late_are_the_forward_at_every_split():
    network = seeded_network(dtype=torch.float64)
    x = torch.rand(2, 3, 40, 56, dtype=torch.float64)
    whole = network.maps(x)
    assert whole.shape == (2, 3, 5, 7)
    for split in range(6):
        torch.testing.assert_close(network.late(network.early(x, split), split), whole, rtol=0, atol=0)
    torch.testing.assert_close(network.logits(x), whole.mean(dim=(2, 3)))


def test_adapting_leaves_the_model_as_it_was(resnet, image):
    before = {key: value.clone() for key, value in resnet.state_dict().items()}
    resnet.train()
    classifier = adapt(resnet)
    with torch.no_grad():
        classifier.logits(image)
    assert resnet.training
    assert resnet.relu.inplace
    assert not any(module._forward_hooks for module in resnet.modules())
    assert all(p.requires_grad for p in resnet.parameters())
    for key, value in resnet.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert classifier.stages[1][0].conv1.weight is resnet.layer1[0].conv1.weight
    resnet.eval()


@pytest.mark.parametrize(
    "name",
    ["resnet18", "regnet_y_400mf", "densenet121", "mobilenet_v2", "efficientnet_b0", "shufflenet_v2_x0_5", "googlenet"],
)
def test_torchvision_families_have_maps(name):
    torch.manual_seed(0)
    options = {"init_weights": True} if name == "googlenet" else {}
    model = torchvision.models.get_model(name, weights=None, num_classes=4, **options).eval()
    classifier = adapt(model)
    x = torch.rand(1, 3, 96, 64)
    with torch.no_grad():
        expected = model(x)
        assert relative(classifier.logits(x), expected) < 1e-4
        assert float(expected.std()) > 0
        assert classifier.maps(x).shape[1] == 4
    assert classifier.stride == 32


@pytest.mark.parametrize("name", ["vgg11", "convnext_tiny", "vit_b_16"])
def test_networks_without_gap_and_linear_head_are_refused(name):
    with torch.device("meta" if name == "vgg11" else "cpu"):  # its form is refused, and its numbers take long to draw
        model = torchvision.models.get_model(name, weights=None, num_classes=4)
    with pytest.raises(InputError, match="class activation maps"):
        adapt(model)


def test_threads_get_the_maps_of_their_own_image():
    network = seeded_network()
    images = [torch.rand(1, 3, 32 + 8 * (i % 3), 48, generator=torch.Generator().manual_seed(i)) for i in range(16)]
    with torch.no_grad():
        alone = [network.maps(x) for x in images]

    def maps(x):
        with torch.no_grad():
            return network.maps(x)

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(maps, images))
    for a, b in zip(alone, together, strict=True):
        assert torch.equal(a, b)


def test_preprocessing_by_hand_and_back():
    image = np.full((4, 6, 3), (255, 0, 51), dtype=np.uint8)
    x = Preprocessing()(image)
    assert x.shape == (1, 3, 4, 6)
    assert x[0, :, 0, 0].tolist() == pytest.approx([(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225])
    assert np.array_equal(Preprocessing().restore(x[0]), image)
    assert Preprocessing(short_side=128).size(256, 512) == (128, 256)
    assert Preprocessing(short_side=128)(image).shape == (1, 3, 128, 192)


def test_what_is_wrong_with_a_classifier_is_said():
    head = nn.Conv2d(4, 3, 1, bias=False)
    with pytest.raises(ValueError, match="3 rows"):
        Classifier([nn.Identity()], head, "ab", stride=1)
    with pytest.raises(ValueError, match="without bias"):
        Classifier([nn.Identity()], nn.Conv2d(4, 3, 1), "abc", stride=1)
    with pytest.raises(ValueError, match="0 to 1"):
        Classifier([nn.Identity()], head, "abc", stride=1, split=2)


def test_cam_of_a_sample():
    network = seeded_network(("cat", "dog", "sofa"))
    pixels = np.random.default_rng(0).integers(0, 256, (128, 192, 3), dtype=np.uint8)
    sample = Sample(pixels, ("dog", "cat", "car"), ("cat",), "s")
    (step,) = cam(network, sample)
    with torch.no_grad():
        expected = network.maps(network.preprocess(pixels))[0]
    assert step.maps.shape == (3, 16, 24)
    np.testing.assert_array_equal(step.maps, expected.numpy())
    np.testing.assert_allclose(step.scores, expected.mean(dim=(1, 2)).numpy(), rtol=1e-5)
    assert step.targets == (0,)
    assert step.maps.min() < 0
    (asked,) = cam(network, sample, classes=["sofa", "dog"])
    assert asked.targets == (2, 1)
    (unlabelled,) = cam(network, Sample(pixels, (), None, "u"))
    assert unlabelled.targets == (int(step.scores.argmax()),)
    with pytest.raises(InputError, match="no class 'horse'"):
        next(cam(network, sample, classes=["horse"]))


def test_an_image_is_made_smaller_by_the_mean_of_what_a_pixel_covers():
    image = np.zeros((16, 24, 3), dtype=np.uint8)
    image[:, 1::4] = image[:, 2::4] = 255  # the two pixels in the middle of four, which a plain sample would read
    x = Preprocessing((0, 0, 0), (1, 1, 1), short_side=4)(image)
    expected = np.asarray(Image.fromarray(image).resize((6, 4), Image.Resampling.BILINEAR)) / 255
    assert x.shape == (1, 3, 4, 6)
    np.testing.assert_allclose(x[0].permute(1, 2, 0), expected, atol=1 / 255)
