"""What a classifier says of an image once a region is erased by hand: any mask, filled in one of three ways.

    x_R = x (1 - R) + f R,   f = 0, the mean colour (as every erasing here and in the papers); the image blurred by a
                             Gaussian of a twentieth of its longer side; or mid-grey, 128 of 255

The other two fills are our own, as a check on the first: what a classifier answers to a flat patch may be the patch's
edges and colour, not what is missing. A blur that strong leaves colours and no part that could be recognised.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.masking import erase
from wsss_viz.methods.settings import FILLS
from wsss_viz.methods.views import SINGLE, Views, class_maps
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["BLUR", "erased_by_hand"]

BLUR = 1 / 20
"""Of the blur the standard deviation, as a share of the image's longer side."""
_GREY = 128


def erased_by_hand(
    classifier: Classifier, sample: Sample, mask: NDArray[np.bool_], fill: str = "mean", views: Views = SINGLE
) -> Step:
    """Scores and maps of the image without what is masked.

    Args:
        classifier: in evaluation mode; left as it is.
        mask: (H, W), True where it is erased, at the size of the classifier's input
            (`classifier.preprocessing.size(*sample.size)`).
        fill: one of `settings.FILLS`.
        views: whose maps are fused.

    Returns:
        `maps` (C, h, w) and `scores` (C,) of the erased image; the image as it was seen, (H, W, 3); the mask; and in
        `terms` `area`, the share of the image that is erased.

    Raises:
        InputError: the mask has another size than the input, or the fill is unknown.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> nothing, blue = np.zeros((2, 3), bool), np.array([[False, True, True]] * 2)
        >>> [round(float(erased_by_hand(colour_network(), flag(), mask).scores[2]), 2) for mask in (nothing, blue)]
        [0.67, 0.0]
    """
    if fill not in FILLS:
        raise InputError(f"`fill` is one of {', '.join(FILLS)}, got {fill!r}")
    x = classifier.preprocess(sample.image)
    if mask.shape != x.shape[2:]:
        raise InputError(f"`mask` wants the size of the input, {tuple(x.shape[2:])}, got {mask.shape}")
    region = torch.from_numpy(mask.astype(np.float32)).to(x)
    seen = erase(x, region)
    if fill != "mean":
        seen = seen + _filling(classifier, sample, fill) * region
    maps, scores = class_maps(classifier, seen, views)
    return Step(
        0,
        np.array(maps.float().cpu().numpy()),
        np.array(scores.float().cpu().numpy()),
        tuple(classifier.classes.index(name) for name in sample.labels or () if name in classifier.classes),
        image=classifier.preprocessing.restore(seen[0]),
        mask=mask.astype(np.float32),
        terms={"area": float(mask.mean())},
    )


def _filling(classifier: Classifier, sample: Sample, fill: str) -> Tensor:
    """(1, 3, H, W) what is put in place of the erased, as the network's input."""
    if fill == "grey":
        return classifier.preprocess(np.full_like(sample.image, _GREY))
    blurred = Image.fromarray(sample.image).filter(ImageFilter.GaussianBlur(BLUR * max(sample.size)))
    return classifier.preprocess(np.asarray(blurred))
