"""Folders of class maps, in the format of this project or in one of the field's.

| format | one file per image | what is kept |
|---|---|---|
| `ours` | `NAME.npz` | maps, raw and signed, logits, class names (`storage`) |
| `irn` | `NAME.npy` | IRN's dictionary of normalised maps, at stride 4 and in full resolution (`irn_maps`) |
| `mask` | `NAME.png` | a pseudo mask in VOC's palette: argmax over the maps and the threshold (`pseudo_masks`) |
| `psa` | `NAME.npy` | PSA's dictionary of class from 0 to normalised map (`irn_maps`) |
| `crf` | `NAME.npy` | the form of PSA's and SEAM's CRF files, with the background's score at key 0 |
| `fiftyone` | `NAME.json` and `NAME/CLASS.png` | maps in 8 bits with their ranges (`heat_maps`) |
| `overlay` | `NAME.png` | nothing: pictures to look at (`overlay_sheet`) |

Beside them stands `settings.json`, what they depend on. Folders that others wrote have none: their format is seen from
the files, their classes are those of the data set; `foreign_maps` has the forms that are read.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wsss_viz.data.class_sets import MOST_CLASSES
from wsss_viz.data.files import explained, read_bounded, write_whole
from wsss_viz.data.findings import Note
from wsss_viz.data.images import read_mask_file
from wsss_viz.data.numbering import ClassNumbering, default_numbering
from wsss_viz.data.palette import check_palette, palette_png
from wsss_viz.data.sample import IGNORE, Mask, Sample
from wsss_viz.errors import InputError
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.foreign_maps import read_foreign_maps
from wsss_viz.traces.heat_maps import read_heat_maps, write_heat_maps
from wsss_viz.traces.irn_maps import CRF_ALPHA, crf_bytes, irn_bytes, psa_bytes
from wsss_viz.traces.pseudo_masks import pseudo_mask
from wsss_viz.traces.storage import StoredMaps, read_maps, write_maps

__all__ = [
    "DICTIONARIES",
    "IRN_THRESHOLD",
    "NUMBERED",
    "SETTINGS",
    "SUFFIXES",
    "MapFolder",
    "MapWriter",
    "read_settings",
    "remove_maps",
]

SUFFIXES = {
    "ours": ".npz",
    "irn": ".npy",
    "psa": ".npy",
    "crf": ".npy",
    "mask": ".png",
    "fiftyone": ".json",
    "overlay": ".png",
}
"""By format, the suffix of the file whose presence says that an image is done."""

_WITH_BACKGROUND = ("ours", "crf", "mask")
"""Formats that can say what a CRF gives the background."""

_FOREIGN = {"irn": ".npy", "psa": ".npy", "crf": ".npy", "npz": ".npz", "pngs": ".png"}
"""By format, the suffix of files that are read by what they hold."""

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
        threshold: of the background, for pseudo masks and the contour of overlays.
        title: of overlays, such as the method.
        alpha: of the background in CRF files that went through none, (1 - max_c M_c)^alpha; above 0.
        numbering: the numbers of the classes in masks and keys; the default one of `classes` where it is None.

    Raises:
        InputError: an unknown format, or more classes than a mask can number.
    """

    folder: Path
    classes: tuple[str, ...]
    format: str = "ours"
    threshold: float = IRN_THRESHOLD
    numbering: ClassNumbering | None = None
    title: str = ""
    alpha: float = CRF_ALPHA

    def __post_init__(self) -> None:
        if self.format not in SUFFIXES:
            raise InputError(f"unknown format {self.format!r}: give one of {', '.join(SUFFIXES)}")
        if self.format == "mask" and len(self.classes) > MOST_CLASSES:
            raise InputError(
                f"{len(self.classes)} classes; a mask of 8 bits numbers {MOST_CLASSES}: give another format"
            )
        if not 0 <= self.threshold < 1:
            raise InputError(f"the threshold is from 0 to below 1, got {self.threshold}")
        if not 0 < self.alpha < float("inf"):
            raise InputError(f"alpha is above 0, got {self.alpha}")

    def path(self, name: str) -> Path:
        """The file that says that the image `name` is done."""
        return self.folder / f"{file_stem(name)}{SUFFIXES[self.format]}"

    def write(self, name: str, stored: StoredMaps, sample: Sample | None = None) -> None:
        """Writes the image's files, each whole or not at all; overlays need the sample.

        Raises:
            InputError: the maps are not finite, or there is no sample to lay them over.
        """
        if not np.isfinite(stored.maps).all():
            raise InputError(f"the class maps of {name} are not finite: the weights hold NaN or infinity; restore them")
        if stored.background is not None and self.format not in _WITH_BACKGROUND:
            raise InputError(f"files of {self.format} have no background's score: give {', '.join(_WITH_BACKGROUND)}")
        if self.format == "ours":
            write_maps(self.path(name), stored)
        elif self.format in DICTIONARIES:
            write = partial(crf_bytes, alpha=self.alpha) if self.format == "crf" else DICTIONARIES[self.format]
            write_whole(self.path(name), write(stored, self._numbering))
        elif self.format == "mask":
            write_whole(self.path(name), _mask_png(stored, self._numbering, self.threshold))
        elif self.format == "fiftyone":
            write_heat_maps(self.folder, name, stored)
        elif sample is None:
            raise InputError(f"an overlay of {name} needs its image: give the sample")
        else:
            from wsss_viz.traces.overlay_sheet import overlay_sheet

            write_whole(self.path(name), overlay_sheet(stored, sample, self.threshold, self.title))

    def settings(self) -> dict[str, Any]:
        """What a reader must know of the files."""
        extra: dict[str, Any] = {"threshold": self.threshold} if self.format in ("mask", "overlay") else {}
        if self.format == "crf":
            extra["alpha"] = self.alpha
        if self.format in NUMBERED:
            extra["numbers"] = list(self._numbering.numbers)
        return {"format": self.format, "classes": list(self.classes), **extra}

    @property
    def _numbering(self) -> ClassNumbering:
        return default_numbering(self.classes) if self.numbering is None else self.numbering


DICTIONARIES = {"irn": irn_bytes, "psa": psa_bytes, "crf": crf_bytes}
"""What writes the formats of pickled dictionaries."""

NUMBERED = (*DICTIONARIES, "mask")
"""Formats that have the classes' numbers, not their names."""


class MapFolder:
    """Reads the maps in a folder.

    Args:
        folder: written by `MapWriter`, by others (`foreign_maps`), or of pseudo masks.
        numbering: the data set's classes and their numbers; or its classes alone, numbered by default. What numbers
            are of where no settings.json says else.

    Attributes:
        format: one of `SUFFIXES`, or "npz" or "pngs" of others.
        threshold: of pseudo masks that we wrote, else None.
        normalised: whether maps are as `image_values` has them, and are to be measured as they are.
        with_background: whether maps that were read so far have a background's score.
        notes: (sample's name, note) of what was odd about pseudo masks that were read so far.

    Raises:
        InputError: no such folder, nothing in it, or a settings.json that is not ours.
    """

    def __init__(self, folder: Path, numbering: ClassNumbering | Sequence[str]) -> None:
        self.folder = folder
        settings = read_settings(folder)
        self.format = str(settings.get("format", "ours")) if settings else _seen_format(folder)
        self.numbering = numbering if isinstance(numbering, ClassNumbering) else default_numbering(tuple(numbering))
        named = settings.get("classes") if settings else None
        if named is not None and settings is not None:
            self.numbering = _numbering_of(tuple(str(name) for name in named), settings.get("numbers"), folder)
        self.classes = self.numbering.names
        self.threshold: float | None = settings.get("threshold") if settings else None
        self.normalised = settings is not None and self.format in ("irn", "psa")
        self.with_background = False
        self.notes: list[tuple[str, Note]] = []
        self._only = settings.get("only_classes") if settings else None
        if self.format == "overlay":
            raise InputError(f"{folder} holds pictures to look at, not maps: write them in another --format to be read")
        if self.format not in SUFFIXES | _FOREIGN:
            raise InputError(f"{folder / SETTINGS}: unknown format {self.format[:40]!r}; write the maps again")

    def masks_of(self, name: str) -> bool:
        """Whether the folder has finished pseudo masks; `name` tells them from PNGs of one class each."""
        stem = file_stem(name)
        single = self.format == "mask" and not (self.folder / f"{stem}.png").is_file()
        if single and any(file.stem.startswith(f"{stem}_") for file in self.folder.glob("*.png")):
            self.format = "pngs"
        return self.format == "mask"

    def path(self, name: str) -> Path:
        """The file, or for `pngs` the folder or the name of the first, of an image's maps."""
        folder = self.folder / file_stem(name)
        if self.format == "pngs" and folder.is_dir():
            return folder
        return self.folder / f"{file_stem(name)}{(SUFFIXES | _FOREIGN)[self.format]}"

    def read(self, name: str, size: tuple[int, int], labels: Sequence[str] | None = None) -> StoredMaps:
        """The maps of an image of (H, W).

        Args:
            labels: of the image, against which the keys of others' files are checked; None: not known.

        Raises:
            InputError: they are missing, broken, of another image, or contradict the labels.
        """
        path = self.path(name)
        if self.format in _FOREIGN:
            stored = read_foreign_maps(path, self.numbering, size, self._written(labels))
            self.with_background = self.with_background or stored.background is not None
            return stored
        stored = read_heat_maps(self.folder, name, self.classes) if self.format == "fiftyone" else read_maps(path)
        self.with_background = self.with_background or stored.background is not None
        if stored.size != size:
            raise InputError(f"{path} is of an image of {stored.size}, not {size}: give the data it was made of")
        return stored

    def read_mask(self, name: str, size: tuple[int, int], labels: Sequence[str] | None = None) -> Mask:
        """The pseudo mask (H, W) of an image, index into `classes` + 1; 255 stays.

        One without an object but 255, or without a class of `labels`, is noted in `notes`. Raises as `read`.
        """
        path = self.folder / f"{file_stem(name)}.png"
        if not path.is_file():
            raise InputError(f"no pseudo mask at {path}: write it with `python -m wsss_viz maps --format mask`")
        on_disk = read_mask_file(path)
        if on_disk.shape != size:
            raise InputError(f"{path} is of an image of {on_disk.shape}, not {size}: give the data it was made of")
        mask, notes = self.numbering.read(path, on_disk)
        inside = [self.classes[number - 1] for number in np.unique(mask).tolist() if 0 < number < IGNORE]
        if any(note.kind == "mask-0-255" for note in notes):
            self.notes.append((name, Note("maps-0-255")))
        elif inside and labels and not set(inside) & set(labels):
            self.notes.append((name, Note("maps-other-classes", ", ".join(inside))))
        return mask

    def _written(self, labels: Sequence[str] | None) -> Sequence[str] | None:
        """The labels whose maps were written, of a run that was asked for some classes."""
        if labels is None or not isinstance(self._only, list):
            return labels
        return [label for label in labels if label in self._only]


def _numbering_of(classes: tuple[str, ...], numbers: Any, folder: Path) -> ClassNumbering:
    """The numbering that settings.json states; of folders written before it was stated, the default one."""
    default = default_numbering(classes)
    if numbers is None:
        return default
    if not (
        isinstance(numbers, list)
        and len(numbers) == len(classes)
        and all(type(n) is int and 0 <= n < 256 for n in numbers)
    ):
        raise InputError(f"{folder / SETTINGS} is not readable as settings: remove it, or give another folder")
    if tuple(numbers) == default.numbers:
        return default
    return ClassNumbering(
        classes, tuple(numbers), None if 0 in numbers else 0, "background" if 0 in numbers else "ignore",
        form="numbers", names_from=SETTINGS, numbers_from=SETTINGS,
    )  # fmt: skip


def read_settings(folder: Path) -> dict[str, Any] | None:
    """What settings.json says, None where there is none. Raises InputError where it is no settings.json of ours.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     before = read_settings(Path(folder))
        ...     _ = (Path(folder) / SETTINGS).write_text('{"method": "cam"}')
        ...     before, read_settings(Path(folder))
        (None, {'method': 'cam'})
    """
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


def remove_maps(file: Path) -> None:
    """Removes what `MapWriter` wrote for one image, by the `path` of it; nothing where there is none.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.npz"
        >>> file.touch()
        >>> remove_maps(file)
        >>> file.exists()
        False
    """
    if file.suffix == SUFFIXES["fiftyone"] and file.with_suffix("").is_dir():
        for picture in file.with_suffix("").glob("*.png"):
            picture.unlink()
    file.unlink(missing_ok=True)


def _seen_format(folder: Path) -> str:
    """The format of a folder without settings, from the suffixes in it."""
    with explained(folder):
        if not folder.is_dir():
            raise InputError(f"no maps at {folder}: write them with `python -m wsss_viz maps`")
        files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    suffixes = {file.suffix.lower() for file in files}
    if ".npz" in suffixes:
        return "ours" if _is_ours(next(file for file in files if file.suffix.lower() == ".npz")) else "npz"
    for name in ("irn", "mask"):
        if SUFFIXES[name] in suffixes:
            return name
    if any(file.is_dir() and next(file.glob("*.png"), None) for file in files):
        return "pngs"
    if suffixes & {".pt", ".pth"}:
        raise InputError(f"{folder}: files of torch.save are not read; write each map as numpy.save(NAME, map.numpy())")
    raise InputError(f"no maps at {folder}: there is no .npz, .npy or .png in it; write them with `maps`")


def _is_ours(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return "maps.npy" in archive.namelist() or "keys.npy" not in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return True


def _mask_png(stored: StoredMaps, numbering: ClassNumbering, threshold: float) -> bytes:
    """The pseudo mask as palette PNG with VOC's colours, numbered as masks of the data set are."""
    numbers = dict(zip(numbering.names, numbering.numbers, strict=True))
    background = 0 if numbering.background is None and numbering.unlabelled == "ignore" else numbering.background
    ground = IGNORE if background is None else background
    if stored.background is not None:
        mask = np.concatenate([stored.background[None], stored.maps]).argmax(axis=0)
    else:
        values = stored.image_values()
        mask = pseudo_mask(values, list(range(len(stored.keys))), stored.size, threshold, "raw").astype(np.int64)
    check_palette(max((numbers[key] for key in stored.keys), default=0))
    return palette_png(np.array([ground, *(numbers[key] for key in stored.keys)])[mask])
