"""What each method is run with: one frozen dataclass per method, whose defaults are the paper's or its official code's.

What suits one checkpoint better stands in that checkpoint's entry of the register and travels with the network
(`Classifier.settings`). What belongs to a run and not to the method (views, companions' images, paired networks) is an
argument of the method. Needs no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.methods.typed_settings import Settings
from wsss_viz.methods.view_set import Views

__all__ = [
    "FILLS",
    "GAP",
    "GNDRP",
    "GNDRP_OFFICIAL",
    "LIKELIHOODS",
    "MASKS",
    "OFFICIAL",
    "OFFICIAL_GRADIENT_VIEWS",
    "POOLINGS",
    "SCORES",
    "CamSettings",
    "CseSettings",
    "CseSingleSettings",
    "ErasingRoundsSettings",
    "ErasingSettings",
    "GainSettings",
    "IbaSettings",
    "LayerCamSettings",
    "RibSettings",
    "Settings",
    "check_mask",
    "check_pooling",
]

FILLS = ("mean", "blur", "grey")
"""What is put in place of what is erased by hand (`evaluation.hand_erasing`)."""
MASKS = ("hard", "top", "soft", "graded")
"""hard: [M > threshold]; top: the share of the area with the largest values; soft: T(M); graded: M itself."""
GAP, GNDRP, GNDRP_OFFICIAL = "gap", "gndrp", "gndrp-official"
POOLINGS = (GAP, GNDRP, GNDRP_OFFICIAL)
SCORES = ("probability", "logit")
LIKELIHOODS = ("sigmoid", "softmax")
COCO_ROWS = 80
OFFICIAL = "official"
"""In place of settings: `Settings.official` of the network's rows, whatever its own entry has."""
OFFICIAL_GRADIENT_VIEWS = Views(scales=(1.0, 1.5, 2.0), flip=True)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"`{name}` is one of {', '.join(choices)}, got {value!r}")


def _check_share(name: str, value: float, what: str = "") -> None:
    if not 0 <= value <= 1:
        raise InputError(f"`{name}` is 0 to 1{what}, got {value}")


def _check_least(name: str, value: float, least: int = 0, when: str = "") -> None:
    if not value >= least:
        raise InputError(f"`{name}` is {least} or more{when}, got {value}")


def check_mask(kind: str, threshold: float, share: float, sigma: float, omega: float) -> None:
    """Raises InputError where there is no such mask, or the setting of this kind is out of its range.

    Examples:
        >>> check_mask("hard", 0.5, 0.2, 0.5, 10)
        >>> check_mask("top", 0.5, 20, 0.5, 10)
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: `share` is above 0 and at most 1, a share of the image's area, got 20
    """
    _check_choice("mask", kind, MASKS)
    if kind == "hard":
        _check_share("threshold", threshold, ", a share of the map's maximum")
    if kind == "top" and not 0 < share <= 1:
        raise InputError(f"`share` is above 0 and at most 1, a share of the image's area, got {share}")
    if kind == "soft" and not (omega > 0 and math.isfinite(sigma)):
        raise InputError(f"`sigma` is a number and `omega` above 0, the soft mask's, got {sigma} and {omega}")


@dataclass(frozen=True)
class CamSettings(Settings):
    """CAM has none."""


@dataclass(frozen=True)
class LayerCamSettings(Settings):
    """LayerCAM (`docs/sources.md#layercam`).

    Attributes:
        layers: how many stages are looked at, the last one first; 1: the last alone.
        gamma: of the stages before the last, whose map M becomes tanh(gamma M / max M) before the maximum is taken.
    """

    layers: int = 1
    gamma: float = 2.0

    def __post_init__(self) -> None:
        _check_least("layers", self.layers, 1)
        if not self.gamma > 0:
            raise InputError(f"`gamma` is above 0, got {self.gamma}")


@dataclass(frozen=True)
class ErasingSettings(Settings):
    """AE on a frozen classifier: our own method, after AE-PSL (`docs/sources.md#ae`).

    Attributes:
        steps: K, the number of erasings; 0 is CAM.
        mask: one of `MASKS`, made from the map enlarged to (H, W) and divided by its maximum.
        threshold: of the hard mask.
        share: of the top mask; AE-PSL's "top 20 %" is 0.2 (recalled, unverified).
        sigma, omega: of the soft mask.
        agnostic: class-agnostic erasing, from the highest of the targets' maps at each pixel.
        combine: "max", our graded form of AE-PSL's union of regions; "mean" over the steps instead, those after the
            first rectified, for brought to the maximum of the first, a weak map has huge negative values.
        weighted: a step at x_k counts by min(1, p_k / p_0), p = sigma(s_c): little, where the class is hardly seen any
            more. Our own.
        stop_probability: a class ends when its p on the erased image is below; that step does not count.
        stop_area: a class ends when more than this share of its image is erased; that step does count.
    """

    steps: int = 3
    mask: str = "hard"
    threshold: float = 0.5
    share: float = 0.2
    sigma: float = 0.5
    omega: float = 10.0
    agnostic: bool = False
    combine: str = "max"
    weighted: bool = False
    stop_probability: float = 0.0
    stop_area: float = 1.0

    def __post_init__(self) -> None:
        _check_least("steps", self.steps, 0, ", the number of erasings")
        check_mask(self.mask, self.threshold, self.share, self.sigma, self.omega)
        _check_choice("combine", self.combine, ("max", "mean"))
        _check_share("stop_probability", self.stop_probability)
        _check_share("stop_area", self.stop_area)


@dataclass(frozen=True)
class ErasingRoundsSettings(Settings):
    """AE, retrained (AE-PSL). The mask has to be the one the rounds were trained with.

    Attributes:
        mask: "hard", M_t > threshold, or "top", the `share` of the area with the largest values; AE-PSL's "top 20 %"
            is recalled and unverified.
        threshold: of the hard mask.
        share: of the top mask.
    """

    mask: str = "hard"
    threshold: float = 0.5
    share: float = 0.2

    def __post_init__(self) -> None:
        _check_choice("mask", self.mask, ("hard", "top"))
        check_mask(self.mask, self.threshold, self.share, 0.0, 1.0)


@dataclass(frozen=True)
class GainSettings(Settings):
    """GAIN (`docs/sources.md#gain`): as the network was trained.

    Attributes:
        sigma, omega: of the soft mask; those of ilyak93/GAIN-pytorch, the paper gives none.
        weight: alpha, the weight of L_am; the paper's is 1.
        score: "probability" or "logit", what L_am brings down; the paper does not say which.
    """

    sigma: float = 0.5
    omega: float = 10.0
    weight: float = 1.0
    score: str = "probability"

    def __post_init__(self) -> None:
        check_mask("soft", 0.0, 1.0, self.sigma, self.omega)
        _check_least("weight", self.weight)
        _check_choice("score", self.score, SCORES)


@dataclass(frozen=True)
class CseSettings(Settings):
    """CS-AE (`docs/sources.md#oc-cse`).

    Attributes:
        weight: alpha, the weight of L_cse in the loss that is shown; the paper's schedule ends at 1.
    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        _check_least("weight", self.weight)


@dataclass(frozen=True)
class CseSingleSettings(Settings):
    """CS-AE on a single image: our own method; rate, momentum and alpha are those of OC-CSE's official training, which
    are unverified on one image alone.

    Attributes:
        steps: K; 0 is CAM, with the terms of one erasing.
        rate, momentum: of SGD.
        weight: alpha; the paper's goes from 0.3 to 1.
        split: how many stages are frozen; None: the classifier's own.
        seed: of the classes that are drawn.
    """

    steps: int = 10
    rate: float = 0.01
    momentum: float = 0.0
    weight: float = 1.0
    split: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_least("steps", self.steps)
        _check_least("rate", self.rate)
        _check_least("momentum", self.momentum)
        _check_least("weight", self.weight)
        if self.split is not None:
            _check_least("split", self.split)


@dataclass(frozen=True)
class RibSettings(Settings):
    """RIB (`docs/sources.md#rib`): what the official code does on VOC with IRN's ResNet-50; `official(80)`: on COCO.

    The paper differs, as far as it could be verified, in three: it clamps the logits at the margin (`clamp`), pools by
    the region's own size (`pooling` "gndrp") and adds up the maps of theta_0 to theta_K (`accumulate` "after").

    Attributes:
        steps: K; 0 gives CAM.
        margin: m, in units of the logit, and a reason to stop (`stop_on`); None: neither.
        clamp: take min(m, y^c). The official code does not, there m is a reason to stop alone.
        stop_on: "each": once the logit of every target in every gradient view is at m, where the clamped loss has no
            gradient left; "sum": once the absolute sum of them all is above m (official).
        pooling, tau: how y^c is pooled, see `rib_loss.pool`; tau is 0.4 on VOC, 0.5 on COCO.
        companions: B, how many; where fewer are to be had, those.
        redraw: B others at each step (official), not the same ones.
        augment: those are seen as in training, in a random window of 512 pixels a side, mirrored by half, the long side
            320 to 640 pixels (official), not whole; only where they are drawn anew.
        rate: lambda, of the first step.
        head_rate: how many times faster the head learns; 0: it stays.
        power: of the poly schedule; 0: a constant rate.
        momentum: of SGD; the official code hands the weight decay's value to SGD in its place.
        decay: SGD's weight decay.
        split: stages that are not tuned; None: the classifier's own, those that its training left alone (layer3 and on
            are tuned, as in the official code).
        gradient_views: the views whose logits are raised, each a row of the batch.
        accumulate: "after": the CAMs of theta_0 to theta_K; "before": of theta_0 to theta_{K-1}, so that the last
            update is never seen (official).
        explode_level, explode_share: after the first update, stop where more than this share of the cells has a
            target's normalised map above this level; its map is not accumulated (in the official code its scale 1
            already was). A share of 1: never.
        seed: of the companions' order.
    """

    steps: int = 10
    margin: float | None = 600.0
    clamp: bool = False
    stop_on: str = "sum"
    pooling: str = GNDRP_OFFICIAL
    tau: float = 0.4
    companions: int = 20
    redraw: bool = True
    augment: bool = True
    rate: float = 8e-6
    head_rate: float = 10.0
    power: float = 0.9
    momentum: float = 1e-4
    decay: float = 1e-4
    split: int | None = None
    gradient_views: Views = OFFICIAL_GRADIENT_VIEWS
    accumulate: str = "before"
    explode_level: float = 0.3
    explode_share: float = 0.7
    seed: int = 0

    def __post_init__(self) -> None:
        _check_choice("stop_on", self.stop_on, ("each", "sum"))
        _check_choice("accumulate", self.accumulate, ("after", "before"))
        fewest = 0 if self.accumulate == "after" else 1
        _check_least("steps", self.steps, fewest, f" where maps are accumulated {self.accumulate} the update")
        if self.margin is not None and not self.margin > 0:
            raise InputError(f"`margin` is above 0 or none, got {self.margin}")
        check_pooling(self.pooling, self.tau)
        for name in ("companions", "rate", "head_rate", "power", "momentum", "decay"):
            _check_least(name, getattr(self, name))
        if self.split is not None:
            _check_least("split", self.split)
        _check_share("explode_level", self.explode_level)
        _check_share("explode_share", self.explode_share)

    @staticmethod
    def _official_changes(rows: int) -> dict[str, Any]:
        coco = {"rate": 5e-6, "companions": 15, "tau": 0.5, "margin": 1000.0, "explode_share": 0.8}
        return coco if rows == COCO_ROWS else {}


@dataclass(frozen=True)
class IbaSettings(Settings):
    """IBA (`docs/sources.md#iba`): the official code's, but for `likelihood`, which is that of a multi-label network.

    Attributes:
        beta: what the mean of the information, in nats per element, counts for beside -log p.
        steps: K, how often the bottleneck is looked at; alpha is changed between.
        rate: of Adam.
        batch: draws of the noise per step.
        alpha: what it starts from; sigmoid(5) = .993 lets nearly all through.
        smoothing: sigma in cells of the Gaussian over lambda; 0: none.
        split: stages before the bottleneck; None: the classifier's own, at least one (`bottleneck_depth`).
        likelihood: "sigmoid", -log sigma(s_c), the class alone, so that few rows of a network give what all give;
            "softmax", -log softmax(s)_c, the paper's, for networks of one label.
        images: how many images mu and sigma are estimated from, at most.
        seed: of the noise.
    """

    beta: float = 10.0
    steps: int = 10
    rate: float = 1.0
    batch: int = 10
    alpha: float = 5.0
    smoothing: float = 1.0
    split: int | None = None
    likelihood: str = "sigmoid"
    images: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("beta", "rate", "smoothing", "images"):
            _check_least(name, getattr(self, name))
        for name in ("steps", "batch"):
            _check_least(name, getattr(self, name), 1)
        if not math.isfinite(self.alpha):
            raise InputError(f"`alpha` is a number, got {self.alpha}")
        if self.split is not None:
            _check_least("split", self.split)
        _check_choice("likelihood", self.likelihood, LIKELIHOODS)


def check_pooling(pooling: str, tau: float) -> None:
    """Raises InputError where `pooling` is unknown or `tau` is outside 0 to 1.

    Examples:
        >>> check_pooling("gndrp", 1.5)
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: `tau` is 0 to 1, got 1.5
    """
    _check_choice("pooling", pooling, POOLINGS)
    _check_share("tau", tau)
