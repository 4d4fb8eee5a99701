"""The small network of the digit toy: five 3x3 convolutions with ReLU, then one number."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from wsss_viz.errors import InputError

__all__ = ["DEPTH", "HEADS", "WIDTH", "DigitNetwork"]

HEADS = ("flatten", "gap")
DEPTH = 5
WIDTH = 16


class DigitNetwork(nn.Module):
    """One logit z of (N, 1, H, W) pictures: above 0 the second class, below it the first; s(z) its probability.

    No stride, no BatchNorm, so that every map has the picture's size. That RIB's toy has five convolutions and one
    fully connected layer is recalled, not verified; widths are our own.

    Attributes:
        head: "flatten", a weight a place and channel as in a fully connected layer, or "gap", global average pooling
            and a weight a channel, as in class activation maps.
        convolutions: `DEPTH` of them.
        linear: to z.
    """

    def __init__(self, head: str, size: tuple[int, int], seed: int = 0, width: int = WIDTH) -> None:
        """A network for pictures of `size` (H, W), initialised from `seed`. Raises InputError for an unknown head."""
        if head not in HEADS:
            raise InputError(f"`head` is one of {', '.join(HEADS)}, got {head!r}")
        super().__init__()
        self.head = head
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            widths = [1] + [width] * DEPTH
            convolutions = [nn.Conv2d(a, b, 3, padding=1) for a, b in itertools.pairwise(widths)]
            self.convolutions = nn.ModuleList(convolutions)
            self.linear = nn.Linear(width * (size[0] * size[1] if head == "flatten" else 1), 1)
            for convolution in convolutions:
                assert convolution.bias is not None
                # torch's own default shrinks the signal at each of the five layers, and such a network learns nothing.
                nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
                nn.init.zeros_(convolution.bias)

    def layers(self, x: Tensor) -> list[Tensor]:
        """(N, 1, H, W) to T_1 to T_5, each (N, width, H, W) after its ReLU, and z (N,)."""
        outputs = []
        for convolution in self.convolutions:
            x = convolution(x).relu()
            outputs.append(x)
        pooled = x.flatten(1) if self.head == "flatten" else x.mean(dim=(2, 3))
        return [*outputs, self.linear(pooled)[:, 0]]

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, H, W) to z (N,)."""
        return self.layers(x)[-1]
