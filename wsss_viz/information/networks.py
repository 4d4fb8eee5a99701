"""Trains the 12-bit networks, all seeds of a recipe as one batched model. The one module here that needs torch.

The matrices are tiny: one thread is as fast as several (`torch.set_num_threads(1)`), and far faster on a busy machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.adam import adam

from wsss_viz.data import icosahedron
from wsss_viz.information.inputs import generator
from wsss_viz.information.runs import SIZES, WEIGHT_COUNT, Recipe, Run, Snapshot, saturated_share

__all__ = ["epochs", "logits", "snapshots", "train"]

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "softsign": functional.softsign,
    "elu": functional.elu,
    "linear": lambda x: x,
}


def snapshots(recipe: Recipe, each_epoch: Callable[[int], None] = lambda epoch: None) -> Iterator[Snapshot]:
    """Trains a recipe and yields the networks at its snapshot epochs, from epoch 0 on.

    Weights start from a normal distribution of standard deviation 1 / sqrt(inputs of the layer), cut at two of them;
    biases from 0. A network depends on its own seed alone, not on how many are trained beside it. Whoever iterates may
    stop at any snapshot; `each_epoch` is told the epochs done in between, for progress, and may raise to stop.

    >>> from wsss_viz.information import networks
    >>> from wsss_viz.information.runs import Recipe
    >>> recipe = Recipe("tanh", epochs=2, seeds=1, snapshots=2)
    >>> [snapshot.epoch for snapshot in networks.snapshots(recipe)]
    [0, 1, 2]
    """
    for epoch, snapshot in epochs(recipe):
        if epoch:
            each_epoch(epoch)
        if snapshot is not None:
            yield snapshot


def epochs(recipe: Recipe) -> Iterator[tuple[int, Snapshot | None]]:
    """The same, epoch by epoch: how many are trained, and the networks where that is a snapshot's.

    >>> from wsss_viz.information import networks
    >>> from wsss_viz.information.runs import Recipe
    >>> recipe = Recipe("tanh", epochs=2, seeds=1, snapshots=2)
    >>> [(epoch, snapshot is not None) for epoch, snapshot in networks.epochs(recipe)]
    [(0, True), (1, True), (2, True)]
    """
    start = time.perf_counter()
    inputs = torch.from_numpy(icosahedron.patterns().astype(np.float32))
    labels = torch.from_numpy(icosahedron.labels().astype(np.int64))
    test = recipe.test_inputs()
    train_rows = [np.flatnonzero(~row) for row in test]
    orders = [generator(recipe.seed + index, "order") for index in range(recipe.seeds)]
    weights = torch.from_numpy(_initial_weights(recipe)).requires_grad_(True)
    # `torch.optim.Adam` without the class, whose first instance imports for three seconds what compiles.
    mean, square, steps = torch.zeros_like(weights), torch.zeros_like(weights), torch.zeros(())
    wanted = set(recipe.snapshot_epochs)

    for epoch in range(recipe.epochs + 1):
        here = epoch in wanted
        yield epoch, _snapshot(recipe, weights, test, epoch, time.perf_counter() - start) if here else None
        if epoch == recipe.epochs:
            return
        order = torch.from_numpy(
            np.stack([each.permutation(rows) for each, rows in zip(orders, train_rows, strict=True)])
        )
        x, y = inputs[order], labels[order]
        for step in range(0, order.shape[1], recipe.batch):
            part = slice(step, step + recipe.batch)
            loss = _loss(weights, x[:, part], y[:, part], recipe.activation)
            (gradient,) = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                adam(
                    [weights], [gradient], [mean], [square], [], [steps],
                    lr=recipe.learning_rate, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0,
                    fused=True, amsgrad=False, maximize=False,
                )  # fmt: skip


def train(recipe: Recipe) -> Run:
    """`snapshots` to the end.

    >>> from wsss_viz.information import networks
    >>> from wsss_viz.information.runs import Recipe
    >>> run = networks.train(Recipe("relu", epochs=1, seeds=2, snapshots=1))
    >>> run.weights.shape
    (2, 2, 294)
    """
    return Run.collect(recipe, snapshots(recipe))


def logits(weights: Tensor, x: Tensor, activation: str) -> Tensor:
    """(S, n, 2) from flat weights (S, 294) and inputs (S, n, 12).

    >>> import torch
    >>> from wsss_viz.information.networks import logits
    >>> logits(torch.zeros(3, 294), torch.ones(3, 5, 12), "tanh").shape
    torch.Size([3, 5, 2])
    """
    layers = _layers(weights)
    for matrix, bias in layers[:-1]:
        x = _ACTIVATIONS[activation](torch.baddbmm(bias, x, matrix))
    matrix, bias = layers[-1]
    return torch.baddbmm(bias, x, matrix)


def _layers(weights: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Views of flat weights (S, 294): each layer's matrix (S, in, out) and bias (S, 1, out)."""
    shapes = [shape for before, after in pairwise(SIZES) for shape in ((before, after), (1, after))]
    parts = weights.split([rows * columns for rows, columns in shapes], dim=1)
    views = [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]
    return list(zip(views[::2], views[1::2], strict=True))


def _loss(weights: Tensor, x: Tensor, y: Tensor, activation: str) -> Tensor:
    """The seeds' mean cross-entropies, summed, so that each seed's gradient is its own."""
    z = logits(weights, x, activation)
    return functional.cross_entropy(z.flatten(0, 1), y.flatten(), reduction="sum") / y.shape[1]


def _initial_weights(recipe: Recipe) -> NDArray[np.float32]:
    flat = np.zeros((recipe.seeds, WEIGHT_COUNT), dtype=np.float32)
    for index in range(recipe.seeds):
        random, start = generator(recipe.seed + index, "initial weights"), 0
        for before, after in pairwise(SIZES):
            values = random.standard_normal(before * after)
            while (beyond := np.abs(values) > 2).any():
                values[beyond] = random.standard_normal(int(beyond.sum()))
            flat[index, start : start + before * after] = values / np.sqrt(before)
            start += (before + 1) * after
    return flat


def _snapshot(recipe: Recipe, weights: Tensor, test: NDArray[np.bool_], epoch: int, seconds: float) -> Snapshot:
    inputs = torch.from_numpy(icosahedron.patterns().astype(np.float32)).expand(recipe.seeds, -1, -1)
    labels = torch.from_numpy(icosahedron.labels().astype(np.int64)).expand(recipe.seeds, -1)
    with torch.no_grad():
        z = logits(weights, inputs, recipe.activation)
        surprise = functional.cross_entropy(z.flatten(0, 1), labels.flatten(), reduction="none").view_as(labels)
        right = (z.argmax(dim=2) == labels).double()
    sides = [torch.from_numpy(side / side.sum(axis=1, keepdims=True)) for side in (~test, test)]
    accuracy, loss = (
        torch.stack([(values * side).sum(dim=1) for side in sides], dim=1) for values in (right, surprise)
    )
    flat = weights.detach().clone().numpy()
    return Snapshot(
        epoch,
        flat,
        accuracy.float().numpy(),
        (loss / np.log(2)).float().numpy(),
        _gradient_ratio(recipe, weights, inputs, labels, test),
        saturated_share(flat, recipe.activation),
        seconds,
    )


def _gradient_ratio(
    recipe: Recipe, weights: Tensor, inputs: Tensor, labels: Tensor, test: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """(S, 6) |mean| / |standard deviation| of the matrices' gradients over the mini-batches of one pass."""
    rows = torch.from_numpy(
        np.stack([
            generator(recipe.seed + index, "gradient order").permutation(np.flatnonzero(~row))
            for index, row in enumerate(test)
        ])
    )  # fmt: skip
    batches = [part for part in rows.split(recipe.batch, dim=1) if part.shape[1] == min(recipe.batch, rows.shape[1])]
    gradients = []
    for part in batches:
        x = torch.gather(inputs, 1, part[:, :, None].expand(-1, -1, inputs.shape[2]))
        loss = _loss(weights, x, torch.gather(labels, 1, part), recipe.activation)
        gradients.append(torch.autograd.grad(loss, weights)[0])
    stacked = torch.stack(gradients)
    mean, deviation = stacked.mean(dim=0), stacked.std(dim=0, correction=0)
    norms = [
        torch.stack([matrix.flatten(1).norm(dim=1) for matrix, _ in _layers(values)], dim=1)
        for values in (mean, deviation)
    ]
    return (norms[0] / norms[1].clamp_min(1e-12)).numpy()
