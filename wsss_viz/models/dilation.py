"""Maps of a finer grid from the same weights: dilation in place of stride (`docs/sources.md#dilation`)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from wsss_viz.errors import InputError

__all__ = ["dilate"]

_PROBE_SIDE = 128


def dilate(stages: Sequence[nn.Module], stride: int, wanted: int, name: str = "the network") -> None:
    """Gives a network maps of a smaller stride, in place: where it would shrink further, what follows is dilated.

    A convolution that shrank keeps the dilation of what is before it, all after it see every s-th cell, as
    torchvision's `replace_stride_with_dilation` has it. Without pooling over the whole image within the network, each
    s-th cell of the new maps is the old ones'.

    Args:
        stages: modules applied in order, whose convolutions shrink and whose blocks' shortcuts are 1x1.
        stride: of the network as it is. wanted: 32, 16 or 8, at most `stride`.

    Raises:
        InputError: the network shrinks by pooling, in parallel branches, or otherwise so that this does not do.

    Examples:
        >>> layers = [nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 1, 1)]
        >>> dilate(layers, 4, 2)
        >>> [(layer.stride[0], layer.dilation[0]) for layer in layers]
        [(2, 1), (1, 1), (1, 2)]
    """
    if wanted == stride:
        return
    if wanted > stride:
        raise InputError(f"{name} has maps of stride {stride}, which no choice makes coarser: give {stride} or less")
    network = nn.Sequential(*stages)
    convolutions = [(key, module) for key, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    shrinking = [
        (key, module) for key, module in convolutions if module.kernel_size != (1, 1) and max(module.stride) > 1
    ]
    remaining = stride
    turned: list[str] = []
    for key, module in reversed(shrinking):  # from the end: a stem may shrink by pooling too
        if remaining <= wanted:
            break
        remaining //= max(module.stride)
        turned.append(key)
    later = list(network.modules())
    later = later[later.index(network.get_submodule(turned[-1])) :] if turned else []
    pools = [module for module in later if isinstance(module, nn.MaxPool2d | nn.AvgPool2d)]
    rate = 1
    for key, module in convolutions:
        shrinks = max(module.stride) > 1
        if shrinks and (key in turned or (module.kernel_size == (1, 1) and _partner(key, shrinking) in turned)):
            factor = max(module.stride)
            module.stride = (1, 1)
            _set_rate(module, rate)
            rate *= factor if key in turned else 1
        else:
            _set_rate(module, rate)
    grid = _PROBE_SIDE // wanted
    if pools or remaining != wanted or _grid(network) != (grid, grid + grid // 2):
        raise InputError(
            f"{name} does not shrink by convolutions alone, one after the other, so its stride of {stride} cannot be "
            "turned into dilation: leave the stride out"
        )


def _partner(key: str, shrinking: Sequence[tuple[str, nn.Conv2d]]) -> str:
    """Of the convolutions that shrink the one in the same block as a shortcut."""
    return max((name for name, _ in shrinking), key=lambda name: _shared(name, key), default="")


def _shared(one: str, other: str) -> int:
    """How many parts two names begin with in common."""
    pairs = zip(one.split("."), other.split("."), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _set_rate(module: nn.Conv2d, rate: int) -> None:
    if rate == 1 or module.kernel_size == (1, 1):
        return
    before = module.dilation
    module.dilation = tuple(rate * side for side in before)
    if not isinstance(module.padding, str):
        module.padding = tuple(rate * side for side in module.padding)


@torch.no_grad()
def _grid(network: nn.Module) -> tuple[int, ...]:
    weight = next(network.parameters())
    was_training = network.training
    x = torch.zeros(1, 3, _PROBE_SIDE, _PROBE_SIDE * 3 // 2, device=weight.device, dtype=weight.dtype)
    try:
        return tuple(network.eval()(x).shape[-2:])
    except RuntimeError:
        return ()
    finally:
        network.train(was_training)
