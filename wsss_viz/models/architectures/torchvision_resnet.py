"""torchvision's ResNets, ResNeXts and wide ResNets, by the names of their modules or their places in a Sequential."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from wsss_viz.models.architectures.architecture import Architecture, Shapes, Tensors, norm_shapes

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ARCHITECTURE", "TorchvisionResnet", "Variant", "build_resnet", "resnet_shapes", "resnet_stages"]

_WIDTHS = (64, 128, 256, 512)
_MODULES = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
"""Of the children of a ResNet in `nn.Sequential(*model.children())`."""
_LARGEST_WIDTH, _MOST_BLOCKS = 4096, 64


class Variant(NamedTuple):
    """Which of the ResNets.

    Attributes:
        depth: blocks in layer1 to layer4.
        bottleneck: blocks of 1x1, 3x3, 1x1 (ResNet-50 and deeper), not of two 3x3.
        base: channels of a group in layer1's 3x3 convolutions, 64 but in ResNeXt and wide ResNets.
        groups: of these convolutions.
    """

    depth: tuple[int, ...] = (3, 4, 6, 3)
    bottleneck: bool = True
    base: int = 64
    groups: int = 1


def resnet_shapes(variant: Variant = Variant()) -> Shapes:  # noqa: B008 - a tuple
    """The tensors of a ResNet without its head and its counters (`docs/sources.md#resnet`).

    Examples:
        >>> resnet_shapes()["layer4.0.downsample.0.weight"]
        (2048, 1024, 1, 1)
    """
    shapes: Shapes = {"conv1.weight": (64, 3, 7, 7), **norm_shapes("bn1", 64)}
    width_in = 64
    for stage, (blocks, width) in enumerate(zip(variant.depth, _WIDTHS, strict=True), start=1):
        width_out = width * 4 if variant.bottleneck else width
        inner = width * variant.base // 64 * variant.groups
        for block in range(blocks):
            at = f"layer{stage}.{block}"
            kernels = [(3, width_in, width, 1), (3, width, width, 1)]
            if variant.bottleneck:
                kernels = [(1, width_in, inner, 1), (3, inner, inner, variant.groups), (1, inner, width_out, 1)]
            for number, (side, into, outer, groups) in enumerate(kernels, start=1):
                shapes[f"{at}.conv{number}.weight"] = (outer, into // groups, side, side)
                shapes |= norm_shapes(f"{at}.bn{number}", outer)
            if block == 0 and (stage > 1 or variant.bottleneck):
                shapes[f"{at}.downsample.0.weight"] = (width_out, width_in, 1, 1)
                shapes |= norm_shapes(f"{at}.downsample.1", width_out)
            width_in = width_out
    return shapes


def build_resnet(variant: Variant) -> nn.Module:
    """torchvision's network without its head, on the device that is set.

    Examples:
        >>> import torch
        >>> with torch.device("meta"):
        ...     network = build_resnet(Variant((2, 2, 2, 2), bottleneck=False))
        >>> len(network.state_dict())
        120
    """
    from torch import nn
    from torchvision.models import resnet

    block = resnet.Bottleneck if variant.bottleneck else resnet.BasicBlock
    network = resnet.ResNet(block, list(variant.depth), groups=variant.groups, width_per_group=variant.base)
    setattr(network, "fc", nn.Identity())  # noqa: B010 - a Linear by its annotation
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # early features are used again: nothing may write into them
    return network


def resnet_stages(network: nn.Module) -> list[nn.Module]:
    """The stem, layer1 to layer4.

    Examples:
        >>> import torch
        >>> with torch.device("meta"):
        ...     len(resnet_stages(build_resnet(Variant((1, 1, 1, 1)))))
        5
    """
    from torch import nn

    stem = nn.Sequential(*(network.get_submodule(name) for name in ("conv1", "bn1", "relu", "maxpool")))
    return [stem, *(network.get_submodule(f"layer{stage}") for stage in range(1, 5))]


class TorchvisionResnet(Architecture):
    """A state_dict of torchvision's class, timm's where it has the same names, or of a Sequential of its children."""

    name = "torchvision-resnet"
    title = "torchvision's ResNet"
    anchors = (r"layer1\.0\.conv1\.weight", r"4\.0\.conv1\.weight")
    heads = ("fc", "classifier", "head", "9", "last_linear")
    stride = 32
    strides = (32, 16, 8)

    def network_name(self, key: str) -> str:
        index, _, rest = key.partition(".")
        return f"{_MODULES[index]}.{rest}" if index in _MODULES else key

    def variant(self, tensors: Tensors) -> Variant:
        blocks = [re.match(r"layer([1-4])\.(\d{1,3})\.", key) for key in tensors]
        pairs = {(match[1], match[2]) for match in blocks if match}
        depth = tuple(min(len([1 for stage, _ in pairs if stage == str(i)]), _MOST_BLOCKS) for i in range(1, 5))
        if "layer1.0.conv3.weight" not in tensors:
            return Variant(depth, bottleneck=False)
        middle = tensors["layer1.0.conv2.weight"].shape if "layer1.0.conv2.weight" in tensors else ()
        if len(middle) != 4 or not 0 < middle[1] <= middle[0] <= _LARGEST_WIDTH or middle[0] % middle[1]:
            return Variant(depth)
        return Variant(depth, True, middle[1], middle[0] // middle[1])

    def shapes(self, variant: Variant) -> Shapes:
        return resnet_shapes(variant)

    def width(self, variant: Variant) -> int:
        return 2048 if variant.bottleneck else 512

    def remarks(self, tensors: Tensors, variant: Any) -> tuple[list[str], list[str]]:
        if 0 in variant.depth:
            return ["it has not all of a ResNet's four stages: give the whole network"], []
        return [], []

    def network(self, variant: Variant) -> nn.Module:
        return build_resnet(variant)

    def stages(self, network: nn.Module) -> list[nn.Module]:
        return resnet_stages(network)


ARCHITECTURE = TorchvisionResnet()
