"""What a method shows: Steps, Traces, their maps normalised and enlarged. Needs no torch: pages open without it."""

from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.normalisation import NORMALISATIONS, normalise
from wsss_viz.traces.resize import upsample
from wsss_viz.traces.step import Step, Trace

__all__ = ["NORMALISATIONS", "CellCentres", "Step", "Trace", "normalise", "upsample"]
