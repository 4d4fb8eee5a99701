"""The digit toy's training: a minute on two cores, with the sigmoid or without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.digits import CANVAS, draw_digits
from wsss_viz.errors import InputError
from wsss_viz.models.digit_network import HEADS, DigitNetwork

__all__ = ["BCE", "LOSSES", "RIB", "Recipe", "digit_loss", "training"]

BCE, RIB = "bce", "rib"
LOSSES = (BCE, RIB)


@dataclass(frozen=True)
class Recipe:
    """How one network of the toy is trained: Adam, mini-batches shuffled from the seed. All of it our own choice.

    Attributes:
        head: one of `HEADS`.
        loss: "bce", the sigmoid and cross-entropy, or "rib": L = -mean min(m, y), y = z for an 8 and -z for a 2, RIB's
            loss without the sigmoid, from the first step on (RIB itself tunes a network that was trained with one).
        seed: of weights, pictures and order.
        pictures: of the training set, a tenth of them with a shape.
        epochs, batch, rate: of Adam.
        margin: m of "rib", in units of the logit.
    """

    head: str = "flatten"
    loss: str = BCE
    seed: int = 0
    pictures: int = 2000
    epochs: int = 8
    batch: int = 64
    rate: float = 2e-3
    margin: float = 10.0

    def __post_init__(self) -> None:
        for name, known in (("head", HEADS), ("loss", LOSSES)):
            if getattr(self, name) not in known:
                raise InputError(f"`{name}` is one of {', '.join(known)}, got {getattr(self, name)!r}")
        for name in ("pictures", "epochs", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}` is 1 or more, got {getattr(self, name)}")


def training(recipe: Recipe) -> Iterator[DigitNetwork]:
    """The network after each epoch, the same object each time, in evaluation mode.

    Examples:
        >>> network = next(training(Recipe(pictures=64, batch=32, epochs=1)))
        >>> network.training, tuple(network(torch.zeros(2, 1, *CANVAS)).shape)
        (False, (2,))
    """
    data = draw_digits("train", recipe.pictures, recipe.seed)
    network = DigitNetwork(recipe.head, CANVAS, recipe.seed).to(memory_format=torch.channels_last)  # twice as fast
    optimizer = torch.optim.Adam(network.parameters(), recipe.rate)
    order = torch.Generator().manual_seed(recipe.seed)
    x, labels = torch.from_numpy(data.images)[:, None], torch.from_numpy(data.labels)
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(data), generator=order).split(recipe.batch):
            loss = digit_loss(network(x[batch]), labels[batch], recipe)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield network.eval()


def digit_loss(z: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    """The recipe's loss, a scalar, of logits z (N,) and labels (N,) in {0, 1}.

    Examples:
        >>> z, labels = torch.tensor([2.0, -1.0, 700.0]), torch.tensor([1, 0, 1])
        >>> digit_loss(z, labels, Recipe(loss="rib", margin=600)).item()  # -(2 + 1 + 600) / 3
        -201.0
        >>> round(digit_loss(z[:1], labels[:1], Recipe(loss="bce")).item(), 4)  # log(1 + exp(-2))
        0.1269
    """
    if recipe.loss == BCE:
        return binary_cross_entropy_with_logits(z, labels.to(z))
    return -((2 * labels.to(z) - 1) * z).clamp(max=recipe.margin).mean()
