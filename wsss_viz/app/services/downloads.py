"""What can be taken away from a view; made when asked for, from the same numbers that are on the screen."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st

from wsss_viz.app.services import samples
from wsss_viz.app.services.comparison import Compared
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.app.widgets.viewer.standalone import view_button
from wsss_viz.data.sample import Sample
from wsss_viz.data.spreadsheets import csv_of
from wsss_viz.traces.annotations import annotations_of, coco_categories, coco_record
from wsss_viz.traces.file_names import file_stem
from wsss_viz.version import __version__

SCORES = ("iou", "precision", "recall", "discriminative", "non_discriminative")
COLUMNS = ("method", "k", "class", "logit", *SCORES, "align")


def overlays_png(sample: Sample, compared: Sequence[Compared], names: Sequence[str], state: ViewState) -> bytes:
    """The image, then each method's map of the class that is looked at over it, side by side, the ground truth's
    contour over each; as large as on the screen."""
    at = list(names).index(state.focus) if state.focus in names else 0
    ends = [one.ends[at].tolist() if state.normalisation == "raw" else (0.0, 1.0) for one in compared]
    known = sample.mask is not None and names[at] in sample.classes
    truth = sample.class_mask(names[at]) if known else None
    overlays = (
        rendering.map_overlay(sample.image, one.values[at], (low, high), state.colours, state.opacity, truth)
        for one, (low, high) in zip(compared, ends, strict=True)
    )
    return rendering.png(np.concatenate([rendering.enlarge(sample.image), *overlays], axis=1), samples.credit(sample))


def maps_npz(
    sample: Sample, compared: Sequence[Compared], classes: Sequence[str], names: Sequence[str], state: ViewState
) -> bytes:
    """Each method's raw maps and scores of all classes at the step, the competing ones' as shown, its pseudo mask."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {}
    for one in compared:
        method = re.sub(r"\W", "_", one.method)
        arrays[f"{method}_maps"] = one.step.maps
        arrays[f"{method}_scores"] = one.step.scores
        arrays[f"{method}_values"] = one.values
        arrays[f"{method}_mask"] = one.mask
    about = json.dumps(_about(sample, state))
    np.savez_compressed(
        buffer, **arrays, classes=np.array(classes), shown=np.array(names), image=sample.image, about=np.array(about)
    )
    return buffer.getvalue()


def score_rows(
    compared: Sequence[Compared], classes: Sequence[str], names: Sequence[str]
) -> list[dict[str, str | int | float | None]]:
    """One row per method and competing class, with `COLUMNS`; None where nothing is measured."""
    rows: list[dict[str, str | int | float | None]] = []
    for one in compared:
        for name in names:
            scores = asdict(one.scores[name]) if name in one.scores else dict.fromkeys(SCORES, math.nan)
            numbers = {key: None if math.isnan(value) else round(value, 6) for key, value in scores.items()}
            score = float(one.step.scores[list(classes).index(name)])
            logit = None if math.isnan(score) else round(score, 6)
            rows.append(
                {
                    "method": one.method,
                    "k": one.step.index,
                    "class": name,
                    "logit": logit,
                    **numbers,
                    "align": one.align,
                }
            )
    return rows


def scores_csv(sample: Sample, compared: Sequence[Compared], classes: Sequence[str], names: Sequence[str]) -> bytes:
    """`score_rows` as CSV with a header; empty where nothing is measured. Of a photograph whose it is, in each row."""
    credit = {"credit": line} if (line := samples.credit(sample)) else {}
    return csv_of([{**row, **credit} for row in score_rows(compared, classes, names)], (*COLUMNS, *credit))


def scores_json(
    sample: Sample, compared: Sequence[Compared], classes: Sequence[str], names: Sequence[str], state: ViewState
) -> bytes:
    """`score_rows` as JSON, with the sample, the view and the version they were made with."""
    content = {**_about(sample, state), "scores": score_rows(compared, classes, names)}
    return (json.dumps(content, indent=2) + "\n").encode()


def annotations_json(sample: Sample, compared: Sequence[Compared], classes: Sequence[str]) -> bytes:
    """Each method's pseudo mask as COCO's JSON: a box and run lengths per region, with `method` beside them."""
    height, width = sample.size
    image = {"id": 1, "file_name": f"{file_stem(sample.name)}.jpg", "height": height, "width": width}
    objects = [(one.method, region) for one in compared for region in annotations_of(one.mask, classes)]
    records = [
        {**coco_record(region, classes, number, 1), "method": method}
        for number, (method, region) in enumerate(objects, 1)
    ]
    content = {"images": [image], "annotations": records, "categories": coco_categories(classes)}
    return (json.dumps(content) + "\n").encode()


def _about(sample: Sample, state: ViewState) -> dict[str, Any]:
    line = samples.credit(sample)
    about = {"sample": sample.name, "source": sample.source, "view": asdict(state), "wsss_viz": __version__}
    return {**about, "credit": line} if line else about


def comparison(
    sample: Sample,
    compare: Callable[[], Sequence[Compared]],
    classes: Sequence[str],
    names: Sequence[str],
    state: ViewState,
    file_name: str,
) -> None:
    """The download buttons, under the viewer.

    Args:
        compare: gives what is compared; called when a file is asked for.
        names: the competing classes.
        file_name: of the files, without their endings; ours, never an upload's.
    """

    with st.container(horizontal=True, gap="small", key="downloads"):
        file_button(
            "Overlays (PNG)",
            f"{file_name}.png",
            lambda: overlays_png(sample, compare(), names, state),
            meaning="The image and each method's map over it, side by side.",
        )
        file_button(
            "Maps (NPZ)",
            f"{file_name}.npz",
            lambda: maps_npz(sample, compare(), classes, names, state),
            meaning="Raw maps and scores of all classes, the shown maps as displayed, and the pseudo masks.",
        )
        file_button(
            "Annotations (COCO)",
            f"{file_name}-coco.json",
            lambda: annotations_json(sample, compare(), classes),
            meaning="Boxes and masks of each method's pseudo mask, as COCO's JSON.",
        )
        file_button(
            "Scores (CSV)",
            f"{file_name}.csv",
            lambda: scores_csv(sample, compare(), classes, names),
            meaning="Logit, IoU, precision, recall and part recalls, one row per method and class.",
        )
        file_button(
            "View (JSON)",
            f"{file_name}.json",
            lambda: scores_json(sample, compare(), classes, names, state),
            meaning="The same scores with the sample, the view and the version.",
        )
        view_button(file_name, f"Class maps of {', '.join(names)}", sample.name, samples.credit(sample))
