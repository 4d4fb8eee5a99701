"""AE in time: adversarial erasing on networks of videos: find the frames, erase them, repeat.

    A_0 = maps of the video                     (C, T), raw and signed
    F_k = ReLU(A_k) / max_t ReLU(A_k) > delta   the frames that the current map shows
    E_0 = none,  E_{k+1} = E_k or F_k           what is erased: those frames become the video's mean frame
    A_{k+1} = maps of the erased video          of the same network, or of the next one
    U_k = max_{j <= k} A_j max(A_0) / max(A_j)  the combined map, of frames that were there in step j

The loop of `wsss_viz.methods.erasing` with time for space. Erasing time step by step is from Zhong et al.,
"Step-by-step Erasion, One-by-one Collection" (ACM MM 2018), who train a new classifier on what is left at every step:
that is what several networks are for (`wsss_viz.training.sequence_rounds`). With one, the same sees what is left, as in
our AE of images: our own (`docs/sources.md#erasing-time`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wsss_viz.errors import InputError
from wsss_viz.models.sequence_network import SequenceNetwork, to_input

__all__ = ["DELTA", "ERASINGS", "TimeStep", "claimed_frames", "erase_frames", "erase_time"]

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


def claimed_frames(maps: Tensor, delta: float = DELTA) -> Tensor:
    """F_k: which frames a map shows, bool as `maps` (..., T), raw and signed.

    >>> claimed_frames(torch.tensor([[-1.0, 1.0, 4.0]])).tolist()
    [[False, False, True]]
    """
    positive = maps.clamp(min=0)
    return positive / (positive.amax(dim=-1, keepdim=True) + 1e-5) > delta


def erase_frames(x: Tensor, erased: Tensor) -> Tensor:
    """Inputs (..., T, 3, H, W) with erased frames (..., T) replaced by the mean frame of the whole video.

    >>> x = torch.tensor([1.0, 2.0, 6.0]).view(3, 1, 1, 1)
    >>> erase_frames(x, torch.tensor([False, False, True])).flatten().tolist()
    [1.0, 2.0, 3.0]
    """
    return torch.where(erased[..., None, None, None], x.mean(dim=-4, keepdim=True), x)


@torch.no_grad()
def erase_time(
    networks: SequenceNetwork | Sequence[SequenceNetwork],
    frames: NDArray[np.uint8],
    labels: Sequence[str],
    erasings: int = ERASINGS,
    delta: float = DELTA,
) -> Iterator[TimeStep]:
    """Yields steps 0 (nothing erased: CAM in time) to `erasings`.

    Args:
        networks: in evaluation mode, of the same classes. One sees every step, and each label has an erased video of
            its own; of several, step k is seen by number k, or the last, without what was found of any label, as they
            were trained.
        frames: (T, H, W, 3) uint8 RGB of the size that the network takes.
        labels: names of the network's classes, at least one.
        delta: in [0, 1), of the normalised current map, above which a frame is erased.

    Raises:
        InputError: a label the network lacks, none at all, networks of different classes, or a setting out of range.

    >>> from wsss_viz.data.sequences import Sequences
    >>> from wsss_viz.models.sequence_network import load_sequence_network
    >>> video = Sequences("test")[0]
    >>> first, second = erase_time(load_sequence_network(), video.frames, video.labels[:1], erasings=1)
    >>> bool(first.erased.any()), bool((second.combined >= np.maximum(first.maps, 0)).all())
    (False, True)
    """
    of_step = [networks] if isinstance(networks, SequenceNetwork) else list(networks)
    classes = of_step[0].classes
    strange = [label for label in labels if label not in classes]
    if strange or not labels:
        asked = f"the network knows no {strange[0]!r}" if strange else "there is no class to erase"
        raise InputError(f"{asked}: its classes are {', '.join(classes)}")
    if any(network.classes != classes for network in of_step):
        raise InputError(f"networks of different classes: each needs {', '.join(classes)}")
    if erasings < 0 or not 0 <= delta < 1:
        raise InputError(f"erasings of at least 0 and a delta in [0, 1) are wanted, got {erasings} and {delta:g}")
    x = to_input(torch.from_numpy(frames))
    rows = torch.tensor([classes.index(label) for label in labels])
    erased = torch.zeros(len(labels), len(x), dtype=torch.bool)
    combined = torch.zeros(len(labels), len(x))
    most = torch.ones(len(labels), 1)
    for step in range(erasings + 1):
        network = of_step[min(step, len(of_step) - 1)]
        maps = network.maps(erase_frames(x.expand(len(labels), *x.shape), erased))[torch.arange(len(labels)), rows]
        positive = maps.clamp(min=0)
        highest = positive.amax(dim=1, keepdim=True)
        if step == 0:
            most = highest
        scaled = positive * torch.where(highest > 0, most / highest.clamp(min=1e-12), 0)
        combined = torch.maximum(combined, scaled.masked_fill(erased, 0))
        yield TimeStep(maps.numpy(), combined.numpy().copy(), erased.numpy().copy(), maps.mean(dim=1).numpy())
        erased = erased | claimed_frames(maps, delta)
        if len(of_step) > 1:
            erased = erased.any(dim=0).expand_as(erased)
