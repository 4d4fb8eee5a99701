"""What a file of tensors may hold: kinds of numbers, names, sizes. Needs no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError

__all__ = [
    "FLOATS",
    "FORMATS",
    "ITEM_BYTES",
    "LARGEST_FILE",
    "LEGACY",
    "LONGEST_NAME",
    "MOST_DIMENSIONS",
    "MOST_TENSORS",
    "MXNET",
    "NATIVE_KEY",
    "SAFETENSORS",
    "ZIP",
    "TensorInfo",
    "check_count",
    "check_shape",
    "check_size",
    "check_tensor_name",
    "sniff",
    "sniff_file",
]

LARGEST_FILE = 2 * 1024**3
MOST_TENSORS = 8192
LONGEST_NAME = 256
MOST_DIMENSIONS = 8

FLOATS = ("F64", "F32", "F16", "BF16")
ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Bytes a number, by safetensors' names of the kinds."""

SAFETENSORS, ZIP, LEGACY, MXNET = "safetensors", "zip pickle", "legacy pickle", "MXNet params"
FORMATS = {
    SAFETENSORS: "safetensors",
    ZIP: "torch pickle in a zip (1.6 and newer)",
    LEGACY: "torch pickle (before 1.6)",
    MXNET: "MXNet parameters",
}
"""The formats that are read, and how they are called."""

NATIVE_KEY = "wsss_viz"
"""Under which this project's own checkpoints describe themselves in safetensors' metadata."""

_MXNET_MAGIC = (0x112).to_bytes(8, "little")


@dataclass(frozen=True)
class TensorInfo:
    """One tensor as a header declares it.

    Attributes:
        dtype: one of `ITEM_BYTES`.
        shape: its sides.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """How many bytes they are stored in."""
        return self.count * ITEM_BYTES[self.dtype]

    @property
    def is_float(self) -> bool:
        """Whether the numbers are of a floating point kind."""
        return self.dtype in FLOATS


def check_size(size: int, name: str) -> None:
    """Raises InputError for a file that is empty or larger than `LARGEST_FILE`.

    Examples:
        >>> check_size(10, "x.pth")
    """
    if not size:
        raise InputError(f"{name} is empty: fetch it again")
    if size > LARGEST_FILE:
        raise InputError(f"{name} has {readable_bytes(size)}, more than {readable_bytes(LARGEST_FILE)}: not read")


def check_count(count: int, name: str) -> None:
    """Raises InputError for a file of no tensor or of more than `MOST_TENSORS`.

    Examples:
        >>> check_count(3, "x.pth")
    """
    if not count:
        raise InputError(f"{name} holds no tensor: give a file of weights")
    if count > MOST_TENSORS:
        raise InputError(f"{name} holds {count:,} tensors, more than the {MOST_TENSORS:,} a network has here: not read")


def check_tensor_name(key: object, name: str) -> str:
    """The tensor's name, where it is a plain one: it stands in messages and on pages.

    Examples:
        >>> check_tensor_name("fc.weight", "x.pth")
        'fc.weight'
    """
    if not isinstance(key, str) or not key or len(key) > LONGEST_NAME or not (key.isascii() and key.isprintable()):
        raise InputError(f"{name}: a tensor's name is not {LONGEST_NAME} printable ASCII characters at most: not read")
    return key


def check_shape(shape: Sequence[object], key: str, name: str) -> tuple[int, ...]:
    """The sides, where they are whole numbers from 0, `MOST_DIMENSIONS` at most, and of a size a file can have.

    Examples:
        >>> check_shape([2, 3], "w", "x.pth")
        (2, 3)
    """
    sides = tuple(side for side in shape if isinstance(side, int) and not isinstance(side, bool) and side >= 0)
    if len(sides) != len(shape) or len(sides) > MOST_DIMENSIONS or math.prod(sides) > LARGEST_FILE:
        raise InputError(f"{name}: {key} claims a shape that no weight has: the file is damaged, or made to do harm")
    return sides


def sniff(start: bytes, name: str) -> str:
    """The format by a file's first 16 bytes.

    Raises:
        InputError: it is none that is read here, with what it is where that can be told.

    Examples:
        >>> sniff(b"PK" + bytes([3, 4]), "x.pth")
        'zip pickle'
    """
    if start[:4] == b"PK\x03\x04":
        return ZIP
    if start[:8] == _MXNET_MAGIC:
        return MXNET
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return LEGACY
    if len(start) > 8 and start[8:9] == b"{":
        return SAFETENSORS
    raise InputError(f"{name} is {_known(start)}: give safetensors, a .pth of torch, or MXNet's .params")


def sniff_file(file: BinaryIO, name: str) -> str:
    """`sniff` of an open file, which is left at its start.

    Examples:
        >>> import io
        >>> sniff_file(io.BytesIO(b"PK" + bytes([3, 4])), "x.pth")
        'zip pickle'
    """
    file.seek(0)
    start = file.read(16)
    file.seek(0)
    return sniff(start, name)


def _known(start: bytes) -> str:
    for magic, what in (
        (b"\x1f\x8b", "compressed (gzip), unpack it"),
        (b"\x89HDF", "HDF5 (Keras), which is not read"),
        (b"<", "a web page, perhaps a download's warning, and no checkpoint"),
        (b"version https://git-lfs", "a pointer of Git LFS and no checkpoint, fetch the file itself"),
    ):
        if start.startswith(magic[:16]):
            return what
    return "truncated or not a file of weights"
