"""How good: class maps as seeds, and their quality against pixel masks. Needs no torch but to run a method."""

from wsss_viz.evaluation.counts import THRESHOLDS, Counts, count
from wsss_viz.evaluation.scores import Scores, bootstrap, summarise
from wsss_viz.evaluation.seeds import ImageScores, pseudo_mask, score_image

__all__ = [
    "THRESHOLDS",
    "Counts",
    "ImageScores",
    "Scores",
    "bootstrap",
    "count",
    "pseudo_mask",
    "score_image",
    "summarise",
]
