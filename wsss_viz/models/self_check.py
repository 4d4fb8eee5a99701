"""After loading: does the network say what its maps say?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier

__all__ = ["PROBE_SIZE", "TOLERANCE", "SelfCheck", "self_check"]

PROBE_SIZE = (96, 128)
TOLERANCE = 1e-4
OVERFLOW = (
    "WARNING: its logits overflow on noise. All tensors are there and finite, so it is loaded; but no trained network "
    "does this (an average of weights that was never updated, BatchNorm statistics that were not saved?), and a method "
    "refuses an image whose maps are not finite"
)
"""What is said of a network whose numbers grow beyond all bounds."""


@dataclass(frozen=True)
class SelfCheck:
    """GAP(maps) against the head on the pooled features, on a seeded noise image of `PROBE_SIZE`.

    Attributes:
        difference: the largest difference of a logit, relative to the largest logit; NaN where logits overflow.
        largest: the largest absolute logit; infinity where logits overflow.
        grid: (h, w) of the maps.
    """

    difference: float
    largest: float
    grid: tuple[int, int]

    @property
    def finite(self) -> bool:
        """Whether the logits are numbers."""
        return math.isfinite(self.largest)

    def line(self) -> str:
        """In words."""
        of = f"maps of {self.grid[0]} x {self.grid[1]} from {PROBE_SIZE[0]} x {PROBE_SIZE[1]} pixels"
        if not self.finite:
            return f"logits overflow on noise: see the warning; {of}"
        return f"GAP(maps) = logits to {self.difference:.0e} of the largest, {self.largest:.3g}; {of}"


@torch.no_grad()
def self_check(classifier: Classifier, name: str = "the checkpoint") -> SelfCheck:
    """Compares s = GAP(W f) + b with W GAP(f) + b.

    Raises:
        InputError: they differ by more than `TOLERANCE`, or are all 0. Finite weights whose logits overflow are told of
            in what is returned: they are a network, if none that was trained to an end.

    Examples:
        >>> from wsss_viz.models import load
        >>> self_check(load("scenes-classifier", "cpu")).difference < TOLERANCE
        True
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 3, *PROBE_SIZE, generator=generator).to(classifier.device, classifier.head.weight.dtype)
    features = classifier.features(classifier.early(x))
    logits = classifier.logits(x)[0].double()
    pooled = features.double().mean(dim=(2, 3))[0]
    expected = classifier.head.weight.double().flatten(1) @ pooled
    if classifier.bias is not None:
        expected = expected + classifier.bias.double()
    largest = float(expected.abs().max())
    difference = float((logits - expected).abs().max()) / largest if largest else 0.0
    grid = (features.shape[2], features.shape[3])
    if not torch.isfinite(logits).all() or not torch.isfinite(expected).all():
        return SelfCheck(math.nan, math.inf, grid)
    if largest == 0 or difference > TOLERANCE:
        what = "are all 0" if largest == 0 else f"differ from its maps' means by {difference:.1e}"
        raise InputError(f"{name}: its logits {what}: it has no class activation maps, or is damaged")
    return SelfCheck(difference, largest, grid)
