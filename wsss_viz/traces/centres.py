"""Where the cells of a map lie on the image. Needs no torch; `models.receptive_field` computes it of a network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["ALIGNMENTS", "CENTRES", "FIELD", "CellCentres", "field_centres", "mean_centres"]

FIELD, CENTRES = "field", "centres"
ALIGNMENTS = (CENTRES, FIELD)
"""How a map is laid over its image: by the centres of its cells' receptive fields, or stretched as the field does."""


@dataclass(frozen=True)
class CellCentres:
    """Centres of the cells of a map: cell (i, j) is centred on (origin_y + i stride_y, origin_x + j stride_x).

    Attributes:
        origin: (y, x) of the first cell's centre in the image's pixels, of which the first one's centre is 0.
        stride: (y, x), pixels from cell to cell; above 0.

    >>> CellCentres((0.0, 0.0), (32.0, 32.0)).at(2, 1)
    (64.0, 32.0)
    """

    origin: tuple[float, float]
    stride: tuple[float, float]

    @classmethod
    def of(cls, values: Iterable[Iterable[float]]) -> CellCentres:
        """From (origin, stride), two numbers each, as files have it. Raises ValueError for anything else."""
        (y, x), (down, across) = ((float(number) for number in pair) for pair in values)
        if not (math.isfinite(y + x + down + across) and down > 0 and across > 0):
            raise ValueError(f"no centres of cells: ({y}, {x}), ({down}, {across})")
        return cls((y, x), (down, across))

    def at(self, row: float, column: float) -> tuple[float, float]:
        """(y, x) of a cell's centre; between cells too."""
        return self.origin[0] + row * self.stride[0], self.origin[1] + column * self.stride[1]

    def resized(self, size: tuple[int, int], target: tuple[int, int]) -> CellCentres:
        """The same centres on the image brought from `size` to `target`, (H, W) each.

        >>> CellCentres((0.0, 0.0), (8.0, 8.0)).resized((128, 128), (256, 128))
        CellCentres(origin=(0.5, 0.0), stride=(16.0, 8.0))
        """
        ratios = [to / of for to, of in zip(target, size, strict=True)]
        origin = [(start + 0.5) * ratio - 0.5 for start, ratio in zip(self.origin, ratios, strict=True)]
        stride = [step * ratio for step, ratio in zip(self.stride, ratios, strict=True)]
        return CellCentres((origin[0], origin[1]), (stride[0], stride[1]))

    def on_grid(self, grid: tuple[int, int], target: tuple[int, int]) -> CellCentres:
        """The centres of the cells of a map that was stretched from `grid` to `target`, (h, w) each (bilinear,
        `align_corners=False`): cell j of it shows what cell (j + 1/2) h / h' - 1/2 of the first saw."""
        ratios = [of / to for to, of in zip(target, grid, strict=True)]
        origin = [self.at(0.5 * ratio - 0.5, 0.5 * ratio - 0.5)[axis] for axis, ratio in enumerate(ratios)]
        stride = [step * ratio for step, ratio in zip(self.stride, ratios, strict=True)]
        return CellCentres((origin[0], origin[1]), (stride[0], stride[1]))

    def offset(self, grid: tuple[int, int], size: tuple[int, int]) -> tuple[float, float]:
        """(y, x) in pixels: how far below and right of what it saw the middle of a map lies by the field's rule.

        Args:
            grid: (h, w) of the map.
            size: (H, W) of the image.

        >>> CellCentres((0.0, 0.0), (32.0, 32.0)).offset((7, 7), (224, 224))
        (15.5, 15.5)
        """
        middle = ((grid[0] - 1) / 2, (grid[1] - 1) / 2)
        there, here = field_centres(grid, size).at(*middle), self.at(*middle)
        return there[0] - here[0], there[1] - here[1]


def field_centres(grid: tuple[int, int], size: tuple[int, int]) -> CellCentres:
    """The centres that the field's rule takes for granted: cells that divide the image evenly.

    >>> field_centres((4, 4), (128, 64))
    CellCentres(origin=(15.5, 7.5), stride=(32.0, 16.0))
    """
    return CellCentres((0.0, 0.0), (1.0, 1.0)).resized(grid, size)


def mean_centres(several: Sequence[CellCentres]) -> CellCentres:
    """The centres of the mean of several maps on one grid: a mean of weights is centred on the mean of their centres.

    >>> mean_centres([CellCentres((0.0, 0.0), (8.0, 8.0)), CellCentres((0.0, 7.0), (8.0, 8.0))]).origin
    (0.0, 3.5)
    """
    count = len(several)
    origin = [sum(centres.origin[axis] for centres in several) / count for axis in (0, 1)]
    stride = [sum(centres.stride[axis] for centres in several) / count for axis in (0, 1)]
    return CellCentres((origin[0], origin[1]), (stride[0], stride[1]))
