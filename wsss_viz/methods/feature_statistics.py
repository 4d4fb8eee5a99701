"""Mean and deviation of a network's features over images: what noise has to look like to be taken for features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.late_copy import early_features
from wsss_viz.methods.rib_companions import shipped_companions
from wsss_viz.models.classifier import Classifier

__all__ = ["ACTIVE_SHARE", "LEAST_DEVIATION", "FeatureStatistics", "statistics_from"]

LEAST_DEVIATION = 0.01
"""`min_std` of the official code."""
ACTIVE_SHARE = 0.01
"""`active_neurons_threshold` of the official code."""


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Per channel, over all positions of all images. Built once, read by any number of calls and threads.

    The official code has a mean per channel and position, which asks for thousands of images of one size; a network
    that is convolutional throughout has the same features everywhere, and images here have sizes of their own.

    Attributes:
        mean: (1, D, 1, 1).
        deviation: (1, D, 1, 1), with n - 1, at least `LEAST_DEVIATION`.
        active: (1, D, 1, 1), 1 where a channel is not 0 in more than `ACTIVE_SHARE` of the positions, else 0.
        images: how many they are from; 0: from the image at hand.
        split: stages computed.
    """

    mean: Tensor
    deviation: Tensor
    active: Tensor
    images: int
    split: int

    @classmethod
    def of(cls, features: Iterable[Tensor], split: int, images: int) -> FeatureStatistics:
        """From features (1, D, h, w), one by one, of any height and width; at least two positions in all.

        Raises:
            ValueError: there are fewer.

        Examples:
            >>> z = torch.tensor([[[[0.0, 2.0, 4.0]], [[0.0, 0.0, 0.0]]]])
            >>> known = FeatureStatistics.of([z], split=1, images=1)
            >>> known.mean.flatten().tolist(), known.deviation.flatten().tolist(), known.active.flatten().tolist()
            ([2.0, 0.0], [2.0, 0.009999999776482582], [1.0, 0.0])
        """
        count = 0
        sums: list[Tensor] = []
        like: Tensor | None = None
        with torch.inference_mode(False), torch.no_grad():
            for z in features:
                like = z
                flat = z.double().flatten(2)[0]
                parts = [flat.sum(dim=1), flat.square().sum(dim=1), (flat != 0).double().sum(dim=1)]
                sums = [a + b for a, b in zip(sums, parts, strict=True)] if sums else parts
                count += flat.shape[1]
            if like is None or count < 2:
                raise ValueError(f"a deviation wants at least two positions, got {count}")
            total, squares, there = sums
            variance = ((squares - total.square() / count) / (count - 1)).clamp_min(0)
            deviation = variance.sqrt().clamp_min(LEAST_DEVIATION)
            known = (total / count, deviation, (there / count > ACTIVE_SHARE).double())
            mean, deviation, active = (values.to(like).view(1, -1, 1, 1) for values in known)
        return cls(mean, deviation, active, images, split)


def statistics_from(
    classifier: Classifier,
    samples: Sequence[Sample] | None,
    features: Tensor,
    count: int,
    *,
    split: int,
    seed: int = 0,
) -> FeatureStatistics:
    """Those of at most `count` images, in an order that follows from the seed; of none, of the image at hand.

    Args:
        samples: what is drawn from, without replacement; None: `rib_companions.shipped_companions`.
        features: (1, D, h, w), of the image at hand.
        split: stages.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> z = network.early(network.preprocess(flag().image), 1)
        >>> known = statistics_from(network, [flag(), flag()], z, 20, split=1)
        >>> known.images, known.mean.flatten().numpy().round(2)
        (2, array([0.33, 0.  , 0.67], dtype=float32))
        >>> statistics_from(network, (), z, 20, split=1).images
        0
    """
    pool = shipped_companions(classifier.classes) if samples is None else samples
    order = [int(i) for i in np.random.default_rng(seed).permutation(len(pool))][:count]
    if not order:
        return FeatureStatistics.of([features.detach()], split, 0)
    drawn = (early_features(classifier, classifier.preprocess(pool[i].image), split) for i in order)
    return FeatureStatistics.of(drawn, split, len(order))
