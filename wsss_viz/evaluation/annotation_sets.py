"""Annotations of a whole data set from maps at a threshold, in the layout that other tools open.

| format | what is written to OUT |
|---|---|
| `coco` | `annotations.json`; `images/NAME.jpg` |
| `yolo` | `labels/NAME.txt`, `classes.txt`, `data.yaml`; `images/NAME.jpg` |
| `palette` | `NAME.png` with VOC's palette, 1 for the first class, 0 the background |
| `fiftyone` | `samples.json`, `metadata.json`, `masks/*/NAME.png`; `data/NAME.jpg` |

What indexes the others is written last. FiftyOne's is its own on-disk layout (`fiftyone.types.FiftyOneDataset`), with
boxes and masks of prediction and ground truth and the IoU of each image; masks are named by their whole paths, so
import it where it was written. Sources: `docs/sources.md#annotations`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wsss_viz.data.files import write_whole
from wsss_viz.data.palette import check_palette, palette_png
from wsss_viz.data.sample import IGNORE, Mask, Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import count_mask
from wsss_viz.evaluation.scores import image_ious
from wsss_viz.evaluation.stored_maps import read_sample_maps
from wsss_viz.traces.annotations import (
    annotations_of,
    coco_categories,
    coco_record,
    fiftyone_detections,
    yolo_lines,
)
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.map_folder import MapFolder
from wsss_viz.traces.pseudo_masks import mask_of_values, numbered

__all__ = ["FORMATS", "mask_at", "write_annotations"]

FORMATS = ("coco", "yolo", "palette", "fiftyone")


def mask_at(maps: MapFolder, sample: Sample, threshold: float) -> tuple[Sample, Mask]:
    """The pseudo mask of an image from its maps in a folder: a sample and (H, W) uint8, index into its classes + 1.

    Finished masks, and maps with a background's score, are what they are: no threshold changes them.

    Raises:
        InputError: as `read_sample_maps`.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> from wsss_viz.traces.map_folder import MapWriter
        >>> from wsss_viz.traces.storage import StoredMaps
        >>> values = np.array([[[0, 0.4, 1]] * 2], np.float32)
        >>> stored = StoredMaps(values, np.zeros(1, np.float32), ("blue",), (2, 3))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     MapWriter(Path(folder), COLOURS).write("flag", stored)
        ...     mask_at(MapFolder(Path(folder), COLOURS), flag(), 0.5)[1].tolist()
        [[0, 0, 3], [0, 0, 3]]
    """
    read = read_sample_maps(maps, sample)
    classes = read.sample.classes
    indices = [classes.index(key) if key in classes else -1 for key in read.keys]
    if read.mask is not None:
        return read.sample, numbered(np.where(read.mask == IGNORE, 0, read.mask), indices)
    assert read.stored is not None
    values = read.stored.image_values("raw" if maps.normalised else "relu_max")
    return read.sample, mask_of_values(values, indices, threshold)


def write_annotations(
    out: Path,
    form: str,
    items: Iterable[tuple[Sample, Mask]],
    *,
    contours: str = "all",
    images: bool = True,
) -> int:
    """Writes the annotations of samples and returns their number; every file whole or not at all.

    Args:
        out: the folder, new or empty.
        form: one of `FORMATS`.
        items: samples of the same classes, each with its mask as of `mask_at`.
        contours: one of `traces.annotations.CONTOURS`; masks of `palette` and `fiftyone` hold all.
        images: whether the images are written beside them, as JPEG of quality 95.

    Raises:
        InputError: an unknown format or contours, a folder with something in it, or too many classes for a PNG.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.colour_network import flag
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     count = write_annotations(Path(folder), "yolo", [(flag(), flag().mask)])
        ...     print(count, (Path(folder) / "labels" / "flag.txt").read_text().split())
        1 ['0', '0.166667', '0.500000', '0.333333', '1.000000', '2', '0.666667', '0.500000', '0.666667', '1.000000']
    """
    if form not in FORMATS:
        raise InputError(f"unknown format {form[:40]!r}: give one of {', '.join(FORMATS)}")
    annotations_of(np.zeros((1, 1), np.uint8), (), contours)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not an empty folder: give another --out")
    classes: tuple[str, ...] = ()
    entries: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for number, (sample, mask) in enumerate(items, 1):
        classes, stem = sample.classes, file_stem(sample.name)
        if form in ("palette", "fiftyone"):
            check_palette(len(classes))
        objects = annotations_of(mask, classes, contours)
        picture = f"{'data' if form == 'fiftyone' else 'images'}/{stem}.jpg"
        if images and form != "palette":
            write_whole(out / picture, _jpeg(sample.image))
        if form == "coco":
            height, width = sample.size
            entries.append({"id": number, "file_name": f"{stem}.jpg", "height": height, "width": width})
            records += [coco_record(one, classes, len(records) + k, number) for k, one in enumerate(objects, 1)]
        elif form == "yolo":
            write_whole(out / "labels" / f"{stem}.txt", yolo_lines(objects, classes).encode())
            entries.append({})
        elif form == "palette":
            write_whole(out / f"{stem}.png", palette_png(mask))
            entries.append({})
        else:
            entries.append(_fiftyone_sample(out, stem, picture, sample, mask, contours))
    if form == "coco":
        content = {"images": entries, "annotations": records, "categories": coco_categories(classes)}
        write_whole(out / "annotations.json", _json(content))
    elif form == "yolo":
        write_whole(out / "classes.txt", "".join(f"{name}\n" for name in classes).encode())
        write_whole(out / "data.yaml", _yolo_yaml(classes))
    elif form == "fiftyone":
        targets = {str(number): name for number, name in enumerate(("background", *classes))}
        info = {"classes": list(classes), "mask_targets": targets}
        write_whole(out / "samples.json", _json({"samples": entries}))
        write_whole(out / "metadata.json", _json({"media_type": "image", "info": info}))
    return len(entries)


def _fiftyone_sample(out: Path, stem: str, picture: str, sample: Sample, mask: Mask, contours: str) -> dict[str, Any]:
    """One sample with its fields, and its masks as files."""

    def fields(name: str, values: Mask, which: str) -> dict[str, Any]:
        path = out / "masks" / name / f"{stem}.png"
        write_whole(path, palette_png(values))
        boxes = fiftyone_detections(annotations_of(values, sample.classes, which))
        return {f"{name}_boxes": boxes, f"{name}_mask": {"_cls": "Segmentation", "mask_path": str(path.resolve())}}

    said = {"filepath": picture, "tags": [], "source": sample.source, **fields("prediction", mask, contours)}
    if sample.mask is None:
        return said
    (ious,) = image_ious([count_mask(mask, sample)], 0.0, np.zeros(1))
    return {**said, **fields("ground_truth", sample.mask, "all"), "iou": float(np.mean(ious)) if ious else None}


def _yolo_yaml(classes: tuple[str, ...]) -> bytes:
    names = "".join(f"  {number}: {json.dumps(name)}\n" for number, name in enumerate(classes))
    return f"path: .\ntrain: images\nval: images\nnames:\n{names}".encode()


def _json(content: Any) -> bytes:
    return (json.dumps(content) + "\n").encode()


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()
