"""Published networks by the names and shapes of their tensors: which one a file holds, and what is missing of it."""

from wsss_viz.models.layouts.recognition import recognise
from wsss_viz.models.layouts.result import Recognised

__all__ = ["Recognised", "recognise"]
