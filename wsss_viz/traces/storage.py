"""Class maps on disk: one `.npz` an image, whole or not at all."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError


@dataclass(frozen=True, eq=False)
class StoredMaps:
    """What one file holds.

    Attributes:
        maps: (K, h, w) float32, raw and signed, of the classes in `keys`.
        scores: (K,) float32, their logits.
        keys: names of the K classes.
        size: (H, W) of the image.
    """

    maps: NDArray[np.float32]
    scores: NDArray[np.float32]
    keys: tuple[str, ...]
    size: tuple[int, int]


def maps_bytes(stored: StoredMaps) -> bytes:
    """The file's content; the same maps give the same bytes."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        maps=stored.maps.astype(np.float32),
        scores=stored.scores.astype(np.float32),
        keys=np.array(stored.keys, dtype=np.str_),
        size=np.array(stored.size, dtype=np.int64),
    )
    return buffer.getvalue()


def write_maps(path: Path, stored: StoredMaps) -> None:
    """Writes one image's maps, whole or not at all."""
    write_whole(path, maps_bytes(stored))


def read_maps(path: Path) -> StoredMaps:
    """Reads what `write_maps` wrote. Nothing in the file is executed.

    Raises:
        InputError: the file is missing, truncated, or not one of these.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            maps, scores, keys, size = file["maps"], file["scores"], file["keys"], file["size"]
    except FileNotFoundError:
        raise InputError(f"no maps at {path}: write them with `python -m wsss_viz maps`") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{path} is not a file of class maps, or truncated: write it again") from None
    if maps.ndim != 3 or len(maps) != len(keys) or scores.shape != keys.shape or size.shape != (2,):
        raise InputError(f"{path} is not a file of class maps: maps {maps.shape}, keys {keys.shape}")
    return StoredMaps(maps, scores, tuple(str(key) for key in keys), (int(size[0]), int(size[1])))
