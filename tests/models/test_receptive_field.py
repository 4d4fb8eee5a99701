"""Where the cells' receptive fields are centred, against what moves a cell."""

import threading

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models

from tests.models.test_classifier import seeded_network
from wsss_viz.errors import InputError
from wsss_viz.models import adapt, receptive_field
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.models.efficientnet_lite import efficientnet_lite
from wsss_viz.models.receptive_field import _measured, cell_layout, impulse
from wsss_viz.traces.centres import CellCentres


def head(width, classes=1):
    return nn.Conv2d(width, classes, 1, bias=False)


def narrow_resnet(block, layers, stride=32, **options):
    """A ResNet of few channels, through the same adapter as the published ones."""
    torch.manual_seed(0)
    model = models.ResNet(block, layers, num_classes=2, **options)
    return adapt(model, stride=stride)


def centre_of_mass(modules, height, width, row, column):
    """(y, x), the centre of |d map[row, column] / d input| where convolutions average and poolings do."""
    mass = impulse(modules, height, width, row, column)
    return float(mass.sum(1) @ np.arange(height)), float(mass.sum(0) @ np.arange(width)), mass


def network(name):
    if name == "scenes":
        return seeded_network(["cat", "dog"])
    if name == "resnet18":
        return narrow_resnet(models.resnet.BasicBlock, [1, 1, 1, 1])
    if name.startswith("resnet50"):
        stride = int(name.partition("/")[2] or 32)
        return narrow_resnet(models.resnet.Bottleneck, [1, 1, 1, 1], stride)
    if name == "densenet":
        return adapt(models.DenseNet(4, (1, 1, 1, 1), 8, num_classes=2))
    return efficientnet_lite(["cat"], "lite0", stride=int(name.partition("/")[2] or 32))


@pytest.mark.parametrize("name", ["scenes", "resnet18", "lite0"])
def test_the_shapes_that_are_not_asked_of_torch_are_torchs(name, monkeypatch):
    modules = list(network(name).stages)
    expected = receptive_field._read(modules, 127, 190)
    monkeypatch.setattr(receptive_field, "_by_shape", lambda func, args: None)
    assert receptive_field._read(modules, 127, 190) == expected


@pytest.mark.parametrize(
    ("name", "height", "width"),
    [
        ("scenes", 97, 131),
        ("resnet18", 352, 417),
        ("resnet50", 353, 416),
        ("resnet50/16", 353, 416),
        ("resnet50/8", 301, 352),
        ("densenet", 353, 416),
        ("lite0", 448, 448),
        ("lite0", 449, 447),
        ("lite0/16", 380, 417),
        ("lite0/8", 350, 375),
    ],
)
def test_the_centres_are_those_of_what_moves_a_cell(name, height, width):
    classifier = network(name)
    stages = list(classifier.stages)
    # deep networks are shortened here to their first blocks, so that a field fits into the image
    stages = [stage[:2] if isinstance(stage, nn.Sequential) and name.startswith("lite0") else stage for stage in stages]
    shortened = Classifier(stages, classifier.head, classifier.classes, stride=classifier.stride)
    centres, (h, w) = cell_layout(shortened, height, width)
    row, column = h // 2, w // 2
    y, x, mass = centre_of_mass(stages, height, width, row, column)
    edge = max(float(side.sum()) for side in (mass[0], mass[-1], mass[:, 0], mass[:, -1])) / float(mass.sum())
    assert edge < 1e-3  # little of the field is beyond the image
    assert centres.at(row, column) == pytest.approx((y, x), abs=0.6 if edge > 1e-9 else 1e-6)
    whole = cell_layout(classifier, height, width)
    assert whole[0].stride == (classifier.stride, classifier.stride)
    with torch.no_grad():
        assert tuple(classifier.maps(torch.rand(1, 3, height, width)).shape[2:]) == whole[1]


def test_padding_decides_where_cells_lie():
    assert cell_layout(network("resnet50"), 224, 300)[0] == CellCentres((0.0, 0.0), (32.0, 32.0))
    lite = network("lite0")
    assert cell_layout(lite, 224, 225)[0] == CellCentres((31.0, 0.0), (32.0, 32.0))
    assert network("scenes").cell_centres(97, 131) == CellCentres((0.0, 0.0), (8.0, 8.0))
    # 2 x 2 poolings of a DenseNet move the centres
    assert cell_layout(network("densenet"), 224, 224)[0] == CellCentres((14.0, 14.0), (32.0, 32.0))


def test_an_image_that_is_resized_has_its_own_pixels():
    size = Preprocessing(short_side=64).size(128, 256)
    centres = network("scenes").cell_centres(*size).resized(size, (128, 256))
    assert centres == CellCentres((0.5, 0.5), (16.0, 16.0))


def stem():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU())


class Shifted(nn.Module):
    """A branch of averaged pairs beside one of 3 x 3: two geometries."""

    def __init__(self):
        super().__init__()
        self.main, self.other = nn.Conv2d(4, 4, 3, 2, 1), nn.AvgPool2d(2, 2, ceil_mode=True)

    def forward(self, x):
        return self.main(x) + self.other(x)


class Rolled(nn.Module):
    def forward(self, x):
        return x.roll(1, dims=3)


def test_what_cannot_be_read_is_measured():
    mixed = Classifier([stem(), Shifted()], head(4), ["a"], stride=4)
    centres, grid = cell_layout(mixed, 60, 90)
    assert grid == (15, 23)
    # the branches are centred on 0 and on 1, and an average of 9 x 4 and one of 4 weigh the same
    assert centres.origin == pytest.approx((0.5, 0.5))
    assert centres.stride == pytest.approx((4.0, 4.0))
    rolled = Classifier([stem(), Rolled()], head(4), ["a"], stride=2)
    centres, _ = cell_layout(rolled, 60, 90)
    assert centres.origin == pytest.approx((0.0, -2.0))
    assert centres.stride == pytest.approx((2.0, 2.0))


@pytest.mark.parametrize(("height", "width"), [(64, 96), (65, 95)])
def test_measuring_gives_what_the_rule_gives(height, width):
    stages = list(efficientnet_lite(["cat"], "lite0").stages)[:4]
    shortened = Classifier(stages, head(40), ["cat"], stride=8)
    read, measured = cell_layout(shortened, height, width), _measured(stages, height, width)
    assert measured[1] == read[1]
    assert measured[0].origin == pytest.approx(read[0].origin, abs=1e-3)
    assert measured[0].stride == pytest.approx(read[0].stride, abs=1e-5)


class Everywhere(nn.Module):
    def forward(self, x):
        return x.mean(dim=(2, 3), keepdim=True).expand_as(x).roll(1, dims=3)


def test_cells_without_a_centre_are_refused_and_so_are_sizes_that_cannot_be():
    with pytest.raises(InputError, match="--align field"):
        cell_layout(Classifier([stem(), Everywhere()], head(4), ["a"], stride=2), 60, 90)
    valid = Classifier([nn.Conv2d(3, 4, 7)], head(4), ["a"], stride=1)
    with pytest.raises(InputError, match="5 x 90"):
        cell_layout(valid, 5, 90)


def test_the_network_stays_as_it_is_and_threads_agree():
    classifier = network("resnet18")
    before = {key: value.clone() for key, value in classifier.state_dict().items()}
    x = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        maps = classifier.maps(x)
    found, seen = [], []

    def read(size):
        found.append(cell_layout(classifier, size, 96)[0])
        with torch.no_grad():
            seen.append(torch.equal(classifier.maps(x), maps))

    threads = [threading.Thread(target=read, args=(64 + i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert all(seen)
    assert len(seen) == 4
    assert all(torch.equal(value, before[key]) for key, value in classifier.state_dict().items())
    assert not any(parameter.is_meta for parameter in classifier.parameters())
