"""The drawn scenes: a small world in which the discriminative part of every object is known by construction.

Our own drawings, and why: `docs/sources.md#scenes`.
"""

from wsss_viz.data.scenes.coats import COATS
from wsss_viz.data.scenes.composition import CLASSES, Drawing
from wsss_viz.data.scenes.dataset import SPLITS, Scenes, Single, Singles, draw, touching

__all__ = ["CLASSES", "COATS", "SPLITS", "Drawing", "Scenes", "Single", "Singles", "draw", "touching"]
