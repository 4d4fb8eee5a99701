"""Class maps as FiftyOne's heat maps: an 8-bit grey PNG a class, and what its grey levels mean in a JSON file.

    OUT/NAME.json        {"format", "image", "size": [H, W], "heatmaps": [{"label", "map_path", "range", "values",
                         "score"}, ...]}
    OUT/NAME/LABEL.png   grey g of 0 to 255 stands for low + g / 255 (high - low), with [low, high] the entry's "values"

A heat map is stretched over its image by whoever shows it: where that is not how the maps lie (`layout_maps`), it has
the image's size.

`label`, `map_path` and `range` ([0, 255], the range of the grey levels) are the fields of `fiftyone.Heatmap` [recalled
from its documentation, not run against it]; `map_path` is relative to OUT. The JSON is written last: with it, the image
is there.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wsss_viz.data.files import read_bounded, write_whole
from wsss_viz.data.images import Limits, read_mask
from wsss_viz.errors import InputError
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.storage import StoredMaps

__all__ = ["FORMAT", "LARGEST_JSON", "read_heat_maps", "write_heat_maps"]

FORMAT = "heat maps 1"
LARGEST_JSON = 2**20
_ANY_SIDE = Limits(side=1)


def write_heat_maps(folder: Path, name: str, stored: StoredMaps) -> None:
    """Writes `stored` as NAME.json and its PNGs, each whole or not at all, the JSON last.

    >>> import tempfile
    >>> from wsss_viz.traces.storage import StoredMaps
    >>> folder = Path(tempfile.mkdtemp())
    >>> maps = np.array([[[0.0, 1.0, 2.0]]], np.float32)
    >>> write_heat_maps(folder, "a", StoredMaps(maps, np.zeros(1, np.float32), ("cow",), (16, 24)))
    >>> sorted(path.name for path in folder.rglob("*.*"))
    ['a.json', 'cow.png']
    """
    stem = file_stem(name)
    entries = []
    maps = stored.maps if stored.grids is None else stored.image_values("raw")
    for key, values, score in zip(stored.keys, maps, stored.scores.tolist(), strict=True):
        low, high = float(values.min()), float(values.max())
        path = f"{stem}/{file_stem(key)}.png"
        write_whole(folder / path, _png(values, low, high))
        entries.append({"label": key, "map_path": path, "range": [0, 255], "values": [low, high], "score": score})
    head = {"format": FORMAT, "image": name, "size": list(stored.size), "heatmaps": entries}
    write_whole(folder / f"{stem}.json", (json.dumps(head, indent=2) + "\n").encode())


def read_heat_maps(folder: Path, name: str, classes: Sequence[str]) -> StoredMaps:
    """What `write_heat_maps` wrote, within half a grey level: (high - low) / 510.

    Raises:
        InputError: a file is missing or broken, or a label is not among `classes`.

    >>> import tempfile
    >>> from wsss_viz.traces.storage import StoredMaps
    >>> folder = Path(tempfile.mkdtemp())
    >>> maps = np.array([[[0.0, 1.0, 2.0]]], np.float32)
    >>> write_heat_maps(folder, "a", StoredMaps(maps, np.zeros(1, np.float32), ("cow",), (16, 24)))
    >>> read_heat_maps(folder, "a", ("cow", "dog")).maps.round(1).tolist()
    [[[0.0, 1.0, 2.0]]]
    """
    stem = file_stem(name)
    path = folder / f"{stem}.json"
    if not path.is_file():
        raise InputError(f"no maps at {path}: write them with `python -m wsss_viz maps --format fiftyone`")
    data = read_bounded(path, LARGEST_JSON)
    try:
        head = json.loads(data)
        if head["format"] != FORMAT:
            raise ValueError("another format")
        size = (int(head["size"][0]), int(head["size"][1]))
        entries = [_entry(entry) for entry in head["heatmaps"]]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise InputError(f"{path} does not describe heat maps: write it again") from None
    maps = []
    for label, low, high, _ in entries:
        if label not in classes:
            raise InputError(f"{path} has a heat map of {label[:40]!r}, no class of the data set")
        grey = read_mask(folder / stem / f"{file_stem(label)}.png", limits=_ANY_SIDE)
        maps.append(low + grey.astype(np.float64) / 255 * (high - low))
    if len({values.shape for values in maps}) > 1:
        raise InputError(f"{path} has heat maps of several sizes: write it again")
    stack = np.array(maps, dtype=np.float32) if maps else np.zeros((0, 1, 1), np.float32)
    scores = np.array([score for *_, score in entries], dtype=np.float32)
    return StoredMaps(stack, scores, tuple(label for label, *_ in entries), size)


def _entry(entry: Any) -> tuple[str, float, float, float]:
    low, high = (float(value) for value in entry["values"])
    if not np.isfinite([low, high]).all() or not isinstance(entry["label"], str):
        raise ValueError("not finite")
    return entry["label"], low, high, float(entry["score"])


def _png(values: NDArray, low: float, high: float) -> bytes:
    grey = np.zeros(values.shape) if high == low else (values.astype(np.float64) - low) / (high - low) * 255
    buffer = io.BytesIO()
    Pillow.fromarray(np.rint(grey).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
