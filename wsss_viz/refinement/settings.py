"""What refiners are set to, by name. Needs no torch: pages and the command line list them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["REFINERS", "CrfSettings", "PamrSettings"]


@dataclass(frozen=True)
class CrfSettings:
    """A dense CRF: what it takes for its unary, and its two kernels; presets in `REFINERS`.

    Attributes:
        unary: "labels": the argmax is taken for right with probability `certainty`, the other labels share the rest
            (IRN, RIB); "scores": the scores are taken for probabilities (PSA, SEAM, OC-CSE).
        background: the background's score: the constant t of "labels", the power alpha of "scores",
            (1 - max_c M_c)^alpha.
        backgrounds: what is tried where it is to be chosen on data.
        bilateral: deviations in pixels and in colour values of 255, and weight.
        gaussian: deviation in pixels, and weight.
        certainty: of "labels".
        iterations: of the mean field.
    """

    unary: str
    background: float
    backgrounds: tuple[float, ...]
    bilateral: tuple[float, float, float]
    gaussian: tuple[float, float] = (3.0, 3.0)
    certainty: float = 0.7
    iterations: int = 10


@dataclass(frozen=True)
class PamrSettings:
    """PAMR; the published settings.

    Attributes:
        dilations: distances in pixels at which each has its eight neighbours.
        iterations: how often each pixel becomes the weighted mean of its neighbours.
        background: the constant background's score of the masks.
    """

    dilations: tuple[int, ...] = (1, 2, 4, 8, 12, 24)
    iterations: int = 10
    background: float = 0.15


_POWERS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 24.0, 32.0)
_PSA = (80.0, 13.0, 10.0)

REFINERS: dict[str, CrfSettings | PamrSettings] = {
    "crf:irn": CrfSettings("labels", 0.15, tuple(t / 20 for t in range(1, 17)), (50.0, 5.0, 10.0)),
    "crf:psa": CrfSettings("scores", 4.0, _POWERS, _PSA),
    "crf:oc-cse": CrfSettings("scores", 10.0, _POWERS, _PSA),
    "pamr": PamrSettings(),
}
"""By name, as the command line has it; `docs/sources.md#dense-crf`, `docs/sources.md#pamr`."""
