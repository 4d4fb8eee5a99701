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


def augment(x: Tensor, generator: torch.Generator, smallest: float = 1.0) -> Tensor:
    """Mirror half of the images, vary their light and colour, and bring the batch to one of several sizes.

    Sizes are 3/4 to 5/4 of the original in steps of a cell, as the field trains at varying scale (IRN: long side 320 to
    640); the same size for a whole batch.

    Args:
        x: (N, 3, H, W), normalised.
        smallest: of the area, what a random crop keeps at least, see `crop_windows`; 1: nothing is cropped.
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
    if smallest < 1:
        x = crop(x, crop_windows(count, smallest, generator), size)
    elif size != (height, width):
        x = torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=False, antialias=False)
    return x.contiguous(memory_format=torch.channels_last)


def crop_windows(count: int, smallest: float, generator: torch.Generator) -> Tensor:
    """(count, 4) windows to crop: centre (x, y) and half sides (x, y), the image being -1 to 1 on both axes.

    The area is uniform from `smallest` to 1 of the image's, the aspect log-uniform from 3/4 to 4/3, a side that would
    be longer than the image's is the image's: the random resized crop that ImageNet's networks are pretrained with
    (`docs/sources.md#training`), whose area starts at .08. IRN and PSA crop in the second stage too
    (`docs/sources.md#irn`): the field's classifiers have seen objects without their heads.
    """
    area = smallest + (1 - smallest) * torch.rand(count, generator=generator)
    aspect = (4 / 3) ** (2 * torch.rand(count, generator=generator) - 1)
    half = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], dim=1).clamp(max=1)
    centre = (1 - half) * (2 * torch.rand(count, 2, generator=generator) - 1)
    return torch.cat([centre, half], dim=1)


def crop(x: Tensor, windows: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, 3, H, W) to the windows of `crop_windows`, each brought to `size` (h, w), bilinear."""
    theta = x.new_zeros(len(x), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = windows[:, 2].to(x), windows[:, 3].to(x)
    theta[:, :, 2] = windows[:, :2].to(x)
    grid = torch.nn.functional.affine_grid(theta, [len(x), x.shape[1], *size], align_corners=False)
    return torch.nn.functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
