"""Recipes that make the checkpoints, each from a seed. Imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.lazy import lazy_names

if TYPE_CHECKING:
    from wsss_viz.training.affinity import train_affinity
    from wsss_viz.training.continued import train_control
    from wsss_viz.training.cse import train_cse
    from wsss_viz.training.erasing_rounds import train_rounds
    from wsss_viz.training.gain import train_gain
    from wsss_viz.training.oc_cse import train_official
    from wsss_viz.training.recipes import train_backbone, train_classifier
    from wsss_viz.training.segmenter import train_segmenter
    from wsss_viz.training.sequences import train_sequences

__all__ = [
    "train_affinity",
    "train_backbone",
    "train_classifier",
    "train_control",
    "train_cse",
    "train_gain",
    "train_official",
    "train_rounds",
    "train_segmenter",
    "train_sequences",
]

__getattr__, __dir__ = lazy_names(__name__)
