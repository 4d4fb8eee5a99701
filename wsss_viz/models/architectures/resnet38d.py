"""ResNet-38d's tensors by name, as PSA, SEAM, SC-CAM and OC-CSE save them. Needs no torch.

Ahn and Kwak, "Learning Pixel-level Semantic Affinity with Image-level Supervision", CVPR 2018, `network/resnet38d.py`
(`docs/sources.md#resnet38d`); after Wu, Shen and van den Hengel, "Wider or Deeper", 2016. 192 tensors with a
classifier, 229 with BatchNorm's counters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.models.architectures.architecture import Architecture, Shapes, Tensors, norm_shapes

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ARCHITECTURE", "BLOCKS", "LARGEST_WIDTH", "WIDTHS", "Resnet38d", "block_names", "resnet38d_shapes"]

WIDTHS = (64, 128, 256, 512, 1024, 2048, 4096)
"""Channels after conv1a and the stages b2 to b7."""
BLOCKS = {2: 3, 3: 3, 4: 6, 5: 3}
"""Blocks of two 3x3 convolutions in the stages b2 to b5; b6 and b7 are one bottleneck each."""
LARGEST_WIDTH = 8192

_UNUSED = {
    "f8_3": "of the affinity branch (PSA) or the pixel correlation (SEAM)",
    "f8_4": "of the affinity branch (PSA) or the pixel correlation (SEAM)",
    "f8_5": "of the affinity branch (PSA)",
    "f9": "of the affinity branch (PSA) or the pixel correlation (SEAM)",
    "fc8_200": "SC-CAM's sub-category head",
}


def block_names(stage: int) -> list[str]:
    """b2, b2_1, b2_2, ...

    Examples:
        >>> block_names(3)
        ['b3', 'b3_1', 'b3_2']
    """
    return [f"b{stage}" if not i else f"b{stage}_{i}" for i in range(BLOCKS[stage])]


def resnet38d_shapes(widths: tuple[int, ...] = WIDTHS) -> Shapes:
    """The tensors without head and counters: 43 convolutions and 37 BatchNorms of four.

    Args:
        widths: as `WIDTHS`; b5's two convolutions have the channels of b4 and b5, b6's and b7's a quarter, half and all
            of theirs.

    Examples:
        >>> len(resnet38d_shapes()), resnet38d_shapes()["bn7.weight"]
        (191, (4096,))
    """
    shapes: Shapes = {"conv1a.weight": (widths[0], 3, 3, 3)}
    width_in = widths[0]
    for stage in BLOCKS:
        width = widths[stage - 1]
        middle = widths[3] if stage == 5 else width
        for i, name in enumerate(block_names(stage)):
            shapes |= norm_shapes(f"{name}.bn_branch2a", width_in)
            shapes[f"{name}.conv_branch2a.weight"] = (middle, width_in, 3, 3)
            shapes |= norm_shapes(f"{name}.bn_branch2b1", middle)
            shapes[f"{name}.conv_branch2b1.weight"] = (width, middle, 3, 3)
            if i == 0:
                shapes[f"{name}.conv_branch1.weight"] = (width, width_in, 1, 1)
            width_in = width
    for stage in (6, 7):
        width, name = widths[stage - 1], f"b{stage}"
        shapes |= norm_shapes(f"{name}.bn_branch2a", width_in)
        shapes[f"{name}.conv_branch2a.weight"] = (width // 4, width_in, 1, 1)
        shapes |= norm_shapes(f"{name}.bn_branch2b1", width // 4)
        shapes[f"{name}.conv_branch2b1.weight"] = (width // 2, width // 4, 3, 3)
        shapes |= norm_shapes(f"{name}.bn_branch2b2", width // 2)
        shapes[f"{name}.conv_branch2b2.weight"] = (width, width // 2, 1, 1)
        shapes[f"{name}.conv_branch1.weight"] = (width, width_in, 1, 1)
        width_in = width
    return {**shapes, **norm_shapes("bn7", width_in)}


class Resnet38d(Architecture):
    """`res38_cls.pth` (PSA), `resnet38_SEAM.pth`, `od_cam.pth` and `NNNnet_er.pth` (OC-CSE), SC-CAM's `fc8_20`."""

    name = "resnet38d"
    title = "ResNet-38d of PSA"
    anchors = (r"conv1a\.weight",)
    heads: tuple[str, ...] = ("fc8_20", "fc8", "classifier", "fc", "head")
    stride = 8
    strides = (8,)
    split = 1  # conv1a and b2, as PSA and OC-CSE
    input_source = "published"
    recipe = "psa"

    def variant(self, tensors: Tensors) -> tuple[int, ...]:
        """The channels after each stage, from the convolution that ends it; those of `WIDTHS` where it is missing."""
        ends = ("conv1a", *(f"b{stage}.conv_branch2b1" for stage in BLOCKS), "b6.conv_branch2b2", "b7.conv_branch2b2")
        widths = []
        for end, standard in zip(ends, WIDTHS, strict=True):
            shape = tensors[f"{end}.weight"].shape if f"{end}.weight" in tensors else ()
            widths.append(shape[0] if len(shape) == 4 and 4 <= shape[0] <= LARGEST_WIDTH else standard)
        return tuple(widths)

    def shapes(self, variant: tuple[int, ...]) -> Shapes:
        return resnet38d_shapes(variant)

    def width(self, variant: tuple[int, ...]) -> int:
        return variant[-1]

    def unused(self, key: str) -> str:
        return _UNUSED.get(key.removesuffix(".weight"), "")

    def without_head(self, tensors: Tensors) -> str:
        if "fc8_200.weight" in tensors:
            return "it has SC-CAM's 200 sub-categories alone, which are no classes: give a file with fc8_20"
        if "f9.weight" in tensors:
            return "it is an affinity network without a classifier (fc8): give res38_cls.pth"
        return (
            "it is a backbone without a classifier (fc8), which has no class maps: give res38_cls.pth or NNNnet_er.pth"
        )

    def remarks(self, tensors: Tensors, variant: tuple[int, ...]) -> tuple[list[str], list[str]]:
        """Channels that are not PSA's."""
        standard = variant == WIDTHS
        return [], [] if standard else [f"its stages have {', '.join(map(str, variant))} channels, not PSA's"]

    def network(self, variant: tuple[int, ...]) -> nn.Module:
        from wsss_viz.models.resnet38d import ResNet38d

        return ResNet38d(variant)

    def stages(self, network: nn.Module) -> list[nn.Module]:
        from wsss_viz.models.resnet38d import ResNet38d

        assert isinstance(network, ResNet38d)
        return network.stages()


ARCHITECTURE = Resnet38d()
