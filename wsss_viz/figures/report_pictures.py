"""The worst and the best images of a report, each as the map of one class over the image."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image as Pillow

from wsss_viz.data.palette import painted
from wsss_viz.data.png import png
from wsss_viz.data.sample import Mask, Sample
from wsss_viz.data.sources import is_data_string
from wsss_viz.evaluation.stored_results import RankedImage, ranked_images
from wsss_viz.figures.report_page import Picture
from wsss_viz.traces.overlay import blend
from wsss_viz.traces.overlay_sheet import overlay_sheet
from wsss_viz.traces.storage import StoredMaps

__all__ = ["EACH", "Drawn", "ranked_pictures"]

EACH = 6
"""Images at either end of a row's ranking."""

Drawn = Callable[[str], tuple[Sample, StoredMaps | Mask]]
"""Of a data string, its sample and what a row has of it: maps, or a finished mask."""


def ranked_pictures(
    report: Mapping[str, Any], rows: Mapping[str, Drawn], each: int = EACH
) -> dict[str, dict[str, list[Picture]]]:
    """By row the pictures of its worst and its best images by the mean IoU of the classes in them.

    A picture is of the class that is worst, or best. Images without a data string of their own are left out, and so are
    rows without scores of single images.

    Examples:
        >>> from wsss_viz.evaluation.stored_results import stored_reports
        >>> from wsss_viz.data.sources import sample
        >>> report = stored_reports()["scenes-test"]
        >>> pictures = ranked_pictures(report, {"cam": lambda source: (sample(source), sample(source).mask)}, each=1)
        >>> {group: len(items) for group, items in pictures["cam"].items()}
        {'Worst': 1, 'Best': 1}
    """
    pictures = {}
    for name, drawn in rows.items():
        if not report["methods"][name].get("per_image"):
            continue
        ranked = [image for image in ranked_images(report, name) if is_data_string(image.source)]
        worst = ranked[:each]
        best = ranked[len(worst) :][::-1][:each]
        threshold = report["methods"][name]["threshold"]
        pictures[name] = {
            group: [_picture(image, pick(image.ious, key=image.ious.__getitem__), drawn, threshold) for image in images]
            for group, images, pick in (("Worst", worst, min), ("Best", best, max))
        }
    return pictures


def _picture(image: RankedImage, name: str, drawn: Drawn, threshold: float) -> Picture:
    sample, what = drawn(image.source)
    if isinstance(what, StoredMaps):
        keys = [k for k, key in enumerate(what.keys) if key == name] or list(range(len(what.keys)))[:1]
        one = dataclasses.replace(
            what, maps=what.maps[keys], scores=what.scores[keys], keys=tuple(what.keys[k] for k in keys),
            grids=None if what.grids is None else what.grids.rows(keys),
        )  # fmt: skip
        file = overlay_sheet(one, sample, threshold)
    else:
        file = png(blend(sample.image, painted(what, sample.classes), np.where(what > 0, 0.6, 0.0)))
    buffer = io.BytesIO()
    Pillow.open(io.BytesIO(file)).convert("RGB").save(buffer, "JPEG", quality=88)
    ious = ", ".join(f"{label} {value:.0f}" for label, value in image.ious.items())
    return Picture(image.source, f"IoU: {ious}", buffer.getvalue())
