"""The views of an image a map is fused from: scales and the mirror image."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from wsss_viz.methods.view_set import MIRROR, MULTI_SCALE, PRESETS, SINGLE, Views
from wsss_viz.models.classifier import Classifier

__all__ = [
    "MIRROR",
    "MULTI_SCALE",
    "PRESETS",
    "SINGLE",
    "Views",
    "class_maps",
    "fuse",
    "high_res",
    "view_inputs",
    "view_maps",
]


def view_inputs(x: Tensor, views: Views) -> Iterator[Tensor]:
    """For each scale the input (1 or 2, 3, H_s, W_s): the image, and its mirror image where `views.flip`.

    Sides are rounded, the resize is bicubic (with antialiasing where it shrinks), as in IRN `voc12/dataloader.py`; IRN
    resizes the uint8 image, here the preprocessed one is, which differs by the rounding to uint8 alone.

    Args:
        x: (1, 3, H, W), preprocessed.

    Examples:
        >>> x = torch.arange(6.0).view(1, 1, 2, 3)
        >>> (both,) = view_inputs(x, MIRROR)
        >>> both[:, 0].tolist()
        [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], [[2.0, 1.0, 0.0], [5.0, 4.0, 3.0]]]
    """
    height, width = x.shape[-2:]
    for scale in views.scales:
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        same = size == (height, width)
        scaled = x if same else interpolate(x, size, mode="bicubic", align_corners=False, antialias=True)
        yield torch.cat([scaled, scaled.flip(3)]) if views.flip else scaled


def fuse(maps: list[Tensor], views: Views, size: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """The maps of `view_inputs`, each (1 or 2, C, h_s, w_s), as one map per class (C, h, w).

    Per scale: ReLU where `views.rectify`, the mirrored map turned back; then bilinear to one grid, and the mean over
    all views. IRN (`step/make_cam.py`) takes the sum: the division by each class's maximum that follows there makes
    the two the same, and the mean keeps the unit of the logits.

    Args:
        maps: one per scale.
        size: (H, W) of the input at scale 1.
        grid: (h, w) of the map at scale 1, used where `views.cell` is None.

    Examples:
        >>> maps = torch.tensor([[[[1.0, 0.0, -4.0]]], [[[2.0, 0.0, 5.0]]]])  # of the image and of its mirror image
        >>> fuse([maps], MIRROR, (1, 3), (1, 3)).tolist()
        [[[3.0, 0.0, -1.0]]]
    """
    if views.cell is not None:
        grid = (math.ceil(size[0] / views.cell), math.ceil(size[1] / views.cell))
    total: Tensor | None = None
    for scale_maps in maps:
        view = scale_maps.relu() if views.rectify else scale_maps
        view = (view[:1] + view[1:].flip(3)) / 2 if views.flip else view
        if tuple(view.shape[-2:]) != grid:
            view = interpolate(view, grid, mode="bilinear", align_corners=False)
        total = view if total is None else total + view
    if total is None:
        raise ValueError("`maps` is empty: give the maps of at least one scale")
    return total[0] / len(maps)


@torch.no_grad()
def class_maps(classifier: Classifier, x: Tensor, views: Views = SINGLE) -> tuple[Tensor, Tensor]:
    """All classes' maps (C, h, w), fused over `views`, and the logits (C,) of the image as it is.

    Args:
        x: (1, 3, H, W), preprocessed.

    Examples:
        >>> import torch
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> maps, logits = class_maps(network, network.preprocess(flag().image))
        >>> maps[0].tolist(), round(logits[0].item(), 3)
        ([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], 0.333)
    """
    maps, logits, grid = view_maps(classifier, x, views)
    return fuse(maps, views, (x.shape[2], x.shape[3]), grid), logits


def view_maps(classifier: Classifier, x: Tensor, views: Views) -> tuple[list[Tensor], Tensor, tuple[int, int]]:
    """What `fuse` makes one: all classes' maps by scale, each (1 or 2, C, h_s, w_s), logits (C,), grid of scale 1.

    Args:
        x: (1, 3, H, W), preprocessed.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> maps, logits, grid = view_maps(colour_network(stride=2), torch.ones(1, 3, 4, 6), Views(scales=(1.0, 2.0)))
        >>> [tuple(m.shape) for m in maps], logits.tolist(), grid
        ([(1, 3, 2, 3), (1, 3, 4, 6)], [1.0, 1.0, 1.0], (2, 3))
    """
    seen = [classifier.localise(view) for view in view_inputs(x, views)]
    first, logits = seen[views.scales.index(1.0)] if 1.0 in views.scales else classifier.localise(x)
    return [maps for maps, _ in seen], logits[0], (first.shape[2], first.shape[3])


def high_res(maps: list[Tensor], views: Views, size: tuple[int, int]) -> Tensor:
    """The maps of `view_maps` as one a class in the image's resolution, (C, H, W).

    As IRN's `high_res` (`step/make_cam.py`): every scale straight to 16 ceil(H / 16) x 16 ceil(W / 16), cut to H x W.

    Examples:
        >>> maps = torch.tensor([[[[1.0, 3.0]]]])
        >>> high_res([maps], SINGLE, (2, 4))[0].numpy().round(2)  # the left 4 of 16 columns
        array([[1., 1., 1., 1.],
               [1., 1., 1., 1.]], dtype=float32)
    """
    height, width = size
    padded = (16 * math.ceil(height / 16), 16 * math.ceil(width / 16))
    return fuse(maps, replace(views, cell=None), size, padded)[:, :height, :width]
