"""What the sources of files share: an image, its mask and labels to a Sample, with what was noticed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from wsss_viz.data.findings import READ_AS, Note
from wsss_viz.data.images import (
    MASK_SUFFIXES,
    OTHER_SUFFIXES,
    SUFFIXES,
    MaskFile,
    Picture,
    read_mask_file,
    read_picture,
)
from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.data.readings import LOOKED_AT, Evidence
from wsss_viz.data.sample import IGNORE, Mask, Sample
from wsss_viz.errors import InputError

__all__ = [
    "MaskSizeError",
    "evidence_of",
    "files_in",
    "labels_of_mask",
    "mask_of_picture",
    "masks_in",
    "other_pictures",
    "sample_of",
]


class MaskSizeError(InputError):
    """A mask has another size than its image."""


def files_in(folder: Path, suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """The files directly in a folder with one of the suffixes, in any case, hidden ones left out, by name.

    >>> _ = Path("a.JPG").write_bytes(b"")
    >>> files_in(Path("."))
    [PosixPath('a.JPG')]
    """
    if not folder.is_dir():
        return []
    return sorted(
        (
            file
            for file in folder.iterdir()
            if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
        ),
        key=lambda file: file.name,
    )


def other_pictures(folder: Path, suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """The pictures directly in a folder that are not read, for their format is none of `suffixes`.

    >>> _ = Path("scan.TIF").write_bytes(b"")
    >>> other_pictures(Path("."))
    [PosixPath('scan.TIF')]
    """
    return files_in(folder, [suffix for suffix in (*SUFFIXES, *OTHER_SUFFIXES) if suffix not in suffixes])


def masks_in(folder: Path) -> dict[str, Path]:
    """The mask files of a folder by their names without the suffix.

    >>> _ = Path("a.png").write_bytes(b"")
    >>> masks_in(Path("."))["a"]
    PosixPath('a.png')
    """
    return {file.stem: file for file in files_in(folder, MASK_SUFFIXES)}


def mask_of_picture(file: Path | bytes, picture: Picture, *, turned: bool = False, name: str = "") -> MaskFile:
    """The mask of an image, upright as the image is.

    A mask whose size fits the image only before EXIF's orientation is turned with it. Where both ways fit it is taken
    as upright, which is noted, unless `turned` says else.

    Args:
        file: its path or its bytes.
        name: what the file is called, for messages; its path by default.

    Raises:
        MaskSizeError: its size fits neither way.

    >>> from PIL import Image as Pillow
    >>> Pillow.new("P", (9, 8), 1).save("m.png")
    >>> mask_of_picture(Path("m.png"), read_picture(Path("m.png"))).shape
    (8, 9)
    """
    mask = read_mask_file(file, name)
    height, width = picture.image.shape[:2]
    sideways = picture.orientation in (5, 6, 7, 8)
    in_file = (width, height) if sideways else (height, width)
    if mask.shape == (height, width):
        if picture.orientation == 1 or in_file != mask.shape:
            return mask
        if turned:
            return mask.turned_with(picture)
        return MaskFile(mask.values, mask.colours, mask.palette, mask.mode, (*mask.notes, Note("mask-upright-unclear")))
    if mask.shape == in_file:
        return mask.turned_with(picture)
    rows, columns = mask.shape
    exif = f" (EXIF turns it: {height} x {width} in its file)" if sideways else ""
    raise MaskSizeError(
        f"{name or file!s}: {columns} x {rows} pixels, the image has {width} x {height}{exif}; they must be equal"
    )


def evidence_of(masks: Iterable[tuple[Path, tuple[str, ...] | None]]) -> Iterable[Evidence]:
    """What the first masks hold; those that cannot be read say nothing here.

    >>> list(evidence_of([(Path("nowhere.png"), None)]))
    []
    """
    for count, (file, labels) in enumerate(masks):
        if count >= LOOKED_AT:
            return
        try:
            yield Evidence(read_mask_file(file), labels)
        except InputError:
            continue


def sample_of(
    name: str,
    image: Path,
    mask_file: Path | None,
    labels: Sequence[str] | None,
    numbering: ClassNumbering,
    *,
    turned: bool = False,
    labels_from: str = "a table",
) -> Sample:
    """A Sample from its files.

    Args:
        labels: where they are known besides the mask; else those of the mask.
        numbering: of the mask.
        turned: see `mask_of_picture`.
        labels_from: where they are known from, in words.

    >>> from PIL import Image as Pillow
    >>> from wsss_viz.data.numbering import by_lines
    >>> Pillow.new("P", (9, 8), 1).save("b.png")
    >>> sample_of("b", Path("b.png"), Path("b.png"), None, by_lines(("lung",), "a list")).labels
    ('lung',)
    """
    picture = read_picture(image)
    noticed = [Note(READ_AS, f"images: {picture.format}"), *picture.notes]
    mask: Mask | None = None
    if mask_file is not None:
        in_file = mask_of_picture(mask_file, picture, turned=turned)
        mask, more = numbering.read(mask_file, in_file)
        noticed += [Note(READ_AS, f"masks: {in_file.mode}"), *more]
    origin = labels_from if labels is not None else "nowhere" if mask is None else "the mask"
    noticed.append(Note(READ_AS, f"labels from: {origin}"))
    names = numbering.names
    in_mask = () if mask is None else labels_of_mask(mask, names)
    if labels is None:
        known = None if mask is None else in_mask
    else:
        known = tuple(name for name in names if name in labels)
        if mask is not None:
            noticed += [Note("mask-label-conflict", other) for other in in_mask if other not in known]
            noticed += [Note("label-not-in-mask", label) for label in known if label not in in_mask]
    return Sample(picture.image, names, known, name, mask, notes=tuple(noticed))


def labels_of_mask(mask: Mask, classes: Sequence[str]) -> tuple[str, ...]:
    """The classes in a Sample's mask, in the set's order.

    >>> labels_of_mask(np.array([[0, 2, 255]], np.uint8), ("lung", "heart"))
    ('heart',)
    """
    present = np.flatnonzero(np.bincount(mask.ravel(), minlength=256)).tolist()
    return tuple(classes[number - 1] for number in present if number not in (0, IGNORE))
