"""Masks and boxes of a pseudo mask as other tools read them: COCO's JSON, YOLO's lines, FiftyOne's labels.

Sources: `docs/sources.md#annotations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE, Mask
from wsss_viz.errors import InputError
from wsss_viz.traces.regions import regions_of

__all__ = [
    "CONTOURS",
    "Annotation",
    "annotations_of",
    "coco_categories",
    "coco_record",
    "fiftyone_detections",
    "run_lengths",
    "yolo_lines",
]

CONTOURS = ("all", "largest")
"""Every region of a class is an object, or its largest alone."""


@dataclass(frozen=True, eq=False)
class Annotation:
    """One object.

    Attributes:
        label: its class.
        mask: (H, W) bool.
        box: top, left, bottom, right in pixels, the last two not included.
    """

    label: str
    mask: NDArray[np.bool_]
    box: tuple[int, int, int, int]


def annotations_of(mask: Mask, classes: Sequence[str], contours: str = "all") -> list[Annotation]:
    """The objects in a mask (H, W), index into `classes` + 1, 0 the background; by class, largest first.

    255 is nothing, unless there are so many classes that one has that number.

    Raises:
        InputError: `contours` is none of `CONTOURS`.

    >>> mask = np.array([[1, 0, 2, 2], [1, 0, 0, 2]], np.uint8)
    >>> [(one.label, one.box) for one in annotations_of(mask, ("cat", "dog"))]
    [('cat', (0, 0, 2, 1)), ('dog', (0, 2, 2, 4))]
    """
    if contours not in CONTOURS:
        raise InputError(f"unknown contours {contours[:40]!r}: give one of {', '.join(CONTOURS)}")
    objects = []
    for number in np.unique(mask).tolist():
        if number == 0 or (number == IGNORE and len(classes) < IGNORE):
            continue
        regions = regions_of(mask == number)
        for rank in range(1, 2 if contours == "largest" else len(regions.areas) + 1):
            top, left, bottom, right = regions.boxes[rank - 1].tolist()
            box = (top, left, bottom, right)
            objects.append(Annotation(classes[number - 1], regions.labels == rank, box))
    return objects


def run_lengths(mask: NDArray[np.bool_]) -> dict[str, list[int]]:
    """COCO's run-length encoding of a mask (H, W): the lengths of runs down the columns, the first of zeros.

    >>> run_lengths(np.array([[1, 0, 1], [1, 0, 0]], bool))
    {'size': [2, 3], 'counts': [0, 2, 2, 1, 1]}
    """
    flat = np.concatenate([[False], mask.ravel(order="F")])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], changes, [mask.size]]))
    return {"size": list(mask.shape), "counts": counts.tolist()}


def coco_categories(classes: Sequence[str]) -> list[dict[str, Any]]:
    """COCO's list of categories, numbered from 1 in the order of the classes.

    >>> coco_categories(("cat", "dog"))
    [{'id': 1, 'name': 'cat'}, {'id': 2, 'name': 'dog'}]
    """
    return [{"id": number, "name": name} for number, name in enumerate(classes, 1)]


def coco_record(one: Annotation, classes: Sequence[str], number: int, image: int) -> dict[str, Any]:
    """An object as an entry of COCO's `annotations`: box as x, y, width, height, mask as uncompressed run lengths.

    Args:
        number, image: its `id` and that of its image.

    >>> one = annotations_of(np.array([[0, 2, 2]], np.uint8), ("cat", "dog"))[0]
    >>> record = coco_record(one, ("cat", "dog"), 7, 1)
    >>> record["category_id"], record["bbox"], record["area"], record["segmentation"]["counts"]
    (2, [1, 0, 2, 1], 2, [1, 2])
    """
    top, left, bottom, right = one.box
    return {
        "id": number,
        "image_id": image,
        "category_id": list(classes).index(one.label) + 1,
        "bbox": [left, top, right - left, bottom - top],
        "area": int(one.mask.sum()),
        "segmentation": run_lengths(one.mask),
        "iscrowd": 0,
    }


def yolo_lines(objects: Iterable[Annotation], classes: Sequence[str]) -> str:
    """YOLO's text of an image: per object its class from 0, and centre, width and height as shares of the image.

    >>> yolo_lines(annotations_of(np.array([[0, 2, 2, 0]], np.uint8), ("cat", "dog")), ("cat", "dog"))
    '1 0.500000 0.500000 0.500000 1.000000\\n'
    """
    lines = ""
    for one in objects:
        x, y, width, height = _shares(one)
        numbers = (x + width / 2, y + height / 2, width, height)
        lines += " ".join([str(list(classes).index(one.label)), *(f"{number:.6f}" for number in numbers)]) + "\n"
    return lines


def fiftyone_detections(objects: Iterable[Annotation]) -> dict[str, Any]:
    """The objects' boxes as FiftyOne serialises `Detections`: left, top, width, height as shares of the image.

    >>> fiftyone_detections(annotations_of(np.array([[0, 2, 2, 0]], np.uint8), ("cat", "dog")))["detections"]
    [{'_cls': 'Detection', 'label': 'dog', 'bounding_box': [0.25, 0.0, 0.5, 1.0]}]
    """
    boxes = [{"_cls": "Detection", "label": one.label, "bounding_box": list(_shares(one))} for one in objects]
    return {"_cls": "Detections", "detections": boxes}


def _shares(one: Annotation) -> tuple[float, float, float, float]:
    """Left, top, width and height as shares of the image."""
    height, width = one.mask.shape
    top, left, bottom, right = one.box
    return left / width, top / height, (right - left) / width, (bottom - top) / height
