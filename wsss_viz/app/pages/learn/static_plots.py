"""What the steps draw into a still page: pictures and small charts in one row. matplotlib only, no pyplot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.language import tr
from wsss_viz.app.widgets import rendering
from wsss_viz.data.palette import colour_in
from wsss_viz.data.sample import BACKGROUND, IGNORE, Sample
from wsss_viz.figures.chart import Band, Bars, Line, Plot, Points

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

Cell = rendering.Picture | Plot
SMALL = 8
LABELS = 0.04
"""What a chart leaves at its left for the labels of its axis, as a share of the width."""


def row(figure: SubFigure, cells: Sequence[tuple[str, Cell]], widths: Sequence[float] | None = None) -> None:
    """Draws the cells side by side.

    Args:
        cells: each its title, and a picture or a panel of a chart.
        widths: of the cells, relative; default equal.
    """
    from wsss_viz.figures.drawing import draw_panel  # brings matplotlib, which no page needs to open

    axes = figure.subplots(1, len(cells), width_ratios=widths, squeeze=False)[0]
    figure.subplots_adjust(left=0.03, right=0.98, top=0.88, bottom=0.1, wspace=0.14)
    for ax, (title, cell) in zip(axes, cells, strict=True):
        ax.set_title(title, size=SMALL + 1, loc="left")
        if isinstance(cell, Plot):
            draw_panel(ax, translated(cell), SMALL, title=False)
            box = ax.get_position()
            ax.set_position((box.x0 + LABELS, box.y0, box.width - LABELS, box.height))
        else:
            ax.imshow(cell)
            ax.axis("off")


def translated(plot: Plot) -> Plot:
    """The panel with the names of its marks and axes in the page's language, as `widgets.chart.show` has them."""
    marks = tuple(
        replace(mark, name=tr(mark.name)) if isinstance(mark, Line | Points | Bars | Band) and mark.name else mark
        for mark in plot.marks
    )
    x, y = (replace(axis, title=tr(axis.title)) if axis.title else axis for axis in (plot.x, plot.y))
    return replace(plot, marks=marks, x=x, y=y)


def classes_overlay(image: rendering.Picture, mask: NDArray | None, classes: Sequence[str]) -> rendering.Picture:
    """A mask of classes in their colours over the faded image, each object outlined."""
    assert mask is not None
    size = rendering.display_size(image.shape[:2])
    enlarged = rendering.enlarge_mask(mask, size)
    drawn = rendering.faded(rendering.enlarge(image))
    for value in np.unique(enlarged):
        if value not in (BACKGROUND, IGNORE):
            colour = np.array(colour_in(classes, classes[value - 1]))
            drawn = rendering.blend(drawn, colour, np.where(enlarged == value, 0.8, 0.0))
    return rendering.with_contour(drawn, enlarged)


def truth(ground: Sample) -> rendering.Picture:
    """The ground truth with its parts. The ground has masks."""
    assert ground.mask is not None
    assert ground.parts is not None
    return rendering.parts_overlay(ground.image, ground.parts, ground.mask)


def map_over(ground: Sample, values: NDArray[np.float32], name: str) -> rendering.Picture:
    """A normalised map over the scene, with the contour of the class's ground truth."""
    outline = ground.class_mask(name) if ground.mask is not None else None
    return rendering.map_overlay(ground.image, values, (0, 1), "inferno", 0.6, outline)
