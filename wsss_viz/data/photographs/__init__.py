"""Photographs: the two samples that scikit-learn has, and sixteen that ship here, with outlines of object and head."""

from wsss_viz.data.photographs.outlined import Photograph, Photographs, credits, read_photographs
from wsss_viz.data.photographs.sklearn_samples import PHOTOGRAPHS, photograph

__all__ = ["PHOTOGRAPHS", "Photograph", "Photographs", "credits", "photograph", "read_photographs"]
