"""Sequences of class scores that others have written: a `.npy` of frames x classes."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.files import read_bounded, readable_bytes
from wsss_viz.errors import InputError

__all__ = ["LARGEST", "MOST_CLASSES", "MOST_FRAMES", "read_class_scores"]

LARGEST = 64 * 2**20
MOST_FRAMES, MOST_CLASSES = 200_000, 5_000
_WANTED = "frames x classes, finite numbers: `numpy.save(file, scores)`"


def read_class_scores(source: bytes | Path, name: str = "") -> NDArray[np.float32]:
    """(T, C) float32 scores of a `.npy` file, any real type; (1, T, C), a batch of one video, is read as well.

    Nothing is unpickled, and the header's shape is held against the file's length before memory is taken for it.

    Args:
        name: what the person calls the file, for messages.

    Raises:
        InputError: in one line, for whatever is no such array.

    >>> np.save("scores.npy", np.array([[0.1, 2.0], [0.5, -1.0], [0.2, 0.0]]))
    >>> read_class_scores(Path("scores.npy")).shape
    (3, 2)
    """
    label = name or (str(source) if isinstance(source, Path) else "the file")
    label = "".join(character if character.isprintable() else "?" for character in label)[:120]
    data = source if isinstance(source, bytes) else read_bounded(source, LARGEST)
    if len(data) > LARGEST:
        raise InputError(f"{label}: {readable_bytes(len(data))}, more than the {readable_bytes(LARGEST)} that are read")
    array = _array(data, label)
    array = array[0] if array.ndim == 3 and len(array) == 1 else array
    if array.ndim != 2 or not array.size:
        raise InputError(f"{label} has the shape {array.shape}; wanted are {_WANTED}")
    if len(array) > MOST_FRAMES or array.shape[1] > MOST_CLASSES:
        raise InputError(
            f"{label}: {array.shape[0]:,} frames of {array.shape[1]:,} classes; at most {MOST_FRAMES:,} and "
            f"{MOST_CLASSES:,} are read: take every so many frames"
        )
    with np.errstate(over="ignore"):
        scores = array.astype(np.float32)
    if not np.isfinite(scores).all():
        raise InputError(f"{label} holds NaN or numbers without end; wanted are {_WANTED}")
    return scores


def _array(data: bytes, label: str) -> NDArray:
    """The array of a `.npy` file, once its header has been believed."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
        shape, _, kind = read_header(stream)
        if kind.kind in "fiub" and math.prod(shape) * kind.itemsize <= len(data):
            stream.seek(0)
            array: NDArray = np.load(stream, allow_pickle=False)
            return array
    except Exception:  # numpy says many things of broken bytes
        raise InputError(f"{label} is no .npy file, or cut off; wanted are {_WANTED}") from None
    if kind.hasobject:
        raise InputError(f"{label} is a pickle, which is not opened; wanted are {_WANTED}")
    raise InputError(f"{label} holds {kind} of shape {shape}, which is not what its length has; wanted are {_WANTED}")
