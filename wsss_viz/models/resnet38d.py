"""ResNet-38d: the network of PSA, SEAM, SC-CAM and OC-CSE, written from its description.

Wu, Shen and van den Hengel, "Wider or Deeper: Revisiting the ResNet Model for Visual Recognition", 2016 (model A1),
dilated as by Ahn and Kwak, CVPR 2018 (`docs/sources.md#resnet38d`, `docs/sources.md#psa`). Pre-activation blocks, no
max-pooling, output stride 8:

    conv1a   3x3, 64
    b2 to b4 3, 3 and 6 blocks of two 3x3, 128, 256 and 512 channels, each stage's first with stride 2
    b5       3 blocks, 512 to 1024 channels; dilation 2, of the very first convolution 1
    b6, b7   a bottleneck each, 2048 and 4096 channels, dilation 4
    bn7      BatchNorm, ReLU

A block is x + F(ReLU(BN(x))); where the channels or the stride change, a 1x1 convolution of ReLU(BN(x)) takes x's
place. The original has dropout of whole channels within b6 and b7: the shares are 0 but in its own training
(`training.oc_cse`). Names are those of the published files (`architectures.resnet38d`), so that these load as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import dropout2d

from wsss_viz.models.architectures.resnet38d import BLOCKS, WIDTHS, block_names

__all__ = ["Block", "Bottleneck", "ResNet38d"]


def _conv3x3(width_in: int, width_out: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(width_in, width_out, 3, stride, dilation, dilation, bias=False)


class Block(nn.Module):
    """Two 3x3 convolutions after BatchNorm and ReLU each, (N, D, H, W) to (N, D', H/s, W/s)."""

    def __init__(
        self, width_in: int, middle: int, width_out: int, stride: int = 1, dilation: int = 1, first_dilation: int = 1
    ) -> None:
        super().__init__()
        self.bn_branch2a = nn.BatchNorm2d(width_in)
        self.conv_branch2a = _conv3x3(width_in, middle, stride, first_dilation)
        self.bn_branch2b1 = nn.BatchNorm2d(middle)
        self.conv_branch2b1 = _conv3x3(middle, width_out, dilation=dilation)
        same = width_in == width_out and stride == 1
        self.conv_branch1 = None if same else nn.Conv2d(width_in, width_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        z = self.bn_branch2a(x).relu()
        shortcut = x if self.conv_branch1 is None else self.conv_branch1(z)
        z = self.bn_branch2b1(self.conv_branch2a(z)).relu()
        return shortcut + self.conv_branch2b1(z)


class Bottleneck(nn.Module):
    """1x1, dilated 3x3, 1x1 with a quarter, half and all of the channels, (N, D, H, W) to (N, D', H, W).

    Attributes:
        dropout: the share of channels dropped before the second and the third convolution, in training mode.
    """

    def __init__(self, width_in: int, width_out: int, dilation: int) -> None:
        super().__init__()
        self.dropout = 0.0
        self.bn_branch2a = nn.BatchNorm2d(width_in)
        self.conv_branch2a = nn.Conv2d(width_in, width_out // 4, 1, bias=False)
        self.bn_branch2b1 = nn.BatchNorm2d(width_out // 4)
        self.conv_branch2b1 = _conv3x3(width_out // 4, width_out // 2, dilation=dilation)
        self.bn_branch2b2 = nn.BatchNorm2d(width_out // 2)
        self.conv_branch2b2 = nn.Conv2d(width_out // 2, width_out, 1, bias=False)
        self.conv_branch1 = nn.Conv2d(width_in, width_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        z = self.bn_branch2a(x).relu()
        shortcut = self.conv_branch1(z)
        z = self._dropped(self.bn_branch2b1(self.conv_branch2a(z)).relu())
        z = self._dropped(self.bn_branch2b2(self.conv_branch2b1(z)).relu())
        return shortcut + self.conv_branch2b2(z)

    def _dropped(self, z: Tensor) -> Tensor:
        return dropout2d(z, self.dropout) if self.training and self.dropout else z


class ResNet38d(nn.Module):
    """The backbone: (N, 3, H, W) to the features f (N, 4096, ceil(H/8), ceil(W/8)).

    Args:
        widths: channels after conv1a and b2 to b7.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.conv1a = _conv3x3(3, widths[0])
        width_in = widths[0]
        for stage in BLOCKS:
            width = widths[stage - 1]
            middle = widths[3] if stage == 5 else width
            for i, name in enumerate(block_names(stage)):
                stride = 2 if i == 0 and stage < 5 else 1
                dilation = 2 if stage == 5 else 1
                first = 1 if i == 0 else dilation
                self.add_module(name, Block(width_in, middle, width, stride, dilation, first))
                width_in = width
        self.b6 = Bottleneck(width_in, widths[5], 4)
        self.b7 = Bottleneck(widths[5], widths[6], 4)
        self.bn7 = nn.BatchNorm2d(widths[6])

    def stages(self) -> list[nn.Module]:
        """In order: conv1a with b2 (what every training of the family leaves frozen), b3, b4, b5, b6, b7."""
        groups = [[self.get_submodule(name) for name in block_names(stage)] for stage in BLOCKS]
        return [
            nn.Sequential(self.conv1a, *groups[0]),
            *(nn.Sequential(*group) for group in groups[1:]),
            self.b6,
            nn.Sequential(self.b7, self.bn7, nn.ReLU()),
        ]

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to f."""
        for stage in self.stages():
            x = stage(x)
        return x
