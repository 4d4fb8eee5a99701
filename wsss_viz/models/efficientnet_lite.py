"""EfficientNet-Lite as a Classifier: ReLU6, no squeeze and excitation, global average pooling and one linear layer.

The architecture is that of Google's EfficientNet-Lite (`docs/sources.md#efficientnet-lite`; Tan and Le, "EfficientNet",
ICML 2019, table 1, for the rows): a stem, seven rows of inverted residual blocks (Sandler et al., "MobileNetV2", CVPR
2018, sec. 3) and a 1x1 convolution to 1280 channels. Stem, head convolution and the repeats of the first and last row
are the same in every variant. Written from the description; padding is TensorFlow's SAME.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from wsss_viz.models.architectures.efficientnet_lite import (
    HEAD_WIDTH,
    MEAN,
    NAME,
    SHORT_SIDE,
    SPLIT,
    STD,
    STEM_WIDTH,
    STRIDE,
    STRIDES,
    VARIANTS,
    Row,
    rows_of,
)
from wsss_viz.models.classifier import Classifier, Preprocessing

__all__ = ["EPSILON", "Block", "SameConv2d", "at_stride", "efficientnet_lite", "variant_of"]

EPSILON = 1e-3


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: (N, D, H, W) to (N, D', ceil(H / s), ceil(W / s)).

    What the window lacks is added half before and half after, the odd pixel after; at stride 2 it therefore depends on
    whether a side is even, which torch's own `padding` cannot say.
    """

    def forward(self, x: Tensor) -> Tensor:
        pads = [self._lack(x.shape[axis], axis - 2) for axis in (3, 2)]
        before_after = [side for lack in pads for side in (lack // 2, lack - lack // 2)]
        if any(before_after):
            x = nn.functional.pad(x, before_after)
        return super().forward(x)

    def _lack(self, size: int, axis: int) -> int:
        stride, window = self.stride[axis], (self.kernel_size[axis] - 1) * self.dilation[axis] + 1
        return max(0, (math.ceil(size / stride) - 1) * stride + window - size)


def _convolution(
    width_in: int, width_out: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Conv2d:
    if kernel == 1:
        return nn.Conv2d(width_in, width_out, 1, bias=False)
    if stride == 1:
        side = dilation * (kernel // 2)
        return nn.Conv2d(width_in, width_out, kernel, 1, side, dilation, groups, bias=False)
    return SameConv2d(width_in, width_out, kernel, stride, 0, dilation, groups, bias=False)


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=EPSILON)


class Block(nn.Module):
    """An inverted residual block: 1x1 to `expansion` times the channels, depthwise k x k, 1x1 back, and a shortcut."""

    def __init__(
        self, width_in: int, width_out: int, kernel: int, expansion: int, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        width = width_in * expansion
        self.expand = (
            nn.Identity()
            if expansion == 1
            else nn.Sequential(_convolution(width_in, width, 1), _norm(width), nn.ReLU6())
        )
        depthwise = _convolution(width, width, kernel, stride, dilation, groups=width)
        self.depthwise = nn.Sequential(depthwise, _norm(width), nn.ReLU6())
        self.project = nn.Sequential(_convolution(width, width_out, 1), _norm(width_out))
        self.shortcut = stride == 1 and width_in == width_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.shortcut else y


def _stage(width_in: int, row: Row, stride: int, before: int, after: int) -> nn.Sequential:
    """A row's blocks. The first still sees the grid of the row before it, so it has that row's dilation."""
    first = Block(width_in, row.width, row.kernel, row.expansion, stride, before)
    # a first block that no longer shrinks would gain a shortcut that the weights were not trained with
    first.shortcut = first.shortcut and row.stride == 1
    others = [Block(row.width, row.width, row.kernel, row.expansion, 1, after) for _ in range(row.repeats - 1)]
    return nn.Sequential(first, *others)


def efficientnet_lite(
    classes: Sequence[str], variant: str = "lite0", stride: int = STRIDE, short_side: int | None = SHORT_SIDE
) -> Classifier:
    """A network without weights of its own yet: nine stages, the stem, seven rows of blocks and the head convolution.

    Args:
        classes: C names.
        variant: of `VARIANTS`.
        stride: of the maps, 32, 16 or 8. The weights were trained at 32; at 16 the last row that shrinks is dilated in
            its place, at 8 the last two are (Yu and Koltun, ICLR 2016): the same weights on a finer grid.
        short_side: of the input, pixels.

    Raises:
        ValueError: another variant or stride.

    Examples:
        >>> import torch
        >>> with torch.device("meta"):
        ...     network = efficientnet_lite(["cat", "dog"], stride=8)
        ...     tuple(network.eval().maps(torch.empty(1, 3, 320, 200)).shape)
        (1, 2, 40, 25)
    """
    if stride not in STRIDES:
        raise ValueError(f"`stride` is one of {', '.join(map(str, STRIDES))}, got {stride}")
    stages: list[nn.Module] = [
        nn.Sequential(_convolution(3, STEM_WIDTH, 3, 2), _norm(STEM_WIDTH), nn.ReLU6()),
    ]
    width, so_far, dilation = STEM_WIDTH, 2, 1
    for row in rows_of(variant):
        before = dilation
        step = row.stride if so_far * row.stride <= stride else 1
        so_far *= step
        dilation *= row.stride // step
        stages.append(_stage(width, row, step, before, dilation))
        width = row.width
    stages.append(nn.Sequential(_convolution(width, HEAD_WIDTH, 1), _norm(HEAD_WIDTH), nn.ReLU6()))
    return Classifier(
        stages,
        nn.Conv2d(HEAD_WIDTH, len(classes), 1, bias=False),
        classes,
        stride=stride,
        split=SPLIT,
        bias=torch.zeros(len(classes)),
        preprocessing=Preprocessing(MEAN, STD, short_side),
        layout=NAME,
        recipe="psa",  # TensorFlow's padding stands on both sides: nothing is to be cut
    )


def variant_of(classifier: Classifier) -> str:
    """Of `VARIANTS` the one that an EfficientNet-Lite is.

    Raises:
        ValueError: it is another network.

    Examples:
        >>> with torch.device("meta"):
        ...     variant_of(efficientnet_lite(["cat", "dog"], "lite2"))
        'lite2'
    """
    if classifier.layout == NAME:
        rows = [stage for stage in classifier.stages[1:-1] if isinstance(stage, nn.Sequential)]
        shape = [(len(row), row.get_submodule("0.project.0").get_parameter("weight").shape[0]) for row in rows]
        for variant in VARIANTS:
            if shape == [(row.repeats, row.width) for row in rows_of(variant)]:
                return variant
    raise ValueError("`classifier` is no EfficientNet-Lite")


def at_stride(classifier: Classifier, stride: int) -> Classifier:
    """The same network, weights shared, with maps of another stride: 32, 16 or 8.

    Raises:
        ValueError: another stride, or a classifier that is no EfficientNet-Lite.

    Examples:
        >>> with torch.device("meta"):
        ...     network = efficientnet_lite(["cat", "dog"])
        >>> at_stride(network, 32).stride
        32
    """
    variant = variant_of(classifier)
    with torch.device("meta"):
        other = efficientnet_lite(classifier.classes, variant, stride, classifier.preprocessing.short_side)
    other.load_state_dict(classifier.state_dict(), assign=True)
    other.split, other.settings = classifier.split, classifier.settings
    return other.requires_grad_(False).train(classifier.training)
