"""The centres of the receptive fields of a classifier's cells, from the geometry of its convolutions and poolings.

A window of k cells with dilation d and padding p moves in steps of s over a grid whose cell i is centred on o + i j
(o the origin, j the jump, in pixels of the input). Its result is a grid of

    o' = o + j (d (k - 1) / 2 - p)        j' = j s

with p what is padded before the first cell. Everything else keeps the grid it is given. With symmetric padding of
(k - 1) / 2 the origin stays 0, the centre of the first pixel, whatever the stride: a map of stride s that is stretched
over the image (cells centred on s / 2 - 1/2 + i s) lies half a cell below and right of what it saw. TensorFlow's SAME
padding depends on whether a side is even, so the rule is applied to the operators that run at a size, not to modules:
the network runs once on tensors without numbers (torch's meta device). Our own derivation; the arithmetic is that of
Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, 2016, and of Araujo, Norris
and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019, where padding is treated too.

Where branches of other geometry meet, or an operator is none of these, the centres are measured: the centre of mass of
the gradient of a cell's sum in float64 on a copy of the network whose convolutions average.
"""

from __future__ import annotations

import copy
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakTensorKeyDictionary

from wsss_viz.errors import InputError
from wsss_viz.traces.centres import CellCentres

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

__all__ = ["Layout", "cell_layout", "impulse"]

Layout = tuple[CellCentres, tuple[int, int]]
"""Centres of cells in pixels of the input, and (h, w), how many there are."""

_NORMS = {"aten::native_batch_norm", "aten::_native_batch_norm_legit_no_training"}
_KEEPING = {
    *_NORMS,
    "aten::cudnn_batch_norm",
    *("aten::_batch_norm_with_update", "aten::batch_norm", "aten::_batch_norm_no_update"),
    *("aten::cat", "aten::view", "aten::_unsafe_view", "aten::_reshape_alias", "aten::split", "aten::chunk"),
    *("aten::clone", "aten::detach", "aten::alias", "aten::expand", "aten::_to_copy", "aten::split_with_sizes"),
    *("aten::native_dropout", "aten::native_group_norm", "aten::unsafe_split", "aten::contiguous"),
}
"""Operators beside the pointwise ones that leave every cell where it is."""

_known: weakref.WeakKeyDictionary[nn.Module, dict[tuple[Any, ...], Layout]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def cell_layout(classifier: Classifier, height: int, width: int, stages: int | None = None) -> Layout:
    """The centres of the cells' receptive fields for an input of (height, width), and the grid (h, w).

    They are those of whole receptive fields: at the border a part of one lies on padding.

    Args:
        stages: the grid after so many stages; None: that of the class maps.

    Raises:
        InputError: the network cannot run on such an input, or its cells see everything alike.

    Examples:
        >>> from wsss_viz.models.scene_network import scene_network
        >>> cell_layout(scene_network(["cat"], (8, 8, 8, 8, 8)), 97, 131)
        (CellCentres(origin=(0.0, 0.0), stride=(8.0, 8.0)), (13, 17))
    """
    modules = list(classifier.stages[:stages])
    if not modules:
        return CellCentres((0.0, 0.0), (1.0, 1.0)), (height, width)
    # the last stage is shared by all narrowings of a network, each of which is a Classifier of its own
    key = (*map(id, modules), height, width)
    with _lock:
        known = _known.setdefault(modules[-1], {}).get(key)
    if known is None:
        known = _layout_of(modules, height, width)
        with _lock:
            _known[modules[-1]][key] = known
    return known


def _layout_of(modules: Sequence[nn.Module], height: int, width: int) -> Layout:
    try:
        try:
            return _read(modules, height, width)
        except _UnreadableError:
            return _measured(modules, height, width)
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"where the maps' cells lie cannot be told for an input of {height} x {width} ({str(error)[:120]}): "
            "lay the maps over the image as the field does (--align field)"
        ) from None


class _UnreadableError(Exception):
    """An operator or a meeting of branches that the rule does not cover."""


_EVERYWHERE = CellCentres((float("nan"), float("nan")), (1.0, 1.0))
"""Of what was pooled over the whole image and belongs to no cell."""


class _Follow(TorchDispatchMode):
    """Follows the centres through every operator that runs."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.centres: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
        self.centres[x] = CellCentres((0.0, 0.0), (1.0, 1.0))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No compiler is told to skip this: to be told, it is imported, which takes three seconds."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = [t for t in _tensors((*args, *(kwargs or {}).values())) if t in self.centres]
        before = {id(t): tuple(t.shape[-2:]) for t in given}
        out = _by_shape(func, args) if given and args else None
        out = func(*args, **(kwargs or {})) if out is None else out
        if given:
            results = list(_tensors(out if isinstance(out, tuple | list) else (out,)))
            after = self._after(func, args, given, results, before)
            for tensor in (
                results[:1] if "norm" in func._schema.name or "with_indices" in func._schema.name else results
            ):
                self.centres[tensor] = after
        return out

    def _after(
        self, func: Any, args: tuple[Any, ...], given: list[Tensor], results: list[Tensor], before: dict[int, Any]
    ) -> CellCentres:
        name = func._schema.name.removesuffix("_")
        local = [t for t in given if self.centres[t] is not _EVERYWHERE]
        if not local:
            return _EVERYWHERE
        sources = [self.centres[t] for t in local]
        if any(source != sources[0] for source in sources):
            raise _UnreadableError(f"branches of other geometry meet in {name}")
        first, spatial = sources[0], before[id(local[0])]
        if name == "aten::convolution":
            _, weight, _, stride, padding, dilation, transposed = args[:7]
            if transposed or weight.dim() != 4:
                raise _UnreadableError(name)
            return _moved(first, weight.shape[2:], stride, padding, dilation)
        if name in ("aten::max_pool2d_with_indices", "aten::max_pool2d", "aten::avg_pool2d"):
            window, stride, padding = args[1], args[2] if len(args) > 2 else (), args[3] if len(args) > 3 else (0,)
            dilation = args[4] if len(args) > 4 and "max" in name else (1,)
            return _moved(first, window, stride or window, padding, dilation)
        if name == "aten::constant_pad_nd":
            padded = list(args[1]) + [0] * (4 - len(args[1]))
            if any(padded[4:]):
                raise _UnreadableError(name)
            return _moved(first, (1, 1), (1, 1), (padded[2], padded[0]), (1, 1))
        if name in ("aten::mean", "aten::_adaptive_avg_pool2d", "aten::adaptive_avg_pool2d") and all(
            t.numel() == t.shape[0] * t.shape[1] for t in results
        ):
            return _EVERYWHERE
        keeps = name in _KEEPING or torch.Tag.pointwise in func.tags
        keeps = keeps or (name == "aten::transpose" and {d % local[0].dim() for d in args[1:3]}.isdisjoint(
            {local[0].dim() - 1, local[0].dim() - 2}
        ))  # fmt: skip
        keeps = keeps or (name == "aten::slice" and args[1] % local[0].dim() < local[0].dim() - 2)
        if keeps and all(tuple(t.shape[-2:]) == spatial for t in results[:1]):
            return first
        raise _UnreadableError(name)


def _by_shape(func: Any, args: tuple[Any, ...]) -> Any:
    """What an operator gives, without numbers; None where torch's own rule is to say.

    Torch's rules for these are written in Python, and the first of them imports its compiler for three seconds;
    `torch.empty_like` of a tensor without numbers imports sympy for one.
    """
    name, x = func._schema.name, args[0]
    if name in _NORMS:
        return x.new_empty(x.shape), x.new_empty(0), x.new_empty(0)
    if torch.Tag.pointwise in func.tags and isinstance(x, Tensor):
        shape = np.broadcast_shapes(*(tuple(t.shape) for t in _tensors(args)))
        return x if name.endswith("_") else x.new_empty(shape)
    if name == "aten::constant_pad_nd":
        pads = args[1]
        sides = [side + sum(pads[2 * i : 2 * i + 2]) for i, side in enumerate(reversed(x.shape))]
        return x.new_empty(sides[::-1])
    if name == "aten::convolution" and x.dim() == 4 and not args[6]:
        steps, pads, rates = (_pair(values) for values in args[3:6])
        sides = [
            (side + 2 * pad - rate * (window - 1) - 1) // step + 1
            for side, window, step, pad, rate in zip(x.shape[2:], args[1].shape[2:], steps, pads, rates, strict=True)
        ]
        return x.new_empty((x.shape[0], args[1].shape[0], *sides)) if min(sides) > 0 else None
    return None


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _pair(values: Any) -> tuple[int, int]:
    sides = [int(value) for value in values] if isinstance(values, Sequence | torch.Size) else [int(values)]
    return sides[0], sides[-1]


def _moved(first: CellCentres, window: Any, stride: Any, padding: Any, dilation: Any) -> CellCentres:
    """The grid of what a window sees that moves over the grid `first`."""
    kernels, steps, pads, rates = (_pair(values) for values in (window, stride, padding, dilation))
    shifts = [rate * (kernel - 1) / 2 - pad for kernel, pad, rate in zip(kernels, pads, rates, strict=True)]
    jumps = (first.stride[0] * steps[0], first.stride[1] * steps[1])
    return CellCentres(first.at(shifts[0], shifts[1]), jumps)


def _twin(modules: Sequence[nn.Module], device: str) -> nn.Sequential:
    """A copy of its own in evaluation mode: without numbers on "meta", in float64 on the CPU."""
    network = nn.Sequential(*modules)
    shared: dict[int, Any] = {}
    for tensor in (*network.parameters(), *network.buffers()):
        if device == "meta":
            empty = torch.empty_like(tensor, device="meta", requires_grad=False)
        else:
            wide = torch.float64 if tensor.is_floating_point() else tensor.dtype
            empty = tensor.detach().to("cpu", wide, copy=True)
        shared[id(tensor)] = nn.Parameter(empty, requires_grad=False) if isinstance(tensor, nn.Parameter) else empty
    return copy.deepcopy(network, shared).eval()


@torch.no_grad()
def _read(modules: Sequence[nn.Module], height: int, width: int) -> Layout:
    network = _twin(modules, "meta")
    dtype = next((parameter.dtype for parameter in network.parameters()), torch.float32)
    x = torch.empty(1, 3, height, width, device="meta", dtype=dtype)
    with _Follow(x) as follow:
        out = network(x)
    centres = follow.centres.get(out)
    if centres is None or centres is _EVERYWHERE or out.dim() != 4:
        raise _UnreadableError("the cells of the output")
    return centres, (out.shape[2], out.shape[3])


def impulse(modules: Sequence[nn.Module], height: int, width: int, row: int, column: int) -> NDArray[np.float64]:
    """(H, W), of sum 1: how much each pixel of the input moves a cell, where the modules' convolutions average.

    d sum_c A_c(row, column) / d x, maximum poolings averages too, in float64 on a copy: a field's weight in the
    middle and at its border without the weights of a training.

    Examples:
        >>> impulse([nn.Conv2d(3, 4, 3, 2, 1)], 5, 7, 1, 2).sum(axis=1).round(2).tolist()
        [0.0, 0.33, 0.33, 0.33, 0.0]
    """
    network = _averaging(_twin(modules, "cpu"))
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.MaxPool2d):  # the gradient of a maximum is at one of equals
                average = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(parent, name, average)
    with torch.inference_mode(False), torch.enable_grad():
        x = torch.full((1, 3, height, width), _FAINT, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(network(x)[0, :, row, column].sum(), x)
    mass = gradient.abs().sum(dim=(0, 1))
    shares: NDArray[np.float64] = (mass / mass.sum()).numpy()
    return shares


_FURTHER, _SIDE = 512, 64
"""Pixels that a side is lengthened by to measure, so that a cell in the middle sees little padding, a multiple of every
stride; and the other side."""
_FAINT = 1e-9
"""The input's scale: sums of branches stay where no activation saturates."""


def _measured(modules: Sequence[nn.Module], height: int, width: int) -> Layout:
    with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = _averaging(_twin(modules, "cpu"))
        with torch.no_grad():
            grid = network(torch.rand(1, 3, height, width, dtype=torch.float64)).shape[2:]
        rows = _along(network, (height + _FURTHER, _SIDE), 2)
        columns = _along(network, (_SIDE, width + _FURTHER), 3)
    return CellCentres((rows[0], columns[0]), (rows[1], columns[1])), (grid[0], grid[1])


def _averaging(network: nn.Sequential) -> nn.Sequential:
    """The network with convolutions that average and normalisations that do nothing."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data.fill_(1 / module.weight[0].numel())
            if module.bias is not None:
                module.bias.data.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            if module.affine:
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
    return network


def _along(network: nn.Module, size: tuple[int, int], axis: int) -> tuple[float, float]:
    """Origin and stride along an axis, from two cells in the middle of it, over seeded noise (no pooling ties)."""
    x = (torch.rand(1, 3, *size, dtype=torch.float64).add_(1) * _FAINT).requires_grad_(True)
    with torch.enable_grad():
        maps = network(x).sum(dim=(0, 1))
        sums = maps.select(3 - axis, maps.shape[3 - axis] // 2)
        cell = len(sums) // 2
        masses = [torch.autograd.grad(sums[i], x, retain_graph=True)[0].abs() for i in (cell - 1, cell)]
    profiles = [mass.sum(dim=(0, 1, 5 - axis)) for mass in masses]
    pixels = torch.arange(size[axis - 2], dtype=torch.float64)
    low, high = (float((profile @ pixels) / profile.sum()) for profile in profiles)
    origin, stride = high - cell * (high - low), high - low
    if not stride > 0:
        raise InputError(
            "the cells of its maps see the whole image alike, so they have no centres: lay the maps over the image as "
            "the field does (--align field)"
        )
    return origin, stride
