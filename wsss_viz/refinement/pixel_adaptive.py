"""PAMR, pixel-adaptive mask refinement: each pixel becomes the mean of its neighbours, weighted by likeness of colour.

    m_i <- sum_j w_ij m_j,   w_i = softmax_j(mean_c(-|x_i,c - x_j,c| / (0.1 s_i,c + 1e-8)))

over the eight neighbours j at each of several distances; s_i,c is the colours' deviation among these and the pixel
itself, which counts once per distance. Source: `docs/sources.md#pamr`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wsss_viz.errors import InputError
from wsss_viz.refinement.memory import check_memory
from wsss_viz.refinement.settings import PamrSettings
from wsss_viz.traces.step import Step

__all__ = ["pamr"]

_AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def pamr(
    image: NDArray[np.uint8],
    maps: NDArray,
    settings: PamrSettings = PamrSettings(),  # noqa: B008 - frozen
    device: str | torch.device = "cpu",
) -> Iterator[Step]:
    """The iterations of PAMR on maps, each by itself; it is linear, and leaves a constant map as it is.

    Args:
        image: (H, W, 3) uint8.
        maps: (K, H, W).

    Yields:
        Steps with `maps` (K, H, W); the first has them as they were given.

    Raises:
        InputError: sizes that differ, maps that are not finite, or more pixels than memory holds.

    >>> image = np.zeros((4, 6, 3), np.uint8)
    >>> image[:, 3:] = 255
    >>> maps = np.zeros((1, 4, 6))
    >>> maps[:, :, :2] = 1
    >>> (*_, last) = pamr(image, maps, PamrSettings((1, 2)))
    >>> last.maps[0, 0].round(2).tolist()
    [0.75, 0.75, 0.75, 0.0, 0.0, 0.0]
    """
    if maps.ndim != 3 or maps.shape[1:] != image.shape[:2]:
        raise InputError(f"maps {maps.shape} do not fit the image {image.shape}: give (K, H, W) of its size")
    if not np.isfinite(maps).all():
        raise InputError("the maps are not finite: they hold NaN or infinity; compute them again")
    check_memory((image.shape[0], image.shape[1]), len(maps), device)
    values = torch.as_tensor(np.asarray(maps, dtype=np.float32), device=device)
    weights = _weights(torch.tensor(image, device=device).permute(2, 0, 1).float() / 255, settings.dilations)
    for k in range(settings.iterations + 1):
        if k:
            values = sum(
                (w * v for w, v in zip(weights, _shifted(values, settings.dilations), strict=True)), 0 * values
            )
        yield Step(
            k,
            values.cpu().numpy(),
            np.zeros(len(maps), np.float32),
            tuple(range(len(maps))),
            stop="the iterations are done" if k == settings.iterations else None,
        )


def _shifted(values: Tensor, dilations: tuple[int, ...]) -> Iterator[Tensor]:
    """(K, H, W) of each neighbour in turn; beyond the border its pixels go on."""
    height, width = values.shape[1:]
    if not len(values):
        yield from [values] * (8 * len(dilations))
        return
    for d in dilations:
        padded = functional.pad(values[None], (d, d, d, d), mode="replicate")[0]
        for y, x in _AROUND:
            yield padded[:, d + d * y : d + d * y + height, d + d * x : d + d * x + width]


def _weights(colours: Tensor, dilations: tuple[int, ...]) -> Tensor:
    """(P, H, W): each neighbour's weight at each pixel."""
    around = torch.stack([*_shifted(colours, dilations), *[colours] * len(dilations)])
    deviation = around.std(dim=0)
    likeness = [-(colours - other).abs() / (1e-8 + 0.1 * deviation) for other in around[: 8 * len(dilations)]]
    return torch.stack([each.mean(dim=0) for each in likeness]).softmax(dim=0)
