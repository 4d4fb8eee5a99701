"""Class maps as IRN writes them (`step/make_cam.py`; `docs/sources.md#irn`), one `.npy` per image, and as PSA does.

IRN's file is `np.save` of a dictionary:

    keys      (K,) int64 tensor, class indices from 0
    cam       (K, ceil(H / 4), ceil(W / 4)) float32 tensor
    high_res  (K, H, W) float32 array

    cam, high_res = M_c = ReLU(A_c) / (max_u ReLU(A_c) + 1e-5)

A_c is the sum over the views, `high_res` made as the network's layout makes it (`layout_maps`). `keys` and `cam` are
tensors, for `step/make_sem_seg_labels.py` calls `.cuda()`. PSA's file (`infer_cls.py`) is a dictionary of class index
to (H, W) array. RIB's is IRN's.

torch names a pickled tensor's storage by its address; here it is named "0", so that the same maps give the same bytes.
"""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample
from wsss_viz.traces.storage import StoredMaps

__all__ = ["CRF_ALPHA", "crf_bytes", "irn_bytes", "psa_bytes"]

CRF_ALPHA = 4.0
"""PSA's lower power of the background's score (`infer_cls.py`, low_alpha)."""

_TORCH_MAGIC, _TORCH_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"int64": "LongStorage", "float32": "FloatStorage"}


def irn_bytes(stored: StoredMaps, numbering: ClassNumbering) -> bytes:
    """The content of IRN's file; the same maps give the same bytes.

    Args:
        numbering: whose numbers - 1 are the keys.

    Examples:
        >>> from pathlib import Path
        >>> from wsss_viz.data.numbering import default_numbering
        >>> from wsss_viz.data.pickled import read_pickled_dict
        >>> stored = StoredMaps(np.array([[[0.0, 2.0, 4.0]]], np.float32), np.ones(1, np.float32), ("dog",), (4, 12))
        >>> _ = Path("a.npy").write_bytes(irn_bytes(stored, default_numbering(("cat", "dog"))))
        >>> content = read_pickled_dict(Path("a.npy"))
        >>> content["keys"].tolist(), content["cam"].round(2).tolist()  # dog is VOC's 12th
        ([11], [[[0.0, 0.5, 1.0]]])
    """
    height, width = stored.size
    strided = (math.ceil(height / 4), math.ceil(width / 4))
    maps = stored.maps if stored.maps.shape[1:] == strided else upsample(stored.maps, strided)
    maps = maps * np.float32(1 if stored.grids is None else stored.grids.count)
    numbers = dict(zip(numbering.names, numbering.numbers, strict=True))
    content = {
        "keys": _Tensor(np.array([numbers[key] - 1 for key in stored.keys], dtype=np.int64)),
        "cam": _Tensor(normalise(maps, "relu_max")),
        "high_res": np.ascontiguousarray(stored.image_values()),
    }
    return _saved(content)


def psa_bytes(stored: StoredMaps, numbering: ClassNumbering) -> bytes:
    """PSA's file (`infer_cls.py`): `np.save` of {class from 0: (H, W) float32}, normalised as IRN's.

    >>> from wsss_viz.data.numbering import by_lines
    >>> maps = StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("heart",), (9, 8))
    >>> psa_bytes(maps, by_lines(("lung", "heart"), "a list"))[:6]
    b'\\x93NUMPY'
    """
    return _saved({number - 1: values for number, values in _normalised(stored, numbering)})


def crf_bytes(stored: StoredMaps, numbering: ClassNumbering, alpha: float = CRF_ALPHA) -> bytes:
    """PSA's and SEAM's CRF files, {0: background, class + 1: (H, W)}.

    Of maps that went through a CRF its result; of others what PSA gives to it, the background (1 - max_c M_c)^alpha
    (alpha 4 and 32; SEAM 4 and 24).

    >>> from wsss_viz.data.numbering import by_lines
    >>> maps = StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("heart",), (9, 8))
    >>> crf_bytes(maps, by_lines(("lung", "heart"), "a list"))[:6]
    b'\\x93NUMPY'
    """
    if stored.background is not None:
        numbers = dict(zip(numbering.names, numbering.numbers, strict=True))
        return _saved(
            {0: stored.background, **{numbers[key]: each for key, each in zip(stored.keys, stored.maps, strict=True)}}
        )
    pairs = list(_normalised(stored, numbering))
    highest = np.max([values for _, values in pairs], axis=0, initial=0) if pairs else np.zeros(stored.size, np.float32)
    background = np.power(1 - highest, alpha, dtype=np.float32)
    return _saved({0: background, **dict(pairs)})


def _normalised(stored: StoredMaps, numbering: ClassNumbering) -> Iterator[tuple[int, NDArray]]:
    numbers = dict(zip(numbering.names, numbering.numbers, strict=True))
    for key, values in zip(stored.keys, stored.image_values(), strict=True):
        yield numbers[key], np.ascontiguousarray(values, dtype=np.float32)


def _saved(content: dict[Any, Any]) -> bytes:
    """What np.save writes for an object: its header, and the pickle of an array of it."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    _Pickler(buffer, protocol=4).dump(np.array(content, dtype=object))
    return buffer.getvalue()


class _Tensor:
    """An array that is pickled as torch pickles a tensor."""

    def __init__(self, array: NDArray) -> None:
        self.array = np.ascontiguousarray(array)


class _Storage:
    """What a tensor's numbers lie in, pickled as torch does: a file of its format from before version 1.6."""

    def __init__(self, array: NDArray) -> None:
        self.array = array

    def data(self) -> bytes:
        import torch

        stream = io.BytesIO()
        sizes = {"protocol_version": _TORCH_PROTOCOL, "little_endian": True,
                 "type_sizes": {"short": 2, "int": 4, "long": 4}}  # fmt: skip
        for value in (_TORCH_MAGIC, _TORCH_PROTOCOL, sizes):
            pickle.dump(value, stream, protocol=2)
        kind = getattr(torch, _STORAGES[self.array.dtype.name])
        _Named(stream, ("storage", kind, "0", "cpu", self.array.size, None)).dump(self)
        pickle.dump(["0"], stream, protocol=2)
        stream.write(self.array.size.to_bytes(8, "little"))
        stream.write(self.array.astype(self.array.dtype.newbyteorder("<"), copy=False).tobytes())
        return stream.getvalue()


class _Named(pickle.Pickler):
    """Writes a storage as the name by which its numbers are found later in the file."""

    def __init__(self, stream: io.BytesIO, name: tuple[Any, ...]) -> None:
        super().__init__(stream, protocol=2)
        self._name = name

    def persistent_id(self, obj: Any) -> Any:
        return self._name if isinstance(obj, _Storage) else None


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, _Tensor | _Storage):
            return NotImplemented
        import torch

        if isinstance(obj, _Storage):
            return torch.storage._load_from_bytes, (obj.data(),)
        shape = obj.array.shape
        strides = tuple(step // obj.array.itemsize for step in obj.array.strides)
        arguments: tuple[Any, ...] = (_Storage(obj.array), 0, shape, strides, False, OrderedDict())
        return torch._utils._rebuild_tensor_v2, arguments
