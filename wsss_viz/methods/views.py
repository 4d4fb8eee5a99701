"""The views of an image a map is fused from: scales and the mirror image."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from wsss_viz.errors import InputError
from wsss_viz.methods.core import as_array
from wsss_viz.methods.view_set import MIRROR, MULTI_SCALE, PRESETS, SINGLE, Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.receptive_field import cell_layout
from wsss_viz.traces.layout_maps import CELLS, PIXELS, RECIPES, SUM, MapGrids
from wsss_viz.traces.resize import WHOLE

__all__ = [
    "MIRROR",
    "MULTI_SCALE",
    "PRESETS",
    "SINGLE",
    "Prediction",
    "Seen",
    "Views",
    "class_maps",
    "fuse",
    "map_grids",
    "predict",
    "view_grids",
    "view_inputs",
]

Seen = Tensor | NDArray[np.uint8]
"""An image (H, W, 3) uint8 RGB, or an input of the network (1, 3, H, W), preprocessed."""


def view_inputs(classifier: Classifier, seen: Seen, views: Views) -> Iterator[Tensor]:
    """For each scale the input (1 or 2, 3, H_s, W_s): the image, and its mirror image where `views.flip`.

    Sides are rounded. An image is resized as it is, in 8 bits by Pillow's bicubic filter, and preprocessed then, as in
    IRN `voc12/dataloader.py`, PSA and OC-CSE. What is no image any more (erased in part) is resized as numbers:
    bicubic, with antialiasing where it shrinks, neither clipped nor rounded, which differs by up to some 30 grey levels
    at edges.

    Args:
        seen: an image, or an input.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> x = torch.arange(6.0).view(1, 1, 2, 3)
        >>> (both,) = view_inputs(colour_network(), x, MIRROR)
        >>> both[:, 0].tolist()
        [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], [[2.0, 1.0, 0.0], [5.0, 4.0, 3.0]]]
    """
    x = seen if isinstance(seen, Tensor) else classifier.preprocess(seen)
    height, width = x.shape[-2:]
    for scale in views.scales:
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        if size == (height, width):
            scaled = x
        elif isinstance(seen, Tensor):
            scaled = interpolate(x, size, mode="bicubic", align_corners=False, antialias=True)
        else:
            scaled = classifier.preprocess(seen, size)
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


class Prediction(NamedTuple):
    """What a network says of one image.

    Attributes:
        maps: (C, h, w), fused over the views.
        logits: (C,), of the image as it is.
        grids: what `view_grids` gives.
    """

    maps: Tensor
    logits: Tensor
    grids: list[Tensor]


@torch.no_grad()
def predict(classifier: Classifier, seen: Seen, views: Views = SINGLE, recipe: str = "") -> Prediction:
    """All classes' maps fused over `views`, the logits, and what the maps of the image are made of.

    Args:
        seen: an image, or an input, as `view_inputs` has it.
        recipe: in place of the classifier's own.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> prediction = predict(colour_network(), flag().image, MULTI_SCALE)
        >>> tuple(prediction.maps.shape), [tuple(grid.shape) for grid in prediction.grids]
        ((3, 1, 1), [(3, 2, 3), (3, 1, 2), (3, 3, 4), (3, 4, 6)])
    """
    seen_at = [classifier.localise(view) for view in view_inputs(classifier, seen, views)]
    maps = [scale_maps for scale_maps, _ in seen_at]
    x = seen if isinstance(seen, Tensor) else classifier.preprocess(seen)
    first, logits = seen_at[views.scales.index(1.0)] if 1.0 in views.scales else classifier.localise(x)
    fused = fuse(maps, views, (x.shape[2], x.shape[3]), (first.shape[2], first.shape[3]))
    return Prediction(fused, logits[0], view_grids(maps, views, recipe or classifier.recipe))


def class_maps(classifier: Classifier, seen: Seen, views: Views = SINGLE) -> tuple[Tensor, Tensor]:
    """All classes' maps (C, h, w), fused over `views`, and the logits (C,) of the image as it is.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> maps, logits = class_maps(colour_network(), flag().image)
        >>> maps[0].tolist(), round(logits[0].item(), 3)
        ([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], 0.333)
    """
    prediction = predict(classifier, seen, views)
    return prediction.maps, prediction.logits


def view_grids(maps: list[Tensor], views: Views, recipe: str) -> list[Tensor]:
    """What `layout_maps.MapGrids` sums: of each scale, or of each view, (C, h_s, w_s), mirror images turned back.

    Empty where the fused map is all there is to be enlarged: of one scale on its own grid.

    Args:
        maps: of each scale, (1 or 2, C, h_s, w_s), raw.

    Examples:
        >>> maps = torch.tensor([[[[1.0, 0.0, -4.0]]], [[[2.0, 0.0, 5.0]]]])  # of the image and of its mirror image
        >>> view_grids([maps], MULTI_SCALE, "irn")[0].tolist(), len(view_grids([maps], MULTI_SCALE, "oc-cse"))
        ([[[6.0, 0.0, 2.0]]], 2)
        >>> view_grids([maps], MIRROR, "irn")
        []
    """
    rectified = RECIPES[recipe].rectify if views.rectify else SUM
    if len(views.scales) == 1 and views.cell is None and rectified != PIXELS and not RECIPES[recipe].corners:
        return []
    grids: list[Tensor] = []
    for scale_maps in maps:
        both = scale_maps.relu() if rectified == CELLS else scale_maps
        turned = [both[0], *(mirrored.flip(2) for mirrored in both[1:])]
        grids += turned if rectified == PIXELS else [torch.stack(turned).sum(dim=0)]
    return grids


def map_grids(
    classifier: Classifier,
    size: tuple[int, int],
    views: Views,
    unions: Sequence[Sequence[Tensor]] = (),
    stages: int | None = None,
    recipe: str = "",
) -> MapGrids | None:
    """What the maps of an image are made of, for a Step; None where its maps are stretched over the image.

    Args:
        size: (H, W) of the image.
        unions: `view_grids`, or several of them whose highest value counts.
        stages: after how many the cells are taken; None: those of the class maps.
        recipe: in place of the classifier's own.

    Examples:
        >>> from wsss_viz.models.scene_network import scene_network
        >>> network = scene_network(["cat"], (8, 8, 8, 8, 8))
        >>> map_grids(network, (128, 150), SINGLE).covered, map_grids(network, (128, 128), SINGLE)
        ((1.0, 0.9868421052631579), None)
    """
    known = RECIPES[recipe or classifier.recipe]
    summed = tuple(tuple(as_array(grid) for grid in grids) for grids in unions if grids)
    covered = WHOLE
    if known.cut and (summed or views.cell is None):
        covered = _covered(classifier, classifier.preprocessing.size(*size), stages)
    if not summed and covered == WHOLE:
        return None
    height, width = classifier.preprocessing.size(*size)
    corners = tuple((max(1, round(height * s)), max(1, round(width * s))) for s in views.scales if known.corners)
    return MapGrids(covered, summed, views.count, views.rectify and known.rectify == PIXELS, corners if summed else ())


def _covered(classifier: Classifier, seen: tuple[int, int], stages: int | None) -> tuple[float, float]:
    """(y, x), the share of the cells that an input of `seen` takes up; 1 where they do not reach beyond it."""
    try:
        centres, grid = cell_layout(classifier, *seen, stages)
    except InputError:
        return WHOLE
    y, x = (min(1.0, of / (s * cells)) for of, s, cells in zip(seen, centres.stride, grid, strict=True))
    return y, x
