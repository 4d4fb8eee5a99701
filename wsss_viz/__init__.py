"""wsss_viz: weakly-supervised semantic segmentation, looked at.

The names below are the library's contract (`wsss_viz.data.open`, `wsss_viz.load`, `wsss_viz.methods`,
`wsss_viz.Trace`). They are imported on first use, so that `import wsss_viz` needs neither torch nor streamlit.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsss_viz import data, evaluation, gradients, methods, models, traces
    from wsss_viz.data import Sample
    from wsss_viz.errors import InputError
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.loading import load
    from wsss_viz.traces.step import Step, Trace

__version__ = "0.1.0"

_NAMES = {
    "Sample": "wsss_viz.data",
    "InputError": "wsss_viz.errors",
    "Step": "wsss_viz.traces.step",
    "Trace": "wsss_viz.traces.step",
    "Classifier": "wsss_viz.models.classifier",
    "load": "wsss_viz.models.loading",
}
_ROOMS = ("data", "evaluation", "gradients", "methods", "models", "traces")

__all__ = [
    "Classifier",
    "InputError",
    "Sample",
    "Step",
    "Trace",
    "data",
    "evaluation",
    "gradients",
    "load",
    "methods",
    "models",
    "traces",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"wsss_viz.{name}")
    raise AttributeError(f"module 'wsss_viz' has no attribute {name!r}")
