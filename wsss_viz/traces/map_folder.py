"""Folders of class maps, in the format of this project or in one of the field's.

| format | a file an image | what is kept |
|---|---|---|
| `ours` | `NAME.npz` | maps, raw and signed, logits, class names (`storage`) |
| `irn` | `NAME.npy` | IRN's dictionary of normalised maps, at stride 4 and in full resolution (`irn_maps`) |
| `mask` | `NAME.png` | a pseudo mask in VOC's palette: argmax over the maps and the threshold (`pseudo_masks`) |
| `fiftyone` | `NAME.json` and `NAME/CLASS.png` | maps in 8 bits with their ranges (`heat_maps`) |

Beside them stands `settings.json`, what they depend on. Folders that others wrote have none: their format is seen from
the files, their classes are those of the data set.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from wsss_viz.data.class_sets import MOST_CLASSES, mask_of_set, numbers_on_disk
from wsss_viz.data.files import explained, read_bounded, write_whole
from wsss_viz.data.images import read_mask
from wsss_viz.data.palette import voc_palette
from wsss_viz.data.sample import IGNORE, Mask
from wsss_viz.errors import InputError
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.heat_maps import read_heat_maps, write_heat_maps
from wsss_viz.traces.irn_maps import irn_bytes, read_irn
from wsss_viz.traces.pseudo_masks import pseudo_mask
from wsss_viz.traces.storage import StoredMaps, read_maps, write_maps

SUFFIXES = {"ours": ".npz", "irn": ".npy", "mask": ".png", "fiftyone": ".json"}
"""By format, the suffix of the file whose presence says that an image is done."""

SETTINGS = "settings.json"
IRN_THRESHOLD = 0.15
"""IRN's background threshold on VOC (`run_sample.py`, cam_eval_thres)."""


@dataclass(frozen=True)
class MapWriter:
    """Writes one image's maps in a format.

    Attributes:
        folder: to write to.
        classes: the class list that numbers what is written; all keys are in it.
        format: one of `SUFFIXES`.
        threshold: of the background, for pseudo masks.

    Raises:
        InputError: an unknown format, or more classes than a mask can number.
    """

    folder: Path
    classes: tuple[str, ...]
    format: str = "ours"
    threshold: float = IRN_THRESHOLD

    def __post_init__(self) -> None:
        if self.format not in SUFFIXES:
            raise InputError(f"unknown format {self.format!r}: give one of {', '.join(SUFFIXES)}")
        if self.format == "mask" and len(self.classes) > MOST_CLASSES:
            raise InputError(
                f"{len(self.classes)} classes; a mask of 8 bits numbers {MOST_CLASSES}: give another format"
            )
        if not 0 <= self.threshold < 1:
            raise InputError(f"the threshold is from 0 to below 1, got {self.threshold}")

    def path(self, name: str) -> Path:
        """The file that says that the image `name` is done."""
        return self.folder / f"{file_stem(name)}{SUFFIXES[self.format]}"

    def write(self, name: str, stored: StoredMaps) -> None:
        """Writes the image's files, each whole or not at all. Raises InputError for maps that are not finite."""
        if not np.isfinite(stored.maps).all():
            raise InputError(f"the class maps of {name} are not finite: the weights hold NaN or infinity; restore them")
        if self.format == "ours":
            write_maps(self.path(name), stored)
        elif self.format == "irn":
            write_whole(self.path(name), irn_bytes(stored, self.classes))
        elif self.format == "mask":
            write_whole(self.path(name), _mask_png(stored, self.classes, self.threshold))
        else:
            write_heat_maps(self.folder, name, stored)

    def settings(self) -> dict[str, Any]:
        """What a reader must know of the files."""
        extra = {"threshold": self.threshold} if self.format == "mask" else {}
        return {"format": self.format, "classes": list(self.classes), **extra}


class MapFolder:
    """Reads the maps in a folder.

    Args:
        folder: written by `MapWriter`, by IRN, PSA and their like, or of pseudo masks.
        classes: the data set's, in its order; what numbers are of where no settings.json says else.

    Attributes:
        format: one of `SUFFIXES`.
        threshold: of pseudo masks that we wrote, else None.

    Raises:
        InputError: no such folder, nothing in it, or a settings.json that is not ours.
    """

    def __init__(self, folder: Path, classes: Sequence[str]) -> None:
        self.folder = folder
        settings = _read_settings(folder)
        self.format = str(settings.get("format", "ours")) if settings else _seen_format(folder)
        named = settings.get("classes") if settings else None
        self.classes = tuple(classes) if named is None else tuple(str(name) for name in named)
        self.threshold: float | None = settings.get("threshold") if settings else None
        if self.format not in SUFFIXES:
            raise InputError(f"{folder / SETTINGS}: unknown format {self.format[:40]!r}; write the maps again")

    def read(self, name: str, size: tuple[int, int]) -> StoredMaps:
        """The maps of an image of (H, W). Raises InputError where they are missing, broken or of another image."""
        path = self.folder / f"{file_stem(name)}{SUFFIXES[self.format]}"
        if self.format == "irn":
            return read_irn(path, self.classes, size)
        stored = read_heat_maps(self.folder, name, self.classes) if self.format == "fiftyone" else read_maps(path)
        if stored.size != size:
            raise InputError(f"{path} is of an image of {stored.size}, not {size}: give the data it was made of")
        return stored

    def read_mask(self, name: str, size: tuple[int, int]) -> Mask:
        """The pseudo mask (H, W) of an image, index into `classes` + 1; 255 stays. Raises as `read`."""
        path = self.folder / f"{file_stem(name)}.png"
        if not path.is_file():
            raise InputError(f"no pseudo mask at {path}: write it with `python -m wsss_viz maps --format mask`")
        on_disk = read_mask(path)
        if on_disk.shape != size:
            raise InputError(f"{path} is of an image of {on_disk.shape}, not {size}: give the data it was made of")
        return mask_of_set(path, on_disk, self.classes)


def _read_settings(folder: Path) -> dict[str, Any] | None:
    """What settings.json says, None where there is none. Raises InputError where it is no settings.json of ours."""
    path = folder / SETTINGS
    with explained(folder):
        if not path.exists():
            return None
    try:
        settings = json.loads(read_bounded(path, 2**22))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        settings = None
    if not isinstance(settings, dict) or not isinstance(settings.get("classes", []), list):
        raise InputError(f"{path} is not readable as settings: remove it, or give another folder")
    return settings


def _seen_format(folder: Path) -> str:
    """The format of a folder without settings, from the suffixes in it."""
    with explained(folder):
        if not folder.is_dir():
            raise InputError(f"no maps at {folder}: write them with `python -m wsss_viz maps`")
        found = {file.suffix for file in folder.iterdir() if not file.name.startswith(".")}
    for name in ("ours", "irn", "mask"):
        if SUFFIXES[name] in found:
            return name
    raise InputError(f"no maps at {folder}: there is no .npz, .npy or .png in it; write them with `maps`")


def _mask_png(stored: StoredMaps, classes: Sequence[str], threshold: float) -> bytes:
    """The pseudo mask as palette PNG with VOC's colours, numbered as masks on disk are."""
    numbers = dict(zip(classes, numbers_on_disk(classes), strict=True))
    mask = pseudo_mask(stored.maps, list(range(len(stored.keys))), stored.size, threshold)
    on_disk = np.array([0, *(numbers[key] for key in stored.keys)], dtype=np.uint8)[mask]
    assert IGNORE not in on_disk
    image = Pillow.fromarray(on_disk)
    image.putpalette(voc_palette().tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
