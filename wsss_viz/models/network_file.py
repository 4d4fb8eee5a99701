"""Weights of our own networks: safetensors that carry the description of what they are of.

What is read is checked before it is believed: the container, then keys, shapes and dtypes against the architecture,
then that every number is finite. Half-precision numbers are read as float32.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import nn

from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.models.reading import TensorFile, read_tensors
from wsss_viz.models.reading.bounds import FORMATS, NATIVE_KEY, SAFETENSORS

__all__ = ["KEY", "fill", "read_native", "read_network", "write_network", "write_weights"]

KEY = NATIVE_KEY
_KINDS = {torch.float32: ("F32", "F16", "BF16"), torch.int64: ("I64",)}
Network = TypeVar("Network", bound=nn.Module)


def write_network(path: Path, network: nn.Module, form: str, meta: Mapping[str, Any]) -> None:
    """Writes weights and what `read_network` builds the network from, whole or not at all.

    Args:
        form: what the file holds, with the version of its layout, such as "segmenter-1".
        meta: JSON.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "n.safetensors"
        >>> write_network(path, nn.Linear(2, 3), "linear-1", {"sides": [2, 3]})
        >>> read_network(path, "linear-1", lambda meta: nn.Linear(*meta["sides"])).out_features
        3
        >>> folder.cleanup()
    """
    write_weights(path, network, {"format": form, **meta})


def read_network(
    path: Path, form: str, build: Callable[[Mapping[str, Any]], Network], sha256: str | None = None
) -> Network:
    """Reads what `write_network` wrote; on the CPU, in evaluation mode, frozen.

    Args:
        build: the network from its `meta`; ValueError, KeyError or TypeError where that does not describe one. Nothing
            is allocated for it.
        sha256: what the bytes that are read must digest to.

    Raises:
        InputError: the file is missing, truncated, changed, of another form or architecture, or holds NaN or infinity.

    Examples:
        >>> read_network(Path("nothing.safetensors"), "linear-1", nn.Linear)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: no checkpoint at nothing.safetensors: check the path, ...
    """
    file = read_native(path, sha256)
    return fill(file, _build(file.metadata.get(KEY, "{}"), path.name, form, build))


def write_weights(path: Path, network: nn.Module, meta: Mapping[str, Any], *, half: bool = False) -> None:
    """Writes weights and a description of their network, JSON, whole or not at all.

    Args:
        half: whether floating point numbers are written as float16, in half the space; they are read as float32 again.

    Raises:
        InputError: a weight is too large for float16.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "n.safetensors"
        >>> write_weights(path, nn.Linear(2, 3), {"format": "linear-1"}, half=True)
        >>> read_native(path).tensors["weight"].dtype
        'F16'
        >>> folder.cleanup()
    """
    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    if half:
        tensors = {key: value.half() if value.is_floating_point() else value for key, value in tensors.items()}
        large = next((key for key, value in tensors.items() if not torch.isfinite(value).all()), None)
        if large:
            raise InputError(f"{large} holds values that float16 has no room for: write float32")
    # one entry: the container keeps several in no fixed order, and the same network is to give the same bytes
    write_whole(path, save(tensors, metadata={KEY: json.dumps(meta, sort_keys=True)}))


def read_native(path: Path, sha256: str | None = None) -> TensorFile:
    """A file of this project's in memory.

    Args:
        sha256: what the bytes that are read must digest to; None: anything.

    Raises:
        InputError: the file is missing, no safetensors, truncated, or of another digest.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> "head.weight" in read_native(checkpoints_folder() / "scenes-classifier.safetensors").tensors
        True
    """
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}: check the path, or make it with `python -m wsss_viz train`")
    file = read_tensors(path, sha256=sha256)
    if file.format != SAFETENSORS:
        raise InputError(f"{path.name} is a {FORMATS[file.format]} and not a network of this project")
    return file


def fill(file: TensorFile, network: Network) -> Network:
    """The network with a file's numbers, in evaluation mode, frozen.

    Raises:
        InputError: the file has other tensors than the network, or NaN or infinity.

    Examples:
        >>> read_network(Path("nothing.safetensors"), "linear-1", nn.Linear)
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: no checkpoint at nothing.safetensors: ...
    """
    _check_layout(file, network)
    state = {key: file.read(key) for key in file.tensors}
    state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _build(description: str, name: str, form: str, build: Callable[[Mapping[str, Any]], Network]) -> Network:
    try:
        meta = json.loads(description)
        if meta.get("format") != form:
            raise InputError(f"{name} is of the format {meta.get('format')!r:.60}, want {form!r}")
        with torch.device("meta"):
            return build(meta)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{name} does not describe its network ({error!s:.160}): it was made by another version"
        ) from None


def _check_layout(file: TensorFile, network: nn.Module) -> None:
    """Keys and shapes against the architecture's, from the header alone. Raises InputError where they differ."""
    expected = network.state_dict()
    missing, unexpected = sorted(set(expected) - set(file.tensors)), sorted(set(file.tensors) - set(expected))
    if missing or unexpected:
        first = f"missing {missing[0]}" if missing else f"unexpected {unexpected[0]:.80}"
        raise InputError(
            f"{file.name} is of another architecture: {len(missing)} keys missing, {len(unexpected)} unexpected "
            f"({first})"
        )
    for key, tensor in expected.items():
        info, kinds = file.tensors[key], _KINDS[tensor.dtype]
        if info.dtype not in kinds or info.shape != tuple(tensor.shape):
            raise InputError(
                f"{file.name} is of another architecture: {key} is {info.dtype} {info.shape}, this network wants "
                f"{kinds[0]} {tuple(tensor.shape)}"
            )
