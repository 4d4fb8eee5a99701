"""Class scores of a video by a network of images: one frame after another, without motion."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from wsss_viz.interrupts import may_go_on
from wsss_viz.models.classifier import Classifier

__all__ = ["frame_probabilities"]

_AT_ONCE = 8


@torch.no_grad()
def frame_probabilities(classifier: Classifier, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(T, C) softmax probabilities of every frame, each as if it were a picture of its own.

    Args:
        classifier: in evaluation mode, trained with a softmax.
        frames: (T, H, W, 3) uint8 RGB.

    >>> from wsss_viz.models.colour_network import colour_network, flag
    >>> frames = np.stack([flag().image] * 3)
    >>> frame_probabilities(colour_network(), frames).shape
    (3, 3)
    """
    rows = []
    for start in range(0, len(frames), _AT_ONCE):
        may_go_on()
        x = torch.cat([classifier.preprocess(frame) for frame in frames[start : start + _AT_ONCE]])
        rows.append(classifier.logits(x).softmax(dim=1).cpu().numpy())
    probabilities: NDArray[np.float32] = np.concatenate(rows)
    return probabilities
