"""The classifier among the tensors of a file: a linear layer or a 1x1 convolution that reads the network's features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wsss_viz.models.architectures.architecture import COUNTER, Tensors
from wsss_viz.models.reading.bounds import TensorInfo

__all__ = ["Head", "find_head"]


@dataclass(frozen=True)
class Head:
    """A classifier.

    Attributes:
        weight, bias: names; "" for none.
        problem: why the network has no class maps with it, with the remedy; "" for nothing.
        second: other names of the same tensor.
    """

    weight: str = ""
    bias: str = ""
    problem: str = ""
    second: tuple[str, ...] = ()


def find_head(
    tensors: Tensors, names: Mapping[str, str], width: int, likely: Sequence[str], wanted: str = "", same: bool = False
) -> Head:
    """The layer that reads features of `width` channels, where there is just one or one of a likely name.

    Args:
        tensors: what is left of a file when the network's own are taken out.
        names: by the names in `tensors` those in the file, for messages and for `wanted`.
        likely: names of the classifier's module, the likelier first.
        wanted: the name of the module that a person asked for.
        same: whether several of a likely name are one tensor.

    Examples:
        >>> tensors = {"fc.1.weight": TensorInfo("F32", (20, 512)), "fc.1.bias": TensorInfo("F32", (20,))}
        >>> find_head(tensors, {key: key for key in tensors}, 512, ("fc",)).weight
        'fc.1.weight'
    """
    layers = {key.removesuffix(".weight"): info for key, info in tensors.items() if key.endswith(".weight")}
    layers = {name: info for name, info in layers.items() if _is_linear(info)}
    reading = [name for name, info in layers.items() if info.shape[1] == width]
    if wanted:
        reading = [name for name in reading if _is_asked(names[f"{name}.weight"], wanted)]
    named = [name for part in likely for name in reading if _is_named(name, part)]
    named = list(dict.fromkeys(named))
    if len(reading) > 1 and (len(named) > 1 or not named) and not same:
        files = [names[f"{name}.weight"].removesuffix(".weight") for name in named or reading]
        listed = ", ".join(files[:4])
        return Head(problem=f"it has several layers that could be its head ({listed}): name one, as in FILE#{files[0]}")
    if not reading:
        return Head() if wanted else _misfit(tensors, likely)
    module = (named or reading)[0]
    between = _between(tensors, layers, module, layers[module].shape[0])
    bias = f"{module}.bias" if f"{module}.bias" in tensors else ""
    second = tuple(f"{name}.weight" for name in named[1:])
    return Head(f"{module}.weight", bias, between, second)


def _is_asked(name: str, wanted: str) -> bool:
    return f".{wanted}." in f".{name}"


def _is_linear(info: TensorInfo) -> bool:
    return len(info.shape) == 2 or (len(info.shape) == 4 and info.shape[2:] == (1, 1))


def _is_named(name: str, part: str) -> bool:
    """Whether a module is called `part`, or lies in one of that name: `fc`, `head.fc`, `fc.1`."""
    return f".{part}." in f".{name}."


def _misfit(tensors: Tensors, likely: Sequence[str]) -> Head:
    """A head by its name alone, of whatever shape: what is wrong with it is said where all shapes are compared."""
    for part in likely:
        if f"{part}.weight" in tensors:
            return Head(f"{part}.weight", f"{part}.bias" if f"{part}.bias" in tensors else "")
    return Head()


def _between(tensors: Tensors, layers: Tensors, module: str, rows: int) -> str:
    """What stands between the pooled features and the logits beside the head, where its module holds more than it."""
    parent, _, last = module.rpartition(".")
    if not parent or not (last.isdigit() or last in ("fc", "linear", "classifier", "head", "proj")):
        return ""
    inside = [key for key in tensors if key.startswith(f"{parent}.") and not key.startswith(f"{module}.")]
    after = [name for name, info in layers.items() if name.startswith(f"{parent}.") and info.shape[1] == rows]
    if last.isdigit() and any(name != module for name in after):
        return (
            f"its head has a hidden layer ({module}, then {next(name for name in after if name != module)}): with one "
            "between pooling and logits there are no class activation maps; train a head of one linear layer"
        )
    norms = [key for key in inside if key.endswith(("running_mean", ".weight")) and not key.endswith(COUNTER)]
    norms = [key for key in norms if len(tensors[key].shape) == 1 and (last.isdigit() or "norm" in key)]
    if norms:
        return (
            f"its head normalises between pooling and logits ({norms[0]}), so its logits are not the means of class "
            "maps; train a head of one linear layer"
        )
    return ""
