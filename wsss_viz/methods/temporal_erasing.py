"""AE in time: adversarial erasing on a frozen network of videos: find the frames, erase them, repeat.

    A_0 = maps of the video                     (C, T), raw and signed
    F_k = ReLU(A_k) / max_t ReLU(A_k) > delta   the frames that the current map shows
    E_0 = none,  E_{k+1} = E_k or F_k           what is erased: those frames become the video's mean frame
    A_{k+1} = maps of the erased video          of the same network
    U_k = max_{j <= k} A_j max(A_0) / max(A_j)  the combined map, of frames that were there in step j

The loop of `wsss_viz.methods.erasing` with time for space. Erasing time step by step is from Zhong et al.,
"Step-by-step Erasion, One-by-one Collection" (ACM MM 2018), who train a new classifier on what is left at every step;
here the same one sees it, as in our AE of images, so it is our own (`docs/sources.md#erasing-time`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from wsss_viz.errors import InputError
from wsss_viz.models.sequence_network import SequenceNetwork, to_input

__all__ = ["DELTA", "ERASINGS", "TimeStep", "erase_time"]

DELTA, ERASINGS = 0.5, 3
"""Our own choice: half of the maximum, as images have it, and as many steps as there can be something left for."""


@dataclass(frozen=True, eq=False)
class TimeStep:
    """What one erasing left.

    Attributes:
        maps: (L, T) of the labels, raw and signed, each on its own erased video.
        combined: (L, T), U_k, not negative.
        erased: (L, T) bool, the frames that were gone when `maps` were computed.
        logits: (L,) of the erased videos.
    """

    maps: NDArray[np.float32]
    combined: NDArray[np.float32]
    erased: NDArray[np.bool_]
    logits: NDArray[np.float32]


@torch.no_grad()
def erase_time(
    network: SequenceNetwork,
    frames: NDArray[np.uint8],
    labels: Sequence[str],
    erasings: int = ERASINGS,
    delta: float = DELTA,
) -> Iterator[TimeStep]:
    """Yields steps 0 (nothing erased: CAM in time) to `erasings`; each label has an erased video of its own.

    Args:
        network: in evaluation mode.
        frames: (T, H, W, 3) uint8 RGB of the size that the network takes.
        labels: names of the network's classes, at least one.
        delta: in [0, 1), of the normalised current map, above which a frame is erased.

    Raises:
        InputError: a label the network lacks, none at all, or a setting out of range.

    >>> from wsss_viz.data.sequences import Sequences
    >>> from wsss_viz.models.sequence_network import load_sequence_network
    >>> video = Sequences("test")[0]
    >>> first, second = erase_time(load_sequence_network(), video.frames, video.labels[:1], erasings=1)
    >>> bool(first.erased.any()), bool((second.combined >= np.maximum(first.maps, 0)).all())
    (False, True)
    """
    strange = [label for label in labels if label not in network.classes]
    if strange or not labels:
        asked = f"the network knows no {strange[0]!r}" if strange else "there is no class to erase"
        raise InputError(f"{asked}: its classes are {', '.join(network.classes)}")
    if erasings < 0 or not 0 <= delta < 1:
        raise InputError(f"erasings of at least 0 and a delta in [0, 1) are wanted, got {erasings} and {delta:g}")
    x = to_input(torch.from_numpy(frames))
    rows = torch.tensor([network.classes.index(label) for label in labels])
    mean = x.mean(dim=0)
    erased = torch.zeros(len(labels), len(x), dtype=torch.bool)
    combined = torch.zeros(len(labels), len(x))
    most = torch.ones(len(labels), 1)
    for step in range(erasings + 1):
        seen = torch.where(erased[:, :, None, None, None], mean, x)
        maps = network.maps(seen)[torch.arange(len(labels)), rows]
        positive = maps.clamp(min=0)
        highest = positive.amax(dim=1, keepdim=True)
        if step == 0:
            most = highest
        scaled = positive * torch.where(highest > 0, most / highest.clamp(min=1e-12), 0)
        combined = torch.maximum(combined, scaled.masked_fill(erased, 0))
        yield TimeStep(maps.numpy(), combined.numpy().copy(), erased.numpy().copy(), maps.mean(dim=1).numpy())
        erased = erased | (positive / (highest + 1e-5) > delta)
