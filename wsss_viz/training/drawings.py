"""Drawings held in memory for training, and how a batch is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from wsss_viz.data.scenes.parallel import draw_arrays
from wsss_viz.models.classifier import Preprocessing

__all__ = ["Drawings", "Progress", "augment", "crop", "crop_windows", "draw_all", "to_input"]

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
    """The first `count` "scenes" or "singles" of a split.

    Examples:
        >>> data = draw_all("scenes", "test", 2, lambda items, title: items)
        >>> tuple(data.images.shape), data.targets.sum(dim=1).tolist()  # two classes, and one
        ((2, 3, 128, 128), [2.0, 1.0])
    """
    images, targets = draw_arrays(kind, split, count, progress)
    return Drawings(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(targets))


def to_input(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """(N, 3, H, W) uint8 to a normalised float32 batch of the same size, channels last.

    Examples:
        >>> images = torch.full((1, 3, 2, 4), 51, dtype=torch.uint8)
        >>> to_input(images, Preprocessing((0.1, 0.2, 0.3), (0.1, 0.1, 0.1)))[0, :, 0, 0]
        tensor([ 1.0000,  0.0000, -1.0000])
    """
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

    Examples:
        >>> x = torch.zeros(4, 3, 32, 48)
        >>> augmented = augment(x, torch.Generator().manual_seed(1))
        >>> tuple(augmented.shape), bool(augmented.abs().max() <= 0.2)  # black stays within the offset of the light
        ((4, 3, 24, 32), True)
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

    Examples:
        >>> windows = crop_windows(100, 0.25, torch.Generator().manual_seed(0))
        >>> x, y, half_width, half_height = windows.T
        >>> bool((half_width * half_height > 0.24).all()), bool((x.abs() + half_width < 1.001).all())
        (True, True)
    """
    area = smallest + (1 - smallest) * torch.rand(count, generator=generator)
    aspect = (4 / 3) ** (2 * torch.rand(count, generator=generator) - 1)
    half = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], dim=1).clamp(max=1)
    centre = (1 - half) * (2 * torch.rand(count, 2, generator=generator) - 1)
    return torch.cat([centre, half], dim=1)


def crop(x: Tensor, windows: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, 3, H, W) to the windows of `crop_windows`, each brought to `size` (h, w), bilinear.

    Examples:
        >>> x = torch.arange(8.0).repeat(1, 3, 2, 1)  # the columns 0 to 7
        >>> right_half = torch.tensor([[0.5, 0.0, 0.5, 1.0]])
        >>> crop(x, right_half, (2, 4))[0, 0].tolist()
        [[4.0, 5.0, 6.0, 7.0], [4.0, 5.0, 6.0, 7.0]]
    """
    theta = x.new_zeros(len(x), 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = windows[:, 2].to(x), windows[:, 3].to(x)
    theta[:, :, 2] = windows[:, :2].to(x)
    grid = torch.nn.functional.affine_grid(theta, [len(x), x.shape[1], *size], align_corners=False)
    return torch.nn.functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
