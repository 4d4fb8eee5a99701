"""How: each method is a generator of Steps."""

from wsss_viz.methods.cam import cam
from wsss_viz.methods.cse import cs_ae
from wsss_viz.methods.cse_single import cs_ae_single
from wsss_viz.methods.erasing import erasing
from wsss_viz.methods.erasing_rounds import ae_rounds
from wsss_viz.methods.gain import gain
from wsss_viz.methods.registry import METHODS, Method, Networks, Runner, bind, method
from wsss_viz.methods.rib import rib, rib_bce
from wsss_viz.traces.step import Step, Trace

__all__ = [
    "METHODS",
    "Method",
    "Networks",
    "Runner",
    "Step",
    "Trace",
    "ae_rounds",
    "bind",
    "cam",
    "cs_ae",
    "cs_ae_single",
    "erasing",
    "gain",
    "method",
    "rib",
    "rib_bce",
]
