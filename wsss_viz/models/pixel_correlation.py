"""SEAM's pixel correlation module (PCM): class maps refined by how alike their pixels' features are.

Wang et al., "Self-supervised Equivariant Attention Mechanism for Weakly Supervised Semantic Segmentation", CVPR 2020,
section 3.3, and `network/resnet38_SEAM.py` (`docs/sources.md#seam`). Of pixels u, v:

    a(u, v)   = ReLU(theta(u) . theta(v) / (|theta(u)| |theta(v)|))
    cam_rv(v) = sum_u a(u, v) M(u) / sum_u a(u, v)

    theta = f9([x, ReLU(f8_3(conv4)), ReLU(f8_4(conv5))])     x the input, brought to the maps' grid

with conv4 and conv5 the rectified inputs of the stages b5 and b6. M are fc8's maps, rectified and divided by their
maxima; at each pixel only the highest class keeps its value, and the background is 1 - max_c M_c. All classes of the
network take part, whichever are looked at. The columns of `a` are computed some at a time: of a photograph at twice
its size they take 600 MB together.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from wsss_viz.models.resnet38d import Block, Bottleneck

__all__ = ["EPSILON", "PixelCorrelation", "contended", "correlated"]

EPSILON = 1e-5
_COLUMNS = 1024


def contended(maps: Tensor) -> Tensor:
    """Raw maps (N, C, h, w) to M (N, C + 1, h, w), in [0, 1], the background first.

    Examples:
        >>> maps = torch.tensor([[[[4.0, 1.0, -1.0]], [[0.0, 2.0, 0.0]]]])
        >>> contended(maps)[0, :, 0].numpy().round(2) + 0.0
        array([[0., 0., 1.],
               [1., 0., 0.],
               [0., 1., 0.]], dtype=float32)
    """
    positive = maps.relu()
    scaled = (positive - EPSILON).relu() / (positive.amax(dim=(2, 3), keepdim=True) + EPSILON)
    highest = scaled.amax(dim=1, keepdim=True)
    return torch.cat([1 - highest, torch.where(scaled < highest, 0, scaled)], dim=1)


def correlated(maps: Tensor, theta: Tensor, columns: int = _COLUMNS) -> Tensor:
    """cam_rv (N, C, h, w) of maps (N, C, h, w) under features theta (N, D, h, w).

    Args:
        columns: of the affinity that are held at once.

    Examples:
        >>> theta = torch.tensor([[[[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]])  # the first two pixels are alike
        >>> correlated(torch.tensor([[[[1.0, 0.0, 0.2]]]]), theta)[0, 0].numpy().round(2)
        array([[0.5, 0.5, 0.2]], dtype=float32)
    """
    flat, of = maps.flatten(2), theta.flatten(2)
    of = of / (of.norm(dim=1, keepdim=True) + EPSILON)
    pieces = []
    for part in of.split(columns, dim=2):
        affinity = torch.matmul(of.transpose(1, 2), part).relu()
        pieces.append(torch.matmul(flat, affinity / (affinity.sum(dim=1, keepdim=True) + EPSILON)))
    return torch.cat(pieces, dim=2).view_as(maps)


class PixelCorrelation(nn.Module):
    """The module of one network, which it is given with each input.

    Args:
        f8_3, f8_4, f9: bias-free 1x1 convolutions.
        head: the network's own, of all its classes.
        rows: which of them are wanted; None: all.
    """

    def __init__(
        self, f8_3: nn.Conv2d, f8_4: nn.Conv2d, f9: nn.Conv2d, head: nn.Conv2d, rows: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self.f8_3, self.f8_4, self.f9, self.head = f8_3, f8_4, f9, head
        self.rows = tuple(range(head.out_channels)) if rows is None else tuple(rows)

    def narrowed(self, rows: Sequence[int]) -> PixelCorrelation:
        """The same of some of its rows; all classes contend as before."""
        return PixelCorrelation(self.f8_3, self.f8_4, self.f9, self.head, [self.rows[row] for row in rows])

    def forward(self, stages: Sequence[nn.Module], x: Tensor) -> tuple[Tensor, Tensor]:
        """An input (N, 3, H, W) through ResNet-38d's stages to cam_rv and fc8's maps, (N, K, h, w) of the rows each."""
        first, _, b4, b5, b6, last = stages
        assert isinstance(b5, nn.Sequential)
        assert isinstance(b5[0], Block)
        assert isinstance(b6, Bottleneck)
        z = b4(stages[1](first(x)))
        conv4 = b5[0].bn_branch2a(z).relu()
        z = b5(z)
        conv5 = b6.bn_branch2a(z).relu()
        maps = self.head(last(b6(z))).contiguous()
        seen = interpolate(x, maps.shape[2:], mode="bilinear", align_corners=True)
        theta = self.f9(torch.cat([seen, self.f8_3(conv4).relu(), self.f8_4(conv5).relu()], dim=1))
        return correlated(contended(maps)[:, 1:], theta)[:, self.rows], maps[:, self.rows]
