"""torch's pickles: read by the restricted unpickler, unwrapped to named tensors, each checked. For the child alone."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import FLOATS, check_count, check_shape, check_tensor_name

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
_INSIDE = ("state_dict", "model_state_dict", "model", "net", "network", "state", "params")
_DEEPEST = 4


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """What was in a pickle.

    Attributes:
        tensors: by name, each storage once.
        aliases: names that share another's storage, shape and place, and that other name.
        wrapper: the keys that led to the tensors, such as "state_dict"; "" for none.
        others: names beside the tensors that are none (epoch, optimizer, ...).
    """

    tensors: dict[str, Tensor]
    aliases: dict[str, str]
    wrapper: str
    others: tuple[str, ...]


def read_pickle(path: Path, name: str) -> Unwrapped:
    """A zip or legacy pickle of torch, by `torch.load(weights_only=True)`; nothing in it is run.

    Raises:
        InputError: it is damaged, holds objects, or tensors that claim what is not there.
    """
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=False)
    except pickle.UnpicklingError as error:
        raise InputError(_refusal(str(error), name)) from None
    except (MemoryError, torch.OutOfMemoryError):
        raise InputError(f"{name} claims more memory than its size can need: it is damaged, not read") from None
    except Exception as error:  # torch's reader raises whatever its parts raise, and all of it says the same
        if "allocate memory" in str(error):
            raise InputError(f"{name} claims more memory than its size can need: it is damaged, not read") from None
        raise InputError(f"{name} is truncated or damaged ({_first_line(error)}): fetch it again") from None
    return _unwrap(loaded, name)


def _first_line(error: BaseException) -> str:
    text = next(iter(str(error).split("\n")), "")
    return (" ".join(text.split())[:100] or type(error).__name__).strip(". ")


def _refusal(text: str, name: str) -> str:
    """One line for what the restricted unpickler says at length."""
    marker = "GLOBAL "
    if marker in text:
        what = text.split(marker, 1)[1].split(maxsplit=1)[0][:80]
        return (
            f"{name} holds objects of Python beside weights ({what}), which are never run here: save the network's "
            "state_dict() and give that"
        )
    inner = text.split("WeightsUnpickler error:", 1)[-1]
    return f"{name} is damaged or no checkpoint ({' '.join(inner.split())[:80]}): save the network's state_dict()"


def _unwrap(loaded: Any, name: str) -> Unwrapped:
    path: list[str] = []
    while True:
        if not isinstance(loaded, Mapping):
            raise InputError(f"{name} holds no dictionary of tensors: save the network's state_dict()")
        if any(isinstance(value, Tensor) for value in loaded.values()) or len(path) == _DEEPEST:
            break
        inside = next((key for key in _INSIDE if isinstance(loaded.get(key), Mapping)), None)
        if inside is None:
            break
        path.append(inside)
        loaded = loaded[inside]
    tensors = {key: value for key, value in loaded.items() if isinstance(value, Tensor)}
    check_count(len(tensors), name)
    others = tuple(str(key)[:64] for key in loaded if key not in tensors)
    found: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    seen: dict[int, str] = {}
    for key, tensor in tensors.items():
        _check_tensor(tensor, check_tensor_name(key, name), name)
        first = seen.get(tensor.data_ptr())
        if first is None or not tensor.numel():
            seen[tensor.data_ptr()] = key
            found[key] = tensor.detach().contiguous()
        elif (tensor.shape, tensor.stride()) == (tensors[first].shape, tensors[first].stride()):
            aliases[key] = first
        else:
            found[key] = tensor.detach().clone(memory_format=torch.contiguous_format)
    return Unwrapped(found, aliases, ".".join(path), others[:64])


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
            f"{name}: {key} claims {tuple(tensor.shape)}, {tensor.numel():,} numbers, in {stored:,} bytes: a view, or "
            "made to do harm; save contiguous tensors"
        )
    check_shape(tensor.shape, key, name)
    if kind in FLOATS and not bool(torch.isfinite(tensor).all()):
        raise InputError(f"{name}: {key} holds NaN or infinity: the training diverged, or the file is damaged")
