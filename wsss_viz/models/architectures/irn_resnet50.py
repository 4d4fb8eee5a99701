"""IRN's ResNet-50, which has each tensor under three names, and ReCAM's second head on it. Needs no torch.

IRN (`docs/sources.md#irn`; `net/resnet50_cam.py`) has its ResNet-50 as `resnet50.*`, as `stage1` to `stage4` and as
`backbone.0` to `backbone.3`, and the classifier as `classifier` and `newly_added.0`: 956 names for 318 tensors and one.
RIB, AdvCAM, CLIMS and others have the same class.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from wsss_viz.models.architectures.architecture import Architecture, Shapes, Tensors
from wsss_viz.models.architectures.torchvision_resnet import Variant, build_resnet, resnet_shapes, resnet_stages

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ARCHITECTURE", "IrnResnet50", "irn_name"]

_STEM = {"0": "conv1", "1": "bn1", "4": "layer1"}
_IRNET = ("fc_edge", "fc_dp", "mean_shift", "path_indices", "disp_target")


def irn_name(key: str) -> str:
    """torchvision's name of one of IRN's; "" for what is none of the ResNet's.

    Examples:
        >>> irn_name("stage3.0.5.bn2.weight"), irn_name("backbone.0.4.1.conv1.weight"), irn_name("classifier.weight")
        ('layer3.5.bn2.weight', 'layer1.1.conv1.weight', '')
    """
    if key.startswith("resnet50."):
        return key.removeprefix("resnet50.")
    match = re.fullmatch(r"(?:stage([1-4])|backbone\.([0-3]))\.(\d)\.(.+)", key)
    if not match:
        return ""
    stage = int(match[1]) if match[1] else int(match[2]) + 1
    if stage > 1:
        return f"layer{stage}.{match[4]}" if match[3] == "0" else ""
    return f"{_STEM[match[3]]}.{match[4]}" if match[3] in _STEM else ""


class IrnResnet50(Architecture):
    """`res50_cam.pth`: strides 2, 2, 2 and 1, without dilation (IRN, `net/resnet50.py`)."""

    name = "irn-resnet50"
    title = "ResNet-50 of IRN (layer4 at stride 1)"
    anchors = (r"resnet50\.conv1\.weight", r"stage1\.0\.weight", r"backbone\.0\.0\.weight")
    heads = ("classifier", "newly_added.0")
    same_heads = True
    asked_heads = MappingProxyType(
        {
            "recam_predictor": "it has two heads, IRN's classifier and ReCAM's recam_predictor (Chen et al., "
            "CVPR 2022), "
            "whose maps differ: say which, as FILE#classifier or FILE#recam_predictor"
        }
    )
    stride = 16
    strides = (16, 8)
    split = 3  # through layer2, as IRN and RIB
    input_source = "published"

    def network_name(self, key: str) -> str:
        return irn_name(key)

    def variant(self, tensors: Tensors) -> Variant:
        return Variant()

    def shapes(self, variant: Variant) -> Shapes:
        return resnet_shapes(variant)

    def width(self, variant: Variant) -> int:
        return 2048

    def unused(self, key: str) -> str:
        if irn_name(key).startswith("fc."):
            return "ImageNet's head"
        return "of IRNet" if key.startswith(_IRNET) else ""

    def without_head(self, tensors: Tensors) -> str:
        return "there is no classifier (classifier.weight): give res50_cam.pth and not a backbone"

    def remarks(self, tensors: Tensors, variant: Variant) -> tuple[list[str], list[str]]:
        if any(key.startswith(_IRNET) for key in tensors):
            return ["it is IRNet's edge and displacement network, which has no class maps: give res50_cam.pth"], []
        return [], []

    def network(self, variant: Variant) -> nn.Module:
        network = build_resnet(variant)
        first = network.get_submodule("layer4.0")
        for name in ("conv2", "downsample.0"):
            setattr(first.get_submodule(name), "stride", (1, 1))  # noqa: B010 - a Module by its annotation
        return network

    def stages(self, network: nn.Module) -> list[nn.Module]:
        return resnet_stages(network)


ARCHITECTURE = IrnResnet50()
