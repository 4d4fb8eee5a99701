"""Gradient maps: how much each pixel moves what a layer says.

Lee et al., NeurIPS 2021 (RIB), section 3 as recalled: G_k = grad_x sum_{c,u,v} T_k[c,u,v], and of the last layer the
logit y^c. That the sum runs over channels and that magnitudes are taken is inferred from the paper's figure
(`docs/sources.md#hgr`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wsss_viz.gradients.layers import LOGIT, Reader

__all__ = ["ENERGY", "MEASURES", "PROBES", "SUM", "GradientMaps", "gradient_maps"]

SUM, ENERGY = "sum", "energy"
MEASURES = (SUM, ENERGY)
PROBES = 8


@dataclass(frozen=True, eq=False)
class GradientMaps:
    """The gradient maps of N pictures in L layers.

    Attributes:
        layers: L names, from the input on.
        maps: (N, L, H, W) float32, 0 or more, at the size of the network's input; not normalised.
        logits: (N,) y^c; NaN where the reader has no "logit".
        measure: "sum" or "energy".
    """

    layers: tuple[str, ...]
    maps: NDArray[np.float32]
    logits: NDArray[np.float64]
    measure: str

    @property
    def sigmoid_slope(self) -> NDArray[np.float64]:
        """(N,) s(1 - s), s the sigmoid of y^c: what the sigmoid multiplies the whole last map by, at most 1/4.

        One factor for all pixels: a map divided by its own maximum cannot show it.
        """
        s = 1 / (1 + np.exp(-np.clip(self.logits, -700, 700)))
        return np.asarray(s * (1 - s))


def gradient_maps(
    read: Reader,
    x: Tensor,
    measure: str = SUM,
    *,
    layers: tuple[str, ...] | None = None,
    probes: int = PROBES,
    seed: int = 0,
) -> GradientMaps:
    """The gradient maps of every layer that `read` gives, at the pixels of x.

    Args:
        read: see `layers`.
        x: (N, C, H, W), the network's input; its own gradient is left alone.
        measure: "sum", g_k(p) = max over input channels |d/dx_p sum T_k|, where positive and negative slopes of
            different channels of T_k cancel; or "energy", where they do not: the root of the Jacobian's energy,
            sqrt(max over input channels E_v[(J_k^T v)_p^2]) over random signs v (Hutchinson), which for a layer of one
            number is the same map.
        layers: those that are wanted; None: all.
        probes, seed: of "energy": how many v, the same for every picture.

    Raises:
        ValueError: an unknown measure or layer, a layer that does not keep the pictures apart, or slopes that are not
            finite.

    >>> import torch
    >>> from wsss_viz.gradients.maps import gradient_maps
    >>> result = gradient_maps(lambda x: {"logit": 3 * x[:, 0, 0, 1]}, torch.ones(2, 1, 2, 3))
    >>> result.layers, result.maps[0, 0].tolist(), result.logits.tolist()
    (('logit',), [[0.0, 3.0, 0.0], [0.0, 0.0, 0.0]], [3.0, 3.0])
    """
    if measure not in MEASURES or probes < 1:
        raise ValueError(f"`measure` is one of {', '.join(MEASURES)} and `probes` 1 or more, got {measure!r}, {probes}")
    with torch.inference_mode(False), torch.enable_grad():
        pixels = x.detach().clone().requires_grad_(True)
        outputs = read(pixels)
        wanted = tuple(outputs) if layers is None else layers
        for name in wanted:
            if name not in outputs or outputs[name].ndim < 1 or len(outputs[name]) != len(x):
                raise ValueError(f"`layers` wants outputs of {len(x)} rows, one per picture; not so {name!r}")
        generator = torch.Generator().manual_seed(seed)
        planes = []
        for name in wanted:
            if measure == SUM:
                planes.append(_slope(outputs[name].sum(), pixels).abs().amax(dim=1))
            else:
                planes.append(_energy(outputs[name], pixels, probes, generator).amax(dim=1).sqrt())
    maps = torch.stack(planes, dim=1).float().cpu().numpy()
    if not np.isfinite(maps).all():
        raise ValueError("the gradients are not finite: the weights or the input hold NaN or infinity")
    logits = outputs[LOGIT].detach().double().cpu().numpy() if LOGIT in outputs else np.full(len(x), np.nan)
    return GradientMaps(wanted, maps, logits, measure)


def _slope(value: Tensor, pixels: Tensor) -> Tensor:
    """d value / d pixels, zeros where it does not depend on them; the graph is kept for the other layers."""
    if not value.requires_grad:
        return torch.zeros_like(pixels)
    (slope,) = torch.autograd.grad(value, pixels, retain_graph=True, allow_unused=True, materialize_grads=True)
    return slope


def _energy(output: Tensor, pixels: Tensor, probes: int, generator: torch.Generator) -> Tensor:
    """E_v[(J^T v)^2] (N, C, H, W) over random signs; exact, by one probe, where a picture has one number."""
    shape = output.shape[1:]
    count = probes if shape.numel() > 1 else 1
    total = torch.zeros_like(pixels)
    for _ in range(count):
        signs = torch.randint(0, 2, (1, *shape), generator=generator).to(output) * 2 - 1
        total += _slope((output * signs).sum(), pixels).square()
    return total / count
