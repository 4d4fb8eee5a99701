"""The maps of one image as a picture to look at: each over the image, with title, contour and colour bar."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from wsss_viz.data.sample import Sample
from wsss_viz.traces.overlay import COLOUR_MAPS, NOWHERE_POSITIVE, map_over
from wsss_viz.traces.storage import StoredMaps

__all__ = ["overlay_sheet"]

_WIDTH = 3.2  # inches of an image
_MOST_COLUMNS = 4


def overlay_sheet(stored: StoredMaps, sample: Sample, threshold: float, title: str = "") -> bytes:
    """PNG: per class its map, normalised by its maximum, over the image; the same maps give the same bytes.

    The white contour is where the normalised map is `threshold`; the dashed one is the ground truth where it is known.

    Args:
        stored: the maps of the sample's classes.
        sample: its image, and its mask where there is one.
        threshold: of the background, 0 to 1.
        title: before the image's name, such as the method's.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> maps = StoredMaps(np.eye(3, dtype=np.float32)[None], np.ones(1, np.float32), ("red",), flag().size)
        >>> overlay_sheet(maps, flag(), 0.5)[1:4]
        b'PNG'
    """
    height, width = sample.size
    count = max(1, len(stored.keys))
    columns = min(count, _MOST_COLUMNS)
    rows = -(-count // columns)
    size = (_WIDTH * columns + 0.8, (_WIDTH * height / width + 0.3) * rows + 0.45)
    figure = Figure(figsize=size, layout="constrained", dpi=100)
    figure.suptitle(", ".join(part for part in (title, sample.name) if part), fontsize=10)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    if not stored.keys:
        grid[0].imshow(sample.image)
        grid[0].set_title("no label: no map", fontsize=9)
    for axes, key, values, score in zip(grid, stored.keys, stored.image_values(), stored.scores.tolist(), strict=False):
        axes.imshow(map_over(sample.image, values, (0, 1)))
        words = (
            [key] + ([] if np.isnan(score) else [f"logit {score:+.1f}"]) + ([] if values.any() else [NOWHERE_POSITIVE])
        )
        axes.set_title(", ".join(words), fontsize=9)
        _contour(axes, values, threshold, "solid")
        if sample.mask is not None and key in sample.classes:
            _contour(axes, sample.class_mask(key).astype(np.float32), 0.5, "dashed")
    if stored.keys:
        bar = ScalarMappable(Normalize(0, 1), COLOUR_MAPS[0])
        colours = figure.colorbar(bar, ax=list(grid), fraction=0.04, pad=0.01)
        colours.set_label("map over its maximum", fontsize=8)
        colours.ax.tick_params(labelsize=7)
        colours.ax.axhline(threshold, color="white", linewidth=1.5)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _contour(axes, values: np.ndarray, level: float, style: str) -> None:  # type: ignore[no-untyped-def]
    if float(values.min()) < level < float(values.max()):  # else there is none, and matplotlib warns
        axes.contour(values, [level], colors="white", linewidths=1.2, linestyles=style)
