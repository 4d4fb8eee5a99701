"""Where the gradient goes: gradient maps of each layer, and the high gradient ratio of a region (RIB).

Source: `docs/sources.md#hgr`. Imported on first use: stored measurements and ratios are read without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.lazy import lazy_names

if TYPE_CHECKING:
    from wsss_viz.gradients.layers import classifier_reader, digit_reader, network_reader
    from wsss_viz.gradients.maps import GradientMaps, gradient_maps
    from wsss_viz.gradients.ratio import Curve, high_gradient_ratio, normalise, ratio_curve, summarise
    from wsss_viz.gradients.regions import box_region, map_regions, part_regions
    from wsss_viz.gradients.stored import Stored, shipped

__all__ = [
    "Curve",
    "GradientMaps",
    "Stored",
    "box_region",
    "classifier_reader",
    "digit_reader",
    "gradient_maps",
    "high_gradient_ratio",
    "map_regions",
    "network_reader",
    "normalise",
    "part_regions",
    "ratio_curve",
    "shipped",
    "summarise",
]

__getattr__, __dir__ = lazy_names(__name__)
