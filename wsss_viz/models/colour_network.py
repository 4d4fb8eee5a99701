"""The smallest Classifier: its class maps are the picture's own colour channels, for examples checked by hand."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from wsss_viz.data.sample import Sample
from wsss_viz.models.classifier import Classifier, Preprocessing

__all__ = ["COLOURS", "colour_network", "flag"]

COLOURS = ("red", "green", "blue")


def colour_network(stride: int = 1) -> Classifier:
    """Classes red, green and blue; A_c is the mean of the channel c / 255 over cells of `stride` pixels a side.

    The early stage averages the cells, the late one is a 1x1 convolution by the identity with a ReLU, the head the
    identity again. The input 0 is black. Our own, for examples and tests.

    Args:
        stride: pixels per cell; a last cell that is cut off by the border is the mean of what it has.

    Examples:
        >>> network = colour_network()
        >>> x = network.preprocess(flag().image)
        >>> network.maps(x)[0, 0].tolist()
        [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
        >>> network.logits(x)[0, 1:].tolist()
        [0.0, 0.6666666865348816]
    """
    late, head = nn.Conv2d(3, 3, 1, bias=False), nn.Conv2d(3, 3, 1, bias=False)
    for layer in (late, head):
        layer.weight = nn.Parameter(torch.eye(3).view(3, 3, 1, 1))
    stages = [nn.AvgPool2d(stride, ceil_mode=True), nn.Sequential(late, nn.ReLU())]
    network = Classifier(
        stages,
        head,
        COLOURS,
        stride=stride,
        split=1,
        preprocessing=Preprocessing((0, 0, 0), (1, 1, 1)),
    )
    return network.eval().requires_grad_(False)


def flag() -> Sample:
    """A picture of 2 x 3 pixels, a red column and two blue ones, with its mask and its parts.

    Examples:
        >>> flag().labels, flag().mask.tolist(), flag().parts.tolist()
        (('red', 'blue'), [[1, 3, 3], [1, 3, 3]], [[1, 1, 2], [1, 1, 2]])
    """
    mask = np.array([[1, 3, 3]] * 2, dtype=np.uint8)
    image = (255 * (mask[:, :, None] == (1, 2, 3))).astype(np.uint8)
    return Sample(image, COLOURS, ("red", "blue"), "flag", mask, np.array([[1, 1, 2]] * 2, dtype=np.uint8))
