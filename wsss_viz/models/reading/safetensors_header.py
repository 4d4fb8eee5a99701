"""safetensors' header: which tensors a file holds, before anything of them is read. Needs no torch.

Layout: u64 length of the header, the header as JSON, then the numbers. The library safetensors reads the numbers; the
header is parsed here first, because what is refused should be named, and because it costs a page no torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, BinaryIO

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import ITEM_BYTES, TensorInfo, check_count, check_shape, check_tensor_name

__all__ = ["LARGEST_HEADER", "Header", "read_header"]

LARGEST_HEADER = 16 * 1024**2


@dataclass(frozen=True)
class Header:
    """What a file declares.

    Attributes:
        tensors: by name.
        metadata: free text by name.
        ranges: of each tensor the first byte of its numbers and the one after its last, counted from the file's start.
    """

    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]
    ranges: dict[str, tuple[int, int]]


def read_header(file: BinaryIO, size: int, name: str) -> Header:
    """The header of an open file of `size` bytes.

    Raises:
        InputError: it is truncated, or says what cannot be: sizes that do not fit, gaps, overlaps, too many tensors.

    Examples:
        >>> import io
        >>> from safetensors.numpy import save
        >>> import numpy as np
        >>> content = save({"w": np.ones(2, dtype=np.float32)})
        >>> read_header(io.BytesIO(content), len(content), "x.safetensors").tensors
        {'w': TensorInfo(dtype='F32', shape=(2,))}
    """
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if size < 10 or length > size - 8:
        raise InputError(f"{name} is truncated or not a safetensors file: fetch it again")
    if length > LARGEST_HEADER:
        raise InputError(
            f"{name} has a header of {readable_bytes(length)}, more than {readable_bytes(LARGEST_HEADER)}: not read"
        )
    try:
        entries = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        why = "it nests too deeply" if isinstance(error, RecursionError) else "it is no JSON"
        raise InputError(f"{name} is truncated or not a safetensors file (header: {why}): fetch it again") from None
    if not isinstance(entries, dict):
        raise InputError(f"{name} is truncated or not a safetensors file (header: not an object): fetch it again")
    metadata = _metadata(entries.pop("__metadata__", None), name)
    check_count(len(entries), name)
    tensors, ranges = _tensors(entries, size - 8 - length, name)
    first = 8 + length
    return Header(tensors, metadata, {key: (first + start, first + end) for key, (start, end) in ranges.items()})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a name stands twice")
    return unique


def _metadata(given: object, name: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise InputError(f"{name}: its metadata is not text by name, as safetensors have it: fetch it again")
    return {str(key): value for key, value in given.items()}


def _tensors(
    entries: dict[str, Any], data_bytes: int, name: str
) -> tuple[dict[str, TensorInfo], dict[str, tuple[int, int]]]:
    """The tensors, whose ranges must fill the data from its first byte to its last without a gap or an overlap."""
    tensors: dict[str, TensorInfo] = {}
    ranges: dict[str, tuple[int, int]] = {}
    for key, entry in entries.items():
        check_tensor_name(key, name)
        info, start, end = _entry(entry, key, name)
        if end - start != info.bytes:
            raise InputError(f"{name}: {key} says {info.shape} {info.dtype} and has {end - start} bytes: it is damaged")
        tensors[key] = info
        ranges[key] = (start, end)
    position = 0
    for start, end in sorted(ranges.values()):
        if start != position:
            raise InputError(f"{name}: its tensors overlap or leave gaps: the file is damaged, or made to do harm")
        position = end
    if position != data_bytes:
        raise InputError(
            f"{name} is truncated or not a safetensors file ({data_bytes:,} bytes of numbers, {position:,} declared): "
            "fetch it again"
        )
    return tensors, ranges


def _entry(entry: object, key: str, name: str) -> tuple[TensorInfo, int, int]:
    """What one tensor declares, and its range of bytes."""
    if not isinstance(entry, dict):
        raise InputError(f"{name}: {key} does not describe a tensor: the file is damaged")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in ITEM_BYTES:
        raise InputError(f"{name}: {key} is of the type {str(dtype)[:16]!r}, none of {', '.join(ITEM_BYTES)}: not read")
    if not isinstance(shape, list) or not isinstance(offsets, list):
        raise InputError(f"{name}: {key} does not describe a tensor: the file is damaged")
    whole = [offset for offset in offsets if isinstance(offset, int) and not isinstance(offset, bool) and offset >= 0]
    if len(offsets) != 2 or len(whole) != 2 or whole[0] > whole[1]:
        raise InputError(f"{name}: {key} does not say where its numbers are: the file is damaged")
    return TensorInfo(dtype, check_shape(shape, key, name)), whole[0], whole[1]
