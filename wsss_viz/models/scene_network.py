"""The project's own small network for the drawn scenes: residual, output stride 8, bias-free 1x1 classifier."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from wsss_viz.models.classifier import Classifier, Preprocessing

__all__ = ["NAME", "SHORT_SIDE", "SPLIT", "STRIDES", "WIDTHS", "ResidualBlock", "scene_network"]

NAME = "scene-network"
WIDTHS = (24, 48, 64, 96, 128)
STRIDES = (2, 2, 1, 2, 1)
SPLIT = 3
SHORT_SIDE = 128


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut (`docs/sources.md#resnet`), (N, D, H, W) to (N, D', H/s, W/s)."""

    def __init__(self, width_in: int, width_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width_out)
        self.conv2 = nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width_out)
        self.shortcut = nn.Sequential(nn.Conv2d(width_in, width_out, 1, stride, bias=False), nn.BatchNorm2d(width_out))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(y)) + self.shortcut(x)).relu()


def scene_network(classes: Sequence[str], widths: Sequence[int] = WIDTHS) -> Classifier:
    """A freshly initialised network: a stem and four stages of one residual block, 0.5 M parameters.

    The stem and the first two stages are the early part: they are pretrained and then frozen, as conv1 to layer2 are in
    IRN (`docs/sources.md#irn`). The head starts at zero, so that every logit does.

    Examples:
        >>> scene_network(["cat", "dog"]).stride
        8
    """
    stem = nn.Sequential(
        nn.Conv2d(3, widths[0], 3, STRIDES[0], 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=False)
    )
    pairs = zip(widths[:-1], widths[1:], STRIDES[1:], strict=True)
    stages = [stem, *(ResidualBlock(a, b, stride) for a, b, stride in pairs)]
    head = nn.Conv2d(widths[-1], len(classes), 1, bias=False)
    nn.init.zeros_(head.weight)
    preprocessing = Preprocessing(short_side=SHORT_SIDE)
    return Classifier(stages, head, classes, stride=8, split=SPLIT, preprocessing=preprocessing)
