"""The small network of the drawn videos: frames to features, features to one signed curve per class over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wsss_viz.data.sequences import FRAME_SIZE
from wsss_viz.models.loading import load_network
from wsss_viz.models.network_file import write_network

__all__ = [
    "FORMAT",
    "NAME",
    "WIDTHS",
    "SequenceNetwork",
    "load_sequence_network",
    "temporal_maps",
    "to_input",
    "write_sequence_network",
]

NAME = "sequence-network"
FORMAT = "sequence-classifier-1"
WIDTHS = (12, 16, 24)


class SequenceNetwork(nn.Module):
    """Temporal class activation maps: A_c(t) = W_c . f(t), s_c = mean_t A_c(t), the CAM of images with time for space.

    Each frame goes through three strided convolutions and one over all that is left of it; a convolution over three
    neighbouring frames gives f (N, D, T); a bias-free 1x1 convolution gives the maps. It sees three frames at a time,
    so what a map says of a frame comes from there. Source of the idea: `docs/sources.md#cam`, for images; for time it
    is common in weakly-supervised action localisation. The network is our own.

    Attributes:
        classes: C names.
        widths: channels of the three convolutions.
    """

    def __init__(self, classes: Sequence[str], widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        left = FRAME_SIZE // 8
        stages, width = [], 3
        for wider in widths:
            stages += [nn.Conv2d(width, wider, 3, 2, 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU()]
            width = wider
        self.frames = nn.Sequential(*stages, nn.Conv2d(width, width, left), nn.ReLU())
        self.time = nn.Sequential(nn.Conv1d(width, width, 3, padding=1), nn.ReLU())
        self.head = nn.Conv1d(width, len(classes), 1, bias=False)
        self.classes = tuple(classes)
        self.widths = tuple(widths)

    def features(self, x: Tensor) -> Tensor:
        """(N, T, 3, H, W) to f (N, D, T)."""
        count, length = x.shape[:2]
        flat = self.frames(x.flatten(0, 1)).flatten(1)
        return self.time(flat.view(count, length, -1).transpose(1, 2))

    def maps(self, x: Tensor) -> Tensor:
        """(N, T, 3, H, W) to the class maps (N, C, T), raw and signed."""
        return self.head(self.features(x))

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, 3, H, W) to the logits (N, C)."""
        return self.maps(x).mean(dim=2)


def to_input(frames: Tensor) -> Tensor:
    """(..., H, W, 3) uint8 to (..., 3, H, W) float32, about -2 to 2.

    Examples:
        >>> to_input(torch.zeros(5, 8, 8, 3, dtype=torch.uint8)).shape
        torch.Size([5, 3, 8, 8])
    """
    return ((frames.float() / 255 - 0.5) / 0.25).movedim(-1, -3).contiguous()


@torch.no_grad()
def temporal_maps(
    network: SequenceNetwork, frames: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The temporal class maps (C, T), raw and signed, and the logits (C,) of one video.

    Args:
        network: in evaluation mode.
        frames: (T, H, W, 3) uint8 RGB, `FRAME_SIZE` pixels a side.

    Examples:
        >>> frames = np.zeros((5, FRAME_SIZE, FRAME_SIZE, 3), dtype=np.uint8)
        >>> maps, logits = temporal_maps(load_sequence_network(), frames)
        >>> maps.shape, logits.shape
        ((3, 5), (3,))
    """
    maps = network.maps(to_input(torch.from_numpy(frames))[None])[0]
    return maps.numpy(), maps.mean(dim=1).numpy()


def write_sequence_network(path: Path, network: SequenceNetwork) -> None:
    """Writes the network as safetensors, whole or not at all.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> write_sequence_network(Path(folder.name) / "s.safetensors", load_sequence_network())
        >>> folder.cleanup()
    """
    write_network(path, network, FORMAT, {"classes": list(network.classes), "widths": list(network.widths)})


def load_sequence_network(name: str = "sequences-classifier") -> SequenceNetwork:
    """A network of the register on the CPU, in evaluation mode, frozen. Raises InputError as `load_network` does.

    Examples:
        >>> load_sequence_network().classes
        ('jump', 'kick', 'throw')
    """
    return load_network(name, FORMAT, _build)


def _build(meta: Mapping[str, Any]) -> SequenceNetwork:
    classes, widths = [str(name) for name in meta["classes"]], [int(width) for width in meta["widths"]]
    if not 1 <= len(classes) <= 1000 or len(widths) != len(WIDTHS) or not all(1 <= width <= 1024 for width in widths):
        raise ValueError(f"{len(classes)} classes, widths {widths}")
    return SequenceNetwork(classes, widths)
