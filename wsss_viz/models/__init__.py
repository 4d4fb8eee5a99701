"""Networks with one signed map per class, and where they come from. Imported on first use, because the register of
checkpoints is read without torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsss_viz.models.adapter import adapt
    from wsss_viz.models.classifier import Classifier, Preprocessing
    from wsss_viz.models.loading import load

_NAMES = {
    "Classifier": "classifier",
    "Preprocessing": "classifier",
    "adapt": "adapter",
    "load": "loading",
}

__all__ = ["Classifier", "Preprocessing", "adapt", "load"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"wsss_viz.models.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'wsss_viz.models' has no attribute {name!r}")
