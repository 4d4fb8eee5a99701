"""From a class map to what is erased: normalised maps, hard and soft masks, and the erased image.

    M    = ReLU(A) / (max_u ReLU(A) + 1e-5)        the map by its own maximum (PSA, IRN, OC-CSE)
    F    = [M > t]                                 hard (AE-PSL, Wei et al., CVPR 2017)
    T(M) = 1 / (1 + exp(-omega (M - sigma)))       soft (GAIN, Li et al., CVPR 2018, eq. 4)
    x'   = x (1 - mask)                            0 of a normalised input is the mean colour

`docs/sources.md#ae`, `docs/sources.md#gain`, `docs/sources.md#oc-cse`.

Everything here is differentiable where its formula is, keeps no state and touches no classifier: CS-AE and GAIN train
through it, erasing on a frozen classifier makes its masks by it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from wsss_viz.methods.settings import check_mask

__all__ = [
    "EPSILON",
    "enlarge",
    "erase",
    "hard_mask",
    "make_mask",
    "min_max",
    "relu_max",
    "soft_mask",
    "top_mask",
]

EPSILON = 1e-5


def enlarge(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """(N, C, h, w) to (N, C, H, W), bilinear, `align_corners=False`.

    Examples:
        >>> enlarge(torch.tensor([[[[0.0, 4.0]]]]), (1, 4)).tolist()
        [[[[0.0, 1.0, 3.0, 4.0]]]]
    """
    return interpolate(maps, size, mode="bilinear", align_corners=False)


def _extreme(maps: Tensor, over: str, largest: bool) -> Tensor:
    """Each map's maximum (or minimum), (..., 1, 1), or the one of the whole batch."""
    if over not in ("map", "batch"):
        raise ValueError(f"`over` is map or batch, got {over!r}")
    axes = (-2, -1) if over == "map" else tuple(range(maps.ndim))
    return maps.amax(axes, keepdim=True) if largest else maps.amin(axes, keepdim=True)


def relu_max(maps: Tensor, over: str = "map", *, detach: bool = False) -> Tensor:
    """M = ReLU(A) / (max ReLU(A) + 1e-5), in [0, 1); an all-negative map becomes 0 everywhere.

    Args:
        maps: (..., H, W), raw and signed; CS-AE enlarges before it rectifies, so does every caller here.
        over: "map": each map by its own maximum; "batch": all of them by one, as OC-CSE's official code does
            (`models/model_cse.py`), which leaves images of weaker logits with masks far below 1.
        detach: no gradient through the maximum; the official code lets it pass.

    Examples:
        >>> relu_max(torch.tensor([[[-1.0, 2.0, 4.0]]])).round(decimals=2).tolist()
        [[[0.0, 0.5, 1.0]]]
    """
    positive = maps.relu()
    largest = _extreme(positive, over, largest=True)
    return positive / ((largest.detach() if detach else largest) + EPSILON)


def min_max(maps: Tensor, over: str = "map") -> Tensor:
    """(A - min) / (max - min + 1e-5), as GAIN's reimplementations normalise; its paper does not say how.

    Args:
        maps: (..., H, W).
        over: "map": each by its own range (ilyak93/GAIN-pytorch); "batch": all by one (ngxbac/GAIN,
            AustinDoolittle/Pytorch-Gain).

    Examples:
        >>> min_max(torch.tensor([[[-1.0, 0.0, 1.0]], [[2.0, 3.0, 6.0]]])).round(decimals=2).tolist()
        [[[0.0, 0.5, 1.0]], [[0.0, 0.25, 1.0]]]
    """
    low, high = _extreme(maps, over, largest=False), _extreme(maps, over, largest=True)
    return (maps - low) / (high - low + EPSILON)


def hard_mask(values: Tensor, threshold: float) -> Tensor:
    """[M > threshold] as 0 and 1 in the dtype of `values`; a value equal to the threshold is kept.

    Examples:
        >>> hard_mask(torch.tensor([[0.2, 0.5, 0.8]]), 0.5).tolist()
        [[0.0, 0.0, 1.0]]
    """
    return (values > threshold).to(values.dtype)


def top_mask(values: Tensor, share: float) -> Tensor:
    """1 on the round(share H W) pixels (at least one) with the largest values, and on all that equal the least of them.

    Pixels at 0 and below are never taken, so that an empty map erases nothing. This is how we read AE-PSL's "top 20 %
    of the heat map", which is recalled and unverified; read as a range of values it would be `hard_mask` at 0.8.

    Args:
        values: (..., H, W).
        share: above 0, at most 1.

    Examples:
        >>> values = torch.tensor([[0.9, 0.1, 0.8], [0.0, 0.0, 0.8]])
        >>> top_mask(values, 1 / 3).tolist()  # two of six pixels, and what equals the second
        [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """
    flat = values.flatten(-2)
    count = max(1, round(share * flat.shape[-1]))
    smallest = flat.topk(count, dim=-1).values[..., -1:, None]
    return ((values >= smallest) & (values > 0)).to(values.dtype)


def soft_mask(values: Tensor, sigma: float, omega: float) -> Tensor:
    """T(M) = 1 / (1 + exp(-omega (M - sigma))) (GAIN, eq. 4), in (0, 1).

    Examples:
        >>> soft_mask(torch.tensor([[0.0, 0.5, 1.0]]), sigma=0.5, omega=10).numpy().round(3)
        array([[0.007, 0.5  , 0.993]], dtype=float32)
    """
    return torch.sigmoid(omega * (values - sigma))


def make_mask(
    values: Tensor, kind: str, *, threshold: float = 0.5, share: float = 0.2, sigma: float = 0.5, omega: float = 10.0
) -> Tensor:
    """The mask of that kind, one of `settings.MASKS`, from normalised maps (..., H, W).

    Raises:
        InputError: the kind is unknown, or its setting out of range.

    Examples:
        >>> values = torch.tensor([[0.2, 0.5, 0.8]])
        >>> make_mask(values, "hard", threshold=0.3).tolist(), make_mask(values, "top", share=0.3).tolist()
        ([[0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0]])
    """
    check_mask(kind, threshold, share, sigma, omega)
    if kind == "hard":
        return hard_mask(values, threshold)
    if kind == "top":
        return top_mask(values, share)
    return soft_mask(values, sigma, omega) if kind == "soft" else values


def erase(x: Tensor, mask: Tensor) -> Tensor:
    """x (1 - mask): the mean colour where the mask is 1.

    Args:
        x: (N, 3, H, W), preprocessed, so that 0 is the mean colour.
        mask: (N, 1, H, W) or, for N = 1, anything that broadcasts to it; in [0, 1].

    Examples:
        >>> erase(torch.full((1, 3, 1, 2), 2.0), torch.tensor([[1.0, 0.25]]))[0, 0].tolist()
        [[0.0, 1.5]]
    """
    return x * (1 - mask)
