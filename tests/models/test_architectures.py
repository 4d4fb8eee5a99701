"""Names and shapes of the published networks, against torchvision and the description, without a single weight."""

import math

import pytest
import torch
from torchvision import models

from tests.models.published_files import NARROW, irn_state, resnet38d_state, resnet50_backbone
from wsss_viz.models.architectures.irn_resnet50 import irn_name
from wsss_viz.models.architectures.mxnet_resnet38d import mxnet_name
from wsss_viz.models.architectures.recognition import recognise
from wsss_viz.models.architectures.resnet38d import WIDTHS, resnet38d_shapes
from wsss_viz.models.architectures.torchvision_resnet import Variant, resnet_shapes
from wsss_viz.models.class_lists import classes_of
from wsss_viz.models.reading import TensorInfo
from wsss_viz.models.resnet38d import ResNet38d


def infos(shapes):
    return {key: TensorInfo("F32", tuple(shape)) for key, shape in shapes.items()}


def shapes_of(state):
    return {key: tuple(value.shape) for key, value in state.items()}


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"])
def test_resnets_are_torchvisions(name):
    with torch.device("meta"):
        state = models.get_model(name, weights=None).state_dict()
    shapes = shapes_of(state)
    depth = tuple(len({key.split(".")[1] for key in shapes if key.startswith(f"layer{i}.")}) for i in range(1, 5))
    expected = {key: shape for key, shape in shapes.items() if "num_batches" not in key and not key.startswith("fc.")}
    assert resnet_shapes(Variant(depth, "layer1.0.conv3.weight" in shapes)) == expected
    found = recognise(infos(shapes))
    assert (found.architecture, found.missing, found.unexpected, found.rows) == ("torchvision-resnet", (), (), 1000)


def test_resnet38d_has_the_tensors_of_its_description_at_full_width():
    shapes = resnet38d_shapes()
    assert len(shapes) + 1 == 192
    assert sum(math.prod(shape) for shape in shapes.values()) + 20 * 4096 == 105_200_576
    assert sum(key.endswith("running_var") for key in shapes) == 37
    assert sum(len(shape) == 4 for shape in shapes.values()) == 43
    for key, shape in {
        "conv1a.weight": (64, 3, 3, 3),
        "b2.conv_branch1.weight": (128, 64, 1, 1),
        "b5.conv_branch2a.weight": (512, 512, 3, 3),
        "b5_1.conv_branch2a.weight": (512, 1024, 3, 3),
        "b5_2.conv_branch2b1.weight": (1024, 512, 3, 3),
        "b6.conv_branch2a.weight": (512, 1024, 1, 1),
        "b6.conv_branch2b1.weight": (1024, 512, 3, 3),
        "b6.conv_branch2b2.weight": (2048, 1024, 1, 1),
        "b7.conv_branch1.weight": (4096, 2048, 1, 1),
        "bn7.running_mean": (4096,),
    }.items():
        assert shapes[key] == shape, key
    with torch.device("meta"):
        network = ResNet38d(WIDTHS)
    own = {key: shape for key, shape in shapes_of(network.state_dict()).items() if "num_batches" not in key}
    assert own == shapes
    assert network(torch.zeros(1, 3, 65, 97, device="meta")).shape == (1, 4096, 9, 13)


def test_irns_names_come_together():
    for name, own in {
        "resnet50.layer3.5.bn2.weight": "layer3.5.bn2.weight",
        "stage1.0.weight": "conv1.weight",
        "stage1.1.running_mean": "bn1.running_mean",
        "stage1.4.2.conv3.weight": "layer1.2.conv3.weight",
        "stage3.0.5.bn2.weight": "layer3.5.bn2.weight",
        "backbone.0.0.weight": "conv1.weight",
        "backbone.0.4.0.downsample.1.bias": "layer1.0.downsample.1.bias",
        "backbone.3.0.2.conv3.weight": "layer4.2.conv3.weight",
        "stage2.1.0.weight": "",
        "stage1.7.weight": "",
        "classifier.weight": "",
    }.items():
        assert irn_name(name) == own
    found = recognise(infos(shapes_of(irn_state())))
    assert (found.architecture, found.matched, len(found.sources["conv1.weight"])) == ("irn-resnet50", 266, 3)
    assert found.sources["conv1.weight"][0] == "resnet50.conv1.weight"
    assert found.sources["classifier.weight"] == ("classifier.weight", "newly_added.0.weight")


def test_irn_of_coco_and_irns_own_second_network():
    coco = recognise(infos(shapes_of(irn_state(80, counters=False))))
    assert (coco.rows, coco.unused, coco.problems) == (80, {}, ())
    state = {key: value for key, value in irn_state().items() if key.startswith("stage")}
    state |= {"fc_edge1.0.weight": torch.zeros(32, 64, 1, 1), "fc_dp7.2.weight": torch.zeros(2, 256, 1, 1)}
    assert "edge and displacement network" in recognise(infos(shapes_of(state))).problems[0]
    alone = {f"resnet50.{key}": value for key, value in resnet50_backbone().items()}
    assert "no classifier" in recognise(infos(shapes_of(alone))).problems[0]


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("arg:conv1a_weight", "conv1a.weight"),
        ("arg:res2a_branch2a_weight", "b2.conv_branch2a.weight"),
        ("arg:res2b1_branch2b1_weight", "b2_1.conv_branch2b1.weight"),
        ("arg:res4b5_branch2a_weight", "b4_5.conv_branch2a.weight"),
        ("arg:res7a_branch1_weight", "b7.conv_branch1.weight"),
        ("arg:bn6a_branch2b2_gamma", "b6.bn_branch2b2.weight"),
        ("aux:bn3b2_branch2a_moving_var", "b3_2.bn_branch2a.running_var"),
        ("arg:bn7_beta", "bn7.bias"),
        ("aux:bn7_moving_mean", "bn7.running_mean"),
        ("arg:linear1000_weight", ""),
        ("arg:res9a_branch2a_weight", ""),
    ],
)
def test_mxnets_names(name, own):
    assert mxnet_name(name) == own


def test_an_affinity_network_and_a_cut_one():
    state = resnet38d_state(None)
    state["f9.weight"] = torch.zeros(448, 448, 1, 1)
    found = recognise(infos(shapes_of(state)))
    assert found.architecture == "resnet38d"
    assert "affinity network without a classifier" in found.problems[0]
    assert found.variant == NARROW
    del state["f9.weight"], state["b5_2.bn_branch2a.bias"]
    assert recognise(infos(shapes_of(state))).missing == ("b5_2.bn_branch2a.bias", "fc8_20.weight")


@pytest.mark.parametrize(
    ("rows", "count", "background", "word"),
    [
        (20, 20, False, "VOC"),
        (21, 20, True, "VOC"),
        (80, 80, False, "COCO"),
        (81, 80, True, "COCO"),
        (1000, 1000, False, "ImageNet"),
        (7, 7, False, "numbers"),
    ],
)
def test_classes_by_the_rows_of_the_head(rows, count, background, word):
    found = classes_of(rows, None, "x.pth")
    assert (len(found.names), found.background) == (count, background)
    assert word in found.source
    assert len(set(found.names)) >= count - 2  # ImageNet has two cranes and two maillots
