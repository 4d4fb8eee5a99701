"""Sixteen photographs in the public domain or under CC0, with outlines of object and head: the data string `photos`.

They come from Debian's `gcompris-qt-data` and from scikit-image; `photos.json` names each one's author and source.
The outlines are our own: read off the pictures by hand, refined by GrabCut (OpenCV's) and mended by hand
(`docs/sources.md#photographs`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from wsss_viz.data.file_status import file_status
from wsss_viz.data.files import read_bounded
from wsss_viz.data.images import read_image
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.errors import InputError

__all__ = ["FOLDER", "LIST", "SPLITS", "Photograph", "Photographs", "Polygon", "credits", "read_photographs"]

FOLDER = Path(__file__).parent
LIST = "photos.json"
SPLITS = {
    "val": ("dog", "sheep", "duck", "cat", "polar_bear", "koala", "hedgehog", "horse"),
    "test": ("cow", "scarlet_macaw", "chelsea", "chicken", "bison", "panda", "kangaroo", "dragon"),
}
"""The photographs on which settings and thresholds are chosen, and those on which they are reported."""
_LARGEST_LIST = 2**22

Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Photograph:
    """One photograph as its list describes it; polygons in pixels of the file.

    Attributes:
        name, file: its name, and its file beside the list.
        width, height: in pixels.
        imagenet, voc: its class by ImageNet's name, and by PASCAL VOC's where that has one.
        licence, author, source, package: where it is from; `package`, what it was taken out of.
        object: outlines of all that is of the class; `holes`: what is cut out of it again.
        head: outlines of the discriminative part, which is cut to the object.
    """

    name: str
    file: str
    width: int
    height: int
    imagenet: str
    voc: str | None
    licence: str
    author: str
    source: str
    package: str
    object: tuple[Polygon, ...]
    holes: tuple[Polygon, ...]
    head: tuple[Polygon, ...]

    @property
    def credit(self) -> str:
        """Author, licence and source in a line, for captions and lists."""
        return f"{self.name.replace('_', ' ')}: {self.author}, {self.licence}, {self.source}"

    def object_mask(self) -> NDArray[np.bool_]:
        """(H, W) bool: the object."""
        return self._filled(self.object) & ~self._filled(self.holes)

    def parts(self) -> NDArray[np.uint8] | None:
        """(H, W) uint8: 1 the head, 2 the rest of the object, 0 what is no object; None where no head is outlined."""
        if not self.head:
            return None
        inside = self.object_mask()
        parts = np.where(inside, NON_DISCRIMINATIVE, 0).astype(np.uint8)
        parts[inside & self._filled(self.head)] = DISCRIMINATIVE
        return parts

    def _filled(self, polygons: Sequence[Polygon]) -> NDArray[np.bool_]:
        canvas = Pillow.new("1", (self.width, self.height))
        draw = ImageDraw.Draw(canvas)
        for polygon in polygons:
            draw.polygon([*polygon], fill=1, outline=1)
        return np.array(canvas)


class Photographs:
    """The photographs as Samples, read when asked for: a source of `data.sources`.

    Attributes:
        classes: ImageNet's names, in the list's order, or with `by="voc"` VOC's 20.
        names: of the samples.
        labels: of the samples, without reading any.
    """

    def __init__(self, split: str | None = None, by: str = "imagenet", folder: Path = FOLDER) -> None:
        """Args: `split`: of `SPLITS`, None: all; `by`: "imagenet", or "voc": those alone that VOC has a class for."""
        every = read_photographs(folder)
        self._folder, self._by = folder, by
        self._photographs = tuple(
            photo
            for photo in every
            if (split is None or photo.name in SPLITS[split]) and (by == "imagenet" or photo.voc is not None)
        )
        self.classes = VOC_CLASSES if by == "voc" else tuple(dict.fromkeys(photo.imagenet for photo in every))
        self.names = [photo.name for photo in self._photographs]
        self.labels = [(self._label(photo),) for photo in self._photographs]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        photo = self._photographs[index]
        image = read_image(self._folder / photo.file)
        if image.shape[:2] != (photo.height, photo.width):
            raise InputError(
                f"{photo.file} has {image.shape[1]} x {image.shape[0]} pixels, {LIST} says {photo.width} x "
                f"{photo.height}: install the package again"
            )
        label = self._label(photo)
        mask = np.where(photo.object_mask(), self.classes.index(label) + 1, 0).astype(np.uint8)
        return Sample(image, self.classes, (label,), photo.name, mask, photo.parts())

    def _label(self, photo: Photograph) -> str:
        return photo.imagenet if self._by == "imagenet" else photo.voc or ""


def credits(names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Author, licence and source of the photographs, one line each: for captions and the page About.

    Args:
        names: of photographs; None: all sixteen. A name that is none of theirs has no line.

    Examples:
        >>> credits(["koala"])
        ('koala: BurningWell, Public Domain, https://commons.wikimedia.org/wiki/File:Koala_Perth_Zoo.jpg',)
    """
    return tuple(photo.credit for photo in read_photographs() if names is None or photo.name in names)


def read_photographs(folder: Path = FOLDER) -> tuple[Photograph, ...]:
    """The photographs of the list in `folder`, nothing decoded yet.

    Raises:
        InputError: the list is missing or broken, or an outline leaves its picture.

    Examples:
        >>> photographs = read_photographs()
        >>> len({photograph.name for photograph in photographs}) == len(photographs)
        True
    """
    path = folder / LIST
    status = file_status(path)
    if status is None:
        raise InputError(f"{path} is missing: install the package again")
    return _read(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=4)
def _read(path: Path, stamp: tuple[int, ...]) -> tuple[Photograph, ...]:
    try:
        return tuple(_photograph(entry) for entry in json.loads(read_bounded(path, _LARGEST_LIST))["photos"])
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise InputError(f"{path}: {error}") from None
        raise InputError(f"{path} is no list of photographs ({error}): install the package again") from None


def _photograph(entry: dict[str, Any]) -> Photograph:
    fields = {key: entry[key] for key in Photograph.__dataclass_fields__}
    for kind in ("object", "holes", "head"):
        fields[kind] = tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in entry[kind])
        for polygon in fields[kind]:
            for x, y in polygon:
                if not (0 <= x <= entry["width"] and 0 <= y <= entry["height"]):
                    raise InputError(
                        f"the outline of {entry['name']} ({kind}) has the point ({x:g}, {y:g}), outside its picture of "
                        f"{entry['width']} x {entry['height']} pixels: mend the outline"
                    )
            if len(polygon) < 3:
                raise InputError(f"an outline of {entry['name']} ({kind}) has {len(polygon)} points: give 3 or more")
    return Photograph(**fields)
