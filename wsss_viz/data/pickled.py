"""Dictionaries of arrays that numpy pickled, read without running anything.

PSA's and IRN's `cls_labels.npy` and class maps are `np.save` of a dictionary: a pickle behind a .npy header, and a
pickle is a program. Its opcodes are gone through before it runs (only those that build containers, numbers and text,
none that makes the reader allocate more than the file holds), and whatever it calls is played by a stand-in of ours:
no class and no function of any module is looked up, neither numpy's nor torch's. Arrays are made from the bytes in the
file, and are as large as those. Tensors, which IRN pickles too (`step/make_cam.py` of jiwoon-ahn/irn), become arrays.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.files import read_bounded
from wsss_viz.errors import InputError

__all__ = ["LARGEST", "MAX_OPERATIONS", "read_pickled_dict"]

LARGEST = 2**28
"""Bytes of a file that is read at most: labels of COCO's 123,000 images take 45 MB, one image's maps of VOC 20 MB."""

MAX_OPERATIONS = 6_000_000
"""Opcodes at most; COCO's labels have about 2,000,000."""

_OPCODES = frozenset(
    opcode
    for line in (
        "PROTO FRAME STOP MARK POP POP_MARK MEMOIZE PUT BINPUT LONG_BINPUT GET BINGET LONG_BINGET",
        "EMPTY_DICT EMPTY_LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 LIST DICT APPEND APPENDS SETITEM SETITEMS",
        "NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 FLOAT BINFLOAT",
        "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 STRING BINSTRING SHORT_BINSTRING",
        "BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 GLOBAL STACK_GLOBAL REDUCE BUILD",
    )
    for opcode in line.split()
)
_TAKEN = {
    "POP": 1, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2, "REDUCE": 2, "BUILD": 1,
    "STACK_GLOBAL": 2, "BINPERSID": 1,
}  # fmt: skip
"""How many values an opcode takes from the stack."""
_TAKEN_TO_MARK = frozenset(("POP_MARK", "TUPLE", "LIST", "DICT", "APPENDS", "SETITEMS"))
_GROWS = frozenset(("APPEND", "APPENDS", "SETITEM", "SETITEMS", "BUILD"))
"""What adds to the value before them."""
_DEEPEST = 100
_MOST_SIDES = 32
_MEMO_WRITES = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_NUMBER = re.compile(r"[biuf][1248]")
_TORCH_STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "b1",
}
_TORCH_MAGIC, _TORCH_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def read_pickled_dict(path: Path | str, limit: int = LARGEST) -> dict[str | int, NDArray]:
    """The dictionary that `np.save` wrote to `path`: texts or whole numbers to arrays.

    Args:
        path: a .npy file that holds one dictionary; its values are numpy arrays, torch tensors, numbers or flat lists.
        limit: bytes that are read at most.

    Raises:
        InputError: the file is missing, larger, cut off, no such dictionary, or wants to call something.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "maps.npy"
    >>> np.save(path, np.array({3: np.zeros((2, 3))}, dtype=object), allow_pickle=True)
    >>> {key: values.shape for key, values in read_pickled_dict(path).items()}
    {3: (2, 3)}
    """
    path = Path(path)
    data = read_bounded(path, limit)
    try:
        return _dictionary(data)
    except Exception as error:  # a broken pickle raises nearly anything
        cause = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"{path}: no dictionary of arrays ({cause}); write it with np.save(path, dictionary)"
        ) from None


def _dictionary(data: bytes) -> dict[str | int, NDArray]:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if dtype != np.dtype(object) or shape != ():
        raise ValueError(f"an array of {dtype}, shape {shape}")
    root = _load(stream)
    content = root.items[0] if isinstance(root, _Array) and root.items is not None and len(root.items) == 1 else root
    if not isinstance(content, dict):
        raise ValueError(f"it holds {_kind(content)}")
    return {_key(key): _plain(value) for key, value in content.items()}


def _load(stream: io.BytesIO, persistent: Callable[[Any], Any] | None = None) -> Any:
    """The value of the pickle at the stream's position, once its opcodes have been seen to be harmless."""
    start = stream.tell()
    allowed = _OPCODES if persistent is None else _OPCODES | {"BINPERSID"}
    sizes = _Sizes()
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if opcode.name not in allowed or count > MAX_OPERATIONS:
            cause = f"opcode {opcode.name}" if opcode.name not in allowed else f"more than {MAX_OPERATIONS} opcodes"
            raise ValueError(f"{cause}, which no such file needs")
        # The reader's table of remembered values is as long as the largest place that is named.
        if opcode.name in _MEMO_WRITES and int(argument or 0) > count:
            raise ValueError(f"place {argument} in a table of {count}")
        sizes.after(opcode.name, argument)
    stream.seek(start)
    return _Reader(stream, persistent).load()


class _Sizes:
    """How large and how deep each value is when it is walked through, before any is made.

    A few hundred bytes name the same tuple twice in the next, forty times over: 2**40 steps for its hash.
    """

    def __init__(self) -> None:
        self._stack: list[tuple[int, int]] = []
        self._marks: list[int] = []
        self._named: dict[int, tuple[int, int]] = {}

    def after(self, name: str, argument: Any) -> None:
        """Goes on by one opcode. Raises ValueError beyond the bounds, or where the stack does not suffice."""
        stack = self._stack
        if name == "MARK":
            self._marks.append(len(stack))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._named[int(argument)] = stack[-1]
        elif name == "MEMOIZE":
            self._named[len(self._named)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._named[int(argument)])
        elif name in _TAKEN or name in _TAKEN_TO_MARK:
            first = self._marks.pop() if name in _TAKEN_TO_MARK else len(stack) - _TAKEN[name]
            if first < 0 or first > len(stack):
                raise ValueError("a value that is not there")
            parts = stack[first:]
            del stack[first:]
            if name in _GROWS:
                parts.append(stack.pop())
            size, depth = 1 + sum(size for size, _ in parts), 1 + max((depth for _, depth in parts), default=0)
            if size > MAX_OPERATIONS or depth > _DEEPEST:
                raise ValueError("values within values without end")
            if name not in ("POP", "POP_MARK"):
                stack.append((size, depth))
        elif name not in ("PROTO", "FRAME", "STOP"):
            stack.append((1, 0))


class _Reader(pickle.Unpickler):
    """Answers every global by a stand-in, and refuses those it has none for."""

    def __init__(self, stream: io.BytesIO, persistent: Callable[[Any], Any] | None) -> None:
        super().__init__(stream, encoding="latin1")
        self._persistent = persistent

    def find_class(self, module: str, name: str, /) -> Any:
        source = module.replace("numpy._core", "numpy.core")
        if source in ("torch", "torch.cuda") and name in _TORCH_STORAGES:
            return _StandIn(_refuse, _TORCH_STORAGES[name])
        if (source, name) not in _STAND_INS:
            raise pickle.UnpicklingError(f"it calls {module[:40]}.{name[:40]}")
        return _StandIn(_STAND_INS[source, name])

    def persistent_load(self, pid: Any, /) -> Any:
        if self._persistent is None:
            raise pickle.UnpicklingError("it refers to another file")
        return self._persistent(pid)


class _StandIn:
    """Called in place of what a pickle names; made anew for each mention, so that none can change it for others."""

    __slots__ = ("call", "dtype")

    def __init__(self, call: Callable[..., Any], dtype: str = "") -> None:
        self.call, self.dtype = call, dtype

    def __call__(self, *arguments: Any) -> Any:
        return self.call(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it changes a function")


class _Dtype:
    """numpy's dtype: a kind and a size in bytes ("f4"), later its byte order."""

    __slots__ = ("order", "text")

    def __init__(self, text: str) -> None:
        self.text, self.order = text, "<"

    def __setstate__(self, state: Any) -> None:
        self.order = state[1] if state[1] in ("<", ">") else "<"

    def array(self, data: bytes, shape: tuple[int, ...], fortran: bool = False) -> NDArray:
        """The numbers in `data`; their bytes must be exactly those of the shape."""
        if not _NUMBER.fullmatch(self.text):
            raise pickle.UnpicklingError(f"an array of {self.text[:20]}")
        dtype = np.dtype(self.order + self.text)
        if len(shape) > _MOST_SIDES or any(type(side) is not int or not 0 <= side <= LARGEST for side in shape):
            raise pickle.UnpicklingError("an array of no shape that an array has")
        if math.prod(shape) * dtype.itemsize != len(data):
            raise pickle.UnpicklingError(f"{len(data)} bytes for an array of shape {shape!r:.60}")
        values = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
        return np.ascontiguousarray(values, dtype.newbyteorder("=")).reshape(shape)


class _Array:
    """numpy's ndarray: empty until its state is set, then `value`, or `items` where it holds objects."""

    __slots__ = ("items", "value")

    def __init__(self) -> None:
        self.value: NDArray | None = None
        self.items: list[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
            raise pickle.UnpicklingError("an array without a type")
        if dtype.text in ("O8", "O4", "O"):
            if not isinstance(content, list):
                raise pickle.UnpicklingError("an array of objects without any")
            self.items = content
        else:
            self.value = dtype.array(_as_bytes(content), shape, bool(fortran))


def _as_bytes(content: Any) -> bytes:
    return content.encode("latin1") if isinstance(content, str) else bytes(memoryview(content))


def _refuse(*_: Any) -> Any:
    raise pickle.UnpicklingError("it calls a type")


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _dtype(text: Any, *_: Any) -> _Dtype:
    if not isinstance(text, str):
        raise pickle.UnpicklingError("a type without a name")
    return _Dtype(text)


def _scalar(dtype: _Dtype, content: Any) -> Any:
    return dtype.array(_as_bytes(content), ())[()]


def _frombuffer(content: Any, dtype: _Dtype, shape: tuple[int, ...], order: str) -> _Array:
    array = _Array()
    array.value = dtype.array(_as_bytes(content), shape, order == "F")
    return array


def _encode(text: str, encoding: str = "latin1") -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError("text in another encoding than latin1")
    return text.encode("latin1")


def _no_bytes(*arguments: Any) -> bytes:
    """Protocols before 3 write empty bytes as a call."""
    return b"" if not arguments else _refuse()


def _torch_storage(data: bytes) -> NDArray:
    """The 1-D array of a storage that torch saved in the format from before version 1.6, the one it pickles."""
    stream = io.BytesIO(data)
    if (_load(stream), _load(stream)) != (_TORCH_MAGIC, _TORCH_PROTOCOL):
        raise pickle.UnpicklingError("an unknown tensor format")
    _load(stream)  # byte order and sizes of integers, the same on every machine there is

    def describe(pid: Any) -> _Dtype:
        if pid[0] != "storage" or not isinstance(pid[1], _StandIn) or not pid[1].dtype or pid[5] is not None:
            raise pickle.UnpicklingError("an unknown tensor storage")
        return _Dtype(pid[1].dtype)

    dtype = _load(stream, describe)
    keys = _load(stream)
    if not isinstance(dtype, _Dtype) or not isinstance(keys, list) or len(keys) != 1:
        raise pickle.UnpicklingError("an unknown tensor storage")
    count = int.from_bytes(stream.read(8), "little")
    return dtype.array(stream.read(), (count,))


def _torch_tensor(storage: NDArray, offset: int, size: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> NDArray:
    """The array that a tensor is, within its storage and not larger than it."""
    numbers = (offset, *size, *strides)
    if not isinstance(storage, np.ndarray) or len(size) != len(strides) or any(type(n) is not int for n in numbers):
        raise pickle.UnpicklingError("an unknown tensor")
    if len(size) > _MOST_SIDES or max(numbers, default=0) > LARGEST:
        raise pickle.UnpicklingError("a tensor of no shape that a tensor has")
    count = math.prod(size)
    last = offset + sum((side - 1) * stride for side, stride in zip(size, strides, strict=True))
    if min(numbers, default=0) < 0 or count > storage.size or (count and last >= storage.size):
        raise pickle.UnpicklingError(f"a tensor of shape {size!r:.60} over {storage.size} numbers")
    if not count:
        return np.zeros(size, storage.dtype)
    steps = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps).copy()


_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy", "ndarray"): _refuse,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("collections", "OrderedDict"): dict,
    ("torch._utils", "_rebuild_tensor_v2"): _torch_tensor,
    ("torch.storage", "_load_from_bytes"): _torch_storage,
}


def _key(key: Any) -> str | int:
    if isinstance(key, np.integer) or type(key) is int:
        return int(key)
    if isinstance(key, str):
        return key
    raise ValueError(f"a key that is {_kind(key)}")


def _plain(value: Any) -> NDArray:
    if isinstance(value, _Array) and value.items is not None:
        value = value.items
    if isinstance(value, _Array):
        value = value.value
    if isinstance(value, np.ndarray):
        return value
    numbers = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(number, int | float | np.number | np.bool_) for number in numbers):
        raise ValueError(f"a value that is {_kind(value)}")
    return np.array(value)


def _kind(value: Any) -> str:
    return "something else" if isinstance(value, _Array | _Dtype | _StandIn) else f"a {type(value).__name__}"
