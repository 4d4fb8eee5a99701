"""Drawings held in memory for training, and how a batch is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from wsss_viz.data.scenes.parallel import draw_arrays
from wsss_viz.models.classifier import Preprocessing

T = TypeVar("T")
Progress = Callable[[Iterable[T], str], Iterable[T]]


@dataclass(frozen=True, eq=False)
class Drawings:
    """Images and their targets.

    Attributes:
        images: (N, 3, H, W) uint8.
        targets: (N, C) float32 labels of scenes, or (N,) int64 fine-grained labels of singles.
    """

    images: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.images)


def draw_all(kind: str, split: str, count: int, progress: Progress) -> Drawings:
    """The first `count` "scenes" or "singles" of a split."""
    images, targets = draw_arrays(kind, split, count, progress)
    return Drawings(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(targets))


def to_input(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """(N, 3, H, W) uint8 to a normalised float32 batch of the same size, channels last."""
    mean = torch.tensor(preprocessing.mean, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(preprocessing.std, device=images.device).view(1, 3, 1, 1)
    return ((images.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half of the images, vary their light and colour, and bring the batch to one of several sizes.

    Sizes are 3/4 to 5/4 of the original in steps of a cell, as the field trains at varying scale (IRN: long side 320 to
    640); the same size for a whole batch.

    Args:
        x: (N, 3, H, W), normalised.
    """
    count = len(x)
    mirrored = torch.rand(count, generator=generator) < 0.5
    x = torch.where(mirrored.view(-1, 1, 1, 1).to(x.device), x.flip(3), x)
    gain = 1 + 0.2 * (torch.rand(count, 3, 1, 1, generator=generator) - 0.5)
    offset = 0.4 * (torch.rand(count, 1, 1, 1, generator=generator) - 0.5)
    x = x * gain.to(x.device) + offset.to(x.device)
    height, width = x.shape[-2:]
    eighths = int(torch.randint(6, 11, (), generator=generator))
    size = (height * eighths // 64 * 8, width * eighths // 64 * 8)
    if size != (height, width):
        x = torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=False, antialias=False)
    return x.contiguous(memory_format=torch.channels_last)
