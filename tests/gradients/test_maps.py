"""Gradient maps against closed forms and central differences, and the layers they are of."""

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from tests.models.test_classifier import seeded_network
from wsss_viz.errors import InputError
from wsss_viz.gradients import classifier_reader, digit_reader, gradient_maps, high_gradient_ratio, network_reader
from wsss_viz.models.digit_network import DigitNetwork

H, W = 9, 13


def everywhere():
    return np.ones((1, 1, H, W), dtype=bool)


def reader(**layers):
    return lambda x: {name: function(x) for name, function in layers.items()}


@pytest.fixture
def x():
    return torch.randn(2, 3, H, W, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module")
def small():
    """A network in float64 with a strided and an in-place layer, BatchNorm with statistics, and a linear end."""
    torch.manual_seed(4)
    network = nn.Sequential(
        nn.Conv2d(3, 5, 3, 2, 1),
        nn.BatchNorm2d(5),
        nn.ReLU(inplace=True),
        nn.Conv2d(5, 4, 3, 1, 1),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(4 * 5 * 7, 6),
        nn.Sigmoid(),
        nn.Linear(6, 3),
    )
    network[1].running_mean.normal_()
    network[1].running_var.uniform_(0.5, 2)
    return network.double().eval()


def test_the_identity_is_high_everywhere(x):
    found = gradient_maps(reader(T=lambda x: x), x)
    assert found.maps.shape == (2, 1, H, W)
    assert high_gradient_ratio(found.maps[:1], everywhere(), 0.99)[0, 0, 0] == 1


def test_a_mask_times_the_picture_is_high_on_the_mask(x):
    mask = torch.rand(H, W, generator=torch.Generator().manual_seed(1)) > 0.6
    region = torch.zeros(H, W, dtype=torch.bool)
    region[2:7, 3:11] = True
    found = gradient_maps(reader(T=lambda x: x * mask), x)
    expected = float((mask & region).sum() / region.sum())
    assert high_gradient_ratio(found.maps[:1], region[None, None].numpy())[0, 0, 0] == pytest.approx(expected)


def test_a_logit_that_is_one_pixel_is_high_at_that_pixel(x):
    found = gradient_maps(reader(logit=lambda x: x[:, 1, 4, 6]), x)
    assert found.maps[0, 0, 4, 6] == 1
    assert high_gradient_ratio(found.maps[:1], everywhere())[0, 0, 0] == pytest.approx(1 / (H * W))


def test_zero_weights_give_zero_and_a_scale_changes_no_ratio(x):
    convolution = nn.Conv2d(3, 4, 3, padding=1).double()
    scaled = copy.deepcopy(convolution)
    with torch.no_grad():
        scaled.weight *= 4
    one, other = (gradient_maps(reader(T=layer), x).maps for layer in (convolution, scaled))
    assert np.array_equal(
        high_gradient_ratio(one[:1], everywhere(), 0.5), high_gradient_ratio(other[:1], everywhere(), 0.5)
    )
    with torch.no_grad():
        scaled.weight *= 0
    zero = gradient_maps(reader(T=scaled), x).maps
    assert not zero.any()
    assert high_gradient_ratio(zero[:1], everywhere())[0, 0, 0] == 0


def test_a_positive_kernel_is_constant_inside_and_lower_at_the_border(x):
    convolution = nn.Conv2d(3, 4, 3, padding=1).double()
    with torch.no_grad():
        convolution.weight.abs_()
    plane = gradient_maps(reader(T=convolution), x).maps[0, 0]
    inside = plane[1:-1, 1:-1]
    assert np.ptp(inside) < 1e-6
    assert plane[0].max() < inside.min()
    region = np.ones((1, 1, H, W), dtype=bool)
    assert high_gradient_ratio(plane[None, None], region, 0.0)[0, 0, 0] == 1, "tau 0, all slopes above 0"


def test_the_signed_sum_cancels_where_the_energy_does_not(x):
    def opposed(x):
        return torch.stack([x[:, 0], -x[:, 0]], dim=1)

    assert not gradient_maps(reader(T=opposed), x).maps.any()
    assert gradient_maps(reader(T=opposed), x, "energy", probes=64).maps.mean() == pytest.approx(2**0.5, rel=0.2)


def test_the_energy_is_the_jacobians_and_for_one_number_the_map_itself(small, x):
    read = network_reader(small, ["0", "6"])
    jacobian = torch.autograd.functional.jacobian(lambda one: read(one)["6"][0], x[:1])  # (6, 1, 3, H, W)
    exact = jacobian.square().sum(dim=0)[0].amax(dim=0).sqrt()
    found = gradient_maps(read, x, "energy", layers=("6",), probes=4000).maps[0, 0]
    assert found == pytest.approx(exact.numpy(), rel=0.15, abs=0.02 * float(exact.max()))
    read = network_reader(small, ["0"], [1, 2])
    one, other = (gradient_maps(read, x, measure, layers=("logit",)).maps for measure in ("sum", "energy"))
    assert one == pytest.approx(other, rel=1e-6)


@pytest.mark.parametrize("layer", ["0", "1", "2", "4", "6", "8", "logit"])
def test_maps_are_central_differences_in_float64(small, x, layer):
    """Also of what an in-place ReLU follows ("1"), and of layers without spatial extent ("6", "8")."""
    read = network_reader(small, [name for name in (layer,) if name != "logit"], [2, 0])
    found = gradient_maps(read, x, layers=(layer,)).maps[:, 0]
    step, slopes = 1e-6, torch.zeros_like(x)
    for place in np.ndindex(3, H, W):
        moved = torch.zeros_like(x)
        moved[(slice(None), *place)] = step
        with torch.no_grad():
            plus, minus = (read(x + sign * moved)[layer].flatten(1 if layer != "logit" else 0) for sign in (1, -1))
        difference = (plus - minus) if layer == "logit" else (plus - minus).sum(dim=1)
        slopes[(slice(None), *place)] = difference / (2 * step)
    assert found == pytest.approx(slopes.abs().amax(dim=1).numpy(), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("measure", ["sum", "energy"])
def test_pictures_in_a_batch_give_what_each_gives_alone(measure):
    network = seeded_network("abc", torch.float64)
    batch = torch.randn(3, 3, 40, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets = [2, 0, 1]
    together = gradient_maps(classifier_reader(network, targets), batch, measure)
    for i, target in enumerate(targets):
        alone = gradient_maps(classifier_reader(network, [target]), batch[i : i + 1], measure)
        assert alone.maps[0] == pytest.approx(together.maps[i], rel=1e-5, abs=1e-9)
        assert alone.logits[0] == pytest.approx(together.logits[i])


def test_a_classifiers_layers_are_its_stages_and_the_logit_of_the_class():
    network = seeded_network("abc")
    x = torch.randn(2, 3, 40, 64)
    found = classifier_reader(network, [1, 2])(x)
    assert list(found) == ["stage 1", "stage 2", "stage 3", "stage 4", "stage 5", "logit"]
    with torch.no_grad():
        assert torch.equal(found["logit"], network(x)[[0, 1], [1, 2]])
        assert torch.equal(found["stage 3"], network.early(x, 3))


def test_tuned_stages_stand_in_for_the_classifiers_own():
    network = seeded_network("abc")
    late = nn.Sequential(*copy.deepcopy(list(network.stages[3:])), copy.deepcopy(network.head))
    x = torch.randn(1, 3, 40, 64)
    own, same = (classifier_reader(network, [0], part)(x) for part in (None, late))
    assert torch.equal(own["logit"], same["logit"])
    with torch.no_grad():
        late[-1].weight *= 2
    assert torch.allclose(classifier_reader(network, [0], late)(x)["logit"], 2 * own["logit"])


def test_the_digit_networks_logit_is_that_of_the_pictures_own_class():
    network = DigitNetwork("gap", (H, W), seed=1)
    x = torch.rand(2, 1, H, W)
    found = digit_reader(network, [0, 1])(x)
    z = network(x)
    assert torch.equal(found["logit"], torch.stack([-z[0], z[1]]))
    assert [tuple(value.shape[2:]) for value in list(found.values())[:-1]] == [(H, W)] * 5


def test_the_sigmoids_factor_stands_beside_the_maps_that_cannot_show_it():
    x = torch.zeros(3, 1, H, W)
    logits = torch.tensor([0.0, 3.0, -800.0])
    found = gradient_maps(reader(logit=lambda x: x.sum(dim=(1, 2, 3)) + logits), x)
    s = 1 / (1 + np.exp(-3.0))
    assert found.sigmoid_slope == pytest.approx([0.25, s * (1 - s), 0], abs=1e-12)


def test_a_network_is_left_as_it_was_and_read_without_hooks_on_it():
    torch.manual_seed(0)
    network = torchvision.models.resnet18(weights=None).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    x = torch.randn(1, 3, 64, 96, requires_grad=True)
    found = gradient_maps(network_reader(network, ["layer1", "layer2.0.bn1", "fc"], [5]), x)
    assert found.layers == ("layer1", "layer2.0.bn1", "fc", "logit")
    assert found.maps.shape == (1, 4, 64, 96)
    assert (found.maps.std(axis=(2, 3)) > 0).all()
    assert x.grad is None
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_works_where_the_caller_is_in_inference_mode(x):
    with torch.inference_mode():
        found = gradient_maps(reader(T=lambda x: x.square()), x.clone())
    assert found.maps[0, 0] == pytest.approx(2 * x[0].abs().amax(dim=0).numpy(), rel=1e-5)


def test_batchnorm_and_dropout_in_training_mode_are_refused(small):
    training = copy.deepcopy(small)
    training[1].train()
    with pytest.raises(ValueError, match="`1` is in training mode"):
        network_reader(training, ["0"])
    with pytest.raises(ValueError, match="`dropout` is in training mode"):
        network_reader(nn.ModuleDict({"dropout": nn.Dropout()}), ["dropout"])
    classifier = seeded_network("abc")
    classifier.stages[0].train()
    with pytest.raises(ValueError, match="in training mode"):
        classifier_reader(classifier, [0])


def test_layers_that_are_not_there_are_named_in_one_line(small, x):
    with pytest.raises(InputError, match=r"no layer 'conv9'; it has 0, 1, 2"):
        network_reader(small, ["conv9"])
    network = torchvision.models.resnet18(weights=None).eval()
    network.extra = nn.Identity()
    with pytest.raises(InputError, match="'extra' takes no part"):
        network_reader(network, ["extra"])(torch.randn(1, 3, 64, 64))
    lstm = nn.LSTM(4, 4, batch_first=True)
    with pytest.raises(InputError, match="gives a tuple"):
        network_reader(nn.Sequential(lstm), ["0"])(torch.randn(1, 2, 4))


def test_what_mixes_the_pictures_or_is_no_number_is_refused(x):
    with pytest.raises(ValueError, match="outputs of 2 rows"):
        gradient_maps(reader(T=lambda x: x.mean(dim=0)[:1]), x)
    with pytest.raises(ValueError, match="not finite"):
        gradient_maps(reader(T=lambda x: x * float("nan")), x)
    with pytest.raises(ValueError, match="`measure` is one of sum, energy"):
        gradient_maps(reader(T=lambda x: x), x, "absolute")


def test_a_layer_that_does_not_see_the_picture_has_a_zero_map(x):
    assert not gradient_maps(reader(T=lambda x: torch.ones(2, 4)), x).maps.any()
