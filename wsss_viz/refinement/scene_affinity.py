"""AffinityNet on the scenes' own small network: what `python -m wsss_viz train affinity` trains.

As PSA's (`docs/sources.md#walks`): 1x1 convolutions on several stages, ELU, one more on all of them. Our own is the
grid: the stages' features are brought to stride 4, for at 8 an image of 128 pixels has 16 cells a side, and the class
maps have as many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.scene_network import SHORT_SIDE, STRIDES, WIDTHS, scene_network
from wsss_viz.refinement.akin import FeatureNet

__all__ = ["FORMAT", "FROZEN", "NAME", "SceneAffinityNet", "build_scene_affinity"]

NAME = "scene-affinity"
FORMAT = "affinity-1"
FROZEN = 3
"""Stages that keep the numbers of the pretrained backbone, as PSA keeps conv1a and b2."""
_READ = (1, 2, 3, 4)
_MIXED = (16, 24, 32, 48)


class SceneAffinityNet(FeatureNet):
    """The scene network's stages 2 to 5, read by 1x1 convolutions at stride 4, and mixed by one more.

    Attributes:
        widths: of the stages.
        stages: those of `scene_network`.
        read: one 1x1 convolution for each of the stages 2 to 5.
        mix: f9.
    """

    stride = 4

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.preprocessing = Preprocessing(short_side=SHORT_SIDE)
        self.stages = scene_network(["any"], widths).stages
        self.read = nn.ModuleList(
            nn.Conv2d(widths[stage], mixed, 1, bias=False) for stage, mixed in zip(_READ, _MIXED, strict=True)
        )
        self.mix = nn.Conv2d(sum(_MIXED), sum(_MIXED), 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W), preprocessed, to the features (N, 120, H / 4, W / 4)."""
        seen = []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        grid = seen[_READ[0]].shape[2:]
        read = [functional.elu(convolution(seen[stage])) for stage, convolution in zip(_READ, self.read, strict=True)]
        whole = [
            z if z.shape[2:] == grid else functional.interpolate(z, grid, mode="bilinear", align_corners=False)
            for z in read
        ]
        return functional.elu(self.mix(torch.cat(whole, dim=1)))


def build_scene_affinity(meta: Mapping[str, Any]) -> SceneAffinityNet:
    """The network of a file's description, without its numbers.

    Raises:
        ValueError: it describes none.

    Examples:
        >>> network = build_scene_affinity({"widths": [8, 8, 8, 8, 8]}).eval()
        >>> tuple(network(torch.zeros(1, 3, 40, 56)).shape)
        (1, 120, 10, 14)
    """
    widths = [int(width) for width in meta["widths"]]
    if len(widths) != len(STRIDES) or not all(1 <= width <= 4096 for width in widths):
        raise ValueError(f"widths {widths}")
    return SceneAffinityNet(widths)
