"""How: each method is a generator of Steps. Imported on first use, for the catalogue of methods is read without torch.

`METHODS` lists them; each is a function `(classifier, sample, classes=None, views=..., settings=None, **changes)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.lazy import lazy_names

if TYPE_CHECKING:
    from wsss_viz.methods.availability import available
    from wsss_viz.methods.binding import Networks, Runner, bind
    from wsss_viz.methods.bottleneck import iba
    from wsss_viz.methods.catalogue import METHODS, Method, method
    from wsss_viz.methods.class_activation import cam
    from wsss_viz.methods.cse import cs_ae
    from wsss_viz.methods.cse_single import cs_ae_single
    from wsss_viz.methods.erasing import ae
    from wsss_viz.methods.erasing_rounds import ae_rounds
    from wsss_viz.methods.guided_attention import gain
    from wsss_viz.methods.layer_activation import layercam
    from wsss_viz.methods.paired_networks import load_paired
    from wsss_viz.methods.rib_tuning import rib, rib_bce
    from wsss_viz.traces.step import Step, Trace

__all__ = [
    "METHODS",
    "Method",
    "Networks",
    "Runner",
    "Step",
    "Trace",
    "ae",
    "ae_rounds",
    "available",
    "bind",
    "cam",
    "cs_ae",
    "cs_ae_single",
    "gain",
    "iba",
    "layercam",
    "load_paired",
    "method",
    "rib",
    "rib_bce",
]

__getattr__, __dir__ = lazy_names(__name__)
