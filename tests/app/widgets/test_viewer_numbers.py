"""What the browser's viewer shows and scores is what `evaluate` gives, digit by digit, however the maps lie."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.javascript import find
from wsss_viz.app.services.scores import view_scores
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Content, Panel, payload
from wsss_viz.data import open as open_data
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES
from wsss_viz.evaluation.counts import THRESHOLDS
from wsss_viz.evaluation.runner import count_sample
from wsss_viz.methods.views import SINGLE
from wsss_viz.traces import CellCentres, Step, Trace
from wsss_viz.traces.layout_maps import MapGrids

SIZES = ((97, 131), (128, 128), (375, 500))
LEVELS = (7, 30, 62)


def noise(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.asarray(rng.normal(size=(len(CLASSES), *shape)) * 5 + 1, dtype=np.float32)


def cases(size: tuple[int, int]) -> dict[str, MapGrids | None]:
    """Each way in which `layout_maps` lays maps over an image of `size`."""
    rng = np.random.default_rng(sum(size))
    height, width = size
    covered = (height / (-(-height // 16) * 16), width / (-(-width // 16) * 16))
    scaled = [noise(rng, max(2, round(height * s / 8)), max(2, round(width * s / 8))) for s in (1, 0.5, 1.5)]
    corners = tuple((round(height * s), round(width * s)) for s in (1, 0.5, 1.5))
    return {
        "stretched": None,
        "cut": MapGrids(covered),
        "irn": MapGrids(covered, (tuple(scaled),), 6),
        "erasing": MapGrids((1.0, 1.0), (tuple(scaled), tuple(grid[..., ::-1].copy() for grid in scaled)), 3),
        "oc-cse": MapGrids((1.0, 1.0), (tuple(scaled),), 3, rectify=True),
        "seam": MapGrids((1.0, 1.0), (tuple(scaled),), 6, corners=corners),
    }


def sample_of(size: tuple[int, int]) -> Sample:
    return next(s for s in open_data(f"scenes:val@{size[0]}x{size[1]}") if len(s.labels or ()) > 1)


@pytest.mark.parametrize("size", SIZES)
def test_the_viewer_evaluate_and_the_page_give_one_number(size: tuple[int, int], tmp_path: Path) -> None:
    sample, given, expected = sample_of(size), [], []
    labels = sample.labels or ()
    fused = noise(np.random.default_rng(0), max(2, size[0] // 8), max(2, size[1] // 8))
    centres = CellCentres((0.0, 3.5), (8.0, 8.25))
    ways = cases(size) if size[0] < 200 else {name: cases(size)[name] for name in ("cut", "irn")}
    for grids in ways.values():
        step = Step(0, fused, np.zeros(len(CLASSES), np.float32), centres=centres, grids=grids)
        trace = Trace((step,), "cam", CLASSES, sample)
        settings = []
        for by, align in (("relu_max", "field"), ("minmax", "field"), ("relu_max", "centres")):
            for level in LEVELS:
                threshold = float(THRESHOLDS[level])
                state = ViewState(threshold=threshold, normalisation=by, align=align)
                scored = view_scores(trace, sample, CLASSES, labels, state)
                expected.append(next(c for c in scored.classes if c.name == labels[0]))
                view = {"class": labels[0], "k": 0, "threshold": threshold, "normalisation": by, "align": align}
                settings.append({**view, "values": level == LEVELS[0]})
        live, _ = count_sample(lambda s, v, step=step: iter([step]), CLASSES, SINGLE, sample)
        own = CLASSES.index(labels[0]) + 1
        for at, level in enumerate(LEVELS):
            union = live.predicted[level, own] + live.target[own] - live.intersection[level, own]
            scores = expected[len(expected) - len(settings) + at].scores
            assert scores is not None
            assert scores.iou == live.intersection[level, own] / union
        given.append(
            {"payload": payload(Content(sample, (Panel.of(trace, "m"),), CLASSES, labels)), "settings": settings}
        )
    (tmp_path / "cases.json").write_text(json.dumps(given))
    script = Path(__file__).with_name("viewer_numbers.mjs")
    done = subprocess.run(
        [find(), str(script), str(tmp_path / "cases.json")], capture_output=True, text=True, check=True
    )
    found = [one for case in json.loads(done.stdout) for one in case]
    assert len(found) == len(expected)
    for one, scored in zip(found, expected, strict=True):
        assert scored.scores is not None
        assert one["iou"] == scored.scores.iou
        if one["values"] is not None:
            np.testing.assert_array_equal(np.reshape(one["values"], size).astype(np.float32), scored.values)
