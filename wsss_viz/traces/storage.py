"""Class maps on disk in the format of this project: one `.npz` an image, whole or not at all."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import check_content
from wsss_viz.data.files import read_bounded, write_whole
from wsss_viz.errors import InputError
from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.layout_maps import MapGrids, image_values

__all__ = ["LARGEST", "StoredMaps", "maps_bytes", "read_maps", "write_maps"]

LARGEST = 2**28


@dataclass(frozen=True, eq=False)
class StoredMaps:
    """The maps of one image.

    Attributes:
        maps: (K, h, w) float32, of the classes in `keys`; raw and signed where a format keeps that.
        scores: (K,) float32, their logits; NaN where a format does not keep them.
        keys: names of the K classes.
        size: (H, W) of the image.
        background: (h, w) float32, the background's score where a CRF or others' files give one: the pseudo mask is
            then the argmax over it and the maps.
        centres: where the cells of `maps` lie, in pixels of the image; None where unknown.
        grids: what the maps of the image are made of; None: `maps` stretched over it.
    """

    maps: NDArray[np.float32]
    scores: NDArray[np.float32]
    keys: tuple[str, ...]
    size: tuple[int, int]
    background: NDArray[np.float32] | None = None
    centres: CellCentres | None = None
    grids: MapGrids | None = None

    def image_values(self, by: str = "relu_max", centres: CellCentres | None = None) -> NDArray[np.float32]:
        """(K, H, W) the maps in the image's resolution, under the normalisation `by` (`layout_maps.image_values`).

        >>> maps = StoredMaps(np.array([[[0.0, 2.0]]], np.float32), np.zeros(1, np.float32), ("cow",), (1, 2))
        >>> maps.image_values()[0].round(2).tolist()
        [[0.0, 1.0]]
        """
        return image_values(self.maps, self.size, by, None, self.grids, centres)


def maps_bytes(stored: StoredMaps) -> bytes:
    """The file's content; the same maps give the same bytes.

    >>> stored = StoredMaps(np.zeros((1, 2, 3), np.float32), np.zeros(1, np.float32), ("cow",), (16, 24))
    >>> maps_bytes(stored) == maps_bytes(stored), maps_bytes(stored)[:2]
    (True, b'PK')
    """
    buffer = io.BytesIO()
    centres = stored.centres
    known: dict[str, Any] = (
        {} if centres is None else {"centres": np.array([centres.origin, centres.stride], dtype=np.float64)}
    )
    if stored.background is not None:
        known["background"] = stored.background.astype(np.float32)
    if stored.grids is not None:
        numbers, arrays = stored.grids.as_arrays()
        known |= {"grids": np.array(json.dumps(numbers)), **{f"grids/{name}": grid for name, grid in arrays.items()}}
    np.savez(
        buffer,
        maps=stored.maps.astype(np.float32),
        scores=stored.scores.astype(np.float32),
        keys=np.array(stored.keys, dtype=np.str_),
        size=np.array(stored.size, dtype=np.int64),
        **known,
    )
    return buffer.getvalue()


def write_maps(path: Path, stored: StoredMaps) -> None:
    """Writes one image's maps, whole or not at all.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cow.npz"
    >>> write_maps(path, StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("cow",), (16, 24)))
    >>> read_maps(path).keys, read_maps(path).maps.shape
    (('cow',), (1, 2, 3))
    """
    write_whole(path, maps_bytes(stored))


def read_maps(path: Path) -> StoredMaps:
    """Reads what `write_maps` wrote. Nothing in the file is executed.

    Raises:
        InputError: the file is missing, truncated, or not one of these.

    >>> read_maps(Path("none.npz"))
    Traceback (most recent call last):
    wsss_viz.errors.InputError: no maps at none.npz: write them with `python -m wsss_viz maps`
    """
    if not path.is_file():
        raise InputError(f"no maps at {path}: write them with `python -m wsss_viz maps`")
    data = read_bounded(path, LARGEST)
    try:
        check_content(io.BytesIO(data))
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            maps, scores, keys, size = file["maps"], file["scores"], file["keys"], file["size"]
            known = file["centres"] if "centres" in file.files else None
            ground = file["background"] if "background" in file.files else None
            numbers = json.loads(str(file["grids"])) if "grids" in file.files else None
            arrays = {name.removeprefix("grids/"): file[name] for name in file.files if name.startswith("grids/")}
        fits = (maps.dtype.kind, scores.dtype.kind, keys.dtype.kind, size.dtype.kind) == ("f", "f", "U", "i")
        fits = fits and maps.ndim == 3 and len(maps) == len(keys) and scores.shape == keys.shape and size.shape == (2,)
        fits = fits and (ground is None or ground.shape == maps.shape[1:])
        centres = None if known is None else CellCentres.of(known)
        grids = MapGrids.of(numbers, arrays)
        fits = fits and (grids is None or all(len(grid) == len(maps) for grid in arrays.values()))
    except Exception:  # a broken archive raises nearly anything
        raise InputError(f"{path} is not a file of class maps, or truncated: write it again") from None
    if not fits:
        raise InputError(f"{path} is not a file of class maps: maps {maps.shape}, keys {keys.shape}")
    names, whole = tuple(str(key) for key in keys), (int(size[0]), int(size[1]))
    return StoredMaps(maps, scores, names, whole, background=ground, centres=centres, grids=grids)
