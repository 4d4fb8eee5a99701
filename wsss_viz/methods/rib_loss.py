"""From class maps to the loss that RIB descends: pooling over the less discriminative region, and the logits' sum.

RIB (Lee et al., "Reducing Information Bottleneck for Weakly Supervised Semantic Segmentation", NeurIPS 2021) pools
where the map is still low, so that raising the logit raises what the classifier has neglected so far
(`docs/sources.md#rib`):

    M_c = ReLU(A_c) / max_u ReLU(A_c)
    R_c = {u : M_c(u) <= tau}
    y^c = 1 / |R_c| sum_{u in R_c} A_c(u)            GNDRP
    y^c = 1 / (h w) sum_u          A_c(u)            GAP
    L   = - sum over rows and classes of t_c min(m, y^c)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.methods.late_copy import LateCopy
from wsss_viz.methods.settings import GAP, GNDRP, GNDRP_OFFICIAL, check_pooling

__all__ = ["BCE", "RIB", "Objective", "low_region", "official_region", "pool", "rib_loss"]

RIB, BCE = "rib", "bce"


def low_region(maps: Tensor, tau: float) -> Tensor:
    """R_c, (N, C, h, w) bool: where the normalised map is at most tau. No gradient goes through it.

    Where a map has no positive value, M_c is 0 and R_c is everything: nothing stands out, so nothing is left out.

    Args:
        maps: (N, C, h, w), raw and signed; each map is normalised by its own maximum.
        tau: 0 to 1.

    Examples:
        >>> low_region(torch.tensor([[[[4.0, 1.0, 2.0]], [[-1.0, -2.0, -3.0]]]]), 0.4).tolist()
        [[[[False, True, False]], [[True, True, True]]]]
    """
    positive = maps.detach().relu()
    return positive <= tau * positive.amax(dim=(2, 3), keepdim=True)


def official_region(maps: Tensor, tau: float) -> Tensor:
    """(N, C, h, w) bool: A_c / max_u A_c < tau, as the official code has it (RIB `misc/torchutils.py`, gndp2d).

    Without the ReLU the ratio turns its meaning around where the maximum is negative: then the region is empty, and
    the class has logit 0 and no gradient.

    Examples:
        >>> official_region(torch.tensor([[[[4.0, 1.0, 2.0]], [[-1.0, -2.0, -3.0]]]]), 0.4).tolist()
        [[[[False, True, False]], [[False, False, False]]]]
    """
    values = maps.detach()
    return values / values.amax(dim=(2, 3), keepdim=True) < tau


def pool(maps: Tensor, pooling: str = GNDRP, tau: float = 0.4) -> tuple[Tensor, Tensor]:
    """The pooled maps y^c (N, C), and the region they were pooled over (N, C, h, w) bool.

    | `pooling` | value | source |
    |---|---|---|
    | `gap` | sum_u A_c(u) / (h w) | the classifier's own |
    | `gndrp` | sum_{u in R_c} A_c(u) / abs(R_c); 0 where R_c is empty (a constant map) | the paper, unverified |
    | `gndrp-official` | sum_{u in R_c} A_c(u) / (h w), R_c by `official_region` | the official code |

    The official code divides by all h w cells: the same direction, smaller by the region's share of the image.

    Args:
        maps: (N, C, h, w), raw and signed.
        pooling: one of `settings.POOLINGS`.
        tau: the highest normalised value that is pooled; 0.4 on VOC, 0.5 on COCO.

    Raises:
        InputError: `pooling` is unknown or `tau` is outside 0 to 1.

    Examples:
        >>> maps = torch.tensor([[[[4.0, 1.0, 3.0, 0.0]]]])
        >>> [round(pool(maps, pooling)[0].item(), 2) for pooling in ("gap", "gndrp", "gndrp-official")]  # 8/4, 1/2, 1/4
        [2.0, 0.5, 0.25]
    """
    check_pooling(pooling, tau)
    if pooling == GAP:
        return maps.mean(dim=(2, 3)), torch.ones_like(maps, dtype=torch.bool)
    if pooling == GNDRP_OFFICIAL:
        region = official_region(maps, tau)
        return (maps * region).mean(dim=(2, 3)), region
    region = low_region(maps, tau)
    cells = region.sum(dim=(2, 3)).clamp_min(1)
    return (maps * region).sum(dim=(2, 3)) / cells, region


def rib_loss(logits: Tensor, labels: Tensor, margin: float | None) -> Tensor:
    """L = - sum over rows and classes of t_c min(m, y^c), a scalar.

    Args:
        logits: (N, C), y^c.
        labels: (N, C) in {0, 1}, t_c.
        margin: m; None: no minimum is taken (the official code).

    Examples:
        >>> logits, labels = torch.tensor([[3.0, 700.0, 9.0]]), torch.tensor([[1.0, 1.0, 0.0]])
        >>> rib_loss(logits, labels, margin=600).item(), rib_loss(logits, labels, margin=None).item()
        (-603.0, -703.0)
    """
    held = logits if margin is None else logits.clamp(max=margin)
    return -(labels * held).sum()


@dataclass(frozen=True)
class Objective:
    """L, and the pooled logits it is a function of.

    Attributes:
        pooling, tau: of the labelled classes; the others are pooled by GAP (as in the official code).
        margin: m of `rib_loss`.
        loss: "rib", or "bce": L = sum over rows and classes of BCE(sigma(y^c), t_c).
    """

    pooling: str
    tau: float
    margin: float | None
    loss: str = RIB

    def logits(self, late: LateCopy, maps: Tensor, labels: Tensor) -> Tensor:
        """Maps (N, C, h, w) and labels (N, C) to y^c (N, C)."""
        pooled, _ = pool(maps, self.pooling, self.tau)
        plain, _ = pool(maps, GAP)
        return late.with_bias(torch.where(labels > 0, pooled, plain))

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """L, a scalar."""
        if self.loss == BCE:
            return binary_cross_entropy_with_logits(logits, labels, reduction="sum")
        return rib_loss(logits, labels, self.margin)
