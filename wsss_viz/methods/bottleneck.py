"""IBA: how many bits of each place a classifier needs to recognise a class.

Schulz, Sixt, Tombari and Landgraf, "Restricting the Flow: Information Bottlenecks for Attribution", ICLR 2020: the
per-sample bottleneck. Official code: github.com/BioroboticsLab/IBA, IBA/pytorch.py (`docs/sources.md#iba`).

The features R after some stage of the frozen classifier are replaced in part by noise that looks like features of any
image, and the later stages see Z:

    Z      = lambda R + (1 - lambda) eps,   eps ~ N(mu, sigma^2)     mu, sigma: of the features of other images
    lambda = sigmoid(alpha), smoothed by a Gaussian over the cells
    I(u)   = KL( N(lambda R + (1 - lambda) mu, ((1 - lambda) sigma)^2) || N(mu, sigma^2) )
           = ((lambda r)^2 + (1 - lambda)^2 - 1) / 2 - ln(1 - lambda),   r = (R - mu) / sigma      nats, per element
    alpha  = argmin  -log p_c(Z) + beta mean(I)

I is an upper bound on what Z says of R. Its sum over the channels, in bits, spread over the pixels of a cell, is the
map. Adam on alpha, a few steps, each with the mean over a batch of draws of eps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.core import as_array, check_finite, resolve, target_indices, top_class
from wsss_viz.methods.feature_statistics import FeatureStatistics, statistics_from
from wsss_viz.methods.late_copy import early_features
from wsss_viz.methods.settings import IbaSettings
from wsss_viz.methods.view_centres import fused_centres
from wsss_viz.methods.views import SINGLE, Views, fuse, map_grids, view_grids, view_inputs
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["Bottleneck", "bottleneck_depth", "iba", "information", "smoothed"]

_TINY = 1e-30
_BETAS, _EPSILON = (0.9, 0.999), 1e-8
"""Of Adam, its authors' and torch's."""


def iba(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: IbaSettings | str | None = None,
    *,
    companion_samples: Sequence[Sample] | FeatureStatistics | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """IBA of one image, each target by a bottleneck of its own; a Step per iteration.

    Args:
        classifier: in evaluation mode; it is left as it is.
        sample: its labels are the targets; where it has none, the class with the top score.
        classes: the targets, in place of the sample's labels.
        views: a bottleneck for each, and the maps fused.
        settings: None: the classifier's own for "iba", else the official code's; "official": these in any case.
        companion_samples: the images that mu and sigma are estimated from, or these themselves; None: what ships for
            such a classifier (`rib_companions.shipped_companions`); where there is nothing, the image at hand.
        changes: of single settings.

    Yields:
        Step k, k = 0 to K - 1, by alpha after k updates: the last one is never looked at, as in the official code.
        `maps` (C, h, w): bits per pixel of the image, its own grid after `split` stages; 0 for what is no target.
        `scores` (C,): the logits of the image as it is. `loss`: the sum over targets of -log p + beta mean(I), nats,
        the mean over the views. `terms`: "bits NAME", the sum over the image; "logit NAME", the mean over the noisy
        copies; "images", how many mu and sigma are from, 0 for the image itself.

    Raises:
        InputError: a class the classifier lacks, weights that are not finite, or a setting that makes no sense.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> steps = list(iba(colour_network(), flag(), ["red"], steps=4, beta=0.1, companion_samples=[flag()]))
        >>> [round(step.terms["bits red"]) for step in steps]  # red has to be somewhere, the rest becomes noise
        [85, 68, 51, 34]
        >>> steps[-1].maps[0].round(1).shape, bool(steps[-1].maps[1:].any())
        ((2, 3), False)
    """
    settings = resolve(IbaSettings, "iba", classifier, settings, changes)
    depth = bottleneck_depth(classifier, settings.split)
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    with torch.inference_mode(False), torch.no_grad():
        logits = classifier.logits(x)[0]
    check_finite("classifier", logits)
    targets = targets or top_class(logits)
    whole = early_features(classifier, x, depth)
    seen = [early_features(classifier, view, depth) for view in view_inputs(classifier, sample.image, views)]
    if isinstance(companion_samples, FeatureStatistics):
        statistics = companion_samples
    else:
        statistics = statistics_from(classifier, companion_samples, whole, settings.images, split=depth)
    rows = [
        [[Bottleneck(classifier, z[None], c, statistics, settings) for c in targets] for z in scale] for scale in seen
    ]
    size, grid = (x.shape[2], x.shape[3]), (whole.shape[2], whole.shape[3])
    centres = fused_centres(classifier, sample.size, views, [depth], depth)
    pixels = sample.size[0] * sample.size[1]
    names, every = [classifier.classes[c] for c in targets], [row for scale in rows for row in scale]
    for k in range(settings.steps):
        _measure([each for row in every for each in row], descend=k > 0)
        maps = [_bits(scale, targets, len(classifier.classes), pixels) for scale in rows]
        fused = fuse(maps, views, size, grid)
        check_finite("classifier", fused)
        bits = fused[list(targets)].mean(dim=(1, 2)) * pixels
        yield Step(
            k,
            as_array(fused),
            as_array(logits),
            targets,
            loss=sum(float(each.loss.detach()) for row in every for each in row) / len(every),
            terms=_terms(names, every, bits) | {"images": float(statistics.images)},
            stop="K" if k == settings.steps - 1 else None,
            settings=settings.as_dict(),
            centres=centres,
            grids=map_grids(classifier, sample.size, views, [view_grids(maps, views, classifier.recipe)], depth),
        )


def bottleneck_depth(classifier: Classifier, split: int | None = None) -> int:
    """After how many stages the bottleneck stands; None: the classifier's own split, but not before the first stage.

    In ResNet-50 that is after layer2, where the official example has it.

    Raises:
        InputError: there are not so many stages.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> bottleneck_depth(colour_network()), bottleneck_depth(colour_network(), 2)
        (1, 2)
    """
    stages = len(classifier.stages)
    if split is None:
        return min(max(1, classifier.split), stages)
    if split > stages:
        raise InputError(f"iba: `split` is 0 to {stages}, the network's stages, got {split}")
    return split


def information(features: Tensor, share: Tensor, statistics: FeatureStatistics) -> Tensor:
    """I per element, in nats, of the same shape: the divergence of Z given R from noise. 0 where lambda is 0.

    Args:
        features: R, (1, D, h, w).
        share: lambda, of that shape, from 0 to below 1.

    Examples:
        >>> one = torch.ones(1, 1, 1, 1)
        >>> known = FeatureStatistics(0 * one, one, one, 1, 1)
        >>> nats = information(torch.tensor([[[[2.0, 2.0, 0.0]]]]), torch.tensor([[[[0.0, 0.5, 0.5]]]]), known)
        >>> nats.flatten().numpy().round(4)  # ln 2 - 3 / 8, and half of the squared difference of the means
        array([0.    , 0.8181, 0.3181], dtype=float32)
    """
    r = (features - statistics.mean) / statistics.deviation
    rest = (1 - share).clamp_min(_TINY)
    nats = ((share * r).square() + rest.square() - 1) / 2 - rest.log()
    return nats * statistics.active


def smoothed(values: Tensor, sigma: float) -> Tensor:
    """(1, D, h, w), each channel under a Gaussian of sigma cells, mirrored at the borders.

    As in the official code it reaches 2 sigma, rounded, to each side; on a smaller grid, as far as that goes.

    Args:
        sigma: 0: as it is.

    Examples:
        >>> smoothed(torch.tensor([[[[0.0, 0.0, 1.0, 0.0, 0.0]]]]), 1.0).numpy().round(3)
        array([[[[0.109, 0.244, 0.403, 0.244, 0.109]]]], dtype=float32)
    """
    if not sigma:
        return values
    for axis in (2, 3):
        reach = min(round(2 * sigma), values.shape[axis] - 1)
        at = torch.arange(-reach, reach + 1, device=values.device, dtype=values.dtype)
        kernel = torch.exp(-at.square() / (2 * sigma**2))
        shape = (1, 1, -1, 1) if axis == 2 else (1, 1, 1, -1)
        sides = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        padded = pad(values, sides, mode="reflect") if reach else values
        weights = (kernel / kernel.sum()).view(shape)
        values = conv2d(padded.transpose(0, 1), weights).transpose(0, 1)
    return values


class Bottleneck:
    """Noise in the features of one input, as much of it as one class bears.

    Attributes:
        alpha: (1, D, h, w).
        nats: (1, D, h, w), I as measured last.
        loss: a scalar, of the last measurement.
        logit: of the class, the mean over the noisy copies of the last measurement.
    """

    nats: Tensor
    loss: Tensor
    logit: float

    def __init__(
        self,
        classifier: Classifier,
        features: Tensor,
        target: int,
        statistics: FeatureStatistics,
        settings: IbaSettings,
    ) -> None:
        """`features` (1, D, h, w) of the classifier after `statistics.split` stages; the noise follows from the seed.

        Examples:
            >>> from wsss_viz.models.colour_network import colour_network, flag
            >>> network = colour_network()
            >>> z = early_features(network, network.preprocess(flag().image), 1)
            >>> known = FeatureStatistics.of([z], 1, 1)
            >>> bottleneck = Bottleneck(network, z, 0, known, IbaSettings(beta=0.1))
            >>> bottleneck.measure()
            >>> before = bottleneck.nats.detach().sum()
            >>> bottleneck.descend()
            >>> bottleneck.measure()
            >>> bool(bottleneck.nats.detach().sum() < before)
            True
        """
        self._classifier, self._features, self._target = classifier, features, target
        self._statistics, self._settings = statistics, settings
        self._generator = torch.Generator(features.device).manual_seed(settings.seed)
        with torch.inference_mode(False):
            self.alpha = torch.full_like(features, settings.alpha, memory_format=torch.contiguous_format)
            self._mean, self._square = torch.zeros_like(self.alpha), torch.zeros_like(self.alpha)
        self._steps = 0

    def measure(self) -> None:
        """What alpha lets through, and what it costs."""
        settings, known = self._settings, self._statistics
        with torch.inference_mode(False), torch.enable_grad():
            self.alpha = self.alpha.detach().requires_grad_(True)
            share = smoothed(self.alpha.sigmoid(), settings.smoothing)
            self.nats = information(self._features, share, known)
            shape = (settings.batch, *self._features.shape[1:])
            noise = torch.randn(shape, generator=self._generator, device=share.device, dtype=share.dtype)
            z = share * self._features + (1 - share) * (known.deviation * noise + known.mean)
            logits = self._classifier.pool(self._classifier.late(z * known.active, known.split))
            if settings.likelihood == "softmax":
                costs = -logits.log_softmax(dim=1)[:, self._target]
            else:
                costs = -torch.nn.functional.logsigmoid(logits[:, self._target])
            self.loss = costs.mean() + settings.beta * self.nats.mean()
            self.logit = float(logits[:, self._target].detach().mean())

    def descend(self) -> None:
        """One step of Adam on alpha from the last measure, as `torch.optim.Adam` takes it (see `LateCopy.descend`)."""
        (gradient,) = torch.autograd.grad(self.loss, self.alpha)
        with torch.inference_mode(False), torch.no_grad():
            self._steps += 1
            first, second = _BETAS
            self._mean = first * self._mean + (1 - first) * gradient
            self._square = second * self._square + (1 - second) * gradient.square()
            step = self._settings.rate / (1 - first**self._steps)
            root = self._square.sqrt() / math.sqrt(1 - second**self._steps) + _EPSILON
            self.alpha = self.alpha.detach() - step * self._mean / root


def _measure(bottlenecks: Sequence[Bottleneck], descend: bool) -> None:
    """Measures each, after a step of each where `descend`."""
    if descend:
        for each in bottlenecks:
            each.descend()
    for each in bottlenecks:
        each.measure()


def _terms(names: Sequence[str], rows: Sequence[Sequence[Bottleneck]], bits: Tensor) -> dict[str, float]:
    """The bits (T,) of each target by its name, and its logit, the mean over the views: `rows` are T long each."""
    logits = [sum(row[i].logit for row in rows) / len(rows) for i in range(len(names))]
    named = {f"bits {name}": float(value) for name, value in zip(names, bits, strict=True)}
    return named | {f"logit {name}": value for name, value in zip(names, logits, strict=True)}


def _bits(rows: Sequence[Sequence[Bottleneck]], targets: Sequence[int], classes: int, pixels: int) -> Tensor:
    """(1 or 2, C, h, w), bits per pixel, of the views of one scale."""
    with torch.no_grad():
        nats = torch.stack([torch.cat([each.nats.detach().sum(dim=1) for each in row]) for row in rows])
        maps = nats.new_zeros(len(rows), classes, *nats.shape[2:])
        maps[:, list(targets)] = nats / math.log(2) * (nats.shape[2] * nats.shape[3] / pixels)
        return maps
