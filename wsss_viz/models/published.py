"""A file of weights as a Classifier: the networks of `models.layouts`, and our own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import own_report, read_checkpoint
from wsss_viz.models.class_lists import names_beside
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.models.efficientnet_lite import efficientnet_lite
from wsss_viz.models.layouts import Recognised
from wsss_viz.models.layouts.efficientnet_lite import network_names
from wsss_viz.models.layouts.resnet import BASIC, BOTTLENECKS
from wsss_viz.models.layouts.result import EFFICIENTNET_LITE, IRN, MXNET, RESNET38D, STRIDES
from wsss_viz.models.preflight import OWN_KEY, Report, refuse, report_on
from wsss_viz.models.reading import TensorFile, open_tensors
from wsss_viz.models.resnet38d import ResNet38d
from wsss_viz.models.self_check import self_check

FROZEN_STAGES = {IRN: 3, RESNET38D: 1}
"""Stages that the network's own training left as they were: through layer2 (IRN, RIB); conv1a and b2 (PSA, OC-CSE)."""


def read_published(
    path: Path | str, classes: Sequence[str] | None = None, *, legacy: bool = True
) -> tuple[Report, Classifier | None]:
    """The preflight report of a file, and the network where nothing speaks against it; on the CPU, frozen, checked.

    Args:
        classes: names of the head's rows, see `preflight.preflight`.
        legacy: whether pickles from before torch 1.6 are read.

    Raises:
        InputError: the file is damaged or made to do harm, or its numbers are not finite, or names of one tensor
            differ, or the network fails its self-check.
    """
    path = Path(path)
    with open_tensors(path, legacy=legacy) as file:
        if OWN_KEY in file.metadata:
            return own_report(path), read_checkpoint(path)
        report, found, names = report_on(file, classes or names_beside(path))
        if found is None or not report.ready:
            return report, None
        classifier = _build(file, found, names, report)
    self_check(classifier, report.file)
    return report, classifier


def load_published(path: Path | str, classes: Sequence[str] | None = None, *, legacy: bool = True) -> Classifier:
    """As `read_published`. Raises InputError also where the report has a problem."""
    report, classifier = read_published(path, classes, legacy=legacy)
    refuse(report)
    assert classifier is not None
    return classifier


def load_backbone(path: Path | str) -> nn.Module:
    """The ResNet-38d of a file without a classifier (MXNet's `resnet_38d.params`): (N, 3, H, W) to f (N, D, h, w).

    It has no class maps until a head is trained on it; `Classifier(backbone.stages(), head, ...)` makes one of the two.

    Raises:
        InputError: the file is damaged, or holds no ResNet-38d.
    """
    with open_tensors(Path(path)) as file:
        report, found, names = report_on(file)
        if found is None or found.layout not in (MXNET, RESNET38D):
            raise InputError(f"{report.file} holds no ResNet-38d: give resnet_38d.params, or load a classifier")
        gaps = [key for key in found.missing if key != "fc8.weight"] or found.unexpected
        if gaps:
            raise InputError(f"{report.file} is not the whole ResNet-38d, or more than it (first {gaps[0]})")
        backbone = _empty_resnet38d(found)
        _fill(backbone, {key: _tensor(file, found, names, key) for key in found.sources if key != found.head})
    return backbone.eval().requires_grad_(False)


def _build(file: TensorFile, found: Recognised, names: dict[str, str], report: Report) -> Classifier:
    weights = {key: _tensor(file, found, names, key) for key in found.sources}
    rows = weights.pop(found.head).flatten(1)
    bias = weights.pop(found.bias) if found.bias else None
    if report.background:
        rows, bias = rows[1:], None if bias is None else bias[1:]
    if found.layout == EFFICIENTNET_LITE:
        return _efficientnet_lite(found.variant, report.classes, rows, bias, weights)
    network: nn.Module = _empty_resnet38d(found) if found.layout == RESNET38D else _empty_resnet(found)
    _fill(network, weights)
    head = nn.Conv2d(rows.shape[1], rows.shape[0], 1, bias=False)
    head.weight = nn.Parameter(rows[:, :, None, None].contiguous(), requires_grad=False)
    classifier = Classifier(
        network.stages() if isinstance(network, ResNet38d) else _resnet_stages(network),
        head,
        report.classes,
        stride=STRIDES[found.layout],
        split=FROZEN_STAGES.get(found.layout, 3),
        bias=bias,
        preprocessing=Preprocessing(),
        layout=found.layout,
    )
    return classifier.eval().requires_grad_(False)


def _efficientnet_lite(
    variant: str, classes: Sequence[str], rows: Tensor, bias: Tensor | None, weights: dict[str, Tensor]
) -> Classifier:
    with torch.device("meta"):
        classifier = efficientnet_lite(classes, variant)
    names = network_names(variant)
    state = {names[key]: tensor for key, tensor in weights.items()}
    state |= {
        "head.weight": rows[:, :, None, None].contiguous(),
        "bias": rows.new_zeros(len(rows)) if bias is None else bias,
    }
    _fill(classifier, state)
    return classifier.eval().requires_grad_(False)


def _tensor(file: TensorFile, found: Recognised, names: dict[str, str], key: str) -> Tensor:
    """The numbers of one of the network's tensors, float32; all names of it in the file must give the same."""
    first, *others = [names[name] for name in found.sources[key]]
    tensor = file.read(first)
    for other in others:
        if file.aliases.get(other, other) != file.aliases.get(first, first) and not torch.equal(
            file.read(other), tensor
        ):
            raise InputError(
                f"{file.name}: {first} and {other} are two names of one tensor and differ: the file was put together "
                "from two, take it from its source"
            )
    return tensor.float()


def _empty_resnet38d(found: Recognised) -> ResNet38d:
    with torch.device("meta"):
        return ResNet38d(found.widths)


def _empty_resnet(found: Recognised) -> nn.Module:
    from torchvision import models

    bottleneck = "layer1.0.conv3.weight" in found.shapes
    name = (BOTTLENECKS if bottleneck else BASIC)[found.depth]
    with torch.device("meta"):
        network: nn.Module = models.get_model(name, weights=None)
    network.fc = nn.Identity()
    if found.layout == IRN:  # output stride 16: strides 2, 2, 2, 1 (IRN `net/resnet50.py`), no dilation
        first = network.get_submodule("layer4.0")
        for name in ("conv2", "downsample.0"):
            convolution = first.get_submodule(name)
            assert isinstance(convolution, nn.Conv2d)
            convolution.stride = (1, 1)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # early features are kept and used again: nothing may write into them
    return network


def _resnet_stages(network: nn.Module) -> list[nn.Module]:
    """The stem, layer1 to layer4."""
    stem = nn.Sequential(*(network.get_submodule(name) for name in ("conv1", "bn1", "relu", "maxpool")))
    return [stem, *(network.get_submodule(f"layer{stage}") for stage in range(1, 5))]


def _fill(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Puts the weights into a network that has none; BatchNorm's counters, which nothing reads, start at 0."""
    counters = {key: torch.tensor(0) for key in network.state_dict() if key.endswith("num_batches_tracked")}
    network.load_state_dict({**weights, **counters}, assign=True)
