"""From a class map to a mask: refiners, that see the image and spread what a map claims along its colours.

`REFINERS` lists them; `refiner("crf:irn@0.3")` makes one, and its `steps(image, maps)` are Steps as a method's are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.lazy import lazy_names

if TYPE_CHECKING:
    from wsss_viz.refinement.affinity_network import AffinityNet, BoundaryNet, read_affinity
    from wsss_viz.refinement.crf import dense_crf
    from wsss_viz.refinement.pixel_adaptive import pamr
    from wsss_viz.refinement.refiners import Refiner, refined, refiner
    from wsss_viz.refinement.settings import REFINERS, CrfSettings, PamrSettings, WalkSettings
    from wsss_viz.refinement.walks import akin_to

__all__ = [
    "REFINERS",
    "AffinityNet",
    "BoundaryNet",
    "CrfSettings",
    "PamrSettings",
    "Refiner",
    "WalkSettings",
    "akin_to",
    "dense_crf",
    "pamr",
    "read_affinity",
    "refined",
    "refiner",
]

__getattr__, __dir__ = lazy_names(__name__)
