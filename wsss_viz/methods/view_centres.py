"""Where the cells of a map lie that was fused from several views.

`views.fuse` stretches each view's map over one grid and takes the mean, as the field does. Cell j of the result then
shows, of every view, what was seen around that view's own centre c_v(j), and the mean of the views is centred on the
mean of their centres (a mean of distributions of equal mass): this is what is given. With a mirror image it makes the
sides even: a cell's field that lies to the left of the stretched cell lies as far to its right in the mirrored view,
so that along x the field's rule is right on average, and half a cell off along y as before. Our own.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import ParamSpec

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.view_set import SINGLE, Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.receptive_field import cell_layout
from wsss_viz.traces.centres import CellCentres, mean_centres
from wsss_viz.traces.step import Step

__all__ = ["fused_centres", "with_centres"]

P = ParamSpec("P")


def fused_centres(
    classifier: Classifier,
    size: tuple[int, int],
    views: Views = SINGLE,
    depths: Sequence[int | None] = (None,),
    finest: int | None = None,
) -> CellCentres | None:
    """The centres of the cells of a fused map, in pixels of the image; None where they cannot be told.

    Args:
        size: (H, W) of the image.
        depths: after how many stages each of the maps is taken that are fused; None: the class maps.
        finest: after how many stages the grid is taken that they are stretched over.

    Examples:
        >>> from wsss_viz.methods.views import MIRROR
        >>> from wsss_viz.models.scene_network import scene_network
        >>> fused_centres(scene_network(["cat"], (8, 8, 8, 8, 8)), (128, 128), MIRROR)
        CellCentres(origin=(0.0, 3.5), stride=(8.0, 8.0))
    """
    seen = classifier.preprocessing.size(*size)
    try:
        base = cell_layout(classifier, *seen, finest)[1]
        if views.cell is not None:
            base = (math.ceil(seen[0] / views.cell), math.ceil(seen[1] / views.cell))
        fused = []
        for scale in views.scales:
            scaled = (max(1, round(seen[0] * scale)), max(1, round(seen[1] * scale)))
            for depth in depths:
                centres, grid = cell_layout(classifier, *scaled, depth)
                sides = (centres, _mirrored(centres, grid, scaled)) if views.flip else (centres,)
                fused += [side.on_grid(grid, base).resized(scaled, seen) for side in sides]
    except InputError:
        return None
    return mean_centres(fused).resized(seen, size)


def _mirrored(centres: CellCentres, grid: tuple[int, int], size: tuple[int, int]) -> CellCentres:
    """The centres of the mirror image's map, turned back."""
    last = centres.at(0, grid[1] - 1)[1]
    return CellCentres((centres.origin[0], size[1] - 1 - last), centres.stride)


def with_centres(method: Callable[P, Iterator[Step]]) -> Callable[P, Iterator[Step]]:
    """A method whose Steps know where the cells of their maps lie: those of the classifier's class maps.

    Examples:
        >>> import numpy as np
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> @with_centres
        ... def zeros(classifier: Classifier, sample: Sample, views: Views = SINGLE) -> Iterator[Step]:
        ...     yield Step(0, np.zeros((3, 1, 2), np.float32), np.zeros(3, np.float32))
        >>> (step,) = zeros(colour_network(stride=2), flag())
        >>> step.centres
        CellCentres(origin=(0.5, 0.5), stride=(2.0, 2.0))
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def run(*args: P.args, **options: P.kwargs) -> Iterator[Step]:
        given = signature.bind(*args, **options).arguments
        return _located(method(*args, **options), given["classifier"], given["sample"], given.get("views", SINGLE))

    return run


def _located(steps: Iterator[Step], classifier: Classifier, sample: Sample, views: Views) -> Iterator[Step]:
    centres: CellCentres | None = None
    for number, step in enumerate(steps):
        if number == 0:
            centres = fused_centres(classifier, sample.size, views)
        yield replace(step, centres=centres)
