"""The segmentation network at the end of the pipeline: from an image to a mask, without being told any label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.loading import load_network
from wsss_viz.models.network_file import read_network, write_network
from wsss_viz.models.scene_network import SHORT_SIDE, STRIDES, WIDTHS, scene_network

__all__ = [
    "DECODER",
    "FORMAT",
    "LOW",
    "NAME",
    "Segmenter",
    "load_segmenter",
    "read_segmenter",
    "segment",
    "write_segmenter",
]

NAME = "scene-segmenter"
FORMAT = "segmenter-1"
LOW = 3
"""Stages whose output, at stride 4, the decoder sees beside the last one's."""
DECODER = (32, 64)


class Segmenter(nn.Module):
    """The scene network's stages under a light decoder: one logit per class and for the background, at stride 4.

    Features of the last stage (stride 8) are enlarged, joined with those of the third (stride 4), mixed by one 3x3
    convolution and read by a 1x1 convolution, as DeepLabv3+ does (`docs/sources.md#segmenter`); the
    field trains DeepLab-v2 on its pseudo masks. Sizes are our own.

    Attributes:
        classes: C names; the background is channel 0, class i channel i + 1.
        stages: those of `scene_network`.
        preprocessing: from an image to an input.
    """

    def __init__(self, classes: Sequence[str], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.classes = tuple(classes)
        self.widths = tuple(widths)
        self.stages = scene_network(classes, widths).stages
        side, mixed = DECODER
        self.low = nn.Conv2d(widths[LOW - 1], side, 1)
        self.high = nn.Conv2d(widths[-1], mixed, 1)
        self.mix = nn.Sequential(
            nn.Conv2d(side + mixed, mixed, 3, padding=1, bias=False), nn.BatchNorm2d(mixed), nn.ReLU()
        )
        self.head = nn.Conv2d(mixed, len(classes) + 1, 1)
        self.preprocessing = Preprocessing(short_side=SHORT_SIDE)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W), preprocessed, to logits (N, C + 1, H/4, W/4)."""
        for stage in self.stages[:LOW]:
            x = stage(x)
        low = self.low(x)
        for stage in self.stages[LOW:]:
            x = stage(x)
        high = interpolate(self.high(x), low.shape[-2:], mode="bilinear", align_corners=False)
        return self.head(self.mix(torch.cat([low, high], dim=1).relu()))


@torch.no_grad()
def segment(segmenter: Segmenter, image: NDArray[np.uint8], labels: Sequence[str] | None = None) -> NDArray[np.uint8]:
    """The mask of an image: at each pixel the class of the highest logit, enlarged bilinearly before the argmax.

    Args:
        segmenter: in evaluation mode.
        image: (H, W, 3) uint8 RGB.
        labels: where given, only these classes and the background are candidates, as for a pseudo mask.

    Returns:
        (H, W) uint8, class index + 1, 0 background.

    Examples:
        >>> segment(Segmenter(["cat"], (8, 8, 8, 8, 8)).eval(), np.zeros((16, 24, 3), dtype=np.uint8)).shape
        (16, 24)
    """
    logits = interpolate(
        segmenter(segmenter.preprocessing(image)), image.shape[:2], mode="bilinear", align_corners=False
    )[0]
    if labels is not None:
        absent = [i + 1 for i, name in enumerate(segmenter.classes) if name not in labels]
        logits[absent] = -torch.inf
    return logits.argmax(dim=0).byte().numpy()


def write_segmenter(path: Path, segmenter: Segmenter) -> None:
    """Writes the network as safetensors, whole or not at all.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> write_segmenter(Path(folder.name) / "s.safetensors", Segmenter(["cat"], (8, 8, 8, 8, 8)))
        >>> folder.cleanup()
    """
    write_network(path, segmenter, FORMAT, {"classes": list(segmenter.classes), "widths": list(segmenter.widths)})


def load_segmenter(name: str = "scenes-segmenter") -> Segmenter:
    """A network of the register on the CPU, in evaluation mode, frozen. Raises InputError as `load_network` does.

    Examples:
        >>> len(load_segmenter().classes)
        10
    """
    return load_network(name, FORMAT, _build)


def read_segmenter(path: Path) -> Segmenter:
    """What `write_segmenter` wrote; as `load_segmenter`.

    Examples:
        >>> read_segmenter(Path("nothing.safetensors"))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: no checkpoint at nothing.safetensors: check the path, ...
    """
    return read_network(path, FORMAT, _build)


def _build(meta: Mapping[str, Any]) -> Segmenter:
    classes, widths = [str(name) for name in meta["classes"]], [int(width) for width in meta["widths"]]
    if not 1 <= len(classes) <= 1000 or len(widths) != len(STRIDES) or not all(1 <= w <= 4096 for w in widths):
        raise ValueError(f"{len(classes)} classes, widths {widths}")
    return Segmenter(classes, widths)
