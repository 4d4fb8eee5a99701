"""torch's pickles: read by the restricted unpickler, unwrapped to named tensors, each checked. For the child alone."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import FLOATS, check_count, check_shape, check_tensor_name

__all__ = ["DTYPES", "Inert", "Unwrapped", "read_pickle"]

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_DEEPEST = 8
_MOST_NODES = 100_000
_MOST_CLASSES = 64
_LEFT_OUT = (
    "addict", "argparse", "ast", "collections", "copyreg", "datetime", "easydict", "enum", "fractions", "lightning",
    "lightning_fabric", "mmcv", "mmengine", "ml_collections", "munch", "numpy", "omegaconf", "pandas", "pathlib",
    "pytorch_lightning", "timm", "torchvision", "transformers", "types", "uuid", "yacs",
)  # fmt: skip
"""Packages whose objects stand beside weights in checkpoints of the field (arguments, scores, dates). None of their
code
is run: an object of theirs is read as an `Inert`, and left out."""


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """What was in a pickle.

    Attributes:
        tensors: by the keys that lead to them, joined by dots; each storage once.
        aliases: names that share another's storage, shape and place, and that other name.
        order: all names, as they stand in the file.
        mappings: the dictionaries that hold tensors, by the keys that lead to them; "" is the outermost.
        others: what stands beside the tensors and is none (epoch, an optimizer, ...).
        objects: classes of Python objects that were left out.
    """

    tensors: dict[str, Tensor]
    aliases: dict[str, str]
    order: tuple[str, ...]
    mappings: tuple[str, ...]
    others: tuple[str, ...]
    objects: tuple[str, ...]


class Inert:
    """What an object beside weights is read as: it takes whatever is given and keeps nothing of it."""

    def __new__(cls, *_: object, **__: object) -> Inert:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass

    def __setitem__(self, _: object, __: object) -> None:
        pass

    def append(self, _: object) -> None:
        """Lists of another class are filled so."""

    def extend(self, _: object) -> None:
        """And so."""


def read_pickle(content: bytes, name: str) -> Unwrapped:
    """A zip or legacy pickle of torch, by `torch.load(weights_only=True)`; nothing in it is run.

    Raises:
        InputError: it is damaged, holds objects of unknown classes, or tensors that claim what is not there.

    Examples:
        >>> buffer = io.BytesIO()
        >>> torch.save({"epoch": 3, "state_dict": {"w": torch.ones(2)}}, buffer)
        >>> read_pickle(buffer.getvalue(), "x.pth").order
        ('state_dict.w',)
    """
    inert: dict[str, type[Inert]] = {}
    while True:
        allowed: list[Any] = [(stand_in, path) for path, stand_in in inert.items()]
        try:
            with torch.serialization.safe_globals(allowed):
                loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            break
        except pickle.UnpicklingError as error:
            path = _global_of(str(error))
            if path.partition(".")[0] not in _LEFT_OUT or path in inert or len(inert) >= _MOST_CLASSES:
                raise InputError(_refusal(str(error), name)) from None
            inert[path] = type("Inert", (Inert,), {})
        except (MemoryError, torch.OutOfMemoryError):
            raise InputError(f"{name} claims more memory than its size can need: it is damaged, not read") from None
        except Exception as error:  # torch's reader raises whatever its parts raise, and all of it says the same
            if "allocate memory" in str(error):
                raise InputError(f"{name} claims more memory than its size can need: it is damaged, not read") from None
            raise InputError(f"{name} is truncated or damaged ({_first_line(error)}): fetch it again") from None
    return _unwrap(loaded, name, tuple(sorted(inert)))


def _global_of(text: str) -> str:
    """The class that the restricted unpickler does not know, by its message; "" where it says something else."""
    marker = "GLOBAL "
    return text.split(marker, 1)[1].split(maxsplit=1)[0][:80] if marker in text else ""


def _first_line(error: BaseException) -> str:
    text = next(iter(str(error).split("\n")), "")
    return (" ".join(text.split())[:100] or type(error).__name__).strip(". ")


def _refusal(text: str, name: str) -> str:
    """One line for what the restricted unpickler says at length."""
    path = _global_of(text)
    if path:
        return (
            f"{name} holds objects of Python beside weights ({path}), which are never run here: save the network's "
            "state_dict() and give that"
        )
    inner = text.split("WeightsUnpickler error:", 1)[-1]
    return f"{name} is damaged or no checkpoint ({' '.join(inner.split())[:80]}): save the network's state_dict()"


def _unwrap(loaded: Any, name: str, objects: tuple[str, ...]) -> Unwrapped:
    """All tensors in nested dictionaries and lists; an optimizer's state is only named."""
    tensors: dict[str, Tensor] = {}
    mappings: dict[str, None] = {}
    others: list[str] = []
    nodes = 0

    def walk(value: Mapping[Any, Any], path: str, depth: int) -> None:
        nonlocal nodes
        if "param_groups" in value and "state" in value:
            others.append(f"{path} (an optimizer's state)")
            return
        for key, entry in value.items():
            nodes += 1
            if nodes > _MOST_NODES:
                raise InputError(f"{name} nests more than {_MOST_NODES:,} entries: it is no checkpoint, not read")
            plain = isinstance(key, str | int)
            at = f"{path}.{key}" if path else str(key) if plain else ""
            inner = dict(enumerate(entry)) if _is_list_of_mappings(entry) else entry
            if isinstance(inner, Tensor) and plain:
                tensors.setdefault(check_tensor_name(at, name), inner)
                mappings.setdefault(path)
            if isinstance(inner, Mapping) and plain and depth < _DEEPEST:
                walk(inner, at, depth + 1)
            elif not isinstance(inner, Tensor) and depth == 0:
                others.append(at[:64])

    if not isinstance(loaded, Mapping):
        raise InputError(f"{name} holds no dictionary of tensors: save the network's state_dict()")
    walk(loaded, "", 0)
    if len(mappings) > 1:  # a score or a step's number beside the network's dictionary
        scalars = (key for key, entry in loaded.items() if isinstance(entry, Tensor) and not entry.ndim)
        others += [key[:64] for key in scalars if key in tensors]
    check_count(len(tensors), name)
    stored: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    seen: dict[int, str] = {}
    for key, tensor in tensors.items():
        _check_tensor(tensor, key, name)
        first = seen.get(tensor.data_ptr())
        if first is None or not tensor.numel():
            seen[tensor.data_ptr()] = key
            stored[key] = tensor.detach().contiguous()
        elif (tensor.shape, tensor.stride()) == (tensors[first].shape, tensors[first].stride()):
            aliases[key] = first
        else:
            stored[key] = tensor.detach().clone(memory_format=torch.contiguous_format)
    return Unwrapped(stored, aliases, tuple(tensors), tuple(mappings), tuple(others[:64]), objects)


def _is_list_of_mappings(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def _check_tensor(tensor: Tensor, key: str, name: str) -> None:
    """Plain numbers in memory, all that the shape claims and no more, finite."""
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.is_quantized:
        raise InputError(f"{name}: {key} is not a plain tensor (sparse, quantised or without numbers): not read")
    kind = DTYPES.get(tensor.dtype)
    if kind is None:
        raise InputError(f"{name}: {key} is of the type {tensor.dtype}, which no weight is: not read")
    stored = tensor.untyped_storage().nbytes()
    if tensor.numel() * tensor.element_size() != stored:
        raise InputError(
            f"{name}: {key} claims {tuple(tensor.shape)}, {tensor.numel():,} numbers, in {stored:,} bytes: it "
            "is a slice "
            "or an expanded view of another tensor, or made to do harm; save its .clone()"
        )
    check_shape(tensor.shape, key, name)
    # a lone number beside weights (a best loss that is still infinite) is no weight
    if kind in FLOATS and tensor.numel() > 1 and not bool(torch.isfinite(tensor).all()):
        raise InputError(f"{name}: {key} holds NaN or infinity: the training diverged, or the file is damaged")
