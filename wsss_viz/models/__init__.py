"""Networks with one signed map per class, and where they come from. Imported on first use, because the register of
checkpoints is read without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.lazy import lazy_names

if TYPE_CHECKING:
    from wsss_viz.models.adapter import adapt
    from wsss_viz.models.classifier import Classifier, Preprocessing
    from wsss_viz.models.loading import load
    from wsss_viz.models.narrowing import narrow, narrow_to_top
    from wsss_viz.models.renaming import RenamedClassifier, renamed

__all__ = ["Classifier", "Preprocessing", "RenamedClassifier", "adapt", "load", "narrow", "narrow_to_top", "renamed"]

__getattr__, __dir__ = lazy_names(__name__)
