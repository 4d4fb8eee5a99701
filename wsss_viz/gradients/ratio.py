"""The high gradient ratio: which share of a region the gradient is high at. Needs no torch.

    HGR_k(R) = |{p in R: g_k(p) / max_q g_k(q) > tau}| / |R|                        Lee et al., NeurIPS 2021 (RIB)

tau = .3 and the division by the maximum are inferred from the paper's figure (`docs/sources.md#hgr`), so a result is
never shown at one tau alone: `BAND` is drawn with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.evaluation.resampling import percentile_interval, resampling_weights

__all__ = ["BAND", "TAU", "TAUS", "Curve", "high_gradient_ratio", "nearest", "normalise", "ratio_curve", "summarise"]

TAU = 0.3
BAND = (0.2, 0.4)
TAUS = tuple(round(0.05 * step, 2) for step in range(1, 19))


def normalise(maps: NDArray, percentile: float = 100.0) -> NDArray[np.float64]:
    """Maps (..., H, W), 0 or more, each divided by its own maximum, or by a percentile of it and cut at 1.

    A map that is zero everywhere stays zero. Raises ValueError for what is negative or no number.

    >>> import numpy as np
    >>> from wsss_viz.gradients import ratio
    >>> ratio.normalise(np.array([[0.0, 1, 4]])).tolist()
    [[0.0, 0.25, 1.0]]
    """
    values = np.asarray(maps, dtype=np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("`maps` want finite values of 0 or more")
    top = np.percentile(values, percentile, axis=(-2, -1), keepdims=True)
    return np.minimum(np.divide(values, top, out=np.zeros_like(values), where=top > 0), 1)


def high_gradient_ratio(
    maps: NDArray, regions: NDArray[np.bool_], tau: float = TAU, percentile: float = 100.0
) -> NDArray[np.float64]:
    """HGR of every layer and region.

    Args:
        maps: (N, L, H, W) gradient maps.
        regions: (N, R, H, W) bool.
        tau: 0 or more, below 1.
        percentile: see `normalise`.

    Returns:
        (N, L, R) from 0 to 1; 0 for a map that is zero everywhere, NaN for an empty region.

    >>> import numpy as np
    >>> from wsss_viz.gradients import ratio
    >>> maps = np.array([[[[0.0, 1, 2], [0, 0, 4]]]])
    >>> regions = np.array([[[[False, True, True], [False, False, True]]]])
    >>> ratio.high_gradient_ratio(maps, regions, tau=0.3).round(3).tolist()
    [[[0.667]]]
    """
    return ratio_curve(maps, regions, (tau,), percentile)[:, 0]


def ratio_curve(
    maps: NDArray, regions: NDArray[np.bool_], taus: tuple[float, ...] = TAUS, percentile: float = 100.0
) -> NDArray[np.float64]:
    """(N, T, L, R) `high_gradient_ratio` at every tau. Raises ValueError where shapes or a tau do not fit.

    >>> import numpy as np
    >>> from wsss_viz.gradients import ratio
    >>> maps = np.array([[[[0.0, 1, 2], [0, 0, 4]]]])
    >>> regions = np.array([[[[False, True, True], [False, False, True]]]])
    >>> ratio.ratio_curve(maps, regions, (0.1, 0.6)).round(3).ravel().tolist()
    [1.0, 0.333]
    """
    if maps.ndim != 4 or regions.ndim != 4 or (len(maps), maps.shape[2:]) != (len(regions), regions.shape[2:]):
        raise ValueError(f"want maps (N, L, H, W) and regions (N, R, H, W), got {maps.shape} and {regions.shape}")
    if not all(0 <= tau < 1 for tau in taus):
        raise ValueError(f"`tau` is from 0 to below 1, got {taus}")
    shares = normalise(maps, percentile)
    sizes = regions.sum(axis=(2, 3)).astype(np.float64)
    inside = regions.astype(np.float32).reshape(*regions.shape[:2], -1)
    curves = []
    for tau in taus:
        high = (shares > tau).astype(np.float32).reshape(*maps.shape[:2], -1)
        intersection = np.einsum("nlp,nrp->nlr", high, inside, optimize=True)
        whole = np.broadcast_to(sizes[:, None], intersection.shape)
        curves.append(np.divide(intersection, whole, out=np.full(intersection.shape, np.nan), where=whole > 0))
    return np.stack(curves, axis=1)


@dataclass(frozen=True, eq=False)
class Curve:
    """HGR over layers, the mean over pictures with its 95 % bootstrap interval over pictures.

    Attributes:
        layers: L names; regions: R names.
        taus: T thresholds.
        values: (T, L, R, 3), mean, low and high.
        drop: (T, R, 3), the share that is lost from the last layer but one to the last, (HGR_{L-1} - HGR_L) /
            HGR_{L-1} of the means, with its interval; NaN where HGR_{L-1} is 0.
        counts: (R,) how many pictures have the region.
    """

    layers: tuple[str, ...]
    regions: tuple[str, ...]
    taus: tuple[float, ...]
    values: NDArray[np.float64]
    drop: NDArray[np.float64]
    counts: NDArray[np.int64]

    def at(self, tau: float) -> NDArray[np.float64]:
        """(L, R, 3) at the threshold nearest to `tau` that was counted."""
        return np.asarray(self.values[nearest(self.taus, tau)])

    def drop_at(self, tau: float) -> NDArray[np.float64]:
        """(R, 3) at the threshold nearest to `tau`."""
        return np.asarray(self.drop[nearest(self.taus, tau)])

    def band(self) -> NDArray[np.float64]:
        """(2, L, R): the lowest and the highest mean over the thresholds in `BAND`."""
        inside = [i for i, tau in enumerate(self.taus) if BAND[0] - 1e-9 <= tau <= BAND[1] + 1e-9]
        means = self.values[inside, ..., 0]
        return np.stack([means.min(axis=0), means.max(axis=0)])


def nearest(taus: tuple[float, ...], tau: float) -> int:
    """The index of the threshold nearest to `tau`.

    >>> from wsss_viz.gradients.ratio import nearest
    >>> nearest((0.1, 0.2, 0.3), 0.22)
    1
    """
    return int(np.argmin(np.abs(np.asarray(taus) - tau)))


def summarise(
    ratios: NDArray[np.float64],
    layers: tuple[str, ...],
    regions: tuple[str, ...],
    taus: tuple[float, ...] = TAUS,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Curve:
    """The means over pictures of `ratio_curve` (N, T, L, R), pictures without a region left out of its means.

    Args:
        draws, seed: of the bootstrap.

    >>> import numpy as np
    >>> from wsss_viz.gradients import ratio
    >>> curve = ratio.summarise(np.array([[[[0.2]]], [[[0.4]]]]), ("logit",), ("digit",), (0.3,))
    >>> curve.at(0.3)[0, 0].round(2).tolist()
    [0.3, 0.2, 0.4]
    """
    present = ~np.isnan(ratios[:, 0, 0])
    filled = np.nan_to_num(ratios)
    weights = np.concatenate([np.ones((1, len(ratios))), resampling_weights(len(ratios), draws, seed)])
    counts = (weights @ present)[:, None, None]
    sums = np.einsum("dn,ntlr->dtlr", weights, filled, optimize=True)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    before, last = means[:, :, max(0, means.shape[2] - 2)], means[:, :, -1]
    drops = np.divide(before - last, before, out=np.full(last.shape, np.nan), where=before > 0)
    return Curve(layers, regions, taus, _bounds(means), _bounds(drops), present.sum(axis=0))


def _bounds(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """(1 + draws, ...) to (..., 3): the first, and the interval of the others."""
    return np.stack([series[0], *percentile_interval(series[1:])], axis=-1)
