"""A figure whose parts are placed in inches, and what is drawn on its axes."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from contourpy import LineType, contour_generator
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from wsss_viz.figures.fonts import families_for
from wsss_viz.figures.spec import WIDTHS, Box, FigureSpec

__all__ = ["EDGE", "GAP", "POINTS", "READABLE", "Sheet", "broken", "fitting", "inset", "outline", "overlay", "picture"]

GAP, EDGE = 0.04, 0.02
POINTS = 72
INSET, INSET_MOST = 0.42, 0.6
"""An inset's width as a share of its picture's, and its height at most."""
READABLE = 6.0
"""Points: what journals ask of the text in a figure at least."""


class Sheet:
    """A figure of a journal's width; places are inches from its upper left corner."""

    def __init__(self, spec: FigureSpec, height: float) -> None:
        self.width, self.height = WIDTHS[spec.width], height
        self.points = 8.0 if spec.width == "double" else 7.0
        self.figure = Figure(figsize=(self.width, height), dpi=spec.dpi)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes at a place."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box)

    def text(self, x: float, y: float, text: str, space: float, rotation: int = 0, points: float = 0.0) -> None:
        """A text around a place, as large as `space` inches let it be, at most `points`, or the sheet's."""
        self.figure.text(
            x / self.width,
            1 - y / self.height,
            text,
            fontsize=fitting(text, points or self.points, space),
            ha="center",
            va="center",
            rotation=rotation,
        )

    def legend(self, colours: Mapping[str, tuple[int, int, int]], top: float, high: float, across: int) -> None:
        """Names beside squares of their colours.

        Args:
            top: of its first line, in inches above the lower edge.
            high: a line, in inches.
            across: names in a line, at most.
        """
        points = self.points - 1
        share = (self.width - 0.12) / min(len(colours), across)
        for number, (name, colour) in enumerate(colours.items()):
            x, up = 0.06 + share * (number % across), top - high * (number // across + 0.5)
            square = Rectangle((x / self.width, (up - 0.04) / self.height), 0.08 / self.width, 0.08 / self.height)
            square.set(facecolor=[channel / 255 for channel in colour], edgecolor="none")
            square.set_transform(self.figure.transFigure)
            self.figure.patches.append(square)
            size = fitting(name, points, share - 0.18)
            self.figure.text((x + 0.12) / self.width, up / self.height, name, fontsize=size, ha="left", va="center")

    def colour_bar(self, spec: FigureSpec, ends: tuple[float, float], title: str) -> None:
        """A bar along the foot, with its title at the left."""
        length = self.width * 0.4
        axes = self.axes(self.width - length - 0.1, self.height - 0.28, length, 0.08)
        bar = self.figure.colorbar(
            ScalarMappable(Normalize(*ends), colormaps[spec.colours]), cax=axes, orientation="horizontal"
        )
        bar.ax.tick_params(labelsize=self.points - 1.5, length=2, pad=1.5)
        self.figure.text(
            (self.width - length - 0.22) / self.width,
            0.24 / self.height,
            title,
            fontsize=fitting(title, self.points - 1, self.width - length - 0.3),
            ha="right",
            va="center",
        )


def fitting(text: str, points: float, space: float) -> float:
    """The font size, at most `points`, at which a text is no wider than `space` inches.

    Examples:
        >>> fitting("CAM", 8, 2), 0 < fitting("a text that is far too long", 8, 0.5) < 4
        (8.0, np.True_)
    """
    if not text.strip():
        return points
    return points * min(1.0, space / max(_width(text, points), 1e-6) * POINTS)


@functools.lru_cache(maxsize=1024)
def _width(text: str, points: float) -> float:
    """Of a text's longest line, in points. Kept, since a text is asked for again and its path takes milliseconds."""
    font = FontProperties(family=families_for(text))
    widths = [TextPath((0, 0), line, size=points, prop=font).get_extents().width for line in text.split("\n")]
    return max(*widths, 0.0)


def broken(text: str, points: float, space: float) -> str:
    """The text in two lines where in one it would be smaller than `READABLE`: after a colon, else as even as can be.

    Examples:
        >>> broken("CAM", 8, 0.1), broken("What remains: the dog", 8, 0.5)
        ('CAM', 'What remains:\\nthe dog')
    """
    words = text.split(" ")
    if len(words) == 1 or fitting(text, points, space) >= READABLE:
        return text
    halves = [f"{' '.join(words[:i])}\n{' '.join(words[i:])}" for i in range(1, len(words))]
    after_colon = [half for half in halves if ":\n" in half and fitting(half, points, space) >= READABLE]
    return after_colon[0] if after_colon else max(halves, key=lambda half: fitting(half, points, space))


def picture(axes: Axes, image: NDArray[np.uint8]) -> None:
    """An image without a frame, in coordinates from 0 to 1, so that maps and masks of any size lie on it.

    Examples:
        >>> axes = Figure().subplots()
        >>> picture(axes, np.zeros((2, 3, 3), np.uint8))
        >>> axes.images[0].get_extent()
        [0, 1, 1, 0]
    """
    axes.imshow(image, extent=(0, 1, 1, 0), interpolation="bilinear", aspect="auto")
    axes.set_axis_off()


def overlay(axes: Axes, values: NDArray, ends: tuple[float, float], colours: str, opacity: float) -> None:
    """A map over the picture.

    Examples:
        >>> axes = Figure().subplots()
        >>> overlay(axes, np.array([[0.0, 1.0, 0.5]]), (0, 1), "inferno", 0.7)
        >>> axes.images[0].get_clim(), axes.images[0].get_alpha()
        ((0.0, 1.0), 0.7)
    """
    axes.imshow(
        values,
        cmap=colours,
        alpha=opacity,
        extent=(0, 1, 1, 0),
        interpolation="bilinear",
        aspect="auto",
        vmin=ends[0],
        vmax=ends[1],
    )


def outline(axes: Axes, mask: NDArray[np.bool_]) -> None:
    """The contour of a mask as a line: white with a dark edge.

    Examples:
        >>> axes = Figure().subplots()
        >>> outline(axes, np.array([[True, False, False], [True, False, False]]))
        >>> axes.collections[0].get_paths()[0].vertices.round(2).tolist()  # between the first and the second column
        [[0.33, 0.25], [0.33, 0.75]]
    """
    if not mask.any() or mask.all():
        return
    height, width = mask.shape
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    # As Axes.contour makes it, which asks far more of each value before; a row of a figure has the same one many times.
    lines = contour_generator(x, y, mask.astype(float), name="mpl2014", line_type=LineType.SeparateCode).lines(0.5)
    path = Path.make_compound_path(*(Path(points, codes) for points, codes in zip(*lines, strict=True)))
    effects = [withStroke(linewidth=1.5, foreground="#14181c", alpha=0.6)]
    drawn = PathCollection(
        [path], facecolors="none", edgecolors="white", linewidths=0.7, zorder=2, path_effects=effects
    )
    axes.add_collection(drawn, autolim=False)


def inset(axes: Axes, part: Box, corner: str, aspect: float, crop: Box | None = None) -> Axes:
    """Axes in a corner of others for a part of their picture, which is framed in both.

    Args:
        part: of the picture, which the frame is around.
        corner: such as "lower right".
        aspect: height by width of the part.
        crop: what `axes` show of the picture.

    Examples:
        >>> axes = Figure().subplots()
        >>> small = inset(axes, (0.1, 0.1, 0.3, 0.3), "upper left", 1.0)
        >>> bool(small.get_position().width < axes.get_position().width)
        True
    """
    left, top, right, bottom = part
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor="white", linewidth=0.8))
    figure = axes.get_figure(root=True)
    assert figure is not None
    box, (width, height) = axes.get_position(), figure.get_size_inches()
    share = INSET
    if share * box.width * width * aspect > INSET_MOST * box.height * height:
        share = INSET_MOST * box.height * height / (aspect * box.width * width)
    wide = share * box.width
    high = wide * width * aspect / height
    x = box.x1 - wide if "right" in corner else box.x0
    y = box.y0 if "lower" in corner else box.y1 - high
    small = figure.add_axes((x, y, wide, high), zorder=5)
    small.add_patch(
        Rectangle((0, 0), 1, 1, transform=small.transAxes, fill=False, edgecolor="white", linewidth=1.6, clip_on=False)
    )
    return small
