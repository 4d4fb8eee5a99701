"""The viewer's content as what the browser gets: small, and nothing in it is code.

Maps are sent as uint8 at their own resolution, each with the values of its 0 and its 255, so a value is off by at most
1/510 of its map's range. What is measured elsewhere too, the last step's maps of the visible classes, is sent in single
precision, with what the maps are made of (`layout_maps`): its scores are then those of `evaluate`, digit by digit. Of
earlier steps that is sent where it is little. Label images are run-lengths. Everything is base64 in one JSON object.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.encoded import base64_of, picture, run_lengths, truth_of
from wsss_viz.app.language import tr
from wsss_viz.app.widgets.markup import part_labels
from wsss_viz.app.widgets.rendering import CONTOUR, PART_COLOURS, colour_table, enlarge_mask
from wsss_viz.app.widgets.viewer.content import Content, Panel, PanelStep
from wsss_viz.data.palette import colour_in
from wsss_viz.data.sample import Sample
from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.layout_maps import MapGrids
from wsss_viz.traces.overlay import COLOUR_MAPS

Encode = Callable[[NDArray[np.uint8]], str]

DIVERGING = "RdBu_r"
LARGEST_UNMEASURED = 384
BYTES_OF_MAPS = 150_000
MOST_CLASSES = 24


def payload(content: Content, encode: Encode | None = None, focus: str = "") -> dict[str, Any]:
    """All that the browser needs to draw the content at any settings; under 400 kB as JSON.

    Where the maps of all classes would be too many, those of the visible classes and of the highest scores are sent.

    Args:
        encode: from an image to its data address; default `picture`.
        focus: a class whose maps are to be sent whatever its score, or "".
    """
    encode = encode or picture
    indices, grids_of = _sent_classes(content, focus)
    names = tuple(content.classes[i] for i in indices)
    content_sent = {
        "size": list(_working_size(content.sample)),
        "image": encode(content.sample.image) if content.ground is None else content.ground.picture,
        "classes": [_coloured(content.classes, content.classes[i]) for i in indices],
        "scored": [_coloured(content.classes, name) for name in content.classes],
        "shown": [indices.index(content.classes.index(name)) for name in content.visible],
        "labels": list(content.sample.labels or ()) if content.sample.mask is not None else None,
        "truth": truth_of(content.sample, names),
        "outlines": None if content.ground is None else content.ground.truth(names),
        "panels": [_panel(panel, indices, content, encode, grids_of) for panel in content.panels],
        "sigmoids": content.sigmoids,
        "tables": _tables(),
        "part_colours": {str(part): list(colour) for part, colour in PART_COLOURS.items()},
        "part_names": {str(part): tr(name) for part, name in part_labels(content.sample.source).items()},
        "contour": list(CONTOUR),
    }
    content_sent["digest"] = hashlib.sha256(repr(content_sent).encode()).hexdigest()[:16]
    return content_sent


def _working_size(sample: Sample) -> tuple[int, int]:
    """(H, W) the browser enlarges maps to: the sample's, where something is measured, else no more than is seen."""
    longest = max(sample.size)
    if sample.mask is not None or longest <= LARGEST_UNMEASURED:
        return sample.size
    height, width = (max(1, round(side * LARGEST_UNMEASURED / longest)) for side in sample.size)
    return height, width


def _sent_classes(content: Content, focus: str) -> tuple[list[int], frozenset[int]]:
    """The indices of the classes whose maps are sent, in order, and by their `id` the steps whose grids are."""
    steps = [step for panel in content.panels for step in panel.steps if step.maps is not None]
    last = [panel.steps[-1] for panel in content.panels if panel.steps and panel.steps[-1].maps is not None]
    wanted = [content.classes.index(name) for name in content.visible]
    focused = (focus, *(panel.focus for panel in content.panels))
    wanted += [content.classes.index(name) for name in focused if name in content.classes]
    cells = sum(step.maps[0].size for step in steps if step.maps is not None and step.rows is None)
    everywhere = cells + sum(map(_grid_cells, steps))
    little = everywhere * len(set(wanted)) <= BYTES_OF_MAPS
    cells = everywhere if little else cells + sum(map(_grid_cells, last))
    count = min(len(content.classes), MOST_CLASSES, max(1, BYTES_OF_MAPS // max(1, cells)))
    scores = next((step.scores for step in reversed(steps) if step.scores is not None), None)
    order = range(len(content.classes)) if scores is None else np.argsort(-np.asarray(scores), kind="stable").tolist()
    sent = list(dict.fromkeys([*wanted, *order]))
    with_grids = frozenset(id(step) for step in (steps if little else last))
    return sorted(sent[: max(count, len(dict.fromkeys(wanted)))]), with_grids


def _grid_cells(step: PanelStep) -> int:
    return sum(grid[0].size for union in (step.grids.unions if step.grids else ()) for grid in union)


def encoded_maps(maps: NDArray, exact: Sequence[int] = ()) -> dict[str, Any]:
    """(C, h, w) as uint8 with each map's lowest and highest value; those of the classes `exact` as float32 too."""
    planes = np.asarray(maps, dtype=np.float32)
    low, high = planes.min(axis=(1, 2)), planes.max(axis=(1, 2))
    scale = np.where(high > low, high - low, 1)[:, None, None]
    levels = np.round((planes - low[:, None, None]) / scale * 255).astype(np.uint8)
    height, width = planes.shape[1:]
    sent = {
        "h": height,
        "w": width,
        "low": _numbers(low),
        "high": _numbers(high),
        "levels": base64_of(levels.tobytes()),
    }
    if len(exact):
        sent["exact"] = {str(c): base64_of(planes[c].astype("<f4").tobytes()) for c in exact}
    return sent


def encoded_grids(grids: MapGrids, indices: Sequence[int], exact: Sequence[int] = ()) -> dict[str, Any]:
    """What maps are made of, of the classes `indices`; `exact` are positions among these."""
    unions = [[encoded_maps(grid, exact) for grid in union] for union in grids.rows(indices).unions]
    numbers, _ = grids.as_arrays()
    return {**numbers, "unions": unions}


def _panel(
    panel: Panel, indices: Sequence[int], content: Content, encode: Encode, with_grids: frozenset[int]
) -> dict[str, Any]:
    classes = content.classes
    focus = indices.index(classes.index(panel.focus)) if panel.focus in classes else None
    measured = [indices.index(classes.index(name)) for name in content.visible if content.sample.mask is not None]
    return {
        "title": panel.title,
        "note": panel.note,
        "colour": panel.colour,
        "truth": panel.truth,
        "missing": panel.missing,
        "focus": focus,
        "always": panel.always,
        "unit": panel.unit,
        "steps": [
            {
                "maps": _maps(step, indices, content.sample, measured * (step is panel.steps[-1]), with_grids),
                "mask": None if step.mask is None else run_lengths(_finished(step.mask, indices, content.sample)),
                "scores": None if step.scores is None else _numbers(step.scores),
                "image": None if step.image is None else encode(step.image),
                "region": None if step.region is None else run_lengths(np.asarray(step.region) > 0.5),
                "note": step.note,
                "name": step.name,
            }
            for step in panel.steps
        ],
    }


def _maps(
    step: PanelStep, indices: Sequence[int], sample: Sample, exact: Sequence[int], with_grids: frozenset[int]
) -> dict[str, Any] | None:
    """The maps of the sent classes, `exact` of these as they are; with `rows`, which they are, where it is not all."""
    if step.maps is None:
        return None
    rows = range(len(step.maps)) if step.rows is None else step.rows
    sent = [row for row, index in enumerate(indices) if index in rows]
    at = [rows.index(indices[row]) for row in sent]
    exactly = [number for number, row in enumerate(sent) if row in exact]
    maps = encoded_maps(step.maps[at], exactly) | ({} if step.rows is None else {"rows": sent})
    grids = step.grids
    if grids is not None and (not grids.unions or id(step) in with_grids):
        maps["grids"] = encoded_grids(grids, at, exactly)
    return _located(maps, step.centres, sample)


def _finished(mask: NDArray, indices: Sequence[int], sample: Sample) -> NDArray[np.uint8]:
    """The mask by the numbers of the sent classes + 1, at the size that the browser enlarges maps to."""
    table = np.zeros(max(int(mask.max()), *indices) + 2, np.uint8)
    table[np.array(indices) + 1] = np.arange(1, len(indices) + 1)
    return enlarge_mask(table[mask], _working_size(sample))


def _located(maps: dict[str, Any], centres: CellCentres | None, sample: Sample) -> dict[str, Any]:
    """The maps with their cells' centres in the pixels that the browser enlarges them to, where they are known."""
    if centres is None:
        return maps
    return {**maps, "centres": asdict(centres.resized(sample.size, _working_size(sample)))}


@lru_cache(maxsize=1)
def _tables() -> dict[str, str]:
    return {name: base64_of(colour_table(name).tobytes()) for name in (*COLOUR_MAPS, DIVERGING)}


def _coloured(classes: Sequence[str], name: str) -> dict[str, Any]:
    return {"name": name, "colour": list(colour_in(classes, name))}


def _numbers(values: NDArray) -> list[float | None]:
    return [float(f"{value:.7g}") if math.isfinite(value) else None for value in np.asarray(values, dtype=np.float64)]
