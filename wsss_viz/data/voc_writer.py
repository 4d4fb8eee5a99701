"""Writing Samples in PASCAL VOC's folder layout, for other tools and for `voc.VocFolder`.

Images are written as lossless PNG, so that what is read back is what was written; tools that insist on `.jpg` get
JPEG of quality 95 on request, whose images come back changed a little, their masks and labels exactly. Masks are
palette PNGs with VOC's colours and VOC's own indices. `voc` has the table of files.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wsss_viz.data.files import explained, write_whole
from wsss_viz.data.palette import VOC_CLASSES, palette_png, part_palette
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.split_lists import is_sample_name, is_split_name
from wsss_viz.data.voc import read_classes
from wsss_viz.errors import InputError

__all__ = ["ImageFormat", "write_voc"]

ImageFormat = Literal["png", "jpg"]


def write_voc(
    samples: Iterable[Sample],
    out: Path | str,
    split: str,
    progress: Callable[[], object] | None = None,
    *,
    image_format: ImageFormat = "png",
    overwrite: bool = False,
) -> int:
    """Writes samples as one split of a folder in VOC's layout and returns their number.

    Every file is written whole or not at all, the split's list last: a run that was stopped leaves no split, and the
    same run again goes on over the files that stand there already. Another split may join a folder of the same
    classes. An object's box is that of all its class's pixels, for a Sample knows no instances; it is left out where
    there is no mask.

    Args:
        samples: of the same classes, all of them VOC's; what a sample does not know (None) is not written.
        out: the folder; made where it is missing.
        split: the name of the split, letters, digits, `_`, `-` and `.`.
        progress: called after every sample.
        image_format: "png" keeps the images exactly, "jpg" (quality 95) does not.
        overwrite: write into a folder that holds something else, and over files of other content.

    Raises:
        InputError: a class, a name or a split that VOC's layout cannot hold, no samples, or, without `overwrite`,
            a folder that is not one of ours, a split that is there already, a file of other content.

    >>> import tempfile
    >>> from wsss_viz.data import open
    >>> folder = tempfile.mkdtemp()
    >>> write_voc(open("scenes:test")[:2], folder, "test"), len(open(f"voc:{folder}:test"))
    (2, 2)
    """
    rest = iter(samples)
    first = next(rest, None)
    if first is None:
        raise InputError("there are no samples to write; choose a source or a range that has some")
    _check(first.classes, split)
    folder = _Folder(Path(out), overwrite)
    with explained(folder.path):
        folder.prepare(split, first.classes)
    labels: dict[str, tuple[str, ...] | None] = {}
    for sample in itertools.chain([first], rest):
        if sample.classes != first.classes:
            raise InputError(f"{sample.name}: its classes are not those of {first.name}; write one data set at a time")
        if not is_sample_name(sample.name) or sample.name in labels:
            raise InputError(f"{sample.name!r} cannot name a file beside the others; give each sample a plain name")
        _write_sample(folder, sample, image_format)
        labels[sample.name] = sample.labels
        if progress is not None:
            progress()
    _write_lists(folder, split, first.classes, labels)
    return len(labels)


@dataclass(frozen=True)
class _Folder:
    """The folder that is written, and what may happen to what stands in it."""

    path: Path
    overwrite: bool

    def prepare(self, split: str, classes: tuple[str, ...]) -> None:
        """Refuses what must not be touched, then marks the folder as ours and the split as not complete."""
        remedy = "choose another folder, or overwrite (--overwrite)"
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: a file, not a folder; choose another place")
        split_file = self.path / "ImageSets" / "Segmentation" / f"{split}.txt"
        if not self.overwrite and self.path.exists() and any(self.path.iterdir()):
            if not (self.path / "classes.txt").is_file():
                raise InputError(f"{self.path}: not empty and not written by us (no classes.txt); {remedy}")
            if read_classes(self.path) != classes:
                raise InputError(f"{self.path}: holds a data set of other classes; {remedy}")
            if split_file.exists():
                raise InputError(f"{self.path}: holds a split {split!r} already; {remedy}")
        self.put("classes.txt", _text(classes))
        split_file.unlink(missing_ok=True)

    def put(self, name: str, data: bytes | None) -> None:
        """Makes the file `name` hold `data`, or be absent for None; other content gives way to `overwrite` only."""
        file = self.path / name
        with explained(file):
            if file.exists():
                if data is not None and file.is_file() and file.read_bytes() == data:
                    return
                if not self.overwrite:
                    raise InputError(
                        f"{file}: exists with other content; choose another folder, or overwrite (--overwrite)"
                    )
            if data is None:
                file.unlink(missing_ok=True)
            else:
                write_whole(file, data)


def _check(classes: tuple[str, ...], split: str) -> None:
    if not is_split_name(split):
        raise InputError(f"{split[:40]!r} is no name of a split; use letters, digits, _ and -")
    foreign = [name for name in classes if name not in VOC_CLASSES]
    if foreign or not classes:
        cause = f"{foreign[0]!r} is no class of PASCAL VOC" if foreign else "the samples have no classes"
        raise InputError(f"{cause}, so VOC's masks cannot hold it; write a data set of VOC's classes")


def _write_sample(folder: _Folder, sample: Sample, image_format: ImageFormat) -> None:
    name, mask, parts = sample.name, sample.mask, sample.parts
    image = Pillow.fromarray(sample.image)
    for suffix in ("png", "jpg"):
        data = None
        if suffix == image_format:
            data = _encoded(image, "PNG") if suffix == "png" else _encoded(image, "JPEG", quality=95, subsampling=0)
        folder.put(f"JPEGImages/{name}.{suffix}", data)
    voc_mask = None if mask is None else _voc_indices(sample.classes)[mask]
    folder.put(f"SegmentationClass/{name}.png", None if voc_mask is None else palette_png(voc_mask))
    folder.put(f"SegmentationParts/{name}.png", None if parts is None else palette_png(parts, part_palette()))
    folder.put(f"Annotations/{name}.xml", None if sample.labels is None else _annotation(sample, image_format))


def _write_lists(
    folder: _Folder, split: str, classes: tuple[str, ...], labels: dict[str, tuple[str, ...] | None]
) -> None:
    """`ImageSets`, the split's own list last: with it, the split is there."""
    if all(present is not None for present in labels.values()):
        for label in classes:
            lines = [f"{name} {1 if label in (present or ()) else -1:2d}" for name, present in labels.items()]
            folder.put(f"ImageSets/Main/{label}_{split}.txt", _text(lines))
    folder.put(f"ImageSets/Main/{split}.txt", _text(labels))
    folder.put(f"ImageSets/Segmentation/{split}.txt", _text(labels))


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _encoded(image: Pillow.Image, image_format: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def _voc_indices(classes: tuple[str, ...]) -> NDArray[np.uint8]:
    """(256,) uint8: VOC's own index of each index of a mask over `classes`; 255 stays."""
    indices = np.full(256, IGNORE, dtype=np.uint8)
    indices[0] = 0
    for index, name in enumerate(classes, 1):
        indices[index] = VOC_CLASSES.index(name) + 1
    return indices


def _annotation(sample: Sample, image_format: ImageFormat) -> bytes:
    """VOC's XML: the labels as objects, each with the box of its class's pixels, 1-based and inclusive."""
    root = ElementTree.Element("annotation")

    def add(parent: ElementTree.Element, **fields: object) -> None:
        for tag, value in fields.items():
            ElementTree.SubElement(parent, tag).text = str(value)

    height, width = sample.size
    add(root, folder="VOC", filename=f"{sample.name}.{image_format}")
    add(ElementTree.SubElement(root, "size"), width=width, height=height, depth=3)
    add(root, segmented=int(sample.mask is not None))
    for label in sample.labels or ():
        element = ElementTree.SubElement(root, "object")
        add(element, name=label, pose="Unspecified", truncated=0, difficult=0)
        rows, columns = np.nonzero(sample.class_mask(label)) if sample.mask is not None else (np.empty(0), np.empty(0))
        if rows.size:
            add(
                ElementTree.SubElement(element, "bndbox"),
                xmin=columns.min() + 1,
                ymin=rows.min() + 1,
                xmax=columns.max() + 1,
                ymax=rows.max() + 1,
            )
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root)) + b"\n"
