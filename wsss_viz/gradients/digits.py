"""The digit toy measured: HGR of digit, shape and background, and what the network can do with either alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from wsss_viz.data.digits import Digits
from wsss_viz.gradients.layers import digit_reader
from wsss_viz.gradients.maps import SUM, GradientMaps, gradient_maps
from wsss_viz.gradients.ratio import TAUS, Curve, ratio_curve, summarise
from wsss_viz.gradients.regions import REGIONS
from wsss_viz.models.digit_network import DigitNetwork

__all__ = ["MeasuredDigits", "accuracy", "digit_maps", "measure_digits"]

_BATCH = 50


@dataclass(frozen=True, eq=False)
class MeasuredDigits:
    """A network of the toy over pictures that all have a shape.

    Attributes:
        layers: "conv 1" to "conv 5", "logit".
        ratios: (N, T, L, R), see `ratio.ratio_curve`; the regions are digit, shape and background.
        accuracy: share of pictures it gets right: "whole", "shape only", "shape erased".
        slope: mean s(1 - s), s the sigmoid of the logit of the picture's own class.
        logit: its mean.
    """

    layers: tuple[str, ...]
    ratios: NDArray[np.float64]
    accuracy: dict[str, float]
    slope: float
    logit: float

    def curve(self, taus: tuple[float, ...] = TAUS) -> Curve:
        """Means and intervals over the pictures."""
        return summarise(self.ratios, self.layers, REGIONS, taus)


def measure_digits(
    network: DigitNetwork,
    data: Digits,
    measure: str = SUM,
    taus: tuple[float, ...] = TAUS,
    percentile: float = 100.0,
) -> MeasuredDigits:
    """HGR and accuracies of a network of the toy.

    >>> from wsss_viz.data.digits import draw_digits
    >>> from wsss_viz.gradients import digits
    >>> from wsss_viz.models.digit_network import DigitNetwork
    >>> data = draw_digits("test", 4, shape_share=1.0, size=(32, 40))
    >>> network = DigitNetwork("gap", (32, 40)).eval()
    >>> measured = digits.measure_digits(network, data)
    >>> measured.ratios.shape[2:], list(measured.accuracy)
    ((6, 3), ['whole', 'shape only', 'shape erased'])
    """
    ratios, logits, slopes = [], [], []
    masks = data.region_masks()
    layers: tuple[str, ...] = ()
    for start in range(0, len(data), _BATCH):
        batch = slice(start, start + _BATCH)
        result = digit_maps(network, data.images[batch], data.labels[batch].tolist(), measure)
        ratios.append(ratio_curve(result.maps, masks[batch], taus, percentile))
        logits.append(result.logits)
        slopes.append(result.sigmoid_slope)
        layers = result.layers
    variants = {"whole": data, "shape only": data.shape_only(), "shape erased": data.shape_erased()}
    return MeasuredDigits(
        layers,
        np.concatenate(ratios),
        {name: accuracy(network, variant) for name, variant in variants.items()},
        float(np.concatenate(slopes).mean()),
        float(np.concatenate(logits).mean()),
    )


def digit_maps(
    network: DigitNetwork, images: NDArray[np.float32], labels: Sequence[int], measure: str = SUM
) -> GradientMaps:
    """The gradient maps of pictures (N, H, W) of the toy.

    >>> from wsss_viz.data.digits import draw_digits
    >>> from wsss_viz.gradients import digits
    >>> from wsss_viz.models.digit_network import DigitNetwork
    >>> data = draw_digits("test", 4, shape_share=1.0, size=(32, 40))
    >>> network = DigitNetwork("gap", (32, 40)).eval()
    >>> digits.digit_maps(network, data.images, data.labels.tolist()).maps.shape
    (4, 6, 32, 40)
    """
    return gradient_maps(digit_reader(network, labels), torch.from_numpy(images)[:, None], measure)


@torch.no_grad()
def accuracy(network: DigitNetwork, data: Digits) -> float:
    """The share of pictures whose class the network gets right.

    >>> from wsss_viz.data.digits import draw_digits
    >>> from wsss_viz.gradients import digits
    >>> from wsss_viz.models.digit_network import DigitNetwork
    >>> data = draw_digits("test", 4, shape_share=1.0, size=(32, 40))
    >>> network = DigitNetwork("gap", (32, 40)).eval()
    >>> 0 <= digits.accuracy(network, data) <= 1
    True
    """
    z = torch.cat([network(part[:, None]) for part in torch.from_numpy(data.images).split(256)])
    return float(np.mean((z > 0).cpu().numpy() == data.labels))
