"""What `evaluate --measures` adds to mIoU: by object size, in a band along boundaries, boxes and points.

| name | what | source |
|---|---|---|
| `size` | mIoU over the objects of each of COCO's sizes | `docs/sources.md#sizes` |
| `boundary` | mIoU over the pixels near a boundary of the ground truth | `docs/sources.md#boundary` |
| `boxes` | MaxBoxAcc and MaxBoxAccV2 | `docs/sources.md#boxes` |
| `pointing` | the pointing game | `docs/sources.md#pointing` |
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import THRESHOLDS, Counts
from wsss_viz.evaluation.located import box_scores, locate, pointing_scores

__all__ = [
    "BAND",
    "MEASURES",
    "SIZES",
    "band_width",
    "in_band",
    "measure_lines",
    "measured",
    "measures_of",
    "of_size",
    "read_measures",
]

MEASURES = ("size", "boundary", "boxes", "pointing")
OF_MAPS = ("boxes", "pointing")
"""Those that want maps and not masks."""
SIZES = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, np.inf)}
"""COCO's, by the pixels of an object: from the first number to before the second."""
BAND = 0.02
"""The band's width as a share of the image's diagonal: Boundary IoU's."""


def read_measures(text: str) -> tuple[str, ...]:
    """Names separated by commas, or "all". Raises InputError where one is unknown.

    >>> read_measures("boundary, size"), read_measures("all") == MEASURES, read_measures("")
    (('boundary', 'size'), True, ())
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in (*MEASURES, "all")]
    if unknown:
        raise InputError(f"unknown measure {unknown[0][:40]!r}: give some of {', '.join(MEASURES)}, or all")
    return MEASURES if "all" in names else names


def band_width(size: tuple[int, int]) -> int:
    """Pixels on either side of a boundary in an image of (H, W), at least 1.

    >>> band_width((375, 500)), band_width((30, 40))
    (12, 1)
    """
    return max(1, round(BAND * float(np.hypot(*size))))


def in_band(sample: Sample) -> Sample:
    """The sample with all pixels marked ignore but those within `band_width` of another number in its mask.

    Within: the greater of the distances along the rows and along the columns. The margin of VOC's objects, which is
    ignore already, is such another number, and stays ignore; the image's edge is no boundary.

    Raises:
        ValueError: the sample has no mask.

    >>> from wsss_viz.models.colour_network import flag
    >>> in_band(flag()).mask.tolist()  # red, white, blue: only the last column is 2 pixels from red
    [[1, 3, 255], [1, 3, 255]]
    """
    if sample.mask is None:
        raise ValueError(f"{sample.name} has no mask")
    side = 2 * band_width(sample.size) + 1
    # Imported when it is measured: it takes a part of a second.
    from scipy.ndimage import maximum_filter, minimum_filter  # type: ignore[attr-defined]

    highest, lowest = (each(sample.mask, side, mode="nearest") for each in (maximum_filter, minimum_filter))
    labels = sample.labels
    if labels is None:  # of the whole mask, as without the band
        labels = tuple(n for i, n in enumerate(sample.classes, 1) if (sample.mask == i).any())
    mask = np.where(highest != lowest, sample.mask, IGNORE).astype(np.uint8)
    return dataclasses.replace(sample, mask=mask, labels=labels)


def measured(
    count: Callable[[Sample], Counts],
    sample: Sample,
    measures: Sequence[str],
    maps: Callable[[], tuple[NDArray, Sequence[str]]] | None = None,
) -> Counts:
    """The Counts of a sample with what the measures need beside them.

    Args:
        count: of a sample, the Counts of the same prediction.
        maps: (K, H, W) divided by their maxima, and the names of their classes; None where there are masks alone.

    Raises:
        InputError: a measure of maps where there are none.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import flag
        >>> counts = measured(lambda sample: count_mask(flag().mask, sample), flag(), ["boundary"])
        >>> counts.target.tolist(), counts.band.target.tolist()
        ([0, 2, 0, 4], [0, 2, 0, 2])
    """
    band = count(in_band(sample)) if "boundary" in measures else None
    wanted = [name for name in OF_MAPS if name in measures]
    located = None
    if wanted and maps is None:
        raise InputError(f"the measure {wanted[0]} is of maps, and there are finished or refined masks: leave it out")
    if wanted and maps is not None:
        values, names = maps()
        located = locate(values, sample, names)
    return dataclasses.replace(count(sample), band=band, located=located)


def of_size(image: Counts, size: str) -> Counts | None:
    """The Counts of the objects of that size alone: classes whose pixels in the image are so many; None without one.

    An object is all of a class in one image, because masks of classes do not tell neighbours apart. What is predicted
    of a class in an image without it is of no size.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import flag
        >>> of_size(count_mask(flag().mask, flag()), "small").target.tolist()
        [0, 2, 0, 4]
    """
    low, high = SIZES[size]
    inside = (image.target >= max(low, 1)) & (image.target < high)
    inside[0] = False
    if not inside.any():
        return None
    hits, predicted, target = (np.where(inside, of, 0) for of in (image.intersection, image.predicted, image.target))
    return dataclasses.replace(image, intersection=hits, predicted=predicted, target=target)


def measures_of(
    images: Sequence[Counts],
    classes: Sequence[str],
    measures: Sequence[str],
    threshold: float,
    thresholds: NDArray[np.float64] = THRESHOLDS,
) -> dict[str, Any]:
    """The measures of a data set by their names, in percent; {} where none is asked for.

    Args:
        images: of `measured`.
        threshold: of `size` and `boundary`, one of `thresholds`.

    Examples:
        >>> from wsss_viz.evaluation.counts import count_mask
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> images = [measured(lambda s: count_mask(flag().mask, s), flag(), ["size", "boundary"])]
        >>> scores = measures_of(images, COLOURS, ["size", "boundary"], 0.5, np.array([0.5]))
        >>> scores["size"]["small"], scores["boundary"]
        ({'miou': 100.0, 'objects': 2}, {'miou': 100.0, 'width': 0.02})
    """
    scores: dict[str, Any] = {}
    at = int(np.argmin(np.abs(thresholds - threshold)))
    if "size" in measures:
        scores["size"] = {}
        for size in SIZES:
            parts = [part for image in images if (part := of_size(image, size)) is not None]
            objects = sum(int((part.target > 0).sum()) for part in parts)
            scores["size"][size] = {"miou": _miou(parts, at), "objects": objects}
    if "boundary" in measures:
        bands = [image.band for image in images if image.band is not None]
        scores["boundary"] = {"miou": _miou(bands, at), "width": BAND}
    located = [image.located for image in images if image.located is not None]
    if "boxes" in measures:
        scores["boxes"] = box_scores(located, thresholds)
    if "pointing" in measures:
        scores["pointing"] = pointing_scores(located, classes)
    return scores


def _miou(parts: Sequence[Counts], at: int) -> float | None:
    """The mean over what is there or predicted, in percent, at the threshold number `at`; None where nothing is."""
    if not parts:
        return None
    hits = np.sum([part.intersection[at] for part in parts], axis=0)
    union = np.sum([part.predicted[at] + part.target - part.intersection[at] for part in parts], axis=0)
    return float((hits[union > 0] / union[union > 0]).mean() * 100) if union.any() else None


def measure_lines(row: Mapping[str, Any]) -> list[str]:
    """A line of text per measure in a method's row of the report.

    Examples:
        >>> measure_lines({"boundary": {"miou": 50.0, "width": 0.02}, "pointing": {"accuracy": 75.0, "objects": 8}})
        ['mIoU within 2 % of the diagonal of a boundary 50.0', 'pointing game 75.0 (8 objects)']
    """
    lines = []
    if "size" in row:
        parts = (f"{size} {_said(row['size'][size]['miou'])} ({row['size'][size]['objects']})" for size in SIZES)
        lines.append(f"mIoU by object size (objects): {', '.join(parts)}")
    if "boundary" in row:
        width, miou = row["boundary"]["width"], row["boundary"]["miou"]
        lines.append(f"mIoU within {width:.0%}".replace("%", " %") + f" of the diagonal of a boundary {_said(miou)}")
    if "boxes" in row:
        boxes = row["boxes"]
        parts = (f"{boxes['max_box_acc'][d]:.1f} at IoU {d}" for d in boxes["max_box_acc"])
        said = f"MaxBoxAcc {', '.join(parts)}; MaxBoxAccV2 {boxes['max_box_acc_v2']:.1f}"
        lines.append(f"{said} ({boxes['objects']} objects)")
    if "pointing" in row:
        lines.append(f"pointing game {row['pointing']['accuracy']:.1f} ({row['pointing']['objects']} objects)")
    return lines


def _said(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
