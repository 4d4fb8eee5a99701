"""Weights of our own networks: safetensors that carry the description of what they are of.

What is read is checked before it is believed: the container by safetensors itself (bounds, overlaps, truncation), then
keys, shapes and dtypes against the architecture, then that every number is finite.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.models.preflight import OWN_KEY
from wsss_viz.models.reading.bounds import LARGEST_FILE

KEY = OWN_KEY
_DTYPES = {torch.float32: ("F32", "F16"), torch.int64: ("I64",)}
"""By a tensor's dtype in the network those it may have in the file."""
Network = TypeVar("Network", bound=nn.Module)


def write_network(path: Path, network: nn.Module, form: str, meta: Mapping[str, Any]) -> None:
    """Writes weights and what `read_network` builds the network from, whole or not at all.

    Args:
        form: what the file holds, with the version of its layout, such as "segmenter-1".
        meta: JSON.
    """
    write_weights(path, network, {"format": form, **meta})


def read_network(path: Path, form: str, build: Callable[[Mapping[str, Any]], Network]) -> Network:
    """Reads what `write_network` wrote; on the CPU, in evaluation mode, frozen.

    Args:
        build: the network from its `meta`; ValueError, KeyError or TypeError where that does not describe one. Nothing
            is allocated for it.

    Raises:
        InputError: the file is missing, truncated, of another form or architecture, or holds NaN or infinity.
    """
    return read_weights(path, lambda description: _build(description or "{}", path.name, form, build))


def write_weights(path: Path, network: nn.Module, meta: Mapping[str, Any], *, half: bool = False) -> None:
    """Writes weights and a description of their network, JSON, whole or not at all.

    Args:
        half: float16, half the size; they are read as float32 again.

    Raises:
        InputError: a weight is too large for float16.
    """
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    if half:
        tensors = {key: value.half() if value.is_floating_point() else value for key, value in tensors.items()}
        large = next((key for key, value in tensors.items() if not torch.isfinite(value).all()), None)
        if large:
            raise InputError(f"{large} holds values that float16 has no room for: write float32")
    # one entry: the container keeps several in no fixed order, and the same network is to give the same bytes
    write_whole(path, save(tensors, metadata={KEY: json.dumps(meta, sort_keys=True)}))


def read_weights(path: Path, build: Callable[[str | None], Network]) -> Network:
    """Reads what `write_weights` wrote; on the CPU, in evaluation mode, frozen.

    Args:
        build: the network from its description, None where the file has none; nothing is to be allocated for it.

    Raises:
        InputError: the file is missing, truncated, of another architecture, or holds NaN or infinity.
    """
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}: check the path, or make it with `python -m wsss_viz train`")
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path.name} has {path.stat().st_size:,} bytes, more than {LARGEST_FILE:,}: not read")
    try:
        with safe_open(path, framework="pt") as file:
            network = build((file.metadata() or {}).get(KEY))
            _check_layout(file, network, path.name)
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise InputError(f"{path.name} is truncated or not a safetensors file ({error}): fetch it again") from None
    broken = next((key for key, value in state.items() if not torch.isfinite(value).all()), None)
    if broken:
        raise InputError(f"{path.name}: {broken} holds NaN or infinity: the training diverged, or the file is damaged")
    whole = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    network.load_state_dict(whole, assign=True)
    return network.eval().requires_grad_(False)


def _build(description: str, name: str, form: str, build: Callable[[Mapping[str, Any]], Network]) -> Network:
    try:
        meta = json.loads(description)
        if meta.get("format") != form:
            raise InputError(f"{name} is of the format {meta.get('format')!r}, want {form!r}")
        with torch.device("meta"):
            return build(meta)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} does not describe its network ({error}): it was made by another version") from None


def _check_layout(file: Any, network: nn.Module, name: str) -> None:
    """Keys and shapes against the architecture's, read from the header alone. Raises InputError where they differ."""
    expected = network.state_dict()
    present = set(file.keys())
    missing, unexpected = sorted(set(expected) - present), sorted(present - set(expected))
    if missing or unexpected:
        first = f"missing {missing[0]}" if missing else f"unexpected {unexpected[0]}"
        raise InputError(
            f"{name} is of another architecture: {len(missing)} keys missing, {len(unexpected)} unexpected ({first})"
        )
    for key, tensor in expected.items():
        kind, shape = file.get_slice(key).get_dtype(), tuple(file.get_slice(key).get_shape())
        kinds = _DTYPES[tensor.dtype]
        if kind not in kinds or shape != tuple(tensor.shape):
            raise InputError(
                f"{name} is of another architecture: {key} is {kind} {shape}, this network wants "
                f"{kinds[0]} {tuple(tensor.shape)}"
            )
