"""One alignment, one number: what the app shows and what `evaluate` counts."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from wsss_viz.app.services.comparison import compare
from wsss_viz.app.services.downloads import scores_csv
from wsss_viz.app.services.scores import view_scores
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Content, Panel
from wsss_viz.app.widgets.viewer.payload import payload
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.evaluation.counts import count
from wsss_viz.evaluation.stored_maps import known_centres
from wsss_viz.traces import CellCentres, Step, Trace, upsample

SIZES = ((97, 131), (128, 128), (375, 500))


def made(size: tuple[int, int], known: bool = True) -> tuple[Sample, Trace]:
    sample = Scenes("val", size=size)[2]
    grid = (-(-size[0] // 8), -(-size[1] // 8))
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(10, *grid)).astype(np.float32)
    centres = CellCentres((0.5, -1.0), (8.0, 8.0)) if known else None
    return sample, Trace((Step(0, maps, rng.normal(size=10).astype(np.float32), centres=centres),), "cam", CLASSES)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("align", ["field", "centres"])
def test_the_app_and_evaluate_count_the_same(size: tuple[int, int], align: str) -> None:
    sample, trace = made(size)
    labels = tuple(name for name in CLASSES if name in (sample.labels or ()))
    state = ViewState(threshold=0.3, align=align)
    (shown,) = compare({"cam": trace}, sample, CLASSES, labels, state)
    centres = known_centres(trace.steps[-1].centres, align, sample.name)
    counts = count(trace.maps, sample, CLASSES, centres=centres)
    own = view_scores(trace, sample, CLASSES, labels, state)
    assert shown.align == align
    for name, scored in zip(labels, own.classes, strict=True):
        c = CLASSES.index(name) + 1
        hits, said, there = counts.intersection[30, c], counts.predicted[30, c], counts.target[c]
        assert shown.scores[name].iou == hits / (said + there - hits)
        assert shown.scores[name].precision == hits / said
        assert scored.scores == shown.scores[name]
    assert (own.mask == shown.mask).all()


def test_the_alignments_differ_and_the_file_says_which_it_is_of() -> None:
    sample, trace = made((97, 131))
    labels = sample.labels or ()
    by = {
        align: compare({"cam": trace}, sample, CLASSES, labels, ViewState(align=align))
        for align in ("field", "centres")
    }
    assert by["field"][0].scores != by["centres"][0].scores
    for align, compared in by.items():
        rows = list(csv.DictReader(io.StringIO(scores_csv(sample, compared, CLASSES, labels).decode())))
        assert {row["align"] for row in rows} == {align}


def test_where_centres_are_not_known_the_fields_rule_is_what_is_said() -> None:
    sample, trace = made((97, 131), known=False)
    (shown,) = compare({"cam": trace}, sample, CLASSES, sample.labels or (), ViewState(align="centres"))
    (plain,) = compare({"cam": trace}, sample, CLASSES, sample.labels or (), ViewState())
    assert shown.align == "field"
    assert (shown.mask == plain.mask).all()


def test_the_browser_gets_the_centres_in_the_pixels_that_it_draws() -> None:
    sample, trace = made((375, 500))
    unmeasured = Sample(sample.image, CLASSES, None, "photo")
    for shown, ratio in ((sample, 1.0), (unmeasured, 384 / 500)):
        content = Content(shown, (Panel.of(trace, "CAM"),), CLASSES, ("cow",))
        sent = payload(content)
        maps = sent["panels"][0]["steps"][0]["maps"]
        assert maps["centres"]["stride"][1] == pytest.approx(8 * ratio)
        assert maps["centres"]["origin"][1] == pytest.approx((-1 + 0.5) * ratio - 0.5)
    _, older = made((97, 131), known=False)
    assert (
        "centres"
        not in payload(Content(sample, (Panel.of(older, "CAM"),), CLASSES, ("cow",)))["panels"][0]["steps"][0]["maps"]
    )


def test_the_address_has_the_alignment() -> None:
    assert ViewState(align="centres").to_query() == {"align": "centres"}
    state, notes = ViewState.from_query({"align": "middle"})
    assert state.align == "field"
    assert len(notes) == 1


def test_upsampling_by_centres_is_linear_between_them() -> None:
    rng = np.random.default_rng(1)
    maps = rng.normal(size=(2, 5, 7)).astype(np.float32)
    centres = CellCentres((2.0, -3.0), (9.5, 16.0))
    found = upsample(maps, (41, 90), centres)
    rows = np.stack([[np.interp(np.arange(90), -3 + 16.0 * np.arange(7), line) for line in plane] for plane in maps])
    expected = np.stack(
        [np.array([np.interp(np.arange(41), 2 + 9.5 * np.arange(5), line) for line in plane.T]).T for plane in rows]
    )
    assert found.shape == (2, 41, 90)
    assert np.allclose(found, expected, atol=1e-5)
    assert found[0, 2, 13] == pytest.approx(maps[0, 0, 1])  # a cell's own value at its centre
