"""What refiners are set to, by name. Needs no torch: pages and the command line list them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wsss_viz.errors import InputError

__all__ = ["REFINERS", "SHIPPED_WALK", "WALKS", "CrfSettings", "PamrSettings", "WalkSettings", "named", "title"]


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


@dataclass(frozen=True)
class WalkSettings:
    """A random walk between pixels that a network finds akin; the published settings in `WALKS`.

    Attributes:
        background: the background's score: the power alpha of AffinityNet, IRN's constant.
        backgrounds: what is tried where it is to be chosen on data.
        beta: the power of the affinities.
        doublings: the walk takes 2^doublings steps.
    """

    background: float
    backgrounds: tuple[float, ...]
    beta: float
    doublings: int = 8

    @property
    def iterations(self) -> int:
        """How many Steps there are after the first: 1, 2, 4, ... of the walk."""
        return self.doublings + 1


_POWERS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 24.0, 32.0)
_PSA = (80.0, 13.0, 10.0)

REFINERS: dict[str, CrfSettings | PamrSettings] = {
    "crf:irn": CrfSettings("labels", 0.15, tuple(t / 20 for t in range(1, 17)), (50.0, 5.0, 10.0)),
    "crf:psa": CrfSettings("scores", 4.0, _POWERS, _PSA),
    "crf:oc-cse": CrfSettings("scores", 10.0, _POWERS, _PSA),
    "pamr": PamrSettings(),
}
"""By name, as the command line has it; `docs/sources.md#dense-crf`, `docs/sources.md#pamr`."""


WALKS: dict[str, WalkSettings] = {
    "psa": WalkSettings(16.0, _POWERS, 8.0),
    "irn": WalkSettings(0.25, tuple(t / 20 for t in range(1, 17)), 10.0),
}
"""By what stands before the file of the network, as `psa:res38_aff.pth`; `docs/sources.md#walks`."""

SHIPPED_WALK = "psa:scenes-affinity"
"""The walk of the network that ships, which `train affinity` made of the drawn scenes, and which is for these alone."""


def named(text: str) -> tuple[str, CrfSettings | PamrSettings | WalkSettings]:
    """The name in a text, NAME or NAME@BACKGROUND, and its settings with that background's score.

    A name is one of `REFINERS`, or of `WALKS` with its network's file, KIND:FILE.

    Raises:
        InputError: there is none of that name, or the background's score makes no sense.

    >>> named("crf:psa@8")[1].background, named("crf")[0]
    (8.0, 'crf:irn')
    """
    name, at, number = text.rpartition("@") if "@" in text else (text, "", "")
    name = "crf:irn" if name == "crf" else name
    kind, _, file = name.partition(":")
    if name not in REFINERS and kind not in WALKS:
        raise InputError(
            f"unknown refiner {name!r}: give {', '.join(REFINERS)}, psa:FILE or irn:FILE, or one with @BACKGROUND, as "
            "crf:irn@0.3"
        )
    if kind in WALKS and not file:
        raise InputError(f"the walk {kind} wants its network: give a file, as {kind}:res38_aff.pth")
    settings = WALKS[kind] if kind in WALKS else REFINERS[name]
    if not at:
        return name, settings
    powers = kind == "psa" or (isinstance(settings, CrfSettings) and settings.unary == "scores")
    try:
        level = float(number) if len(number) < 12 else -1.0
    except ValueError:
        level = -1.0
    if not (0 < level <= 1000 if powers else 0 <= level < 1):
        form = "a power of (1 - max), above 0" if powers else "from 0 to below 1"
        raise InputError(f"the background's score of {name} is {form}, got {number!r}: give one, or leave @ out")
    return name, replace(settings, background=level)


def title(text: str) -> str:
    """What pages and tables call it.

    >>> title("crf:irn@0.3"), title("pamr"), title("psa:res38_aff.pth")
    ('CRF (IRN)', 'PAMR', 'walk (PSA)')
    """
    if text.partition(":")[0] in WALKS:
        return f"walk ({text.partition(':')[0].upper()})"
    family, _, preset = text.partition("@")[0].partition(":")
    return f"{family.upper()} ({preset.upper()})" if preset else family.upper()
