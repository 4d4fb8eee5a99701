"""From class maps to the logits that RIB raises: GAP, and pooling over the less discriminative region alone.

RIB (Lee et al., "Reducing Information Bottleneck for Weakly Supervised Semantic Segmentation", NeurIPS 2021) pools
where the map is still low, so that raising the logit raises what the classifier has neglected so far:

    M_c = ReLU(A_c) / max_u ReLU(A_c)
    R_c = {u : M_c(u) <= tau}
    y^c = 1 / |R_c| sum_{u in R_c} A_c(u)            GNDRP
    y^c = 1 / (h w) sum_u          A_c(u)            GAP
"""

from __future__ import annotations

import torch
from torch import Tensor

GAP, GNDRP, GNDRP_OFFICIAL = "gap", "gndrp", "gndrp-official"
POOLINGS = (GAP, GNDRP, GNDRP_OFFICIAL)


def low_region(maps: Tensor, tau: float) -> Tensor:
    """R_c, (N, C, h, w) bool: where the normalised map is at most tau. No gradient goes through it.

    Where a map has no positive value, M_c is 0 and R_c is everything: nothing stands out, so nothing is left out.

    Args:
        maps: (N, C, h, w), raw and signed; each map is normalised by its own maximum.
        tau: 0 to 1.
    """
    positive = maps.detach().relu()
    return positive <= tau * positive.amax(dim=(2, 3), keepdim=True)


def official_region(maps: Tensor, tau: float) -> Tensor:
    """(N, C, h, w) bool: A_c / max_u A_c < tau, as the official code has it (RIB `misc/torchutils.py`, gndp2d).

    Without the ReLU the ratio turns its meaning around where the maximum is negative: then the region is empty, and
    the class has logit 0 and no gradient.
    """
    values = maps.detach()
    return values / values.amax(dim=(2, 3), keepdim=True) < tau


def pool(maps: Tensor, pooling: str = GNDRP, tau: float = 0.4) -> tuple[Tensor, Tensor]:
    """The pooled maps y^c (N, C), and the region they were pooled over (N, C, h, w) bool.

    | `pooling` | value | source |
    |---|---|---|
    | `gap` | sum_u A_c(u) / (h w) | the classifier's own |
    | `gndrp` | sum_{u in R_c} A_c(u) / abs(R_c); 0 where R_c is empty (a constant positive map) | the paper [U] |
    | `gndrp-official` | sum_{u in R_c} A_c(u) / (h w), R_c by `official_region` | the official code |

    The official code divides by all h w cells: the same direction, smaller by the region's share of the image.

    Args:
        maps: (N, C, h, w), raw and signed.
        pooling: one of `POOLINGS`.
        tau: the highest normalised value that is pooled; 0.4 on VOC, 0.5 on COCO.

    Raises:
        ValueError: `pooling` is unknown or `tau` is outside 0 to 1.
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


def check_pooling(pooling: str, tau: float) -> None:
    """Raises ValueError where `pooling` is unknown or `tau` is outside 0 to 1."""
    if pooling not in POOLINGS:
        raise ValueError(f"`pooling` is one of {', '.join(POOLINGS)}, got {pooling!r}")
    if not 0 <= tau <= 1:
        raise ValueError(f"`tau` is 0 to 1, got {tau}")
