"""How the maps of a layout become an image's: the one module that knows. Needs no torch.

    image's map = sum over views of enlarge(map of the view), one per scale and mirror image

| recipe | enlarged to | ReLU | whose |
|---|---|---|---|
| `irn` | s ceil(H / s) x s ceil(W / s), cut; s the stride | of the cells | IRN, RIB (`step/make_cam.py`); ours |
| `psa` | H x W | of the cells | PSA (`infer_cls.py`); EfficientNet-Lite, whose padding is on both sides |
| `oc-cse` | H x W | of each view's pixels | OC-CSE (`models/model_cse.py`) |
| `seam` | its view's size, corner on corner, then H x W | of the sum | SEAM (`infer_SEAM.py`) |

Every scale's map is brought to the image straight from its own cells (bilinear, `align_corners=False`), never by way of
another grid but SEAM's. SEAM's `relu_max` also takes the least value away: (A - min - 1e-5) / (max - min + 1e-5), with
A = 0 below min + 1e-5. Of one view, and of one scale with its mirror image, the cells are `Step.maps` themselves, which
stay signed: their ReLU is that of the normalisation. Sources: `docs/sources.md#irn`, `docs/sources.md#resnet38d`,
`docs/sources.md#oc-cse`, `docs/sources.md#seam`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.normalisation import EPSILON, normalise
from wsss_viz.traces.resize import WHOLE, upsample

__all__ = ["CELLS", "PIXELS", "RECIPES", "SUM", "MapGrids", "Recipe", "image_maps", "image_values"]

CELLS, PIXELS, SUM = "cells", "pixels", "sum"


@dataclass(frozen=True)
class Recipe:
    """One row of the table above.

    Attributes:
        cut: whether maps are enlarged to multiples of the stride and cut, not stretched over the image.
        rectify: what the ReLU is taken of: `CELLS`, `PIXELS` or `SUM`.
        corners: whether a view's map is brought to the view's size first, corner on corner, as SEAM's network does.
    """

    cut: bool
    rectify: str
    corners: bool = False


RECIPES = {
    "irn": Recipe(True, CELLS),
    "psa": Recipe(False, CELLS),
    "oc-cse": Recipe(False, PIXELS),
    "seam": Recipe(False, SUM, corners=True),
}


@dataclass(frozen=True, eq=False)
class MapGrids:
    """What the maps of an image are made of, where `Step.maps` alone does not tell.

    Attributes:
        covered: (y, x), the share of a map's height and width that the image takes up; below 1 where it is cut.
        unions: each (C, h_v, w_v) float32 for every view, mirror images turned back, whose sum over the views is one
            map; several: the highest of them at each pixel (erasing). (): `Step.maps` are what is enlarged.
        count: how many views are summed.
        rectify: whether each view's map has its ReLU after it was enlarged.
        corners: (H_v, W_v) of each view, where its map is brought to it first (SEAM); else ().
    """

    covered: tuple[float, float] = WHOLE
    unions: tuple[tuple[NDArray[np.float32], ...], ...] = ()
    count: int = 1
    rectify: bool = False
    corners: tuple[tuple[int, int], ...] = ()

    def rows(self, index: Sequence[int] | slice) -> MapGrids:
        """The same of some of the classes.

        >>> MapGrids(unions=((np.zeros((3, 2, 2), np.float32),),)).rows([2, 0]).unions[0][0].shape
        (2, 2, 2)
        """
        at = index if isinstance(index, slice) else list(index)
        return replace(self, unions=tuple(tuple(grid[at] for grid in union) for union in self.unions))

    def enlarged(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """(C, H, W), the sum over the views, the highest of the unions.

        >>> grids = MapGrids(unions=((np.ones((1, 1, 1), np.float32), np.ones((1, 2, 3), np.float32)),), count=2)
        >>> grids.enlarged((2, 3)).tolist()
        [[[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]]
        """
        highest: NDArray[np.float32] | None = None
        for union in self.unions:
            views = (self._view(grid, at, size) for at, grid in enumerate(union))
            total = sum(np.maximum(view, 0) if self.rectify else view for view in views)
            highest = total if highest is None else np.maximum(highest, total)  # type: ignore[assignment]
        assert highest is not None
        return highest

    def _view(self, grid: NDArray[np.float32], at: int, size: tuple[int, int]) -> NDArray[np.float32]:
        if not self.corners:
            return upsample(grid, size, covered=self.covered)
        seen = self.corners[at]
        steps = [max(1e-6, (to - 1) / max(1, of - 1)) for of, to in zip(grid.shape[1:], seen, strict=True)]
        view = upsample(grid, seen, CellCentres((0.0, 0.0), (steps[0], steps[1])))
        y, x = (to / of for of, to in zip(seen, size, strict=True))  # bilinear without antialiasing, as torch's
        return upsample(view, size, CellCentres(((y - 1) / 2, (x - 1) / 2), (y, x)))

    def as_arrays(self) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
        """For files: numbers as JSON has them, and arrays by name; `of` reads them back."""
        numbers: dict[str, Any] = {"covered": list(self.covered), "count": self.count, "rectify": self.rectify}
        if self.corners:
            numbers["corners"] = [list(side) for side in self.corners]
        named = {f"{u}/{v}": grid for u, union in enumerate(self.unions) for v, grid in enumerate(union)}
        return numbers, named

    @classmethod
    def of(cls, numbers: Any, named: dict[str, NDArray]) -> MapGrids | None:
        """From `as_arrays`; None from None. Raises ValueError, KeyError or TypeError for what is none of these."""
        if numbers is None:
            return None
        y, x = (float(share) for share in numbers["covered"])
        if not (0 < y <= 1 and 0 < x <= 1 and int(numbers["count"]) > 0):
            raise ValueError(f"no shares of maps: {numbers}")
        unions: dict[int, dict[int, NDArray]] = {}
        for key, grid in named.items():
            union, _, view = key.partition("/")
            unions.setdefault(int(union), {})[int(view)] = grid
        ordered = tuple(tuple(unions[u][v] for v in sorted(unions[u])) for u in sorted(unions))
        corners = tuple((int(height), int(width)) for height, width in numbers.get("corners", ()))
        if corners and (min(map(min, corners)) < 1 or any(len(union) != len(corners) for union in ordered)):
            raise ValueError(f"no sizes of views: {numbers}")
        return cls((y, x), ordered, int(numbers["count"]), bool(numbers["rectify"]), corners)


def image_maps(
    maps: NDArray,
    size: tuple[int, int],
    indices: Sequence[int] | None = None,
    grids: MapGrids | None = None,
    centres: CellCentres | None = None,
) -> NDArray[np.float32]:
    """(K, H, W) raw, in the unit of the logits: the maps of an image in its own resolution.

    Args:
        maps: (C, h, w), fused over the views.
        indices: of K of the C classes; None: all.
        grids: what they are made of; None: `maps` alone, stretched over the image.
        centres: of the cells of `maps`, which are laid over the image by these in place of the recipe.

    >>> image_maps(np.array([[[0.0, 1.0]]]), (1, 3), grids=MapGrids((1.0, 0.75)))[0].round(2).tolist()
    [[0.0, 0.25, 0.75]]
    """
    at: Any = slice(None) if indices is None else list(indices)
    if centres is not None or grids is None:
        return upsample(np.asarray(maps)[at], size, centres)
    if not grids.unions:
        return upsample(np.asarray(maps)[at], size, covered=grids.covered)
    return grids.rows(at).enlarged(size) / np.float32(grids.count)


def image_values(
    maps: NDArray,
    size: tuple[int, int],
    by: str,
    indices: Sequence[int] | None = None,
    grids: MapGrids | None = None,
    centres: CellCentres | None = None,
) -> NDArray[np.float32]:
    """`image_maps` under the normalisation `by`: what is measured, masked and drawn, whoever asks.

    Normalised is the sum over the views, as in the official codes, whose 1e-5 is of that unit.

    >>> image_values(np.array([[[0.0, 1.0]]]), (1, 4), "relu_max")[0].round(2).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    raw = image_maps(maps, size, indices, grids, centres)
    unit = 1 if by == "raw" or grids is None or centres is not None else grids.count
    summed = raw * np.float32(unit) if unit != 1 else raw
    if by == "relu_max" and grids is not None and grids.corners and centres is None:
        return _between_extremes(np.maximum(summed, 0))
    return normalise(summed, by)


def _between_extremes(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """SEAM's normalisation, see above."""
    if not maps.size:
        return maps
    low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
    above = np.where(maps < low + EPSILON, np.float32(0), maps)
    values: NDArray[np.float32] = (above - low - np.float32(EPSILON)) / (high - low + np.float32(EPSILON))
    return values
