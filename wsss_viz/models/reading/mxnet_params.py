"""MXNet's binary parameters (.params), as `mx.nd.save` wrote them. Needs no torch and no MXNet.

Little endian: u64 0x112, u64 0, u64 n; n arrays; u64 n; n names, each u64 length and bytes. An array: u32 magic,
0xF993FAC9 (then i32 storage type, u32 dimensions, i64 sides) or 0xF993FAC8 (u32 dimensions, i64 sides), else the magic
is the number of dimensions and the sides are u32 (before 2017); then i32 device type, i32 device number, i32 type of
the numbers, the numbers.
"""

from __future__ import annotations

import math
import struct
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import LONGEST_NAME, check_count, check_shape, check_tensor_name

__all__ = ["read_params"]

_V2, _V1 = 0xF993FAC9, 0xF993FAC8
_TYPES = ("<f4", "<f8", "<f2", "<u1", "<i4", "<i1", "<i8")


def read_params(file: BinaryIO, size: int, name: str) -> dict[str, NDArray]:
    """The arrays of an open file of `size` bytes, by name, each at its own shape and type.

    Raises:
        InputError: truncated, or it claims more than the file can hold.

    Examples:
        >>> import io
        >>> array = struct.pack("<IIiii", 1, 2, 1, 0, 0) + np.ones(2, dtype="<f4").tobytes()
        >>> content = struct.pack("<QQQ", 0x112, 0, 1) + array + struct.pack("<QQ", 1, 1) + b"w"
        >>> read_params(io.BytesIO(content), len(content), "x.params")["w"].tolist()
        [1.0, 1.0]
    """
    file.seek(0)
    reader = _Reader(file, size, name)
    reader.number("<Q")
    reader.number("<Q")
    count = reader.number("<Q")
    check_count(count, name)
    arrays = [reader.array(f"array {i + 1}") for i in range(count)]
    if reader.number("<Q") != count:
        raise InputError(f"{name} has not one name an array: it is truncated or damaged; fetch it again")
    names = [check_tensor_name(reader.text(), name) for _ in range(count)]
    if len(set(names)) != count:
        raise InputError(f"{name}: a name stands twice: the file is damaged")
    return dict(zip(names, arrays, strict=True))


class _Reader:
    """A file read from its start, never beyond its end."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self._file, self._left, self._name = file, size, name

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        if count > self._left:
            raise InputError(f"{self._name} is truncated or damaged: it claims more than it has; fetch it again")
        self._left -= count
        data = self._file.read(count)
        if len(data) != count:
            raise InputError(f"{self._name} is truncated: fetch it again")
        return data

    def number(self, kind: str) -> int:
        """The next whole number, of a `struct` kind."""
        value: int = struct.unpack(kind, self.take(struct.calcsize(kind)))[0]
        return value

    def text(self) -> str:
        """The next name."""
        length = self.number("<Q")
        if length > LONGEST_NAME:
            raise InputError(f"{self._name}: a name of {length:,} bytes: the file is damaged")
        return self.take(length).decode("latin-1")

    def array(self, key: str) -> NDArray:
        """The next array."""
        magic = self.number("<I")
        if magic == _V2 and self.number("<i") != 0:
            raise InputError(f"{self._name}: {key} is sparse, which no weight of these networks is: not read")
        wide = magic in (_V1, _V2)
        dimensions = self.number("<I") if wide else magic
        if dimensions > 8:
            raise InputError(f"{self._name}: {key} claims {dimensions:,} dimensions: it is damaged; fetch it again")
        shape = check_shape([self.number("<q" if wide else "<I") for _ in range(dimensions)], key, self._name)
        self.number("<i")
        self.number("<i")
        kind = self.number("<i")
        if not 0 <= kind < len(_TYPES):
            raise InputError(f"{self._name}: {key} is of the unknown type {kind}: it is damaged; fetch it again")
        dtype = np.dtype(_TYPES[kind])
        return np.frombuffer(self.take(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)
