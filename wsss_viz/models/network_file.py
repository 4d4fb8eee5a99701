"""Our own networks that are not classifiers of images, as safetensors: the same checks as for a checkpoint."""

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
from wsss_viz.models.checkpoint import KEY, LARGEST_FILE, check_layout

Network = TypeVar("Network", bound=nn.Module)


def write_network(path: Path, network: nn.Module, form: str, meta: Mapping[str, Any]) -> None:
    """Writes weights and what `read_network` builds the network from, whole or not at all.

    Args:
        form: what the file holds, with the version of its layout, such as "segmenter-1".
        meta: JSON.
    """
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    write_whole(path, save(tensors, metadata={KEY: json.dumps({"format": form, **meta}, sort_keys=True)}))


def read_network(path: Path, form: str, build: Callable[[Mapping[str, Any]], Network]) -> Network:
    """Reads what `write_network` wrote; on the CPU, in evaluation mode, frozen.

    Args:
        build: the network from its `meta`; ValueError, KeyError or TypeError where that does not describe one. Nothing
            is allocated for it.

    Raises:
        InputError: the file is missing, truncated, of another form or architecture, or holds NaN or infinity.
    """
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}: check the path, or make it with `python -m wsss_viz train`")
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path.name} has {path.stat().st_size:,} bytes, more than {LARGEST_FILE:,}: not read")
    try:
        with safe_open(path, framework="pt") as file:
            network = _build((file.metadata() or {}).get(KEY, "{}"), path.name, form, build)
            check_layout(file, network, path.name)
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise InputError(f"{path.name} is truncated or not a safetensors file ({error}): fetch it again") from None
    if not all(torch.isfinite(value).all() for value in state.values()):
        raise InputError(f"{path.name} holds NaN or infinity: the training diverged, or the file is damaged")
    network.load_state_dict(state, assign=True)
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
