"""Class maps as IRN writes them (`step/make_cam.py`; `docs/sources.md#irn`), one `.npy` per image, and as PSA does.

IRN's file is `np.save` of a dictionary:

    keys      (K,) int64 tensor, class indices from 0
    cam       (K, ceil(H / 4), ceil(W / 4)) float32 tensor
    high_res  (K, H, W) float32 array

    cam, high_res = M_c = ReLU(A_c) / (max_u ReLU(A_c) + 1e-5)

A_c is the sum over the views. `keys` and `cam` are tensors, for `step/make_sem_seg_labels.py` calls `.cuda()`. PSA's
file (`infer_cls.py`) is a dictionary of class index to (H, W) array. RIB's is IRN's.

torch names a pickled tensor's storage by its address; here it is named "0", so that the same maps give the same bytes.
"""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.class_sets import numbers_on_disk
from wsss_viz.data.pickled import read_pickled_dict
from wsss_viz.errors import InputError
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample
from wsss_viz.traces.storage import StoredMaps

_TORCH_MAGIC, _TORCH_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_STORAGES = {"int64": "LongStorage", "float32": "FloatStorage"}


def irn_bytes(stored: StoredMaps, classes: Sequence[str]) -> bytes:
    """The content of IRN's file; the same maps give the same bytes.

    Args:
        stored: where it has no `high_res` of the image's size, its maps are enlarged to 16 ceil(H / 16) x
            16 ceil(W / 16) and cut, as IRN does with each scale.
        classes: the class list whose places, or VOC's where its names are VOC's, are the keys (`class_sets`).
    """
    height, width = stored.size
    strided = (math.ceil(height / 4), math.ceil(width / 4))
    maps = stored.maps if stored.maps.shape[1:] == strided else upsample(stored.maps, strided)
    full = stored.high_res
    if full is None or full.shape[1:] != stored.size:
        padded = (16 * math.ceil(height / 16), 16 * math.ceil(width / 16))
        full = upsample(stored.maps, padded)[:, :height, :width]
    numbers = dict(zip(classes, numbers_on_disk(classes), strict=True))
    content = {
        "keys": _Tensor(np.array([numbers[key] - 1 for key in stored.keys], dtype=np.int64)),
        "cam": _Tensor(normalise(maps, "relu_max")),
        "high_res": np.ascontiguousarray(normalise(full, "relu_max")),
    }
    buffer = io.BytesIO()
    # What np.save writes for an object: its header, and the pickle of an array of it.
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    _Pickler(buffer, protocol=4).dump(np.array(content, dtype=object))
    return buffer.getvalue()


def read_irn(path: Path, classes: Sequence[str], size: tuple[int, int]) -> StoredMaps:
    """IRN's or PSA's file: the maps in the image's resolution, normalised as they were written.

    Args:
        classes: the class list the keys are of. Classes of VOC that are not in it are left out.
        size: (H, W) of the image.

    Raises:
        InputError: the file is missing or neither of the two, a class beyond the list, maps of another size.
    """
    if not path.is_file():
        raise InputError(f"no maps at {path}: write them with `python -m wsss_viz maps --format irn`")
    content = read_pickled_dict(path)
    if {"keys", "high_res"} <= content.keys():
        indices, maps = content["keys"].reshape(-1), content["high_res"]
    elif content and all(isinstance(key, int) for key in content):
        indices, maps = np.array(list(content)), _stacked(path, list(content.values()))
    else:
        raise InputError(f"{path} holds no class maps: IRN's have keys, cam and high_res, PSA's a map a class index")
    fits = maps.ndim == 3 and len(maps) == len(indices) and maps.shape[1:] == size
    if not fits or maps.dtype.kind != "f" or indices.dtype.kind not in "iu":
        raise InputError(f"{path} has {len(indices)} keys and maps {maps.shape} for an image of {size[0]} x {size[1]}")
    if not np.isfinite(maps).all():
        raise InputError(f"{path} has maps that are not finite: write it again")
    kept = _kept_classes(path, indices, classes)
    return StoredMaps(
        np.ascontiguousarray(maps[[i for i, _ in kept]], dtype=np.float32),
        np.full(len(kept), np.nan, dtype=np.float32),
        tuple(name for _, name in kept),
        size,
    )


def _kept_classes(path: Path, indices: NDArray, classes: Sequence[str]) -> list[tuple[int, str]]:
    """Position and name of each class index from 0 that is in the class list; InputError for one beyond it."""
    names = dict(zip(numbers_on_disk(classes), classes, strict=True))
    last = max(len(classes), 20 if tuple(names) != tuple(range(1, len(classes) + 1)) else 0)
    found = []
    for position, index in enumerate(indices.tolist()):
        if not 0 <= index < last:
            raise InputError(
                f"{path} has class {index}, beyond the {last} of the data set: give the data it was made of"
            )
        if index + 1 in names:
            found.append((position, names[index + 1]))
    return found


def _stacked(path: Path, maps: list[NDArray]) -> NDArray:
    if len({array.shape for array in maps}) > 1:
        raise InputError(f"{path} has maps of several sizes: write it again")
    return np.stack(maps)


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
